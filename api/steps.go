package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
)

// StepRequest adds a step in the middle of an incident.
type StepRequest struct {
	Author
	Title    string `json:"title" example:"Ask the network team for their logs"`
	Assignee string `json:"assignee,omitempty" doc:"Who should do it."`
}

type addStepInput struct {
	IncidentPath
	KeyHeader
	Body StepRequest
}

type stepOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     Step
}

func (s *Server) addStep(ctx context.Context, in *addStepInput) (*stepOutput, error) {
	state, err := s.do(ctx, in.ID, in.commandKey("add-step"), in.Body.actor(),
		incident.AddStep{Title: in.Body.Title, Assignee: in.Body.Assignee})
	if err != nil {
		return nil, err
	}
	// The step chose its own id; it is the last one with this title.
	title := strings.TrimSpace(in.Body.Title)
	for _, step := range slices.Backward(state.Steps) {
		if step.AddedBy != "" && step.Title == title {
			return &stepOutput{Location: s.publicURL + incidentPath(state.ID), Body: viewStep(state, step)}, nil
		}
	}
	return nil, newProblem(http.StatusInternalServerError, "the step was taken, but is not in %s", state.ID)
}

// StepDecision is what people say when they move a step.
type StepDecision struct {
	Author
	Note string `json:"note,omitempty" doc:"What is to be remembered; for skip the reason, which must be given."`
}

type stepInput struct {
	IncidentPath
	KeyHeader
	Step string `path:"step" doc:"The id of a step of the incident."`
	Body *StepDecision
}

// ChoiceRequest says which of a decision's ways people take.
type ChoiceRequest struct {
	Author
	Option string `json:"option" doc:"The id of one of the decision's options." example:"rollback"`
	Note   string `json:"note,omitempty" doc:"Why."`
}

type choiceInput struct {
	IncidentPath
	KeyHeader
	Step string `path:"step" doc:"The id of a decision of the incident."`
	Body ChoiceRequest
}

func (s *Server) chooseOption(ctx context.Context, in *choiceInput) (*incidentOutput, error) {
	return s.command(ctx, in.ID, in.commandKey("choose-option", in.Step), in.Body.actor(),
		incident.ChooseOption{Step: in.Step, Option: strings.TrimSpace(in.Body.Option), Note: in.Body.Note})
}

func (s *Server) registerSteps() {
	register(s, huma.Operation{
		OperationID: "add-step", Method: http.MethodPost, Path: incidentsPath + "/{id}/steps", Tags: []string{tagSteps},
		Summary: "Add a step in the middle of an incident", DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"201": createdResponse("The incident with the step")},
	}, s.addStep, http.StatusNotFound, http.StatusConflict)

	register(s, huma.Operation{
		OperationID: "choose-option", Method: http.MethodPost, Path: incidentsPath + "/{id}/steps/{step}/choose", Tags: []string{tagSteps},
		Summary: "Choose one of a decision's options",
	}, s.chooseOption, http.StatusNotFound, http.StatusConflict)
	s.registerStep("complete", "Mark a step as done", func(step, note string) incident.Intent {
		return incident.CompleteStep{Step: step, Note: note}
	})
	s.registerStep("skip", "Decide against a step; the note says why", func(step, note string) incident.Intent {
		return incident.SkipStep{Step: step, Reason: note}
	})
	s.registerStep("approve", "Let what an approval guards go on", func(step, note string) incident.Intent {
		return incident.ApproveStep{Step: step, Note: note}
	})
	s.registerStep("reject", "Refuse an approval", func(step, note string) incident.Intent {
		return incident.RejectStep{Step: step, Note: note}
	})
	s.registerStep("retry", "Send a failed step back to work", func(step, note string) incident.Intent {
		return incident.RetryStep{Step: step, Note: note}
	})
}

// registerStep adds POST /api/v1/incidents/{id}/steps/{step}/{name}.
func (s *Server) registerStep(name, summary string, intent func(step, note string) incident.Intent) {
	register(s, huma.Operation{
		OperationID: name + "-step", Method: http.MethodPost, Path: incidentsPath + "/{id}/steps/{step}/" + name,
		Tags: []string{tagSteps}, Summary: summary,
	}, func(ctx context.Context, in *stepInput) (*incidentOutput, error) {
		var body StepDecision
		if in.Body != nil {
			body = *in.Body
		}
		return s.command(ctx, in.ID, in.commandKey(name+"-step", in.Step), body.actor(), intent(in.Step, body.Note))
	}, http.StatusNotFound, http.StatusConflict)
}
