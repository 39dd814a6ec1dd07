package incident

import (
	"fmt"
	"slices"
	"time"
)

// StepAdded is a step that somebody adds in the middle of an incident.
type StepAdded struct {
	Step Step `json:"step"`
}

// Kind implements [Fact].
func (StepAdded) Kind() Kind { return "step_added" }

// Text implements [Fact].
func (f StepAdded) Text() string {
	if f.Step.Assignee != "" {
		return fmt.Sprintf("Added the step %q for %s", f.Step.Title, f.Step.Assignee)
	}
	return fmt.Sprintf("Added the step %q", f.Step.Title)
}

func (f StepAdded) apply(s *State, e Event) {
	added := f.Step
	added.StartedAt, added.FirstStartedAt = e.At, e.At
	s.Steps = with(s.Steps, added)
}

// StepStarted sets Muster to work on an automatic step, or hands a manual step or
// an approval to people.
type StepStarted struct {
	Step  string   `json:"step"`
	Title string   `json:"title"`
	Type  StepKind `json:"step_kind"`
	Role  string   `json:"role,omitzero"`
}

// Kind implements [Fact].
func (StepStarted) Kind() Kind { return "step_started" }

// Text implements [Fact].
func (f StepStarted) Text() string {
	to := inBrackets(f.Role)
	switch f.Type {
	case Manual:
		return fmt.Sprintf("To do%s: %s", to, f.Title)
	case Approval:
		return fmt.Sprintf("Waiting for approval%s: %s", to, f.Title)
	case Decision:
		return fmt.Sprintf("To decide%s: %s", to, f.Title)
	case Wait:
		return "Waiting: " + f.Title
	default:
		return "Started: " + f.Title
	}
}

func (f StepStarted) apply(s *State, e Event) {
	s.changeStep(f.Step, func(step *Step) {
		step.State, step.StartedAt = Running, e.At
		if step.FirstStartedAt.IsZero() {
			step.FirstStartedAt = e.At
		}
		if step.Kind != Automatic {
			step.State = Waiting
		}
		if !step.MusterTries() || step.Attempts == 0 {
			// Of what Muster tries again and again, people are told once.
			step.NudgedAt, step.EscalatedAt = zeroTime, zeroTime
		}
		step.Attempts++
		step.RetryAt = zeroTime
	})
}

// StepCompleted says that a step is done: by Muster, by people, or by an approval.
type StepCompleted struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	// Hook is set for the work of a hook, which is no step of its own unless it
	// failed before.
	Hook     string `json:"hook,omitzero"`
	Approved bool   `json:"approved,omitzero"`
	Note     string `json:"note,omitzero"`
	// Idle says that there was nothing to do, and the note why; see [Event.Idle].
	Idle bool `json:"idle,omitzero"`
	// Output is what an action gave back; see [Step.Output].
	Output map[string]any `json:"output,omitzero"`
}

// Kind implements [Fact].
func (StepCompleted) Kind() Kind { return "step_completed" }

// Text implements [Fact].
func (f StepCompleted) Text() string {
	if f.Approved {
		return sentence("Approved: "+f.Title, f.Note)
	}
	return sentence("Done: "+f.Title, f.Note)
}

func (f StepCompleted) apply(s *State, e Event) {
	s.settleStep(f.Step, Done, f.Note, e)
	s.changeStep(f.Step, func(step *Step) { step.Output = f.Output })
}

// StepSkipped says that a step is not done, because people decided against it or the
// response took another way.
type StepSkipped struct {
	Step   string `json:"step"`
	Title  string `json:"title"`
	Reason string `json:"reason"`
	// LeftOut says that nobody decided against it: the response took another way.
	LeftOut bool `json:"left_out,omitzero"`
}

// Kind implements [Fact].
func (StepSkipped) Kind() Kind { return "step_skipped" }

// Text implements [Fact].
func (f StepSkipped) Text() string {
	if f.LeftOut {
		return sentence("Left out: "+f.Title, f.Reason)
	}
	return sentence("Skipped: "+f.Title, f.Reason)
}

func (f StepSkipped) apply(s *State, e Event) {
	s.settleStep(f.Step, Skipped, f.Reason, e)
	s.changeStep(f.Step, func(step *Step) { step.LeftOut = f.LeftOut })
	s.planPrivacy()
}

// StepRejected says that an approval was refused.
type StepRejected struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	Note  string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (StepRejected) Kind() Kind { return "step_rejected" }

// Text implements [Fact].
func (f StepRejected) Text() string { return sentence("Rejected: "+f.Title, f.Note) }

func (f StepRejected) apply(s *State, e Event) {
	s.settleStep(f.Step, Failed, f.Note, e)
	s.changeStep(f.Step, func(step *Step) { step.Error = sentence("rejected by "+e.Actor.Name, f.Note) })
}

// StepFailed says that an automatic step did not work. The rest of the response
// goes on.
type StepFailed struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	// Hook and Do are set for the work of a hook, which becomes a visible step by
	// failing.
	Hook  string `json:"hook,omitzero"`
	Do    string `json:"do,omitzero"`
	Error string `json:"error"`
	// RetryAt is when Muster tries again by itself; zero when trying the same again
	// cannot help.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// Kind implements [Fact].
func (StepFailed) Kind() Kind { return "step_failed" }

// Text implements [Fact].
func (f StepFailed) Text() string {
	text := fmt.Sprintf("Failed: %s: %s", f.Title, f.Error)
	if !f.RetryAt.IsZero() {
		text += fmt.Sprintf(" (trying again at %s)", f.RetryAt.UTC().Format("15:04:05 UTC"))
	}
	return text
}

func (f StepFailed) apply(s *State, e Event) {
	if _, known := s.Step(f.Step); !known && f.Hook != "" {
		s.Steps = with(s.Steps, Step{
			ID: f.Step, Title: f.Title, Kind: Automatic, Do: f.Do, Hook: f.Hook,
			Attempts: 1, StartedAt: e.At, FirstStartedAt: e.At,
		})
	}
	s.changeStep(f.Step, func(step *Step) {
		step.State, step.Error, step.RetryAt = Failed, f.Error, f.RetryAt
	})
}

// StepRetried sends a failed step back to work. The event's actor is Muster when it
// does so by itself.
type StepRetried struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	Note  string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (StepRetried) Kind() Kind { return "step_retried" }

// Text implements [Fact].
func (f StepRetried) Text() string { return sentence("Trying again: "+f.Title, f.Note) }

func (f StepRetried) apply(s *State, _ Event) {
	s.changeStep(f.Step, func(step *Step) {
		step.State = Pending
		step.renew()
	})
}

func (s *State) changeStep(id string, change func(*Step)) {
	if i := slices.IndexFunc(s.Steps, func(step Step) bool { return step.ID == id }); i >= 0 {
		s.Steps = replace(s.Steps, i, change)
	}
}

func (s *State) settleStep(id string, state StepState, note string, e Event) {
	s.changeStep(id, func(step *Step) {
		step.State, step.Note, step.By, step.SettledAt = state, note, e.Actor.Name, e.At
		step.RetryAt = zeroTime
		if state.Settled() {
			step.Error = ""
		}
	})
}
