package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ID names an incident for people: "INC-42". It is also its workflow's id.
type ID string

const idPrefix = "INC-"

// NewID returns the id of the incident with this number, which counts from 1.
func NewID(number int64) ID { return ID(idPrefix + strconv.FormatInt(number, 10)) }

// ParseID reads an id as people write it: "INC-42", "inc-42" or "42". The error says
// what an id looks like.
func ParseID(text string) (ID, error) {
	digits := strings.TrimSpace(text)
	if len(digits) >= len(idPrefix) && strings.EqualFold(digits[:len(idPrefix)], idPrefix) {
		digits = digits[len(idPrefix):]
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 1 || strings.HasPrefix(digits, "+") {
		return "", invalid("id", "%q is not an incident id; ids look like INC-42", text)
	}
	return NewID(number), nil
}

// Number returns the number within the id, or 0 when the id is not well formed.
func (id ID) Number() int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(string(id), idPrefix), 10, 64)
	if err != nil || n < 1 || NewID(n) != id {
		return 0
	}
	return n
}

// Status is where an incident stands.
type Status string

// The states of an incident. A response moves forward through the first three as
// people learn more, and may move back; the last three are ends.
const (
	Investigating Status = "investigating"
	Identified    Status = "identified"
	Monitoring    Status = "monitoring"
	Resolved      Status = "resolved"
	Closed        Status = "closed"
	Cancelled     Status = "cancelled"
	Merged        Status = "merged"
)

// Statuses lists every status in the order of an incident's life.
func Statuses() []Status {
	return []Status{Investigating, Identified, Monitoring, Resolved, Closed, Cancelled, Merged}
}

// Active says whether people are still responding.
func (s Status) Active() bool {
	return s == Investigating || s == Identified || s == Monitoring
}

// Ended says whether nothing can happen to the incident any more.
func (s Status) Ended() bool { return s == Closed || s == Cancelled || s == Merged }

// Severity is a name of the severity scale, "SEV1".
type Severity string

// SeverityLevel is one step of a severity scale. An incident keeps the scale it was
// declared with, so that changing the scale does not change the past.
type SeverityLevel struct {
	Name Severity `json:"name"`
	// Pager is how the pager should take it: critical, error, warning or info.
	Pager string `json:"pager,omitzero"`
	// UpdateEvery is how often a status update is due. Zero leaves it to the playbook.
	UpdateEvery time.Duration `json:"update_every_ns,omitzero"`
}

// Service is what an incident affects, with the coordinates a response needs. It is
// copied into the incident, so that a response under way does not depend on later
// changes of the catalogue.
type Service struct {
	Name string `json:"name"`
	Team string `json:"team,omitzero"`
	// PagerService is the pager's id of the service, "PABC123".
	PagerService string `json:"pager_service,omitzero"`
	// TrackerProject is the ticket tracker's project key, "PAY".
	TrackerProject string `json:"tracker_project,omitzero"`
	// ChannelPrefix begins the name of the chat channel.
	ChannelPrefix string `json:"channel_prefix,omitzero"`
	Runbooks      []Link `json:"runbooks,omitzero"`
	// Fallback is how people are reached when the pager cannot be.
	Fallback Fallback `json:"fallback,omitzero"`
	// Announcements are the channels in which others than the responders are told.
	Announcements []Announcement `json:"announcements,omitzero"`
}

// ActorKind says what sort of thing acted.
type ActorKind string

// People decide; Muster and its playbook act on their behalf; vendors report.
const (
	ActorPerson ActorKind = "person"
	ActorMuster ActorKind = "muster"
	ActorVendor ActorKind = "vendor"
)

// Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	// Name is what people read: a person's name, "Muster", "Alertmanager".
	Name string `json:"name"`
}

// PersonActor returns the actor for somebody known by name.
func PersonActor(name string) Actor { return Actor{Kind: ActorPerson, Name: name} }

// MusterActor is Muster acting by itself, as its playbook says.
func MusterActor() Actor { return Actor{Kind: ActorMuster, Name: "Muster"} }

