package playbooks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// Playbook is a way to respond. It is plain data: it travels with the incident that
// follows it and is stored in the incident's journal. Obtain one by [Parse], which
// checks it; one that was read back from JSON needs [Playbook.Compile] before use.
type Playbook struct {
	Name        string `yaml:"name" json:"name"`
	Description string `yaml:"description" json:"description,omitzero"`
	// When says for which new incidents the playbook is meant, in CEL over what is known
	// at the declaration. A playbook without it is followed only where it is named.
	When string `yaml:"when" json:"when,omitzero"`
	// Priority decides between several that are meant for an incident: the highest is
	// followed, and additions join in its order.
	Priority int `yaml:"priority" json:"priority,omitzero"`
	// Addition makes the playbook join whatever other one is followed, rather than take
	// its place.
	Addition bool `yaml:"addition" json:"addition,omitzero"`
	// Extends names the playbook that this one builds on: it has all of its roles, steps
	// and hooks, except those that Remove names by their ids. What has the same id takes
	// the other's place.
	Extends string   `yaml:"extends" json:"extends,omitzero"`
	Remove  []string `yaml:"remove" json:"remove,omitzero"`
	// CloseAfter is how long a resolved incident stays open for people to add
	// follow-ups. Zero means [DefaultCloseAfter].
	CloseAfter time.Duration `yaml:"close_after" json:"close_after_ns,omitzero"`
	Roles      []Role        `yaml:"roles" json:"roles,omitzero"`
	Steps      []Step        `yaml:"steps" json:"steps,omitzero"`
	Hooks      []Hook        `yaml:"hooks" json:"hooks,omitzero"`

	// Version is derived from the playbook's text by [Parse].
	Version string `yaml:"-" json:"version"`
	// Source is the text the playbook was written in.
	Source string `yaml:"-" json:"source"`
	// Parts are the playbooks that this one was put together from, in their order; empty
	// for one that was not.
	Parts []Part `yaml:"-" json:"parts,omitzero"`

	programs programs
	origin   place
	// written is the playbook as its file has it, merged that with those that it extends; nil
	// where they are the same. beneath is the one whose place it takes, if it extends that.
	written, merged, beneath *Playbook
}

// DefaultCloseAfter is how long a resolved incident without open follow-ups waits
// before it closes itself, unless its playbook says otherwise: a working day for
// people to review the postmortem.
const DefaultCloseAfter = 24 * time.Hour

// Part is a playbook that another was put together from.
type Part struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Source  string `json:"source"`
	// Reason says why it is part of the response: "followed by default", "when: …".
	Reason string `json:"reason,omitzero"`
}

// Role is a part in the response that one person takes.
type Role struct {
	ID     string `yaml:"id" json:"id"`
	Title  string `yaml:"title" json:"title"`
	Duties string `yaml:"duties" json:"duties,omitzero"`
	// Assign says who gets the role by itself while nobody has had it: [OnCall] or
	// [Acknowledger]. Empty leaves it to people.
	Assign string `yaml:"assign" json:"assign,omitzero"`

	origin place
}

// Who gets a role by itself.
const (
	// OnCall is the first of those whom the pager names as on call.
	OnCall = "on_call"
	// Acknowledger is the person who acknowledged the incident.
	Acknowledger = "acknowledger"
)

// Hook reacts, every time.
type Hook struct {
	ID string `yaml:"id" json:"id"`
	// On are what it reacts to, each a kind of events or the id of a hook that reminds;
	// or one clock trigger. A name that is a kind or a trigger is never taken for an id.
	On Triggers `yaml:"on" json:"on"`
	// After is how long a clock trigger's condition must have held.
	After time.Duration `yaml:"after" json:"after_ns,omitzero"`
	// Every is how long until the reminder is repeated while the condition holds.
	// Zero means never.
	Every time.Duration `yaml:"every" json:"every_ns,omitzero"`
	// Times bounds the reminders about one matter, each time it arises. Zero means no
	// bound.
	Times int `yaml:"times" json:"times,omitzero"`
	// Remind is the reminder of a clock trigger, as it appears in the timeline.
	Remind string `yaml:"remind" json:"remind,omitzero"`
	// When must hold just after the event, or at the time of the reminder.
	When string `yaml:"when" json:"when,omitzero"`
	// Latest keeps of the reactions that wait only the newest: for what shows how things
	// stand, rather than what has happened. That it was done is not written down.
	Latest bool `yaml:"latest" json:"latest,omitzero"`
	// Pause is how long after a reaction was begun the next one is begun at the earliest.
	Pause time.Duration `yaml:"pause" json:"pause_ns,omitzero"`
	// Title says what the hook does, for the timeline.
	Title string     `yaml:"title" json:"title"`
	Do    string     `yaml:"do" json:"do,omitzero"`
	With  Parameters `yaml:"with" json:"with,omitzero"`

	// Within is the id of the step or hook that runs the playbook which this hook is from
	// ([PlaybookRun]): it reacts only once that has begun.
	Within string `yaml:"-" json:"within,omitzero"`
	// Playbook names the part that the hook comes from; empty if there is only one.
	Playbook string `yaml:"-" json:"playbook,omitzero"`

	origin place
}

