package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"muster/incident"
)

// The types in this file are what callers see. Their shape is a promise: fields are
// added, never renamed or left out. Times and other values that are not there are
// null, texts are empty.

// Incident is an incident as it stands.
type Incident struct {
	ID       string `json:"id" example:"INC-42"`
	URL      string `json:"url" doc:"The incident's page."`
	Title    string `json:"title"`
	Summary  string `json:"summary"`
	Status   string `json:"status" enum:"investigating,identified,monitoring,resolved,closed,cancelled,merged"`
	Severity string `json:"severity" example:"SEV2"`
	// SeverityConfirmed says that a person stands behind the severity.
	SeverityConfirmed bool   `json:"severity_confirmed" doc:"Whether a person has set the severity, or found it right."`
	Service           string `json:"service"`
	Team              string `json:"team" doc:"The team that owns the service."`

	AcceptedAt     *time.Time `json:"accepted_at" doc:"When the alert that it was declared for was taken in; null where a person declared it."`
	DeclaredAt     time.Time  `json:"declared_at"`
	DeclaredBy     string     `json:"declared_by"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	AcknowledgedBy string     `json:"acknowledged_by"`
	MitigatedAt    *time.Time `json:"mitigated_at" doc:"When people were no longer affected."`
	ResolvedAt     *time.Time `json:"resolved_at"`
	ClosedAt       *time.Time `json:"closed_at"`
	EndedAt        *time.Time `json:"ended_at" doc:"When it was closed, cancelled or merged."`
	ReopenedAt     *time.Time `json:"reopened_at"`

	SecondsToAcknowledge *float64 `json:"seconds_to_acknowledge" doc:"From the declaration."`
	SecondsToMitigate    *float64 `json:"seconds_to_mitigate" doc:"From the declaration."`
	SecondsToResolve     *float64 `json:"seconds_to_resolve" doc:"From the declaration."`

	Resolution string   `json:"resolution" doc:"What people said when they resolved it."`
	MergedInto string   `json:"merged_into" doc:"The incident that carries on."`
	Absorbed   []string `json:"absorbed" nullable:"false" doc:"The incidents that were merged into this one."`

	Update    string     `json:"update" doc:"The last status update."`
	UpdatedAt *time.Time `json:"updated_at" doc:"When the last status update was given."`

	Roles       map[string]string `json:"roles" doc:"Who holds each role; empty while nobody does."`
	RoleDetails []Role            `json:"role_details" nullable:"false" doc:"The roles in the order of the playbook."`

	Alerts          []Alert    `json:"alerts" nullable:"false" doc:"The first 500 alerts, the first 200 of them with all they said. Those beyond are counted by name in alert_crowd; every single one is listed under /alerts."`
	AlertCrowd      []Tally    `json:"alert_crowd" nullable:"false" doc:"The alerts beyond those in alerts, by name."`
	AlertCount      int        `json:"alert_count" doc:"How many alerts the incident has had."`
	AlertsFiring    int        `json:"alerts_firing" doc:"How many of the alerts have not resolved."`
	AlertsClearedAt *time.Time `json:"alerts_cleared_at" doc:"When the last firing alert resolved."`

	Steps     []Step     `json:"steps" nullable:"false"`
	Channel   *Channel   `json:"channel"`
	Pages     []Page     `json:"pages" nullable:"false" doc:"What was sent to the pager."`
	Followups []Followup `json:"followups" nullable:"false"`
	Playbook  *Playbook  `json:"playbook"`
	Exercise  *Exercise  `json:"exercise" doc:"Set where the incident is practice, which counts in no statistics and wakes nobody."`
	OnCall    []Person   `json:"on_call" nullable:"false" doc:"The people whom the pager named last."`
	Present   []Person   `json:"present" nullable:"false" doc:"The people in the channel, the first 200 of them."`

	PostmortemAt  *time.Time `json:"postmortem_at" doc:"When the postmortem was first drafted."`
	PostmortemURL string     `json:"postmortem_url" doc:"Where the postmortem is, once it is drafted."`

	Seq int       `json:"seq" doc:"The number of its last event."`
	At  time.Time `json:"at" doc:"When its last event happened."`
}

// Role is a part in the response that one person takes.
type Role struct {
	ID     string     `json:"id" example:"commander"`
	Title  string     `json:"title" example:"Incident commander"`
	Duties string     `json:"duties"`
	Holder string     `json:"holder" doc:"Empty while nobody has it."`
	Since  *time.Time `json:"since" doc:"When the holder took it, or it became vacant."`
	Brief  string     `json:"brief" doc:"What was said about how things stand when it was handed over."`
}

// Person is somebody who can be paged.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Exercise is how an incident that is practice goes.
type Exercise struct {
	_       struct{} `nullable:"true"`
	Speed   float64  `json:"speed" doc:"How much faster than usual its playbook's waiting goes by; 1 for as usual."`
	Channel string   `json:"channel" doc:"The chat channel it takes place in; empty where what would be said is only written down."`
}

// Alert is one thing that a monitoring system found wrong.
type Alert struct {
	Fingerprint string            `json:"fingerprint"`
	Name        string            `json:"name"`
	Summary     string            `json:"summary" doc:"The line that says most about it."`
	Status      string            `json:"status" enum:"firing,resolved"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"starts_at"`
	ResolvedAt  *time.Time        `json:"resolved_at"`
	URL         string            `json:"url"`
	Source      string            `json:"source"`
}

// Tally counts the alerts of one name.
type Tally struct {
	Name     string `json:"name"`
	Fired    int    `json:"fired" doc:"How many have fired."`
	Resolved int    `json:"resolved" doc:"How many of those fire no more."`
}

// Step is one thing to do in the response.
type Step struct {
	ID           string     `json:"id"`
	Title        string     `json:"title"`
	Kind         string     `json:"kind" enum:"automatic,manual,approval,decision,wait"`
	State        string     `json:"state" enum:"pending,running,waiting,done,skipped,failed"`
	Role         string     `json:"role" doc:"The role that should do, approve or decide it."`
	Assignee     string     `json:"assignee" doc:"Who should do it: the person named, or else who holds the role."`
	Error        string     `json:"error" doc:"Why it failed last."`
	Note         string     `json:"note" doc:"What was said when it was settled."`
	By           string     `json:"by" doc:"Who settled it."`
	AddedBy      string     `json:"added_by" doc:"Who added it during the incident; empty for the playbook's own."`
	Action       string     `json:"action" doc:"What Muster does in an automatic step." example:"slack.create_channel"`
	Instructions string     `json:"instructions"`
	Links        []Link     `json:"links" nullable:"false"`
	Attempts     int        `json:"attempts" doc:"How often it was started."`
	RetryAt      *time.Time `json:"retry_at" doc:"When Muster tries again by itself."`
	StartedAt    *time.Time `json:"started_at"`
	SettledAt    *time.Time `json:"settled_at"`

	Expect   string `json:"expect" doc:"What one should see when it has worked."`
	Group    string `json:"group" doc:"The title under which it stands together with others."`
	Playbook string `json:"playbook" doc:"The playbook that it comes from, where the response is put together from several."`

	Options []StepOption `json:"options" nullable:"false" doc:"The ways of a decision."`
	Choice  string       `json:"choice" doc:"The id of the option that was chosen."`
	Until   string       `json:"until" doc:"What ends a wait, in words." example:"10m have passed"`

	Quorum    int             `json:"quorum" doc:"How many different people must approve; 0 for what needs no approval."`
	Approvers []string        `json:"approvers" nullable:"false" doc:"The roles whose holders may approve; empty for anybody."`
	Approvals []ApprovalGiven `json:"approvals" nullable:"false" doc:"The approvals given so far, where more than one is needed."`

	LeftOut     bool           `json:"left_out" doc:"It was skipped because the response took another way."`
	Output      map[string]any `json:"output" doc:"What its action gave back for later steps."`
	Rounds      int            `json:"rounds" doc:"How often a step that repeats was done before."`
	NudgedAt    *time.Time     `json:"nudged_at" doc:"When those who should do it were last reminded."`
	EscalatedAt *time.Time     `json:"escalated_at" doc:"When others were last told that it takes too long."`
}

// StepOption is a way that people may choose in a decision.
type StepOption struct {
	ID    string `json:"id" example:"rollback"`
	Title string `json:"title" example:"Roll back"`
}

// ApprovalGiven is one person's approval.
type ApprovalGiven struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// Link points at something that a responder may want to open.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Channel is where the incident is talked about.
type Channel struct {
	_    struct{} `nullable:"true"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
	URL  string   `json:"url"`
}