// VendorActor returns the actor for a system that reports to Muster.
func VendorActor(name string) Actor { return Actor{Kind: ActorVendor, Name: name} }

// State is an incident at one moment: the fold of its events until then. The zero
// State is an incident that has not been declared. A State is a value: [Apply]
// never changes the one it is given.
type State struct {
	ID       ID       `json:"id"`
	Title    string   `json:"title"`
	Summary  string   `json:"summary,omitzero"`
	Status   Status   `json:"status"`
	Severity Severity `json:"severity"`
	// SeverityConfirmed says that a person has set the severity, or found it right.
	SeverityConfirmed bool `json:"severity_confirmed,omitzero"`
	// SeverityConfirmedBy and SeverityConfirmedAt are who did so last, and when.
	SeverityConfirmedBy Actor           `json:"severity_confirmed_by,omitzero"`
	SeverityConfirmedAt time.Time       `json:"severity_confirmed_at,omitzero"`
	Scale               []SeverityLevel `json:"scale,omitzero"`
	Service             Service         `json:"service"`

	DeclaredBy Actor `json:"declared_by"`
	// Declarer is the person who declared it; the zero Person where no person did.
	Declarer   Person    `json:"declarer,omitzero"`
	DeclaredAt time.Time `json:"declared_at,omitzero"`
	// AcceptedAt is when Muster took in the alert that it was declared for, before DeclaredAt
	// where Temporal or a worker was away; zero where a person declared it.
	AcceptedAt     time.Time `json:"accepted_at,omitzero"`
	AcknowledgedBy Actor     `json:"acknowledged_by,omitzero"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	// FirstAcknowledgedAt and FirstAcknowledgedBy stay when a reopened incident waits for somebody again.
	FirstAcknowledgedAt time.Time `json:"first_acknowledged_at,omitzero"`
	FirstAcknowledgedBy Actor     `json:"first_acknowledged_by,omitzero"`
	MitigatedAt         time.Time `json:"mitigated_at,omitzero"`
	ResolvedAt          time.Time `json:"resolved_at,omitzero"`
	ResolvedBy          Actor     `json:"resolved_by,omitzero"`
	// EndedAt is when the incident was closed, cancelled or merged, EndedBy who did that.
	EndedAt time.Time `json:"ended_at,omitzero"`
	EndedBy Actor     `json:"ended_by,omitzero"`

	// Resolution is what people said when they resolved it.
	Resolution string `json:"resolution,omitzero"`
	// MergedInto is the incident that carries on, when this one was merged.
	MergedInto ID `json:"merged_into,omitzero"`
	// Absorbed are the incidents that were merged into this one.
	Absorbed []ID `json:"absorbed,omitzero"`
	// ReopenedAt is when the response last began again after a resolution.
	ReopenedAt time.Time `json:"reopened_at,omitzero"`

	// Exercise is set where the incident is practice.
	Exercise *Exercise `json:"exercise,omitzero"`

	Playbook PlaybookRef `json:"playbook,omitzero"`
	// PlaybookParts are the playbooks that it was put together from; empty for one alone.
	PlaybookParts []PlaybookRef `json:"playbook_parts,omitzero"`
	// Roles are those the playbook knows, in its order, with who holds them.
	Roles []Role `json:"roles,omitzero"`
	Steps []Step `json:"steps,omitzero"`

	// Alerts are remembered one by one, up to [MaxAlerts]; Crowd counts those beyond.
	Alerts []Alert `json:"alerts,omitzero"`
	Crowd  Crowd   `json:"crowd,omitzero"`
	Pages  []Page  `json:"pages,omitzero"`
	// OnCall are the people whom the pager named last, those who were asked to help aside.
	OnCall  []Person `json:"on_call,omitzero"`
	Channel Channel  `json:"channel,omitzero"`
	// PrivatePlanned says that a step opens a private channel, or may yet do so, by the playbook;
	// see [State.Restricted].
	PrivatePlanned bool `json:"private_planned,omitzero"`
	// Present are the people in the channel, [MaxPresent] at most.
	Present []Person `json:"present,omitzero"`
	// Invited are those who were brought into the channel and have not left it since,
	// [MaxPresent] at most.
	Invited []Person `json:"invited,omitzero"`
	// Shown are the messages that are kept up to date.
	Shown     []ShownMessage `json:"shown,omitzero"`
	Followups []Followup     `json:"followups,omitzero"`

	// Update is the last status update, UpdatedAt when it was given and UpdatedBy by whom.
	Update    string    `json:"update,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	UpdatedBy Actor     `json:"updated_by,omitzero"`
	// AlertsClearedAt is when the last firing alert resolved; zero while any fires.
	AlertsClearedAt time.Time `json:"alerts_cleared_at,omitzero"`
	// Reminders are the prompts given so far, by hook and subject.
	Reminders []Reminder `json:"reminders,omitzero"`
	// Recorded are the latest messages that are on the timeline, [MaxRecorded] at most, so
	// that none is there twice.
	Recorded []string `json:"recorded,omitzero"`
	// PersonAt is when a person last did something here.
	PersonAt time.Time `json:"person_at,omitzero"`
	// PostmortemAt is when the postmortem was first drafted.
	PostmortemAt time.Time `json:"postmortem_at,omitzero"`
	// Restorations say from where on the journal was taken up after it was restored from a
	// backup, in order.
	Restorations []Restoration `json:"restorations,omitzero"`

	// Seq is the sequence number of the last event folded in, At its time.
	Seq int       `json:"seq"`
	At  time.Time `json:"at,omitzero"`
}

