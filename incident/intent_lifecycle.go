package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Declare begins an incident. Severity must be one of Scale, which lists the most
// severe first. Declaring again what was declared changes nothing.
type Declare struct {
	Title    string          `json:"title"`
	Summary  string          `json:"summary,omitzero"`
	Severity Severity        `json:"severity"`
	Scale    []SeverityLevel `json:"scale"`
	Service  Service         `json:"service"`
	Notes    []string        `json:"notes,omitzero"`
	// Exercise marks practice; nil for what is real.
	Exercise *Exercise `json:"exercise,omitzero"`
	// AcceptedAt is when Muster took in the alert that it is declared for; zero where a
	// person declares it.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	// Person is who declares it, where more is known of them than the command's actor says.
	Person Person `json:"person,omitzero"`
}

// Name implements [Intent].
func (Declare) Name() string { return "declare" }

func (i Declare) decide(s State, c Command) ([]Fact, error) {
	if s.Declared() {
		if s.ID != c.Incident {
			return nil, invalid("incident", "the command is for %s, not for %s", c.Incident, s.ID)
		}
		return nil, nil
	}
	title, err := requiredText("title", i.Title, MaxTitleRunes)
	if err != nil {
		return nil, err
	}
	if err := boundedText("summary", i.Summary, MaxTextRunes); err != nil {
		return nil, err
	}
	person, err := i.Person.checked("person")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(i.Service.Name) == "" {
		return nil, invalid("service", "the incident must name the service it affects")
	}
	scale := State{Scale: i.Scale}
	if scale.rank(i.Severity) < 0 {
		return nil, invalid("severity", "severity %q is not one of %s", i.Severity, scale.scaleNames())
	}
	return []Fact{IncidentDeclared{
		Title: title, Summary: strings.TrimSpace(i.Summary), Severity: i.Severity,
		Scale: i.Scale, Service: i.Service, Notes: i.Notes, Exercise: i.Exercise, AcceptedAt: i.AcceptedAt.UTC(),
		Person: person,
	}}, nil
}

// AttachPlaybook gives the incident its playbook. An incident keeps the first one.
// Steps that people have added before stay, after those of the playbook.
type AttachPlaybook struct {
	Playbook PlaybookRef     `json:"playbook"`
	Parts    []PlaybookRef   `json:"parts,omitzero"`
	Roles    []Role          `json:"roles,omitzero"`
	Steps    []Step          `json:"steps,omitzero"`
	Document json.RawMessage `json:"document,omitzero"`
}

// Name implements [Intent].
func (AttachPlaybook) Name() string { return "attach_playbook" }

func (i AttachPlaybook) decide(s State, _ Command) ([]Fact, error) {
	if s.Playbook != (PlaybookRef{}) {
		return nil, nil
	}
	if i.Playbook == (PlaybookRef{}) {
		return nil, invalid("playbook", "the playbook has no name and no version")
	}
	steps := make(map[string]bool)
	for _, step := range slices.Concat(s.Steps, i.Steps) {
		if steps[step.ID] {
			return nil, invalid("steps", "two steps have the id %q", step.ID)
		}
		steps[step.ID] = true
	}
	roles := make(map[string]bool)
	for _, r := range i.Roles {
		if roles[r.ID] {
			return nil, invalid("roles", "two roles have the id %q", r.ID)
		}
		roles[r.ID] = true
	}
	return []Fact{PlaybookAttached(i)}, nil
}

// Acknowledge says that somebody has taken the incident. Repeating it changes
// nothing; the first to do so stays on record.
type Acknowledge struct {
	Note string `json:"note,omitzero"`
}

// Name implements [Intent].
func (Acknowledge) Name() string { return "acknowledge" }

func (i Acknowledge) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("note", i.Note, MaxTextRunes); err != nil {
		return nil, err
	}
	if !s.Status.Active() {
		return nil, rule("not_active", "%s is %s; there is nothing to acknowledge", s.ID, s.Status)
	}
	if !s.AcknowledgedAt.IsZero() {
		return nil, nil
	}
	return []Fact{IncidentAcknowledged{Note: strings.TrimSpace(i.Note)}}, nil
}

// ChangeStatus moves the response between investigating, identified and monitoring,
// in either direction. Moving to resolved is [Resolve].
type ChangeStatus struct {
	Status Status `json:"status"`
	Note   string `json:"note,omitzero"`
}

// Name implements [Intent].
func (ChangeStatus) Name() string { return "change_status" }

func (i ChangeStatus) decide(s State, c Command) ([]Fact, error) {
	if err := boundedText("note", i.Note, MaxTextRunes); err != nil {
		return nil, err
	}
	note := strings.TrimSpace(i.Note)
	switch {
	case i.Status == Resolved:
		return Resolve{Summary: note}.decide(s, c)
	case i.Status == Cancelled, i.Status == Merged, i.Status == Closed:
		return nil, rule("own_command", "%q is not set as a status: cancel, merge or resolve the incident instead", i.Status)
	case !i.Status.Active():
		return nil, invalid("status", "status %q is not one of investigating, identified, monitoring, resolved", i.Status)
	case s.Status == Resolved:
		return nil, rule("resolved", "%s is resolved; reopen it before you change its status", s.ID)
	case s.Status == i.Status:
		return nil, nil
	}
	return []Fact{StatusChanged{From: s.Status, To: i.Status, Note: note}}, nil
}

// ChangeSeverity moves the incident on its scale. It is allowed until the incident
// ends, so that a postmortem can correct it.
type ChangeSeverity struct {
	Severity Severity `json:"severity"`
	Reason   string   `json:"reason,omitzero"`
}

// Name implements [Intent].
func (ChangeSeverity) Name() string { return "change_severity" }