// Page is a request for help that the pager accepted.
type Page struct {
	Key     string `json:"key" doc:"The deduplication key at the pager."`
	Service string `json:"service" doc:"The service at the pager."`
	ID      string `json:"id"`
	URL     string `json:"url"`
	// The pager tells of the rest by webhooks.
	Status     string   `json:"status" doc:"Where it stands at the pager: triggered, acknowledged or resolved; empty until the pager has told."`
	AssignedTo []Person `json:"assigned_to" nullable:"false" doc:"Whom the pager has it assigned to, as far as it has told."`
	Responders []Person `json:"responders" nullable:"false" doc:"Whom somebody has asked there to help."`
}

// Followup is work that outlives the incident.
type Followup struct {
	ID      string     `json:"id" example:"F1"`
	Title   string     `json:"title"`
	Owner   string     `json:"owner"`
	Due     *string    `json:"due" format:"date" doc:"The day by which it should be done." example:"2026-12-01"`
	Key     string     `json:"key" doc:"The ticket's key; empty until it is filed." example:"PAY-17"`
	Status  string     `json:"status" doc:"The ticket's status in the tracker's words; empty until it is filed."`
	URL     string     `json:"url" doc:"The ticket's page."`
	Done    bool       `json:"done"`
	AddedBy string     `json:"added_by"`
	AddedAt time.Time  `json:"added_at"`
	DoneAt  *time.Time `json:"done_at"`
}