// PlaybookRef names the playbook an incident follows, by content.
type PlaybookRef struct {
	Name string `json:"name"`
	// Version is derived from the playbook's content.
	Version string `json:"version"`
}

// Role is a part in the response that one person takes.
type Role struct {
	// ID is how commands name it: "commander".
	ID     string `json:"id"`
	Title  string `json:"title"`
	Duties string `json:"duties,omitzero"`
	// Holder is who has taken it; empty while nobody has.
	Holder string `json:"holder,omitzero"`
	// HolderEmail is the holder's address; empty where it is not known.
	HolderEmail string `json:"holder_email,omitzero"`
	// Since is when the holder took it, or when the role became vacant.
	Since time.Time `json:"since,omitzero"`
	// Brief is what the holder was told when taking over.
	Brief string `json:"brief,omitzero"`
	// Held says that somebody has had the role, even if nobody has it now.
	Held bool `json:"held,omitzero"`
}

// Reminder counts how often people were prompted about one matter.
type Reminder struct {
	// Hook and Subject say what the reminder is about: the playbook's hook, and the
	// role, step or follow-up (empty for the incident as a whole).
	Hook    string `json:"hook"`
	Subject string `json:"subject,omitzero"`
	Count   int    `json:"count"`
	// InRow counts those since the matter last arose.
	InRow  int       `json:"in_row,omitzero"`
	LastAt time.Time `json:"last_at"`
	// SnoozedUntil is before when people do not want to be reminded; zero if they have not
	// said so. That of the reminder without a hook counts for all.
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	// SnoozedBy is who said so.
	SnoozedBy Actor `json:"snoozed_by,omitzero"`
}

// Responders are those who respond, as far as is known: who holds a role, who acknowledged, and
// who is in the channel, each of them once.
func (s State) Responders() []Person {
	var people []Person
	add := func(p Person) {
		if !p.IsZero() && !slices.ContainsFunc(people, p.Same) {
			people = append(people, p)
		}
	}
	for _, r := range s.Roles {
		add(s.HolderPerson(r.ID))
	}
	for _, p := range s.Present {
		add(p)
	}
	return people
}

// Declared says whether the state belongs to an incident at all.
func (s State) Declared() bool { return s.ID != "" }

// Holder returns who holds a role, or "" when it is vacant or unknown.
func (s State) Holder(role string) string {
	if r, ok := s.Role(role); ok {
		return r.Holder
	}
	return ""
}

