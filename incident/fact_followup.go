package incident

import (
	"fmt"
	"slices"
)

// FollowupAdded is work to be done after the incident.
type FollowupAdded struct {
	Followup Followup `json:"followup"`
}

// Kind implements [Fact].
func (FollowupAdded) Kind() Kind { return "followup_added" }

// Text implements [Fact].
func (f FollowupAdded) Text() string {
	text := fmt.Sprintf("Follow-up %s: %s", f.Followup.ID, f.Followup.Title)
	if f.Followup.Owner != "" {
		text += " (" + f.Followup.Owner + ")"
	}
	if !f.Followup.Due.IsZero() {
		text += ", due " + f.Followup.Due.UTC().Format("2006-01-02")
	}
	return text
}

func (f FollowupAdded) apply(s *State, e Event) {
	added := f.Followup
	added.AddedAt = e.At
	s.Followups = with(s.Followups, added)
}

// FollowupCompleted says that people finished a follow-up that has no ticket.
type FollowupCompleted struct {
	Followup string `json:"followup"`
	Title    string `json:"title"`
	Note     string `json:"note,omitzero"`
}

// Kind implements [Fact].
func (FollowupCompleted) Kind() Kind { return "followup_completed" }

// Text implements [Fact].
func (f FollowupCompleted) Text() string {
	return sentence(fmt.Sprintf("Follow-up %s is done", f.Followup), f.Note)
}

func (f FollowupCompleted) apply(s *State, e Event) {
	s.changeFollowup(f.Followup, func(fu *Followup) { fu.Done, fu.DoneAt = true, e.At })
}

// TicketFiled says that a follow-up has its ticket.
type TicketFiled struct {
	Followup string `json:"followup"`
	Ticket   Ticket `json:"ticket"`
}

// Kind implements [Fact].
func (TicketFiled) Kind() Kind { return "ticket_filed" }

// Text implements [Fact].
func (f TicketFiled) Text() string {
	return fmt.Sprintf("Filed follow-up %s as %s", f.Followup, f.Ticket.Key)
}

func (f TicketFiled) apply(s *State, e Event) {
	s.changeFollowup(f.Followup, func(fu *Followup) {
		// The tracker's own news may have come first, and is newer.
		if fu.Ticket.Key == f.Ticket.Key {
			return
		}
		// What people finished while it was being filed stays finished.
		done, doneAt := fu.Done, fu.DoneAt
		fu.setTicket(f.Ticket, e)
		if done {
			fu.Done, fu.DoneAt = done, doneAt
		}
	})
}

// TicketChanged says that a follow-up moved in the tracker.
type TicketChanged struct {
	Followup string `json:"followup"`
	Ticket   Ticket `json:"ticket"`
	// Deleted says that the ticket is gone, which ends the follow-up.
	Deleted bool `json:"deleted,omitzero"`
}

// Kind implements [Fact].
func (TicketChanged) Kind() Kind { return "ticket_changed" }

// Text implements [Fact].
func (f TicketChanged) Text() string {
	if f.Deleted {
		return fmt.Sprintf("Follow-up %s: %s was deleted in the tracker", f.Followup, f.Ticket.Key)
	}
	return fmt.Sprintf("Follow-up %s: %s is now %s", f.Followup, f.Ticket.Key, f.Ticket.Status)
}

func (f TicketChanged) apply(s *State, e Event) {
	ticket := f.Ticket
	ticket.Done = ticket.Done || f.Deleted
	s.changeFollowup(f.Followup, func(fu *Followup) { fu.setTicket(ticket, e) })
}

func (f *Followup) setTicket(t Ticket, e Event) {
	if t.URL == "" {
		t.URL = f.Ticket.URL
	}
	if t.Key != f.Ticket.Key {
		f.FiledAt = e.At
	}
	if t.Done && !f.Done {
		f.DoneAt = e.At
	}
	if !t.Done {
		f.DoneAt = zeroTime
	}
	f.Ticket, f.Done = t, t.Done
}

func (s *State) changeFollowup(id string, change func(*Followup)) {
	if i := slices.IndexFunc(s.Followups, func(f Followup) bool { return f.ID == id }); i >= 0 {
		s.Followups = replace(s.Followups, i, change)
	}
}
