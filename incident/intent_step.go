package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// AddStep adds a manual step in the middle of an incident. ID is left empty; it is
// chosen here.
type AddStep struct {
	Title    string `json:"title"`
	Assignee string `json:"assignee,omitzero"`
}

// Name implements [Intent].
func (AddStep) Name() string { return "add_step" }

func (i AddStep) decide(s State, c Command) ([]Fact, error) {
	title, err := requiredText("title", i.Title, MaxTitleRunes)
	if err != nil {
		return nil, err
	}
	if err := boundedText("assignee", i.Assignee, MaxNameRunes); err != nil {
		return nil, err
	}
	id := ""
	for n, taken := 1, true; taken; n++ {
		id = fmt.Sprintf("added-%d", n)
		_, taken = s.Step(id)
	}
	return []Fact{StepAdded{Step: Step{
		ID: id, Title: title, Kind: Manual, State: Waiting,
		Assignee: strings.TrimSpace(i.Assignee), AddedBy: c.Actor.Name,
	}}}, nil
}

// StartStep is Muster turning to a step whose time has come.
type StartStep struct {
	Step string `json:"step"`
}

// Name implements [Intent].
func (StartStep) Name() string { return "start_step" }

func (StartStep) afterEnd() {}

func (i StartStep) decide(s State, _ Command) ([]Fact, error) {
	step, err := findStep(s, i.Step)
	if err != nil {
		return nil, err
	}
	if step.State != Pending {
		return nil, nil
	}
	if step.Kind != Automatic && s.Status.Ended() {
		return nil, ended(s)
	}
	return []Fact{StepStarted{Step: step.ID, Title: step.Title, Type: step.Kind, Role: step.Role}}, nil
}

// FinishStep reports what an automatic step, or the work of a hook, brought about.
// Hook and Title are needed for a hook only, which need not be a step.
type FinishStep struct {
	Step    string  `json:"step"`
	Hook    string  `json:"hook,omitzero"`
	Title   string  `json:"title,omitzero"`
	Outcome Outcome `json:"outcome"`
}

// Name implements [Intent].
func (FinishStep) Name() string { return "finish_step" }

func (FinishStep) afterEnd() {}

func (i FinishStep) decide(s State, _ Command) ([]Fact, error) {
	step, known := s.Step(i.Step)
	if !known {
		if i.Hook == "" {
			return nil, missingStep(s, i.Step)
		}
		step = Step{ID: i.Step, Hook: i.Hook, Title: i.Title}
	}
	if step.Kind == Decision {
		return nil, rule("needs_choice", "step %q is a decision; choose one of %s", step.Title, step.optionNames())
	}
	// A step that was skipped while Muster was doing it stays skipped; what was
	// brought about is recorded all the same.
	facts := i.Outcome.facts(s)
	if step.State.Settled() {
		return facts, nil
	}
	done := StepCompleted{Step: step.ID, Hook: step.Hook, Title: step.Title, Note: i.Outcome.Text, Output: i.Outcome.Output}
	// What stands in the list of steps is told to its end.
	done.Idle = i.Outcome.Idle && !known && len(facts) == 0
	leaveOut := func(why string, bytes int) {
		done.Output = nil
		done.Note = strings.TrimSpace(done.Note + fmt.Sprintf(" (what it gave back is left out: %s than %d bytes)", why, bytes))
	}
	if size, ok := outputSize(done.Output); !ok || size > MaxOutputBytes {
		leaveOut("more", MaxOutputBytes)
	} else if known && size > 0 && s.outputsBut(step.ID)+size > MaxOutputsBytes {
		leaveOut("with that of the other steps, more", MaxOutputsBytes)
	}
	return append(facts, done), nil
}

// outputSize is how many bytes an output has as JSON, 0 for none; false if it is none.
func outputSize(output map[string]any) (bytes int, ok bool) {
	if output == nil {
		return 0, true
	}
	text, err := json.Marshal(output)
	return len(text), err == nil
}

// outputsBut adds up the outputs of all steps but one.
func (s State) outputsBut(id string) int {
	total := 0
	for _, step := range s.Steps {
		if size, ok := outputSize(step.Output); ok && step.ID != id {
			total += size
		}
	}
	return total
}

// maxFollowups is how many follow-ups an incident has at most before a playbook adds no more: one
// that is repeated for days would fill what Temporal carries. People may always add some.
const maxFollowups = 500

// Brings says whether anything is to be remembered of the outcome, beside that the work was
// done.
func (o Outcome) Brings(s State) bool { return len(o.facts(s)) > 0 }

