package playbooks

import (
	"fmt"
	"strings"
	"time"

	"muster/incident"
)

// Step is something to do once, or as often as Repeat says. Exactly one of Do, Approval,
// Decide and Wait says what kind it is; without any, people do it.
type Step struct {
	ID string `yaml:"id" json:"id"`
	// Title may hold ${…}, which is filled in when the incident begins.
	Title string `yaml:"title" json:"title"`
	// Do names the action of an automatic step.
	Do string `yaml:"do" json:"do,omitzero"`
	// With are the action's parameters; ${…} is filled in when the step starts.
	With Parameters `yaml:"with" json:"with,omitzero"`
	// Approval makes the step wait until people approve it; nil for other kinds.
	Approval *Approval `yaml:"approval" json:"approval,omitzero"`
	// Decide are the ways between which people choose.
	Decide []Option `yaml:"decide" json:"decide,omitzero"`
	// Wait makes the step wait for the incident or the world; nil for other kinds.
	Wait *Wait `yaml:"wait" json:"wait,omitzero"`

	// Role is who should do, approve or decide it.
	Role         string `yaml:"role" json:"role,omitzero"`
	Instructions string `yaml:"instructions" json:"instructions,omitzero"`
	// Expect says what one should see when it has worked.
	Expect string `yaml:"expect" json:"expect,omitzero"`
	// Links lead to runbooks and dashboards; their addresses may hold ${…}.
	Links []incident.Link `yaml:"links" json:"links,omitzero"`

	// Needs are the steps that must be done or skipped before, each a step's id, a
	// group's, or "decision/option" for a step that is done only if that was chosen.
	Needs []string `yaml:"needs" json:"needs,omitzero"`
	// When must hold for the step to become due; it may come to hold later. Without
	// it a step becomes due only while the incident is active.
	When string `yaml:"when" json:"when,omitzero"`
	// Repeat makes the step due again after it was done; nil for once.
	Repeat *Repeat `yaml:"repeat" json:"repeat,omitzero"`
	// Timeout says what happens when the step takes long; nil for nothing.
	Timeout *Timeout `yaml:"timeout" json:"timeout,omitzero"`
	// Retry is how an automatic step is tried again; nil for Muster's own way.
	Retry *Retry `yaml:"retry" json:"retry,omitzero"`
	// OnFailure is [Ask], [Continue] or [Stop]; empty means Ask.
	OnFailure string `yaml:"on_failure" json:"on_failure,omitzero"`

	// Group is the id of the group that the step is in; empty for most. In a list of steps
	// an item with a group and steps of its own stands for all of them. Order, [Parallel] or
	// [Sequence], is that group's. [Parse] takes groups apart: what it returns has none.
	Group string `yaml:"group" json:"group,omitzero"`
	Order string `yaml:"order" json:"-"`
	Steps []Step `yaml:"steps" json:"-"`
	// GroupTitle is the title of the group.
	GroupTitle string `yaml:"-" json:"group_title,omitzero"`

	// Within is the id of the step or hook that runs the playbook which this step is from
	// ([PlaybookRun]): it becomes due only once that has begun.
	Within string `yaml:"-" json:"within,omitzero"`
	// Playbook names the part that the step comes from; empty if there is only one.
	Playbook string `yaml:"-" json:"playbook,omitzero"`

	origin origin
}

// The orders of a group's steps.
const (
	// Parallel steps of a group do not wait for each other.
	Parallel = "parallel"
	// Sequence makes each step of a group need the one before it.
	Sequence = "sequence"
)

// What becomes of a step that failed, and of those that need it.
const (
	// Ask leaves it to people, who try it again, skip it or do it by hand; what needs it
	// waits. Muster tries again by itself meanwhile.
	Ask = "ask"
	// Continue lets what needs it go on.
	Continue = "continue"
	// Stop leaves out what needs it once Muster has given up trying.
	Stop = "stop"
)

// Kind says who moves the step forward.
func (s Step) Kind() incident.StepKind {
	switch {
	case s.Do != "":
		return incident.Automatic
	case s.Approval != nil:
		return incident.Approval
	case len(s.Decide) > 0:
		return incident.Decision
	case s.Wait != nil:
		return incident.Wait
	default:
		return incident.Manual
	}
}