// Parameters are an action's parameters by name. Values are texts that may hold ${…};
// YAML numbers and booleans are taken as texts.
type Parameters map[string]string

// Triggers is one trigger or a list of them.
type Triggers []string

// The clock triggers: conditions of the incident that call for a reminder once they
// have held for a while.
const (
	// Unacknowledged holds while an active incident is not acknowledged.
	Unacknowledged = "unacknowledged"
	// RoleVacant holds while an active incident has a role that nobody took.
	RoleVacant = "role_vacant"
	// UpdateDue holds while an active incident has had no status update. Where the
	// severity says how often one is due, that goes before the hook's after and every.
	UpdateDue = "update_due"
	// StepWaiting holds while a manual step or an approval of an active incident
	// waits for people. It is counted for each step by itself.
	StepWaiting = "step_waiting"
	// PageUndelivered holds while an active incident that nobody has acknowledged has a
	// page that was begun and that the pager has not taken, counted from its first
	// attempt, for each page by itself. One that will not be tried again is due at once.
	// Where the incident's service says how long to wait ([incident.Fallback]), that goes
	// before the hook's after.
	PageUndelivered = "page_undelivered"
	// FollowupDue holds from the day an open follow-up is due; after may be negative
	// to remind earlier. It is counted for each follow-up by itself.
	FollowupDue = "followup_due"
	// SeverityUnconfirmed holds while nobody has set or confirmed the severity of an active
	// incident, as an alert has declared it.
	SeverityUnconfirmed = "severity_unconfirmed"
	// Quiet holds while no person does anything in an active incident.
	Quiet = "quiet"
)

var clockTriggers = []string{
	Unacknowledged, RoleVacant, UpdateDue, StepWaiting, PageUndelivered, FollowupDue, SeverityUnconfirmed, Quiet,
}

// Any is the trigger that every event is, except those that hooks' own work brings about.
const Any = "any"

// clock returns the hook's clock trigger, or "" for a hook that reacts to events.
func (h Hook) clock() string {
	for _, on := range h.On {
		for _, clock := range clockTriggers {
			if on == clock {
				return clock
			}
		}
	}
	return ""
}

// Triggers that are narrower than a kind of events: a change of the severity one way, the
// resolution of a page at the pager.
const (
	SeverityRaised  = "severity_raised"
	SeverityLowered = "severity_lowered"
	PageResolved    = "page_resolved"
)

// narrowTrigger is a trigger that some events of a kind are.
type narrowTrigger struct {
	kind incident.Kind
	is   func(incident.State, incident.Event) bool
}

var narrowTriggers = map[string]narrowTrigger{
	SeverityRaised: {incident.SeverityChanged{}.Kind(), func(_ incident.State, e incident.Event) bool {
		changed, ok := e.Fact.(incident.SeverityChanged)
		return ok && changed.Raised
	}},
	SeverityLowered: {incident.SeverityChanged{}.Kind(), func(_ incident.State, e incident.Event) bool {
		changed, ok := e.Fact.(incident.SeverityChanged)
		return ok && !changed.Raised
	}},
	PageResolved: {incident.PageChanged{}.Kind(), func(s incident.State, e incident.Event) bool {
		changed, ok := e.Fact.(incident.PageChanged)
		// Muster ends pages too, of an incident that may have been opened again since. And where
		// there are none but for help, who has helped has not resolved the incident.
		return ok && changed.Status == incident.PageResolved && e.Actor.Kind == incident.ActorPerson &&
			slices.ContainsFunc(s.Pages, func(p incident.Page) bool { return !p.AsksForHelp() })
	}},
}

// says lists the actions that only add to the incident's own record, with what they add. A
// hook that uses one does not react to what Muster itself has said: that would never end.
var says = map[string]incident.Kind{
	NoteAdd: incident.NoteAdded{}.Kind(), UpdatePost: incident.UpdatePosted{}.Kind(),
	FollowupAdd: incident.FollowupAdded{}.Kind(), PrometheusCollect: incident.MetricCollected{}.Kind(),
}