// facts turns what was brought about into what is remembered of it.
func (o Outcome) facts(s State) []Fact {
	var facts []Fact
	if o.Measurement != nil {
		facts = append(facts, MetricCollected{Measurement: o.Measurement.bounded()})
	}
	if text := strings.TrimSpace(o.Note); text != "" {
		facts = append(facts, NoteAdded{Body: CutText(text, MaxTextRunes)})
	}
	// Of what has ended nobody is told how it stands, and no more work comes of it.
	over := s.Status.Ended()
	if text := strings.TrimSpace(o.Update); text != "" && !over {
		facts = append(facts, UpdatePosted{Body: CutText(text, MaxTextRunes)})
	}
	if f := o.NewFollowup; f != nil && strings.TrimSpace(f.Title) != "" && !over && len(s.Followups) < maxFollowups {
		facts = append(facts, f.added(s, MusterActor()))
	}
	if o.Page != nil {
		facts = append(facts, PageSent{Page: *o.Page, OnCall: o.Responders})
	}
	if o.Channel != nil {
		facts = append(facts, ChannelOpened{Channel: *o.Channel})
	}
	if o.Page == nil {
		// Who was there before is nothing to tell.
		before := func(p Person) bool { return o.OnlyNew && letIn(s, p) }
		if invited := slices.DeleteFunc(slices.Clone(o.Responders), before); len(invited) > 0 {
			facts = append(facts, RespondersInvited{People: invited})
		}
	}
	if o.Ticket != nil {
		facts = append(facts, TicketFiled{Followup: o.Followup, Ticket: *o.Ticket})
	}
	if o.Postmortem {
		facts = append(facts, PostmortemDrafted{})
	}
	for _, shown := range o.Shown {
		facts = append(facts, shown.facts(s)...)
	}
	for _, page := range o.Pages {
		facts = append(facts, pageChanged(s, page, "")...)
	}
	if o.Resolution != "" && s.Status.Active() {
		facts = append(facts, IncidentResolved{From: s.Status, Summary: CutText(strings.TrimSpace(o.Resolution), MaxTextRunes)})
	}
	return facts
}

