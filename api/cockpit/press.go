package cockpit

import (
	"context"
	"fmt"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// pressed makes the plan of a control about an incident. The parts are what its value says
// beside the incident.
type pressed struct {
	// reads says that it opens a form or shows something, whatever its value is.
	reads bool
	// parts is how many parts its value has beside the incident.
	parts int
	plan  func(ctx context.Context, t *turn, s incident.State, parts []string) (plan, error)
}

// presses are the controls about an incident, by their acts.
var presses = map[string]pressed{
	card.AcknowledgeAct: {plan: func(_ context.Context, _ *turn, s incident.State, _ []string) (plan, error) {
		return do(s, fmt.Sprintf("You have %s.", s.ID), incident.Acknowledge{})
	}},
	card.UpdateAct: {reads: true, plan: func(ctx context.Context, t *turn, s incident.State, _ []string) (plan, error) {
		return t.openUpdate(ctx, s)
	}},
	card.ResolveAct: {reads: true, plan: func(ctx context.Context, t *turn, s incident.State, _ []string) (plan, error) {
		return planResolve(ctx, t, line{})
	}},
	card.StatusAct: {parts: 1, plan: func(_ context.Context, t *turn, s incident.State, parts []string) (plan, error) {
		if parts[0] == "" {
			return open(statusForm(s))
		}
		return t.changingStatus(s, incident.Status(parts[0]), "")
	}},
	card.SeverityAct: {parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		if parts[0] == "" {
			return open(severityForm(s))
		}
		return do(s, fmt.Sprintf("%s is now %s.", s.ID, parts[0]), incident.ChangeSeverity{Severity: incident.Severity(parts[0])})
	}},
	card.ConfirmSeverityAct: {plan: func(ctx context.Context, t *turn, _ incident.State, _ []string) (plan, error) {
		return planConfirmSeverity(ctx, t, line{})
	}},
	card.RoleAct: {reads: true, parts: 1, plan: func(_ context.Context, t *turn, s incident.State, parts []string) (plan, error) {
		return t.openRole(s, parts[0], "")
	}},
	card.TakeRoleAct: {parts: 1, plan: func(ctx context.Context, t *turn, s incident.State, parts []string) (plan, error) {
		role, ok := s.Role(parts[0])
		if !ok {
			return plan{}, t.askRole(s, "claim", line{}, "")
		}
		return t.claiming(ctx, s, role)
	}},
	card.StepCompleteAct: {parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return do(s, "Done.", incident.CompleteStep{Step: parts[0]})
	}},
	card.StepSkipAct: {reads: true, parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return onPressedStep(s, parts[0], skipForm)
	}},
	card.StepApproveAct: {parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return do(s, "Approved.", incident.ApproveStep{Step: parts[0]})
	}},
	card.StepRejectAct: {reads: true, parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return onPressedStep(s, parts[0], rejectForm)
	}},
	card.StepChooseAct: {parts: 2, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return do(s, "Decided.", incident.ChooseOption{Step: parts[0], Option: parts[1]})
	}},
	card.StepRetryAct: {parts: 1, plan: func(_ context.Context, _ *turn, s incident.State, parts []string) (plan, error) {
		return do(s, "Trying again.", incident.RetryStep{Step: parts[0]})
	}},
	card.SnoozeAct: {parts: 3, plan: func(_ context.Context, t *turn, s incident.State, parts []string) (plan, error) {
		length, err := time.ParseDuration(parts[0])
		if err != nil {
			length = restFor
		}
		return t.snoozing(s, length, parts[1], parts[2])
	}},
	card.NoteAct: {reads: true, plan: func(_ context.Context, _ *turn, s incident.State, _ []string) (plan, error) {
		return open(noteForm(s, "", false))
	}},
	card.FollowupAct: {reads: true, plan: func(_ context.Context, _ *turn, s incident.State, _ []string) (plan, error) {
		return open(followupForm(s, incident.AddFollowup{}))
	}},
	card.PageAct: {reads: true, plan: func(_ context.Context, t *turn, s incident.State, _ []string) (plan, error) {
		return open(t.pageForm(s))
	}},
	card.PostmortemAct: {reads: true, plan: func(ctx context.Context, t *turn, _ incident.State, _ []string) (plan, error) {
		return planPostmortem(ctx, t, line{})
	}},
	card.TimelineAct: {reads: true, plan: func(ctx context.Context, t *turn, _ incident.State, _ []string) (plan, error) {
		return planTimeline(ctx, t, line{})
	}},
	card.SubscribeAct: {plan: func(ctx context.Context, t *turn, _ incident.State, _ []string) (plan, error) {
		return planSubscribe(ctx, t, line{})
	}},
}

// planPress makes the plan of a control that somebody used.
func (t *turn) planPress(ctx context.Context, p chat.Press) (plan, error) {
	switch p.Act {
	case card.OpenAct:
		return plan{}, nil
	case card.DeclareAct:
		return t.declareForm(ctx, draft{})
	case declareAsAct:
		return t.declareForm(ctx, t.readDeclaration(ctx, readLine(p.Value)))
	case sayAct:
		return t.planCommand(ctx, p.Value)
	case unsubscribeAct:
		f, ok := readFollow(p.Value)
		if !ok {
			return plan{}, nil
		}
		return t.unfollowing(f), nil
	}
	known, ok := presses[p.Act]
	if !ok {
		return plan{}, ask("This version of Muster does not know that button. Write " + t.command + " instead.")
	}
	id, parts := card.ReadValue(p.Value, known.parts)
	// An account's id may stand where the incident should; the channel says which it is then.
	if parsed, err := incident.ParseID(string(id)); err == nil {
		t.target = parsed
	}
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	planned, err := known.plan(ctx, t, s, parts)
	// What everybody sees in the channel needs no words.
	planned.quiet = !p.On.IsZero() && p.On.ChannelID == s.Channel.ID && p.Act != card.SubscribeAct && p.Act != card.SnoozeAct
	return planned, err
}

// onPressedStep opens a form about a step.
func onPressedStep(s incident.State, id string, form func(incident.State, incident.Step) chat.Form) (plan, error) {
	step, ok := s.Step(id)
	if !ok {
		return plan{}, &incident.NotFoundError{What: "step", Message: fmt.Sprintf("%s has no such step any more", s.ID)}
	}
	return open(form(s, step))
}