// echoes says that an event is what some hook or step had Muster say.
func echoes(e incident.Event) bool {
	if e.Actor.Kind != incident.ActorMuster {
		return false
	}
	switch e.Fact.(type) {
	case incident.NoteAdded, incident.UpdatePosted, incident.FollowupAdded, incident.MetricCollected:
		return true
	default:
		return false
	}
}

// reacts says whether the hook reacts to an event, after which the incident is s.
func (h Hook) reacts(s incident.State, e incident.Event) bool {
	if h.Do == "" {
		return false
	}
	if _, saying := says[h.Do]; saying && echoes(e) {
		return false
	}
	if slices.Contains(h.On, Any) {
		return h.hearsOf(s, e)
	}
	switch f := e.Fact.(type) {
	case incident.ReminderGiven:
		return f.Hook == h.ID || h.follows(f.Hook)
	case incident.StepCompleted:
		if f.Hook != "" {
			// Reacting to what hooks have done would never end.
			return false
		}
	case incident.PageChanged:
		if e.Actor.Kind == incident.ActorMuster {
			// What Muster has done to a page itself is no news of the pager.
			return false
		}
	}
	for _, on := range h.On {
		if narrow, ok := narrowTriggers[on]; incident.Kind(on) == e.Kind() || ok && narrow.is(s, e) {
			return true
		}
	}
	return false
}

// hearsOf says of a hook on [Any] whether it reacts to an event: not to the work of hooks. One
// that shows how things stand, though, shows what has failed of others, for as long as it is
// among the steps.
func (h Hook) hearsOf(s incident.State, e incident.Event) bool {
	id := ""
	switch f := e.Fact.(type) {
	case incident.StepCompleted:
		id = f.Step
		if _, failed := s.Step(id); f.Hook != "" && !failed {
			return false
		}
	case incident.StepFailed:
		id = f.Step
	case incident.StepSkipped:
		id = f.Step
	}
	step, _ := s.Step(id)
	return step.Hook == "" || h.Latest && step.Hook != h.ID
}

// follows says whether the hook reacts to the reminders of another.
func (h Hook) follows(hook string) bool {
	return !knownTrigger(hook) && slices.Contains(h.On, hook)
}

// vendor is whom an action goes to.
func vendor(do string) string {
	name, _, _ := strings.Cut(do, ".")
	return name
}

// lane is where an action waits for its turn: its vendor, mostly. Reactions in one lane
// happen in the order of their events, so that messages never overtake each other; lanes
// do not wait for each other, so that a vendor that is down holds up nobody else's. What
// is said elsewhere, or edited in place, can overtake nothing in the channel, and need not
// wait for it.
func lane(do string) string {
	switch do {
	case SlackAlert, SlackBrief, SlackPrompts, SlackAnnounce, SlackNotify:
		return do
	default:
		return vendor(do)
	}
}

// Attach returns the intent that gives an incident this playbook. The state is the
// incident as declared, from which the titles of steps are filled in; one that cannot
// be filled in stays as written. The error is about writing the playbook as JSON.
func (p *Playbook) Attach(s incident.State) (incident.AttachPlaybook, error) {
	document, err := json.Marshal(p)
	if err != nil {
		return incident.AttachPlaybook{}, fmt.Errorf("write playbook %s: %w", p.Name, err)
	}
	attach := incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: p.Name, Version: p.Version},
		Document: document,
	}
	for _, part := range p.Parts {
		attach.Parts = append(attach.Parts, incident.PlaybookRef{Name: part.Name, Version: part.Version})
	}
	for _, r := range p.Roles {
		attach.Roles = append(attach.Roles, incident.Role{ID: r.ID, Title: r.Title, Duties: r.Duties})
	}
	scope, grown := plainScope(s, s.At), 0
	fill := func(text string) string {
		filled, err := p.programs.text(text, scope)
		if err != nil || grown+len(filled)-len(text) > maxFilledBytes {
			return text
		}
		grown += max(len(filled)-len(text), 0)
		return filled
	}
	for _, step := range p.Steps {
		planned := step.planned(fill)
		planned.Private = p.mayOpenPrivately(step, scope)
		attach.Steps = append(attach.Steps, planned)
	}
	return attach, nil
}

func (p *Playbook) hook(id string) (Hook, bool) {
	for _, h := range p.Hooks {
		if h.ID == id {
			return h, true
		}
	}
	return Hook{}, false
}

func (p *Playbook) step(id string) (Step, bool) {
	for _, s := range p.Steps {
		if s.ID == id {
			return s, true
		}
	}
	return Step{}, false
}