// HolderPerson returns who holds a role, with the address where it is known; the zero
// Person when it is vacant or unknown.
func (s State) HolderPerson(role string) Person {
	r, ok := s.Role(role)
	if !ok || r.Holder == "" {
		return Person{}
	}
	if r.HolderEmail != "" {
		return Person{Name: r.Holder, Email: r.HolderEmail}
	}
	for _, p := range slices.Concat(s.OnCall, s.Present) {
		if p.Name == r.Holder {
			return p
		}
	}
	return Person{Name: r.Holder}
}

// Role returns the role with this id.
func (s State) Role(id string) (Role, bool) {
	i := slices.IndexFunc(s.Roles, func(r Role) bool { return r.ID == id })
	if i < 0 {
		return Role{}, false
	}
	return s.Roles[i], true
}

// Step returns the step with this id.
func (s State) Step(id string) (Step, bool) {
	i := slices.IndexFunc(s.Steps, func(step Step) bool { return step.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return s.Steps[i], true
}

// Followup returns the follow-up with this id.
func (s State) Followup(id string) (Followup, bool) {
	i := slices.IndexFunc(s.Followups, func(f Followup) bool { return f.ID == id })
	if i < 0 {
		return Followup{}, false
	}
	return s.Followups[i], true
}

// Reminder returns the reminders given for a hook and subject; its Count is 0 when
// none was.
func (s State) Reminder(hook, subject string) Reminder {
	i := slices.IndexFunc(s.Reminders, func(r Reminder) bool { return r.Hook == hook && r.Subject == subject })
	if i < 0 {
		return Reminder{Hook: hook, Subject: subject}
	}
	return s.Reminders[i]
}

// AlertCount is how many alerts the incident has had.
func (s State) AlertCount() int { return len(s.Alerts) + s.Crowd.Total().Fired }

// AlertsFiring is how many of them have not resolved.
func (s State) AlertsFiring() int { return len(s.Firing()) + s.Crowd.Total().Firing() }

// Firing returns the alerts that have not resolved, of those remembered one by one.
func (s State) Firing() []Alert {
	var firing []Alert
	for _, a := range s.Alerts {
		if a.Firing() {
			firing = append(firing, a)
		}
	}
	return firing
}

// OpenFollowups returns the follow-ups that are not done.
func (s State) OpenFollowups() []Followup {
	var open []Followup
	for _, f := range s.Followups {
		if !f.Done {
			open = append(open, f)
		}
	}
	return open
}

// Level returns the severity's place in the incident's scale.
func (s State) Level() SeverityLevel {
	if i := s.rank(s.Severity); i >= 0 {
		return s.Scale[i]
	}
	return SeverityLevel{Name: s.Severity}
}

// TimeToAcknowledge is how long it took until somebody took the incident, from its
// declaration. The second value is false while nobody has.
func (s State) TimeToAcknowledge() (time.Duration, bool) { return s.since(s.FirstAcknowledgedAt) }

// TimeToMitigate is how long people were affected: from the declaration until the
// incident was first monitored or resolved. False while they still are.
func (s State) TimeToMitigate() (time.Duration, bool) { return s.since(s.MitigatedAt) }

// TimeToResolve is how long the response took, from the declaration. False while it
// goes on.
func (s State) TimeToResolve() (time.Duration, bool) { return s.since(s.ResolvedAt) }

func (s State) since(moment time.Time) (time.Duration, bool) {
	if moment.IsZero() || s.DeclaredAt.IsZero() {
		return 0, false
	}
	return moment.Sub(s.DeclaredAt), true
}

// rank is the severity's index in the scale, 0 being the most severe, or -1.
func (s State) rank(severity Severity) int {
	return slices.IndexFunc(s.Scale, func(l SeverityLevel) bool { return l.Name == severity })
}

func (s State) scaleNames() string {
	names := make([]string, len(s.Scale))
	for i, l := range s.Scale {
		names[i] = string(l.Name)
	}
	return strings.Join(names, ", ")
}

func (s State) roleNames() string {
	names := make([]string, len(s.Roles))
	for i, r := range s.Roles {
		names[i] = r.ID
	}
	return strings.Join(names, ", ")
}

// String says in one line what the incident is.
func (s State) String() string {
	return fmt.Sprintf("%s %s %s: %s", s.ID, s.Severity, s.Status, s.Title)
}