// Playbook is the playbook that the incident follows.
type Playbook struct {
	_       struct{}      `nullable:"true"`
	Name    string        `json:"name"`
	Version string        `json:"version" doc:"Derived from the playbook's content."`
	Parts   []PlaybookRef `json:"parts" nullable:"false" doc:"The playbooks that it was put together from, in their order; empty for one alone."`
}

// PlaybookRef names a playbook that another was put together from.
type PlaybookRef struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// TimelineEvent is one entry of an incident's timeline.
type TimelineEvent struct {
	Seq       int       `json:"seq" doc:"Numbers the incident's events from 1 without gaps."`
	At        time.Time `json:"at"`
	Kind      string    `json:"kind" example:"severity_changed"`
	Actor     string    `json:"actor" doc:"Who did it."`
	ActorKind string    `json:"actor_kind" enum:"person,muster,vendor"`
	Source    string    `json:"source" doc:"The way it came in." example:"api"`
	Text      string    `json:"text" doc:"What happened, in a sentence."`
	Idle      bool      `json:"idle,omitempty" doc:"That a reaction had nothing to do. People are not shown it."`
	Data      any       `json:"data" doc:"What happened, for programs; its fields depend on the kind."`
}

func (s *Server) viewIncident(in incident.State) Incident {
	view := Incident{
		ID: string(in.ID), URL: s.pageURL(in.ID),
		Title: in.Title, Summary: in.Summary,
		Status: string(in.Status), Severity: string(in.Severity),
		SeverityConfirmed: in.SeverityConfirmed,
		Service:           in.Service.Name, Team: in.Service.Team,
		AcceptedAt: moment(in.AcceptedAt), DeclaredAt: in.DeclaredAt.UTC(), DeclaredBy: in.DeclaredBy.Name,
		AcknowledgedAt: moment(in.AcknowledgedAt), AcknowledgedBy: in.AcknowledgedBy.Name,
		MitigatedAt: moment(in.MitigatedAt), ResolvedAt: moment(in.ResolvedAt),
		EndedAt: moment(in.EndedAt), ReopenedAt: moment(in.ReopenedAt),
		SecondsToAcknowledge: seconds(in.TimeToAcknowledge()),
		SecondsToMitigate:    seconds(in.TimeToMitigate()),
		SecondsToResolve:     seconds(in.TimeToResolve()),
		Resolution:           in.Resolution, MergedInto: string(in.MergedInto),
		Absorbed: each(in.Absorbed, func(id incident.ID) string { return string(id) }),
		Update:   in.Update, UpdatedAt: moment(in.UpdatedAt),
		Roles: make(map[string]string, len(in.Roles)), RoleDetails: each(in.Roles, viewRole),
		Alerts: each(in.Alerts, viewAlert), AlertCrowd: each(in.Crowd, viewTally),
		AlertCount: in.AlertCount(), AlertsFiring: in.AlertsFiring(), AlertsClearedAt: moment(in.AlertsClearedAt),
		Steps: each(in.Steps, func(step incident.Step) Step { return viewStep(in, step) }),
		Pages: each(in.Pages, viewPage), Followups: each(in.Followups, viewFollowup),
		OnCall: each(in.OnCall, viewPerson), Present: each(in.Present, viewPerson),
		PostmortemAt: moment(in.PostmortemAt),
		Seq:          in.Seq, At: in.At.UTC(),
	}
	for _, role := range in.Roles {
		view.Roles[role.ID] = role.Holder
	}
	if in.Status == incident.Closed {
		view.ClosedAt = moment(in.EndedAt)
	}
	if in.Channel != (incident.Channel{}) {
		view.Channel = &Channel{ID: in.Channel.ID, Name: in.Channel.Name, URL: in.Channel.URL}
	}
	if in.Playbook != (incident.PlaybookRef{}) {
		view.Playbook = &Playbook{
			Name: in.Playbook.Name, Version: in.Playbook.Version,
			Parts: each(in.PlaybookParts, func(p incident.PlaybookRef) PlaybookRef { return PlaybookRef(p) }),
		}
	}
	if in.Exercise != nil {
		view.Exercise = &Exercise{Speed: cmp.Or(in.Exercise.Speed, 1), Channel: in.Exercise.Channel}
	}
	if !in.PostmortemAt.IsZero() {
		view.PostmortemURL = s.publicURL + incidentPath(in.ID) + "/postmortem"
	}
	return view
}

