package incident

import "time"

// StepKind says who moves a step forward.
type StepKind string

// The kinds of steps.
const (
	// Automatic steps are done by Muster.
	Automatic StepKind = "automatic"
	// Manual steps are done by people, who mark them as complete.
	Manual StepKind = "manual"
	// Approval steps wait until somebody approves or rejects.
	Approval StepKind = "approval"
)

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	// Pending waits for other steps or for its condition.
	Pending StepState = "pending"
	// Running is being done by Muster.
	Running StepState = "running"
	// Waiting waits for people.
	Waiting StepState = "waiting"
	// Done, Skipped and Failed are how a step ends; a failed one can be tried again.
	Done    StepState = "done"
	Skipped StepState = "skipped"
	Failed  StepState = "failed"
)

// Settled says whether what depends on the step may go on.
func (s StepState) Settled() bool { return s == Done || s == Skipped }

// Step is one thing to do in the response to one incident.
type Step struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Kind  StepKind  `json:"kind"`
	State StepState `json:"state"`
	// Role is the role that should do or approve it; Assignee a person's name where
	// one was given. Either may be empty.
	Role     string `json:"role,omitzero"`
	Assignee string `json:"assignee,omitzero"`
	// Instructions say how, Links where.
	Instructions string `json:"instructions,omitzero"`
	Links        []Link `json:"links,omitzero"`
	// Do names the action of an automatic step: "slack.create_channel".
	Do string `json:"do,omitzero"`
	// Hook is set where the step is the work of a hook that failed and so became
	// visible. It is the hook's id.
	Hook string `json:"hook,omitzero"`
	// AddedBy is who added the step during the incident; empty for the playbook's own.
	AddedBy string `json:"added_by,omitzero"`

	// Error is the reason of the last failure. It stays visible while a retry runs.
	Error string `json:"error,omitzero"`
	// Attempts counts how often the step was started.
	Attempts int `json:"attempts,omitzero"`
	// RetryAt is when Muster tries a failed step again by itself; zero if it will not.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Note is what people said when they completed, skipped, approved or rejected it.
	Note string `json:"note,omitzero"`
	// By is who settled it.
	By string `json:"by,omitzero"`

	// FirstStartedAt is when the step was first begun, StartedAt when it was last. For the
	// work of a hook, which is no step before it fails, the first failure counts.
	FirstStartedAt time.Time `json:"first_started_at,omitzero"`
	StartedAt      time.Time `json:"started_at,omitzero"`
	SettledAt      time.Time `json:"settled_at,omitzero"`
}

// Outcome is what an automatic step brought about. Every part is optional.
type Outcome struct {
	Page       *Page    `json:"page,omitzero"`
	Channel    *Channel `json:"channel,omitzero"`
	Ticket     *Ticket  `json:"ticket,omitzero"`
	Followup   string   `json:"followup,omitzero"`
	Responders []Person `json:"responders,omitzero"`
	// Postmortem says that the postmortem was drafted.
	Postmortem bool `json:"postmortem,omitzero"`
	// Text tells people in half a sentence what was done.
	Text string `json:"text,omitzero"`
}
