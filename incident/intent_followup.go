package incident

import (
	"fmt"
	"strings"
	"time"
)

// AddFollowup asks for work after the incident. Due is a day; zero means none.
type AddFollowup struct {
	Title string    `json:"title"`
	Owner string    `json:"owner,omitzero"`
	Due   time.Time `json:"due,omitzero"`
}

// Name implements [Intent].
func (AddFollowup) Name() string { return "add_followup" }

func (i AddFollowup) decide(s State, c Command) ([]Fact, error) {
	title, err := requiredText("title", i.Title, MaxTitleRunes)
	if err != nil {
		return nil, err
	}
	if err := boundedText("owner", i.Owner, MaxNameRunes); err != nil {
		return nil, err
	}
	if err := storableTime("due", i.Due); err != nil {
		return nil, err
	}
	return []Fact{FollowupAdded{Followup: Followup{
		ID: fmt.Sprintf("F%d", len(s.Followups)+1), Title: title,
		Owner: strings.TrimSpace(i.Owner), Due: i.Due.UTC(), AddedBy: c.Actor.Name,
	}}}, nil
}

// ReportTicket brings news of a follow-up's ticket from the tracker. What is known
// already changes nothing.
type ReportTicket struct {
	Followup string `json:"followup"`
	Ticket   Ticket `json:"ticket"`
	Deleted  bool   `json:"deleted,omitzero"`
}

// Name implements [Intent].
func (ReportTicket) Name() string { return "report_ticket" }

func (i ReportTicket) decide(s State, _ Command) ([]Fact, error) {
	f, ok := s.Followup(i.Followup)
	if !ok {
		return nil, notFound("follow-up", "%s has no follow-up %q", s.ID, i.Followup)
	}
	if f.Ticket.Status == i.Ticket.Status && f.Done == (i.Ticket.Done || i.Deleted) {
		return nil, nil
	}
	return []Fact{TicketChanged(i)}, nil
}