func viewRole(r incident.Role) Role {
	return Role{ID: r.ID, Title: r.Title, Duties: r.Duties, Holder: r.Holder, Since: moment(r.Since), Brief: r.Brief}
}

func viewPage(p incident.Page) Page {
	return Page{
		Key: p.Key, Service: p.Service, ID: p.ID, URL: p.URL, Status: string(p.Status),
		AssignedTo: each(p.AssignedTo, viewPerson), Responders: each(p.Responders, viewPerson),
	}
}

func viewPerson(p incident.Person) Person { return Person{Name: p.Name, Email: p.Email} }

func viewAlert(a incident.Alert) Alert {
	status := "resolved"
	if a.Firing() {
		status = "firing"
	}
	return Alert{
		Fingerprint: a.Fingerprint, Name: a.Name, Summary: a.Summary(), Status: status,
		Labels: present(a.Labels), Annotations: present(a.Annotations),
		StartsAt: a.StartsAt.UTC(), ResolvedAt: moment(a.ResolvedAt), URL: a.URL, Source: a.Source,
	}
}

func viewTally(t incident.Tally) Tally {
	return Tally{Name: t.Name, Fired: t.Fired, Resolved: t.Resolved}
}

func viewStep(in incident.State, step incident.Step) Step {
	return Step{
		ID: step.ID, Title: step.Title, Kind: string(step.Kind), State: string(step.State),
		Role: step.Role, Assignee: cmp.Or(step.Assignee, in.Holder(step.Role)),
		Error: step.Error, Note: step.Note, By: step.By, AddedBy: step.AddedBy,
		Action: step.Do, Instructions: step.Instructions,
		Links:    each(step.Links, func(l incident.Link) Link { return Link(l) }),
		Attempts: step.Attempts, RetryAt: moment(step.RetryAt),
		StartedAt: moment(step.StartedAt), SettledAt: moment(step.SettledAt),
		Expect: step.Expect, Group: step.Group, Playbook: step.Playbook,
		Options: each(step.Options, func(o incident.Option) StepOption { return StepOption(o) }), Choice: step.Choice,
		Until: step.Until, Quorum: step.Needed(), Approvers: each(step.Approvers, func(role string) string { return role }),
		Approvals: each(step.Approvals, func(a incident.Approved) ApprovalGiven {
			return ApprovalGiven{By: a.By, At: a.At.UTC(), Note: a.Note}
		}),
		LeftOut: step.LeftOut, Output: present(step.Output), Rounds: step.Rounds,
		NudgedAt: moment(step.NudgedAt), EscalatedAt: moment(step.EscalatedAt),
	}
}