func (i ChangeSeverity) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("reason", i.Reason, MaxTextRunes); err != nil {
		return nil, err
	}
	to := s.rank(i.Severity)
	if to < 0 {
		return nil, invalid("severity", "severity %q is not one of %s", i.Severity, s.scaleNames())
	}
	if s.Severity == i.Severity {
		return nil, nil
	}
	return []Fact{SeverityChanged{
		From: s.Severity, To: i.Severity, Raised: to < s.rank(s.Severity), Reason: strings.TrimSpace(i.Reason),
	}}, nil
}

// ConfirmSeverity finds the severity right, as it was set by what declared the incident.
// Nothing changes where a person has set or confirmed it already.
type ConfirmSeverity struct{}

// Name implements [Intent].
func (ConfirmSeverity) Name() string { return "confirm_severity" }

func (ConfirmSeverity) decide(s State, _ Command) ([]Fact, error) {
	if s.SeverityConfirmed {
		return nil, nil
	}
	return []Fact{SeverityConfirmed{Severity: s.Severity}}, nil
}

// Resolve ends the response. The first resolution stands.
type Resolve struct {
	Summary string `json:"summary,omitzero"`
}

// Name implements [Intent].
func (Resolve) Name() string { return "resolve" }

func (i Resolve) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("summary", i.Summary, MaxTextRunes); err != nil {
		return nil, err
	}
	if s.Status == Resolved {
		return nil, rule("already_resolved", "%s is already resolved", s.ID)
	}
	return []Fact{IncidentResolved{From: s.Status, Summary: strings.TrimSpace(i.Summary)}}, nil
}

// Reopen takes a resolution back.
type Reopen struct {
	Reason string `json:"reason,omitzero"`
}

// Name implements [Intent].
func (Reopen) Name() string { return "reopen" }

func (i Reopen) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("reason", i.Reason, MaxTextRunes); err != nil {
		return nil, err
	}
	if s.Status != Resolved {
		return nil, rule("not_resolved", "%s is %s; only a resolved incident can be reopened", s.ID, s.Status)
	}
	return []Fact{IncidentReopened{Reason: strings.TrimSpace(i.Reason)}}, nil
}

// Cancel ends an incident that was a false alarm.
type Cancel struct {
	Reason string `json:"reason,omitzero"`
}

// Name implements [Intent].
func (Cancel) Name() string { return "cancel" }

func (i Cancel) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("reason", i.Reason, MaxTextRunes); err != nil {
		return nil, err
	}
	if !s.Status.Active() {
		return nil, rule("not_active", "%s is %s; only an active incident can be cancelled", s.ID, s.Status)
	}
	return []Fact{IncidentCancelled{Reason: strings.TrimSpace(i.Reason)}}, nil
}

// Merge ends this incident in favour of another.
type Merge struct {
	Into   ID     `json:"into"`
	Reason string `json:"reason,omitzero"`
}

// Name implements [Intent].
func (Merge) Name() string { return "merge" }

func (i Merge) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("reason", i.Reason, MaxTextRunes); err != nil {
		return nil, err
	}
	into, err := ParseID(string(i.Into))
	if err != nil {
		return nil, invalid("into", "%s", err.Error())
	}
	if into == s.ID {
		return nil, invalid("into", "%s cannot be merged into itself", s.ID)
	}
	if !s.Status.Active() {
		return nil, rule("not_active", "%s is %s; only an active incident can be merged", s.ID, s.Status)
	}
	return []Fact{IncidentMerged{Into: into, Reason: strings.TrimSpace(i.Reason)}}, nil
}

// Absorb tells an incident that another was merged into it. Absorbing the same one
// again changes nothing. Alerts that still fire reopen a resolved incident.
type Absorb struct {
	From   ID      `json:"from"`
	Title  string  `json:"title"`
	Alerts []Alert `json:"alerts,omitzero"`
	Crowd  Crowd   `json:"crowd,omitzero"`
	// People are those who responded there, and go on here; beyond [MaxAbsorbedPeople] they
	// are left out.
	People []Person `json:"people,omitzero"`
}

// Name implements [Intent].
func (Absorb) Name() string { return "absorb" }

func (i Absorb) decide(s State, _ Command) ([]Fact, error) {
	from, err := ParseID(string(i.From))
	if err != nil {
		return nil, invalid("from", "%s", err.Error())
	}
	if from == s.ID {
		return nil, invalid("from", "%s cannot absorb itself", s.ID)
	}
	i.From = from
	i.People = i.People[:min(len(i.People), MaxAbsorbedPeople)]
	if slices.Contains(s.Absorbed, i.From) {
		return nil, nil
	}
	facts := []Fact{IncidentAbsorbed(i)}
	if s.Status == Resolved && (State{Alerts: i.Alerts, Crowd: i.Crowd}).AlertsFiring() > 0 {
		facts = append(facts, IncidentReopened{Reason: fmt.Sprintf("alerts of %s still fire", i.From)})
	}
	return facts, nil
}

// Close ends a resolved incident once nothing is left to do.
type Close struct {
	Reason string `json:"reason,omitzero"`
}

// Name implements [Intent].
func (Close) Name() string { return "close" }

func (i Close) decide(s State, _ Command) ([]Fact, error) {
	if s.Status != Resolved {
		return nil, rule("not_resolved", "%s is %s; only a resolved incident can be closed", s.ID, s.Status)
	}
	if open := s.OpenFollowups(); len(open) > 0 {
		return nil, rule("open_followups", "%s has %d open follow-ups; it closes itself when they are done", s.ID, len(open))
	}
	return []Fact{IncidentClosed{Reason: strings.TrimSpace(i.Reason)}}, nil
}
