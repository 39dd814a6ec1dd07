package playbooks

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// Scope is what an expression can see.
type Scope struct {
	// Incident is the incident now.
	Incident IncidentView
	// Event is what a hook reacts to. Empty in steps.
	Event EventView
	// Step is the step that a reminder is about.
	Step StepView
	// Followup is the follow-up that an event or a reminder is about.
	Followup FollowupView
	// Outputs are what the actions of steps gave back, by the steps' ids.
	Outputs map[string]map[string]any
}

// IncidentView is an incident as expressions see it.
type IncidentView struct {
	ID       string `cel:"id"`
	Number   int64  `cel:"number"`
	Title    string `cel:"title"`
	Summary  string `cel:"summary"`
	Status   string `cel:"status"`
	Severity string `cel:"severity"`
	// SeverityRank is 1 for the most severe level of the scale.
	SeverityRank int64 `cel:"severity_rank"`
	// SeverityConfirmed says that a person has set the severity, or found it right.
	SeverityConfirmed bool        `cel:"severity_confirmed"`
	Service           ServiceView `cel:"service"`
	Active            bool        `cel:"active"`
	Acknowledged      bool        `cel:"acknowledged"`
	AcknowledgedBy    string      `cel:"acknowledged_by"`
	// DeclaredBy is the person who declared it: their e-mail address, or their name where none
	// is known; empty where no person did.
	DeclaredBy  string            `cel:"declared_by"`
	Commander   string            `cel:"commander"`
	Roles       map[string]string `cel:"roles"`
	VacantRoles []string          `cel:"vacant_roles"`
	// Steps says where each step stands, by its id: "done".
	Steps map[string]string `cel:"steps"`
	// Choices are the ids of the options chosen, by decision; "" where nobody has decided.
	Choices map[string]string `cel:"choices"`
	// OnCall names the people whom the pager named last.
	OnCall []string `cel:"on_call"`
	// Exercise says that it is practice.
	Exercise     bool  `cel:"exercise"`
	AlertsFiring int64 `cel:"alerts_firing"`
	// AnnounceIn are the channels in which others than the responders are told.
	AnnounceIn []string `cel:"announce_in"`
	// PagesOpen is how many pages have not been resolved at the pager, as far as it tells.
	PagesOpen  int64        `cel:"pages_open"`
	Fallback   FallbackView `cel:"fallback"`
	Channel    string       `cel:"channel"`
	Update     string       `cel:"update"`
	Resolution string       `cel:"resolution"`
	// Age says how long ago the incident was declared: "1h 5m".
	Age string `cel:"age"`
	// Slug is the title as part of a name: "instance-down".
	Slug string `cel:"slug"`
}

// ServiceView is a service as expressions see it.
type ServiceView struct {
	Name          string `cel:"name"`
	Team          string `cel:"team"`
	ChannelPrefix string `cel:"channel_prefix"`
}

// FallbackView is the second way to page as expressions see it.
type FallbackView struct {
	// Configured is true when there is any way.
	Configured bool `cel:"configured"`
	// Email are the addresses, "one@example.com, two@example.com", or empty.
	Email string `cel:"email"`
	// Channel is a name or an id, or empty.
	Channel string `cel:"channel"`
	Webhook bool   `cel:"webhook"`
}

// EventView is an event as expressions see it.
type EventView struct {
	Kind  string `cel:"kind"`
	Text  string `cel:"text"`
	Actor string `cel:"actor"`
	// Source is the way it came in: "api", "page", "slack", "pagerduty", "playbook".
	Source string `cel:"source"`
	// Person is whom it is about: who was given a role or is asked for help, those who come
	// from an incident that was merged into this one, and whom the pager has brought into the
	// response, by assigning a page to them or by asking them to help. It is their e-mail
	// address, or their name where none is known, of several with commas between; PersonName is
	// the name.
	Person     string `cel:"person"`
	PersonName string `cel:"person_name"`
}

// StepView is a step as expressions see it.
type StepView struct {
	ID    string `cel:"id"`
	Title string `cel:"title"`
	Role  string `cel:"role"`
	State string `cel:"state"`
	Error string `cel:"error"`
	// Attempts is 1 when it has been tried once.
	Attempts int64 `cel:"attempts"`
	// GivenUp is true when it has failed and Muster does not try again by itself.
	GivenUp bool `cel:"given_up"`
	// Age says how long ago it was first begun: "2m".
	Age string `cel:"age"`
}

// FollowupView is a follow-up as expressions see it.
type FollowupView struct {
	ID    string `cel:"id"`
	Title string `cel:"title"`
	Owner string `cel:"owner"`
	// Due is a day, "2026-12-01", or empty.
	Due    string `cel:"due"`
	Ticket string `cel:"ticket"`
}