// planned is the step as an incident has it before anything has happened.
func (s Step) planned(fill func(string) string) incident.Step {
	step := incident.Step{
		ID: s.ID, Title: fill(s.Title), Kind: s.Kind(), State: incident.Pending,
		Role: s.Role, Instructions: fill(s.Instructions), Expect: fill(s.Expect), Do: s.Do,
		Group: s.GroupTitle, Playbook: s.Playbook,
	}
	for _, link := range s.Links {
		step.Links = append(step.Links, incident.Link{Title: fill(link.Title), URL: fill(link.URL)})
	}
	for _, option := range s.Decide {
		step.Options = append(step.Options, incident.Option{ID: option.ID, Title: fill(option.Title)})
	}
	if s.Wait != nil {
		step.Until = s.Wait.until(fill)
	}
	if s.Approval != nil {
		step.Quorum, step.Approvers = s.Approval.Quorum, s.Approval.By
	}
	return step
}

// Approval is what a step needs to be approved.
type Approval struct {
	// Quorum is how many different people must approve; 0 counts as 1.
	Quorum int `yaml:"quorum" json:"quorum,omitzero"`
	// By are the roles whose holders may approve; empty for anybody.
	By []string `yaml:"by" json:"by,omitzero"`
}

// Option is a way that people may choose.
type Option struct {
	ID    string `yaml:"id" json:"id"`
	Title string `yaml:"title" json:"title"`
}

// Wait is what a step waits for: For alone is a pause, Until and Metric are conditions,
// which must hold for as long as For says.
type Wait struct {
	For time.Duration `yaml:"for" json:"for_ns,omitzero"`
	// Until is a condition in CEL, looked at whenever the incident changes.
	Until string `yaml:"until" json:"until,omitzero"`
	// Metric is a measurement that has to recover.
	Metric *Metric `yaml:"metric" json:"metric,omitzero"`
}

// until says in words what ends it.
func (w Wait) until(fill func(string) string) string {
	lasting := ""
	if w.For > 0 {
		lasting = " for " + incident.FormatDuration(w.For)
	}
	switch m := w.Metric; {
	case m != nil && m.Below != nil:
		return fmt.Sprintf("%s is below %s%s", fill(m.Query), incident.FormatValue(*m.Below), lasting)
	case m != nil && m.Above != nil:
		return fmt.Sprintf("%s is above %s%s", fill(m.Query), incident.FormatValue(*m.Above), lasting)
	case w.Until != "" && lasting != "":
		return w.Until + " has held" + lasting
	case w.Until != "":
		return w.Until
	default:
		return incident.FormatDuration(w.For) + " have passed"
	}
}

// Metric is a condition on a measurement: exactly one of Below and Above.
type Metric struct {
	// Query is in PromQL, of which every value must satisfy the condition; it may hold ${…}.
	Query string   `yaml:"query" json:"query"`
	Below *float64 `yaml:"below" json:"below,omitzero"`
	Above *float64 `yaml:"above" json:"above,omitzero"`
	// Every is how often it is measured; 0 means once a minute.
	Every time.Duration `yaml:"every" json:"every_ns,omitzero"`
}

// Repeat makes a step due again, Every so long after it was done, while the condition
// While holds, Times in all at most (0 for no bound).
type Repeat struct {
	Every time.Duration `yaml:"every" json:"every_ns"`
	While string        `yaml:"while" json:"while,omitzero"`
	Times int           `yaml:"times" json:"times,omitzero"`
}

// Timeout says what happens to a step that takes long, counted from when it became due.
// Zero durations mean never.
type Timeout struct {
	// Nudge is when those who should do it are reminded, Escalate when others are told:
	// the events step_nudged and step_escalated, to which hooks react.
	Nudge    time.Duration `yaml:"nudge" json:"nudge_ns,omitzero"`
	Escalate time.Duration `yaml:"escalate" json:"escalate_ns,omitzero"`
	// Limit is when it ends: failed, unless Then says [Skip], or names the option that a
	// decision then takes.
	Limit time.Duration `yaml:"limit" json:"limit_ns,omitzero"`
	Then  string        `yaml:"then" json:"then,omitzero"`
}

// What a step's time limit may do to it, beside choosing an option.
const (
	Fail = "fail"
	Skip = "skip"
)

// Retry is how often an automatic step is tried in all, and how long after each failure.
// Zero Pause means Muster's own pauses.
type Retry struct {
	Attempts int           `yaml:"attempts" json:"attempts"`
	Pause    time.Duration `yaml:"pause" json:"pause_ns,omitzero"`
}

// choice takes apart a need that asks for an option of a decision.
func choice(need string) (step, option string) {
	step, option, _ = strings.Cut(need, "/")
	return step, option
}
