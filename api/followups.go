package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
)

// FollowupRequest asks for work after the incident.
type FollowupRequest struct {
	Author
	Title string `json:"title" example:"Alert before the certificate runs out"`
	Owner string `json:"owner,omitempty" doc:"An e-mail address or a name."`
	Due   string `json:"due,omitempty" doc:"The day by which it should be done; of a time, the day in UTC counts." example:"2026-12-01"`
}

type addFollowupInput struct {
	IncidentPath
	KeyHeader
	Body FollowupRequest
}

type followupOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     Followup
}

// FollowupList is the work that came out of an incident.
type FollowupList struct {
	Followups []Followup `json:"followups" nullable:"false" doc:"In the order in which they were added."`
}

type followupsOutput struct {
	Body FollowupList
}

func (s *Server) listFollowups(ctx context.Context, in *IncidentPath) (*followupsOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &followupsOutput{FollowupList{each(state.Followups, viewFollowup)}}, nil
}

func (s *Server) addFollowup(ctx context.Context, in *addFollowupInput) (*followupOutput, error) {
	due, err := parseDay(in.Body.Due)
	if err != nil {
		return nil, err
	}
	state, err := s.do(ctx, in.ID, in.commandKey("add-followup"), in.Body.actor(),
		incident.AddFollowup{Title: in.Body.Title, Owner: in.Body.Owner, Due: due})
	if err != nil {
		return nil, err
	}
	// The follow-up chose its own id; it is the last one with this title.
	title := strings.TrimSpace(in.Body.Title)
	for _, followup := range slices.Backward(state.Followups) {
		if followup.Title == title {
			location := s.publicURL + incidentPath(state.ID) + "/followups"
			return &followupOutput{Location: location, Body: viewFollowup(followup)}, nil
		}
	}
	return nil, newProblem(http.StatusInternalServerError, "the follow-up was taken, but is not in %s", state.ID)
}

// FollowupDecision is what people say when they finish a follow-up.
type FollowupDecision struct {
	Author
	Note string `json:"note,omitempty" doc:"What is to be remembered."`
}

type completeFollowupInput struct {
	IncidentPath
	KeyHeader
	Followup string `path:"followup" doc:"The id of a follow-up of the incident." example:"F1"`
	Body     *FollowupDecision
}

func (s *Server) completeFollowup(ctx context.Context, in *completeFollowupInput) (*incidentOutput, error) {
	var body FollowupDecision
	if in.Body != nil {
		body = *in.Body
	}
	return s.command(ctx, in.ID, in.commandKey("complete-followup", in.Followup), body.actor(),
		incident.CompleteFollowup{Followup: in.Followup, Note: body.Note})
}

// parseDay reads a day, or a moment whose day in UTC counts. Empty is no day.
func parseDay(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Truncate(24 * time.Hour), nil
		}
	}
	return time.Time{}, &incident.InvalidError{Field: "due", Message: "due must be a day, such as 2026-12-01, not " + quoted(text)}
}

func (s *Server) registerFollowups() {
	path := incidentsPath + "/{id}/followups"
	register(s, huma.Operation{
		OperationID: "list-followups", Method: http.MethodGet, Path: path, Tags: []string{tagFollowups},
		Summary: "The work that came out of an incident, with its tickets",
	}, s.listFollowups, http.StatusNotFound)
	register(s, huma.Operation{
		OperationID: "add-followup", Method: http.MethodPost, Path: path, Tags: []string{tagFollowups},
		Summary: "Ask for work after the incident", DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"201": createdResponse("The follow-ups")},
	}, s.addFollowup, http.StatusNotFound, http.StatusConflict)
	register(s, huma.Operation{
		OperationID: "complete-followup", Method: http.MethodPost, Path: path + "/{followup}/complete", Tags: []string{tagFollowups},
		Summary: "Finish work that has no ticket; where there is one, the tracker says when it is done",
	}, s.completeFollowup, http.StatusNotFound, http.StatusConflict)
}
