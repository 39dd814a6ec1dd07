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
	// Approval steps wait until people approve, or somebody rejects.
	Approval StepKind = "approval"
	// Decision steps wait until somebody chooses one of several ways.
	Decision StepKind = "decision"
	// Wait steps wait for the incident or the world; Muster watches.
	Wait StepKind = "wait"
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
	// Expect says what one should see when it has worked.
	Expect string `json:"expect,omitzero"`
	// Group is the title under which steps stand together.
	Group string `json:"group,omitzero"`
	// Playbook names the playbook that the step comes from, where the response is put
	// together from several.
	Playbook string `json:"playbook,omitzero"`

	// Until says in words what ends a wait: "10m have passed".
	Until string `json:"until,omitzero"`
	// Options are the ways of a decision, Choice the id of the one chosen.
	Options []Option `json:"options,omitzero"`
	Choice  string   `json:"choice,omitzero"`
	// Quorum is how many different people must approve; 0 counts as 1. Approvers are the
	// roles whose holders may; empty for anybody. Approvals are those given so far.
	Quorum    int        `json:"quorum,omitzero"`
	Approvers []string   `json:"approvers,omitzero"`
	Approvals []Approved `json:"approvals,omitzero"`

	// Do names the action of an automatic step: "slack.create_channel".
	Do string `json:"do,omitzero"`
	// Private says that the step opens a channel only for those who are let in, or may do so:
	// see [State.Restricted].
	Private bool `json:"private,omitzero"`
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
	// LeftOut says that the step was skipped because the response took another way.
	LeftOut bool `json:"left_out,omitzero"`
	// Output is what an action gave back, for later steps. Bounded by [MaxOutputBytes].
	Output map[string]any `json:"output,omitzero"`
	// Rounds counts how often a step that repeats was done.
	Rounds int `json:"rounds,omitzero"`
	// NudgedAt and EscalatedAt are when people were last told that it takes long; zero if
	// they were not since it became due.
	NudgedAt    time.Time `json:"nudged_at,omitzero"`
	EscalatedAt time.Time `json:"escalated_at,omitzero"`

	// FirstStartedAt is when the step was first begun, StartedAt when it was last. For the
	// work of a hook, which is no step before it fails, the first failure counts.
	FirstStartedAt time.Time `json:"first_started_at,omitzero"`
	StartedAt      time.Time `json:"started_at,omitzero"`
	SettledAt      time.Time `json:"settled_at,omitzero"`
}

// Option is a way that people may choose in a decision.
type Option struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Approved is one person's approval.
type Approved struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note,omitzero"`
}

// MaxOutputBytes bounds the output of one step, as JSON: it is part of the incident for
// ever. What is longer is refused, and whoever fills it in cuts texts to fit.
const MaxOutputBytes = 4 << 10

// MaxOutputsBytes bounds the outputs of all steps of an incident together, which it carries
// along with all else it knows. What comes after is left out.
const MaxOutputsBytes = 192 << 10

// Outcome is what an automatic step brought about. Every part is optional.
type Outcome struct {
	Page       *Page    `json:"page,omitzero"`
	Channel    *Channel `json:"channel,omitzero"`
	Ticket     *Ticket  `json:"ticket,omitzero"`
	Followup   string   `json:"followup,omitzero"`
	Responders []Person `json:"responders,omitzero"`
	// OnlyNew says that those responders who were let in before are not told of again. Outcomes
	// of before there was this do not say so: a workflow that is replayed makes of them what it
	// made of them then.
	OnlyNew bool `json:"only_new,omitzero"`
	// Postmortem says that the postmortem was drafted.
	Postmortem bool `json:"postmortem,omitzero"`
	// Update is a status update to post, Note something to remember, NewFollowup work to
	// be done: what an action says rather than does.
	Update      string       `json:"update,omitzero"`
	Note        string       `json:"note,omitzero"`
	NewFollowup *AddFollowup `json:"new_followup,omitzero"`
	// Measurement is what was collected.
	Measurement *Measurement `json:"measurement,omitzero"`
	// Shown are messages that were posted to be kept up to date, or put in the place of
	// others.
	Shown []ShownMessage `json:"shown,omitzero"`
	// Pages are those that now stand differently at the pager, by their keys: with what is
	// new of them, and nothing else.
	Pages []Page `json:"pages,omitzero"`
	// Resolution ends the response, with this for a summary.
	Resolution string `json:"resolution,omitzero"`
	// Output is for later steps; see [Step.Output].
	Output map[string]any `json:"output,omitzero"`
	// Text tells people in half a sentence what was done.
	Text string `json:"text,omitzero"`
	// Idle says that there was nothing to do, and the text why. Of a reaction, people are then
	// told nothing.
	Idle bool `json:"idle,omitzero"`
	// Again says that the action is under way, and after how long to ask again; 0 for one
	// that is done. It is asked as it was the first time: with the same work on
	// the incident as it was then.
	Again time.Duration `json:"again_ns,omitzero"`
}

// Needed is how many different people must approve it; 0 for other kinds than approvals.
func (s Step) Needed() int {
	if s.Kind != Approval {
		return 0
	}
	return max(s.Quorum, 1)
}

// MusterTries says that Muster tries the step again by itself where it fails: what it does,
// and what it measures.
func (s Step) MusterTries() bool { return s.Kind == Automatic || s.Kind == Wait }

// renew takes back how a step ended, so that it can begin again.
func (s *Step) renew() {
	s.RetryAt, s.SettledAt, s.By, s.Note = zeroTime, zeroTime, "", ""
	s.LeftOut, s.Choice, s.Approvals = false, "", nil
}
