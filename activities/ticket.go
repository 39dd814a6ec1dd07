package activities

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
)

// createIssue files the ticket of the follow-up that the work is about.
func (a *Activities) createIssue(ctx context.Context, e call) (incident.Outcome, error) {
	s := e.Incident
	f, ok := s.Followup(e.Work.Followup)
	if !ok {
		return incident.Outcome{}, final("jira.create_issue works on a follow-up: use it in a hook on followup_added")
	}
	if f.Done {
		return a.adoptIssue(ctx, e)
	}
	if s.Service.TrackerProject == "" {
		return incident.Outcome{}, final(fmt.Sprintf(
			"no ticket can be filed for the service %s: give it a jira project in muster.yaml", s.Service.Name))
	}
	ticket, err := a.Tracker.OpenTicket(ctx, incident.TicketRequest{
		Key:         e.key,
		Project:     s.Service.TrackerProject,
		Title:       e.Work.With["title"],
		Description: e.Work.With["description"],
		Owner:       f.Owner,
		Due:         f.Due,
		Links:       []incident.Link{a.incidentLink(s)},
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Ticket: &ticket, Followup: f.ID, Text: ticket.Key, Output: ticketOutput(ticket)}, nil
}

// adoptIssue looks for the ticket of a follow-up that people finished before it was known
// to be filed: an earlier attempt may have filed it without hearing of it. None is filed
// for work that is done.
func (a *Activities) adoptIssue(ctx context.Context, e call) (incident.Outcome, error) {
	ticket, found, err := a.Tracker.FindTicket(ctx, e.key)
	switch {
	case err != nil:
		return incident.Outcome{}, vendorError(err)
	case !found:
		return idle("it is done already", ticketOutput(incident.Ticket{})), nil
	case !ticket.Done:
		return incident.Outcome{
			Ticket: &ticket, Followup: e.Work.Followup,
			Output: ticketOutput(ticket),
			Text:   ticket.Key + " was filed before the follow-up was finished: close it in the tracker",
		}, nil
	default:
		return incident.Outcome{Ticket: &ticket, Followup: e.Work.Followup, Text: ticket.Key, Output: ticketOutput(ticket)}, nil
	}
}

func ticketOutput(t incident.Ticket) map[string]any {
	return map[string]any{"key": t.Key, "url": t.URL}
}

// indexingTime is how long a new ticket may be missing from the tracker's search,
// which lags behind (Jira: "Search and reconcile", eventual consistency). A ticket
// missing after that was deleted.
const indexingTime = 15 * time.Minute

// FindTicketChanges asks the tracker about all open follow-ups at once and returns
// what has changed since we last heard. It changes nothing.
func (a *Activities) FindTicketChanges(ctx context.Context) ([]incident.TicketChange, error) {
	open, err := a.Journal.OpenFollowups(ctx)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	keys := make([]string, len(open))
	for i, o := range open {
		keys[i] = o.Followup.Ticket.Key
	}
	tickets, err := a.Tracker.Tickets(ctx, keys)
	if err != nil {
		return nil, vendorError(err)
	}
	found := make(map[string]incident.Ticket, len(tickets))
	for _, t := range tickets {
		found[t.Key] = t
	}
	return ticketChanges(open, found, time.Now()), nil
}

func ticketChanges(open []OpenFollowup, found map[string]incident.Ticket, now time.Time) []incident.TicketChange {
	var changes []incident.TicketChange
	for _, o := range open {
		known := o.Followup.Ticket
		ticket, exists := found[known.Key]
		switch {
		case !exists && now.Sub(o.Followup.FiledAt) > indexingTime:
			changes = append(changes, incident.TicketChange{Incident: o.Incident, Followup: o.Followup.ID, Ticket: known, Deleted: true})
		case exists && (ticket.Status != known.Status || ticket.Done != known.Done):
			changes = append(changes, incident.TicketChange{Incident: o.Incident, Followup: o.Followup.ID, Ticket: ticket})
		}
	}
	return changes
}
