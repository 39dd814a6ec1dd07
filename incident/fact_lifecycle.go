package incident

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// IncidentDeclared begins every incident.
type IncidentDeclared struct {
	Title    string          `json:"title"`
	Summary  string          `json:"summary,omitzero"`
	Severity Severity        `json:"severity"`
	Scale    []SeverityLevel `json:"scale,omitzero"`
	Service  Service         `json:"service"`
	// Notes tell what was assumed, such as a service that the catalogue does not know.
	Notes []string `json:"notes,omitzero"`
	// Exercise is set where the incident is practice.
	Exercise *Exercise `json:"exercise,omitzero"`
	// AcceptedAt is when Muster took in the alert that it is declared for.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
}

// Kind implements [Fact].
func (IncidentDeclared) Kind() Kind { return "declared" }

// Text implements [Fact].
func (f IncidentDeclared) Text() string {
	text := fmt.Sprintf("Declared %s for %s: %s", f.Severity, f.Service.Name, f.Title)
	if f.Exercise != nil {
		text = "Exercise. " + text
	}
	for _, note := range f.Notes {
		text += " (" + note + ")"
	}
	return text
}

func (f IncidentDeclared) apply(s *State, e Event) {
	*s = State{
		ID: e.Incident, Title: f.Title, Summary: f.Summary, Status: Investigating,
		Severity: f.Severity, Scale: f.Scale, Service: f.Service,
		DeclaredBy: e.Actor, DeclaredAt: e.At, Exercise: f.Exercise, AcceptedAt: f.AcceptedAt,
	}
	if e.Actor.Kind == ActorPerson {
		s.confirmSeverity(e)
	}
}

// PlaybookAttached gives the incident the playbook it follows to its end.
type PlaybookAttached struct {
	Playbook PlaybookRef `json:"playbook"`
	// Parts are the playbooks that it was put together from; empty for one alone.
	Parts []PlaybookRef `json:"parts,omitzero"`
	Roles []Role        `json:"roles,omitzero"`
	Steps []Step        `json:"steps,omitzero"`
	// Document is the whole playbook as its package writes it, so that the response
	// can be carried on from the journal alone.
	Document json.RawMessage `json:"document,omitzero"`
}

// Kind implements [Fact].
func (PlaybookAttached) Kind() Kind { return "playbook_attached" }

// Text implements [Fact].
func (f PlaybookAttached) Text() string {
	text := fmt.Sprintf("Following the playbook %q (version %s)", f.Playbook.Name, f.Playbook.Version)
	if len(f.Parts) < 2 {
		return text
	}
	names := make([]string, len(f.Parts))
	for i, p := range f.Parts {
		names[i] = p.Name
	}
	return text + ", made of " + strings.Join(names, ", ")
}

func (f PlaybookAttached) apply(s *State, e Event) {
	s.Playbook, s.PlaybookParts = f.Playbook, f.Parts
	s.Roles = with(f.Roles)
	for i := range s.Roles {
		s.Roles[i].Since = e.At
	}
	s.Steps = with(f.Steps, s.Steps...)
}