func viewFollowup(f incident.Followup) Followup {
	view := Followup{
		ID: f.ID, Title: f.Title, Owner: f.Owner,
		Key: f.Ticket.Key, Status: f.Ticket.Status, URL: f.Ticket.URL,
		Done: f.Done, AddedBy: f.AddedBy, AddedAt: f.AddedAt.UTC(), DoneAt: moment(f.DoneAt),
	}
	if !f.Due.IsZero() {
		day := f.Due.UTC().Format(time.DateOnly)
		view.Due = &day
	}
	return view
}

// viewEvent shows an event. The text of a playbook is left out: it is long, and has
// its own place.
func viewEvent(e incident.Event) (TimelineEvent, error) {
	fact := e.Fact
	if attached, ok := fact.(incident.PlaybookAttached); ok {
		attached.Document = nil
		fact = attached
	}
	data, err := json.Marshal(fact)
	if err != nil {
		return TimelineEvent{}, fmt.Errorf("show event %d of %s: %w", e.Seq, e.Incident, err)
	}
	return TimelineEvent{
		Seq: e.Seq, At: e.At.UTC(), Kind: string(e.Kind()),
		Actor: e.Actor.Name, ActorKind: string(e.Actor.Kind), Source: e.Source,
		Text: e.Text(), Idle: e.Idle(), Data: json.RawMessage(data),
	}, nil
}

// pageURL is where people see an incident; package ui serves it.
func (s *Server) pageURL(id incident.ID) string {
	return s.publicURL + "/incidents/" + url.PathEscape(string(id))
}

const incidentsPath = "/api/v1/incidents"

func incidentPath(id incident.ID) string { return incidentsPath + "/" + url.PathEscape(string(id)) }

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func seconds(d time.Duration, known bool) *float64 {
	if !known {
		return nil
	}
	n := d.Seconds()
	return &n
}

// each is never nil, so that it encodes as a list.
func each[T, V any](in []T, view func(T) V) []V {
	out := make([]V, len(in))
	for i, item := range in {
		out[i] = view(item)
	}
	return out
}

// present is never nil, so that it encodes as an object.
func present[V any](in map[string]V) map[string]V {
	if in == nil {
		return map[string]V{}
	}
	return in
}