// FailStep reports that an automatic step, or the work of a hook, did not work.
type FailStep struct {
	Step    string    `json:"step"`
	Hook    string    `json:"hook,omitzero"`
	Title   string    `json:"title,omitzero"`
	Do      string    `json:"do,omitzero"`
	Error   string    `json:"error"`
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// Name implements [Intent].
func (FailStep) Name() string { return "fail_step" }

func (FailStep) afterEnd() {}

func (i FailStep) decide(s State, _ Command) ([]Fact, error) {
	step, known := s.Step(i.Step)
	if !known {
		if i.Hook == "" {
			return nil, missingStep(s, i.Step)
		}
		step = Step{ID: i.Step, Hook: i.Hook, Title: i.Title, Do: i.Do}
	}
	if step.State.Settled() {
		return nil, nil
	}
	return []Fact{StepFailed{
		Step: step.ID, Hook: step.Hook, Do: step.Do, Title: step.Title, Error: CutText(i.Error, MaxErrorRunes), RetryAt: i.RetryAt.UTC(),
	}}, nil
}

// CompleteStep marks a step as done by people. An automatic step can be completed by
// hand when it failed: somebody did it another way.
type CompleteStep struct {
	Step string `json:"step"`
	Note string `json:"note,omitzero"`
}

// Name implements [Intent].
func (CompleteStep) Name() string { return "complete_step" }

func (i CompleteStep) decide(s State, _ Command) ([]Fact, error) {
	step, note, err := openStep(s, i.Step, i.Note)
	if err != nil {
		return nil, err
	}
	switch {
	case step.State == Done:
		return nil, nil
	case step.Kind == Approval:
		return nil, rule("needs_approval", "step %q is an approval; approve or reject it", step.Title)
	case step.Kind == Decision:
		return nil, rule("needs_choice", "step %q is a decision; choose one of %s", step.Title, step.optionNames())
	case step.Kind == Automatic && step.State != Failed:
		return nil, rule("automatic_step", "step %q is done by Muster; it can be completed by hand only after it failed", step.Title)
	}
	return []Fact{StepCompleted{Step: step.ID, Hook: step.Hook, Title: step.Title, Note: note}}, nil
}

// SkipStep decides against a step. The reason is part of the record.
type SkipStep struct {
	Step   string `json:"step"`
	Reason string `json:"reason"`
	// LeftOut is for Muster, where the response takes another way.
	LeftOut bool `json:"left_out,omitzero"`
}

// Name implements [Intent].
func (SkipStep) Name() string { return "skip_step" }

func (SkipStep) afterEnd() {}

func (i SkipStep) decide(s State, _ Command) ([]Fact, error) {
	step, reason, err := openStep(s, i.Step, i.Reason)
	if err != nil {
		return nil, err
	}
	if step.State == Skipped {
		return nil, nil
	}
	if s.Status.Ended() && (step.Kind != Automatic || step.State == Running) {
		return nil, ended(s)
	}
	if step.State == Done {
		return nil, rule("step_done", "step %q is done already", step.Title)
	}
	if reason == "" {
		return nil, invalid("note", "say why step %q is skipped: the reason is kept in the timeline", step.Title)
	}
	return []Fact{StepSkipped{Step: step.ID, Title: step.Title, Reason: reason, LeftOut: i.LeftOut}}, nil
}

// ApproveStep lets what an approval guards go on, once as many people as it needs have
// said so. Approving again changes nothing.
type ApproveStep struct {
	Step string `json:"step"`
	Note string `json:"note,omitzero"`
}

// Name implements [Intent].
func (ApproveStep) Name() string { return "approve_step" }

func (i ApproveStep) decide(s State, c Command) ([]Fact, error) {
	step, note, err := waitingApproval(s, i.Step, i.Note)
	if err != nil || step.State == Done {
		return nil, err
	}
	if err := mayApprove(s, step, c.Actor); err != nil {
		return nil, err
	}
	approved := StepCompleted{Step: step.ID, Title: step.Title, Approved: true, Note: note}
	if step.Quorum <= 1 {
		return []Fact{approved}, nil
	}
	if slices.ContainsFunc(step.Approvals, func(a Approved) bool { return a.By == c.Actor.Name }) {
		return nil, nil
	}
	given := ApprovalGiven{Step: step.ID, Title: step.Title, Given: len(step.Approvals) + 1, Quorum: step.Quorum, Note: note}
	if given.Given < step.Quorum {
		return []Fact{given}, nil
	}
	return []Fact{given, approved}, nil
}

// RejectStep refuses an approval; what it guards does not happen unless the step is
// tried again.
type RejectStep struct {
	Step string `json:"step"`
	Note string `json:"note,omitzero"`
}

// Name implements [Intent].
func (RejectStep) Name() string { return "reject_step" }

func (i RejectStep) decide(s State, c Command) ([]Fact, error) {
	step, note, err := waitingApproval(s, i.Step, i.Note)
	if err != nil {
		return nil, err
	}
	if err := mayApprove(s, step, c.Actor); err != nil {
		return nil, err
	}
	if step.State == Done {
		return nil, rule("step_done", "step %q is approved already", step.Title)
	}
	return []Fact{StepRejected{Step: step.ID, Title: step.Title, Note: note}}, nil
}

// RetryStep sends a failed step back to work.
type RetryStep struct {
	Step string `json:"step"`
	Note string `json:"note,omitzero"`
}

// Name implements [Intent].
func (RetryStep) Name() string { return "retry_step" }

// A page that could not be resolved must be, even though the incident has ended.
func (RetryStep) afterEnd() {}

func (i RetryStep) decide(s State, _ Command) ([]Fact, error) {
	step, note, err := openStep(s, i.Step, i.Note)
	if err != nil {
		return nil, err
	}
	switch step.State {
	case Pending, Running:
		return nil, nil
	case Failed:
		if step.Kind != Automatic && s.Status.Ended() {
			return nil, ended(s)
		}
		return []Fact{StepRetried{Step: step.ID, Title: step.Title, Note: note}}, nil
	default:
		return nil, rule("not_failed", "step %q is %s; only a failed step can be tried again", step.Title, step.State)
	}
}

func waitingApproval(s State, id, note string) (Step, string, error) {
	step, note, err := openStep(s, id, note)
	if err != nil {
		return Step{}, "", err
	}
	if step.Kind != Approval {
		return Step{}, "", rule("not_an_approval", "step %q needs no approval; complete or skip it", step.Title)
	}
	if step.State != Waiting && step.State != Done {
		return Step{}, "", rule("not_waiting", "step %q is %s and does not wait for approval", step.Title, step.State)
	}
	return step, note, nil
}

func openStep(s State, id, note string) (Step, string, error) {
	if err := boundedText("note", note, MaxTextRunes); err != nil {
		return Step{}, "", err
	}
	step, err := findStep(s, id)
	return step, strings.TrimSpace(note), err
}

func findStep(s State, id string) (Step, error) {
	step, ok := s.Step(id)
	if !ok {
		return Step{}, missingStep(s, id)
	}
	return step, nil
}

func missingStep(s State, id string) error {
	return notFound("step", "%s has no step %q", s.ID, id)
}