// IncidentAcknowledged says that somebody has taken the incident. It is a fact, not
// a status.
type IncidentAcknowledged struct {
	Note string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (IncidentAcknowledged) Kind() Kind { return "acknowledged" }

// Text implements [Fact].
func (f IncidentAcknowledged) Text() string { return sentence("Acknowledged", f.Note) }

func (f IncidentAcknowledged) apply(s *State, e Event) {
	s.AcknowledgedAt, s.AcknowledgedBy = e.At, e.Actor
	if s.FirstAcknowledgedAt.IsZero() {
		s.FirstAcknowledgedAt, s.FirstAcknowledgedBy = e.At, e.Actor
	}
}

// StatusChanged moves an active incident between its active statuses.
type StatusChanged struct {
	From Status `json:"from"`
	To   Status `json:"to"`
	Note string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (StatusChanged) Kind() Kind { return "status_changed" }

// Text implements [Fact].
func (f StatusChanged) Text() string {
	return sentence(fmt.Sprintf("Status changed from %s to %s", f.From, f.To), f.Note)
}

func (f StatusChanged) apply(s *State, e Event) {
	s.Status = f.To
	if f.To == Monitoring && s.MitigatedAt.IsZero() {
		s.MitigatedAt = e.At
	}
}

// SeverityChanged moves an incident on its severity scale.
type SeverityChanged struct {
	From   Severity `json:"from"`
	To     Severity `json:"to"`
	Raised bool     `json:"raised"`
	Reason string   `json:"reason,omitzero"`
}

// Kind implements [Fact].
func (SeverityChanged) Kind() Kind { return "severity_changed" }

// Text implements [Fact].
func (f SeverityChanged) Text() string {
	direction := "lowered"
	if f.Raised {
		direction = "raised"
	}
	return sentence(fmt.Sprintf("Severity %s from %s to %s", direction, f.From, f.To), f.Reason)
}

func (f SeverityChanged) apply(s *State, e Event) {
	s.Severity = f.To
	if e.Actor.Kind == ActorPerson {
		s.confirmSeverity(e)
	}
}

// confirmSeverity says that whoever brought an event about stands behind the severity.
func (s *State) confirmSeverity(e Event) {
	s.SeverityConfirmed, s.SeverityConfirmedBy, s.SeverityConfirmedAt = true, e.Actor, e.At
}

// SeverityConfirmed says that somebody has found the severity right.
type SeverityConfirmed struct {
	Severity Severity `json:"severity"`
}

// Kind implements [Fact].
func (SeverityConfirmed) Kind() Kind { return "severity_confirmed" }

// Text implements [Fact].
func (f SeverityConfirmed) Text() string { return fmt.Sprintf("Confirmed that it is a %s", f.Severity) }

func (f SeverityConfirmed) apply(s *State, e Event) { s.confirmSeverity(e) }

// IncidentResolved ends the response; learning begins.
type IncidentResolved struct {
	From    Status `json:"from"`
	Summary string `json:"summary,omitzero"`
}

// Kind implements [Fact].
func (IncidentResolved) Kind() Kind { return "resolved" }

// Text implements [Fact].
func (f IncidentResolved) Text() string { return sentence("Resolved", f.Summary) }

func (f IncidentResolved) apply(s *State, e Event) {
	s.Status, s.ResolvedAt, s.ResolvedBy, s.Resolution = Resolved, e.At, e.Actor, f.Summary
	if s.MitigatedAt.IsZero() {
		s.MitigatedAt = e.At
	}
}

// IncidentReopened takes a resolution back. The times of mitigation and resolution
// are taken back with it: people are affected again. So is the acknowledgement, since
// somebody has to take it anew.
type IncidentReopened struct {
	Reason string `json:"reason,omitzero"`
}

// Kind implements [Fact].
func (IncidentReopened) Kind() Kind { return "reopened" }

// Text implements [Fact].
func (f IncidentReopened) Text() string { return sentence("Reopened", f.Reason) }

func (f IncidentReopened) apply(s *State, e Event) {
	s.Status, s.ReopenedAt = Investigating, e.At
	s.MitigatedAt, s.ResolvedAt, s.ResolvedBy, s.Resolution = zeroTime, zeroTime, Actor{}, ""
	s.AcknowledgedAt, s.AcknowledgedBy = zeroTime, Actor{}
}

// IncidentCancelled ends an incident that was none: a false alarm.
type IncidentCancelled struct {
	Reason string `json:"reason,omitzero"`
}

// Kind implements [Fact].
func (IncidentCancelled) Kind() Kind { return "cancelled" }

// Text implements [Fact].
func (f IncidentCancelled) Text() string { return sentence("Cancelled as a false alarm", f.Reason) }

func (f IncidentCancelled) apply(s *State, e Event) {
	s.Status, s.EndedAt, s.EndedBy = Cancelled, e.At, e.Actor
}

// IncidentMerged ends an incident that turned out to be part of another.
type IncidentMerged struct {
	Into   ID     `json:"into"`
	Reason string `json:"reason,omitzero"`
}

// Kind implements [Fact].
func (IncidentMerged) Kind() Kind { return "merged" }

// Text implements [Fact].
func (f IncidentMerged) Text() string {
	return sentence(fmt.Sprintf("Merged into %s", f.Into), f.Reason)
}

func (f IncidentMerged) apply(s *State, e Event) {
	s.Status, s.EndedAt, s.EndedBy, s.MergedInto = Merged, e.At, e.Actor, f.Into
}

// IncidentAbsorbed tells the surviving incident that another was merged into it.
type IncidentAbsorbed struct {
	From  ID     `json:"from"`
	Title string `json:"title"`
	// Alerts and Crowd are those the other incident had, which this one now watches.
	Alerts []Alert `json:"alerts,omitzero"`
	Crowd  Crowd   `json:"crowd,omitzero"`
	// People are those who responded there.
	People []Person `json:"people,omitzero"`
}

// MaxAbsorbedPeople is how many people one incident hands on to another.
const MaxAbsorbedPeople = 30

// Kind implements [Fact].
func (IncidentAbsorbed) Kind() Kind { return "absorbed" }

// Text implements [Fact].
func (f IncidentAbsorbed) Text() string {
	return fmt.Sprintf("%s was merged into this incident: %s", f.From, f.Title)
}

func (f IncidentAbsorbed) apply(s *State, _ Event) {
	s.Absorbed = with(s.Absorbed, f.From)
	s.Alerts = with(s.Alerts)
	index := occurrences(s.Alerts)
	for _, a := range f.Alerts {
		if _, known := index[occurrenceOf(a)]; known {
			continue
		}
		if len(s.Alerts) < MaxAlerts {
			index[occurrenceOf(a)] = len(s.Alerts)
			s.Alerts = remember(s.Alerts, a)
			continue
		}
		resolved := 0
		if !a.Firing() {
			resolved = 1
		}
		s.Crowd = s.Crowd.joined(s.Crowd.named(a.Name), 1, resolved)
	}
	for _, t := range f.Crowd {
		s.Crowd = s.Crowd.joined(s.Crowd.named(t.Name), t.Fired, t.Resolved)
	}
	if s.AlertsFiring() > 0 {
		s.AlertsClearedAt = zeroTime
	}
}

// IncidentClosed is the end of an incident whose follow-ups are all done.
type IncidentClosed struct {
	Reason string `json:"reason,omitzero"`
}

// Kind implements [Fact].
func (IncidentClosed) Kind() Kind { return "closed" }

// Text implements [Fact].
func (f IncidentClosed) Text() string { return sentence("Closed", f.Reason) }

func (f IncidentClosed) apply(s *State, e Event) {
	s.Status, s.EndedAt, s.EndedBy = Closed, e.At, e.Actor
}