// NewIncidentView shows a state to expressions as it is at now.
func NewIncidentView(s incident.State, now time.Time) IncidentView {
	v := IncidentView{
		ID: string(s.ID), Number: s.ID.Number(), Title: s.Title, Summary: s.Summary,
		Status: string(s.Status), Severity: string(s.Severity),
		SeverityRank: 1 + int64(slices.IndexFunc(s.Scale, func(l incident.SeverityLevel) bool { return l.Name == s.Severity })),
		Service:      ServiceView{Name: s.Service.Name, Team: s.Service.Team, ChannelPrefix: s.Service.ChannelPrefix},
		Active:       s.Status.Active(),
		Acknowledged: !s.AcknowledgedAt.IsZero(), AcknowledgedBy: s.AcknowledgedBy.Name, DeclaredBy: addressOf(s.Declarer),
		Commander: s.Holder("commander"), Roles: map[string]string{}, Steps: map[string]string{}, Choices: map[string]string{}, Exercise: s.Exercise != nil,
		SeverityConfirmed: s.SeverityConfirmed, PagesOpen: int64(s.PagesOpen()), AnnounceIn: s.AnnounceIn(),
		AlertsFiring: int64(s.AlertsFiring()), Channel: s.Channel.Name,
		Fallback: newFallbackView(s.Service.Fallback),
		Update:   s.Update, Resolution: s.Resolution,
		Age: incident.FormatDuration(now.Sub(s.DeclaredAt)), Slug: slug(s.Title),
	}
	for _, step := range s.Steps {
		v.Steps[step.ID] = string(step.State)
		if step.Kind == incident.Decision {
			v.Choices[step.ID] = step.Choice
		}
	}
	for _, p := range s.OnCall {
		v.OnCall = append(v.OnCall, p.Name)
	}
	for _, r := range s.Roles {
		v.Roles[r.ID] = r.Holder
		if r.Holder == "" {
			v.VacantRoles = append(v.VacantRoles, r.Title)
		}
	}
	return v
}

func newEventView(e incident.Event) EventView {
	if e.Fact == nil {
		return EventView{}
	}
	view := EventView{Kind: string(e.Kind()), Text: e.Text(), Actor: e.Actor.Name, Source: e.Source}
	var about incident.Person
	switch f := e.Fact.(type) {
	case incident.RoleAssigned:
		about = incident.Person{Name: f.To, Email: f.ToEmail}
	case incident.HelpRequested:
		about = f.Person
	case incident.IncidentAbsorbed:
		about.Name = addressesOf(f.People)
	case incident.PageChanged:
		about.Name = addressesOf(f.Wanted)
	}
	view.Person, view.PersonName = addressOf(about), about.Name
	return view
}

// addressOf is a person's e-mail address, or their name where none is known.
func addressOf(p incident.Person) string { return cmp.Or(p.Email, p.Name) }

// addressesOf are those of several people, with commas between.
func addressesOf(people []incident.Person) string {
	addresses := make([]string, len(people))
	for i, p := range people {
		addresses[i] = addressOf(p)
	}
	return strings.Join(addresses, ", ")
}

func newFallbackView(f incident.Fallback) FallbackView {
	return FallbackView{Configured: f.Configured(), Email: strings.Join(f.Emails, ", "), Channel: f.Channel, Webhook: f.Webhook}
}

func newStepView(s incident.Step, now time.Time) StepView {
	view := StepView{
		ID: s.ID, Title: s.Title, Role: s.Role, State: string(s.State), Error: s.Error,
		Attempts: int64(s.Attempts), GivenUp: givenUp(s),
	}
	if !s.FirstStartedAt.IsZero() {
		view.Age = incident.FormatDuration(now.Sub(s.FirstStartedAt))
	}
	return view
}

func newFollowupView(f incident.Followup) FollowupView {
	due := ""
	if !f.Due.IsZero() {
		due = f.Due.Format(time.DateOnly)
	}
	return FollowupView{ID: f.ID, Title: f.Title, Owner: f.Owner, Due: due, Ticket: f.Ticket.Key}
}

// plainScope shows an incident.
func plainScope(s incident.State, now time.Time) Scope {
	scope := Scope{Incident: NewIncidentView(s, now), Outputs: map[string]map[string]any{}}
	for _, step := range s.Steps {
		if step.Output != nil {
			scope.Outputs[step.ID] = step.Output
		}
	}
	return scope
}

// newScope shows an event and what it is about.
func newScope(s incident.State, e incident.Event, now time.Time) Scope {
	scope := plainScope(s, now)
	scope.Event = newEventView(e)
	step, followup := about(e)
	if found, ok := s.Step(step); ok {
		scope.Step = newStepView(found, now)
	}
	if found, ok := s.Followup(followup); ok {
		scope.Followup = newFollowupView(found)
	}
	return scope
}

// about names the step and the follow-up that an event is about.
func about(e incident.Event) (step, followup string) {
	switch f := e.Fact.(type) {
	case incident.FollowupAdded:
		return "", f.Followup.ID
	case incident.TicketFiled:
		return "", f.Followup
	case incident.TicketChanged:
		return "", f.Followup
	case incident.ReminderGiven:
		return f.Subject, f.Subject
	case incident.StepFailed:
		return f.Step, ""
	case incident.StepCompleted:
		return f.Step, ""
	case incident.StepSkipped:
		return f.Step, ""
	case incident.StepRejected:
		return f.Step, ""
	case incident.StepStarted:
		return f.Step, ""
	case incident.StepAdded:
		return f.Step.ID, ""
	case incident.StepRetried:
		return f.Step, ""
	case incident.StepRepeated:
		return f.Step, ""
	case incident.StepNudged:
		return f.Step, ""
	case incident.StepEscalated:
		return f.Step, ""
	case incident.DecisionMade:
		return f.Step, ""
	case incident.ApprovalGiven:
		return f.Step, ""
	}
	return "", ""
}

// slugLength is how long a slug may be: what people still read in a list of channels.
const slugLength = 40

// slug makes a title part of a name: lower-case letters and digits with single hyphens,
// cut between two words.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	name := ""
	for _, word := range words {
		if name != "" {
			word = "-" + word
		}
		if len(name)+len(word) > slugLength {
			break
		}
		name += word
	}
	if name == "" && len(words) > 0 {
		return words[0][:slugLength]
	}
	return name
}
