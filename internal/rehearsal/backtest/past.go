package backtest

import (
	"errors"
	"fmt"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
	"muster/playbooks"
	"muster/workflows"
)

// Past is what came from outside in an incident that has happened.
type Past struct {
	ID incident.ID
	// Declared is the command that began it, Start when that was.
	Declared incident.Command
	Start    time.Time
	// Alert is the first alert that fired; its name is empty where there was none.
	Alert incident.Alert
	// Playbook is the one it followed.
	Playbook *playbooks.Playbook
	// Length is how long it took until the last event of its journal.
	Length     time.Duration
	Happenings []rehearsal.Happening
	OnCall     []incident.Person
}

// maxLength bounds how long an incident is rehearsed.
const maxLength = 400 * 24 * time.Hour

// Read takes the past from an incident's journal, from its first event on. The error says what
// the journal lacks.
func Read(journal []incident.Event) (Past, error) {
	if len(journal) == 0 {
		return Past{}, errors.New("the journal is empty")
	}
	first := journal[0]
	declared, ok := first.Fact.(incident.IncidentDeclared)
	if !ok {
		return Past{}, fmt.Errorf("the journal of %s begins with %q, not with its declaration", first.Incident, first.Kind())
	}
	playbook, err := workflows.AttachedPlaybook(journal)
	if err != nil {
		return Past{}, err
	}
	p := Past{
		ID: first.Incident, Start: first.At, Playbook: playbook,
		Declared: incident.Command{Incident: first.Incident, Actor: first.Actor, Source: first.Source, Intent: incident.Declare(declared)},
		Length:   min(journal[len(journal)-1].At.Sub(first.At)+time.Minute, maxLength),
	}
	seen := map[string]bool{}
	for _, e := range journal[1:] {
		p.read(e, seen)
	}
	return p, nil
}

// read takes over one event, if it came from outside. A command that had several consequences
// is given once.
func (p *Past) read(e incident.Event, seen map[string]bool) {
	h := rehearsal.Happening{After: e.At.Sub(p.Start)}
	switch f := e.Fact.(type) {
	case incident.PageSent:
		if len(f.OnCall) > 0 && p.OnCall == nil {
			p.OnCall = f.OnCall
		}
		return
	case incident.RespondersInvited:
		if p.OnCall == nil {
			p.OnCall = f.People
		}
		return
	case incident.AlertsFired:
		p.alerts(h, f.Alerts)
		return
	case incident.AlertsResolved:
		p.alerts(h, f.Alerts)
		return
	case incident.IncidentAbsorbed:
		p.alerts(h, f.Alerts)
		return
	case incident.TicketChanged:
		h.Ticket = &rehearsal.TicketMove{Followup: f.Followup, Status: f.Ticket.Status, Done: f.Ticket.Done, Deleted: f.Deleted, Label: label(e)}
		p.Happenings = append(p.Happenings, h)
		return
	}
	if e.Actor.Kind == incident.ActorMuster || e.Cause != "" && seen[e.Cause] {
		return
	}
	intent, ok := intentOf(e)
	if !ok {
		return
	}
	seen[e.Cause] = true
	h.Command = &rehearsal.Command{Actor: e.Actor, Intent: intent, Label: label(e)}
	p.Happenings = append(p.Happenings, h)
}

func label(e incident.Event) string { return fmt.Sprint(e.Seq) }

func (p *Past) alerts(h rehearsal.Happening, alerts []incident.Alert) {
	if len(alerts) == 0 {
		return
	}
	if p.Alert.Name == "" {
		for _, a := range alerts {
			if a.Firing() {
				p.Alert = a
				break
			}
		}
	}
	h.Alerts = alerts
	p.Happenings = append(p.Happenings, h)
}

// intentOf is the command that somebody gave for this to happen; false for what followed by
// itself.
func intentOf(e incident.Event) (incident.Intent, bool) {
	switch f := e.Fact.(type) {
	case incident.IncidentAcknowledged:
		return incident.Acknowledge(f), true
	case incident.StatusChanged:
		return incident.ChangeStatus{Status: f.To, Note: f.Note}, true
	case incident.SeverityChanged:
		return incident.ChangeSeverity{Severity: f.To, Reason: f.Reason}, true
	case incident.IncidentResolved:
		return incident.Resolve{Summary: f.Summary}, true
	case incident.IncidentReopened:
		// Alerts reopen by themselves.
		return incident.Reopen(f), e.Actor.Kind == incident.ActorPerson
	case incident.IncidentCancelled:
		return incident.Cancel(f), true
	case incident.IncidentMerged:
		return incident.Merge(f), true
	case incident.RoleAssigned:
		return incident.AssignRole{Role: f.Role, User: f.To, Brief: f.Brief}, true
	case incident.NoteAdded:
		return incident.AddNote{Text: f.Body, At: f.HappenedAt}, true
	case incident.UpdatePosted:
		return incident.PostUpdate{Text: f.Body}, true
	case incident.FollowupAdded:
		return incident.AddFollowup{Title: f.Followup.Title, Owner: f.Followup.Owner, Due: f.Followup.Due}, true
	case incident.FollowupCompleted:
		return incident.CompleteFollowup{Followup: f.Followup, Note: f.Note}, true
	default:
		return stepIntentOf(e)
	}
}

func stepIntentOf(e incident.Event) (incident.Intent, bool) {
	switch f := e.Fact.(type) {
	case incident.StepAdded:
		return incident.AddStep{Title: f.Step.Title, Assignee: f.Step.Assignee}, true
	case incident.StepCompleted:
		if f.Approved {
			return incident.ApproveStep{Step: f.Step, Note: f.Note}, true
		}
		return incident.CompleteStep{Step: f.Step, Note: f.Note}, f.Hook == ""
	case incident.StepSkipped:
		return incident.SkipStep{Step: f.Step, Reason: f.Reason}, true
	case incident.StepRejected:
		return incident.RejectStep{Step: f.Step, Note: f.Note}, true
	case incident.StepRetried:
		return incident.RetryStep{Step: f.Step, Note: f.Note}, true
	case incident.DecisionMade:
		return incident.ChooseOption{Step: f.Step, Option: f.Option, Note: f.Note}, true
	case incident.ApprovalGiven:
		return incident.ApproveStep{Step: f.Step, Note: f.Note}, true
	default:
		return nil, false
	}
}
