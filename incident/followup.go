package incident

import "time"

// Followup is work that came out of an incident and outlives it.
type Followup struct {
	// ID names it within the incident: "F1".
	ID    string `json:"id"`
	Title string `json:"title"`
	// Owner is an e-mail address or a name; empty while nobody has it.
	Owner string `json:"owner,omitzero"`
	// Due is the day by which it should be done; zero means no day.
	Due time.Time `json:"due,omitzero"`
	// Ticket is the tracker's issue; its Key is empty until it has been filed.
	Ticket Ticket `json:"ticket,omitzero"`
	// Done is true once the tracker says so. Deleting a ticket also ends the
	// follow-up.
	Done    bool      `json:"done"`
	AddedBy string    `json:"added_by,omitzero"`
	AddedAt time.Time `json:"added_at,omitzero"`
	// FiledAt is when it got its ticket.
	FiledAt time.Time `json:"filed_at,omitzero"`
	DoneAt  time.Time `json:"done_at,omitzero"`
}

// TicketChange is news about the ticket of a follow-up.
type TicketChange struct {
	Incident ID     `json:"incident"`
	Followup string `json:"followup"`
	Ticket   Ticket `json:"ticket"`
	Deleted  bool   `json:"deleted,omitzero"`
}

// Overdue says whether the day by which the work should have been done is over.
func (f Followup) Overdue(now time.Time) bool {
	return !f.Done && !f.Due.IsZero() && !now.Before(f.Due.Add(24*time.Hour))
}
