package incident

import (
	"fmt"
	"time"
)

// DecisionMade says which of several ways the response takes. The event's actor is Muster
// where nobody chose in time and the playbook said what then.
type DecisionMade struct {
	Step        string `json:"step"`
	Title       string `json:"title"`
	Option      string `json:"option"`
	OptionTitle string `json:"option_title"`
	Note        string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (DecisionMade) Kind() Kind { return "decision_made" }

// Text implements [Fact].
func (f DecisionMade) Text() string {
	return sentence(fmt.Sprintf("Decided: %s → %s", f.Title, f.OptionTitle), f.Note)
}

func (f DecisionMade) apply(s *State, e Event) {
	s.settleStep(f.Step, Done, f.Note, e)
	s.changeStep(f.Step, func(step *Step) { step.Choice = f.Option })
}

// ApprovalGiven is one of several approvals that a step needs.
type ApprovalGiven struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	// Given counts the approvals, this one included; Quorum is how many are needed.
	Given  int    `json:"given"`
	Quorum int    `json:"quorum"`
	Note   string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (ApprovalGiven) Kind() Kind { return "approval_given" }

// Text implements [Fact].
func (f ApprovalGiven) Text() string {
	return sentence(fmt.Sprintf("Approved by %d of %d: %s", f.Given, f.Quorum, f.Title), f.Note)
}

func (f ApprovalGiven) apply(s *State, e Event) {
	s.changeStep(f.Step, func(step *Step) {
		step.Approvals = with(step.Approvals, Approved{By: e.Actor.Name, At: e.At, Note: f.Note})
	})
}

// StepNudged reminds those who should do a step that it takes long.
type StepNudged struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	Role  string `json:"role,omitzero"`
	// Since is when it became due.
	Since time.Time `json:"since"`
}

// Kind implements [Fact].
func (StepNudged) Kind() Kind { return "step_nudged" }

// Text implements [Fact].
func (f StepNudged) Text() string {
	return fmt.Sprintf("Still to do%s: %s", inBrackets(f.Role), f.Title)
}

func (f StepNudged) apply(s *State, e Event) {
	s.changeStep(f.Step, func(step *Step) { step.NudgedAt = e.At })
}

// StepEscalated tells others that a step takes too long.
type StepEscalated struct {
	Step  string    `json:"step"`
	Title string    `json:"title"`
	Role  string    `json:"role,omitzero"`
	Since time.Time `json:"since"`
}

// Kind implements [Fact].
func (StepEscalated) Kind() Kind { return "step_escalated" }

// Text implements [Fact].
func (f StepEscalated) Text() string {
	return fmt.Sprintf("Escalated%s: %s", inBrackets(f.Role), f.Title)
}

func (f StepEscalated) apply(s *State, e Event) {
	s.changeStep(f.Step, func(step *Step) { step.EscalatedAt = e.At })
}

// StepRepeated makes a step that was done due once more, as its playbook says.
type StepRepeated struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	// Round is 2 for the first repetition.
	Round int `json:"round"`
}

// Kind implements [Fact].
func (StepRepeated) Kind() Kind { return "step_repeated" }

// Text implements [Fact].
func (f StepRepeated) Text() string { return fmt.Sprintf("Once more (%d): %s", f.Round, f.Title) }

func (f StepRepeated) apply(s *State, _ Event) {
	s.changeStep(f.Step, func(step *Step) {
		step.State, step.Rounds, step.Attempts = Pending, f.Round-1, 0
		step.FirstStartedAt = zeroTime
		step.renew()
	})
}

// MetricCollected keeps what a metric did, for those who look at the timeline later.
type MetricCollected struct {
	Measurement Measurement `json:"measurement"`
}

// Kind implements [Fact].
func (MetricCollected) Kind() Kind { return "metric_collected" }

// Text implements [Fact].
func (f MetricCollected) Text() string {
	return sentence("Measured: "+f.Measurement.Title, f.Measurement.Summary())
}

func (MetricCollected) apply(*State, Event) {}

func inBrackets(role string) string {
	if role == "" {
		return ""
	}
	return " (" + role + ")"
}
