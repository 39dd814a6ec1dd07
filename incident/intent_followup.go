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
	i.Title = title
	return []Fact{i.added(s, c.Actor)}, nil
}

// added is the follow-up as it becomes part of the incident, cut to the bounds.
func (i AddFollowup) added(s State, by Actor) FollowupAdded {
	return FollowupAdded{Followup: Followup{
		ID: fmt.Sprintf("F%d", len(s.Followups)+1), Title: CutText(strings.TrimSpace(i.Title), MaxTitleRunes),
		Owner: CutText(strings.TrimSpace(i.Owner), MaxNameRunes), Due: i.Due.UTC(), AddedBy: by.Name,
	}}
}

// CompleteFollowup says that work without a ticket is done. Where there is a ticket, the
// tracker is where work is finished.
type CompleteFollowup struct {
	Followup string `json:"followup"`
	Note     string `json:"note,omitzero"`
}

// Name implements [Intent].
func (CompleteFollowup) Name() string { return "complete_followup" }

// The work remains when the incident turned out to be a false alarm, or part of another.
func (CompleteFollowup) afterEnd() {}

func (i CompleteFollowup) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("note", i.Note, MaxTextRunes); err != nil {
		return nil, err
	}
	f, ok := s.Followup(i.Followup)
	switch {
	case !ok:
		return nil, notFound("follow-up", "%s has no follow-up %q", s.ID, i.Followup)
	case f.Ticket.Key != "":
		return nil, rule("has_ticket", "follow-up %s is %s in the tracker; finish it there", f.ID, f.Ticket.Key)
	case f.Done:
		return nil, nil
	}
	return []Fact{FollowupCompleted{Followup: f.ID, Title: f.Title, Note: strings.TrimSpace(i.Note)}}, nil
}

// ReportTicket brings news of a follow-up's ticket from the tracker. What is known
// already changes nothing. A ticket without a key is the one that is known.
type ReportTicket struct {
	Followup string `json:"followup"`
	Ticket   Ticket `json:"ticket"`
	Deleted  bool   `json:"deleted,omitzero"`
}

// Name implements [Intent].
func (ReportTicket) Name() string { return "report_ticket" }

func (ReportTicket) afterEnd() {}

func (i ReportTicket) decide(s State, _ Command) ([]Fact, error) {
	f, ok := s.Followup(i.Followup)
	if !ok {
		return nil, notFound("follow-up", "%s has no follow-up %q", s.ID, i.Followup)
	}
	if i.Ticket.Key == "" {
		i.Ticket.Key = f.Ticket.Key
	}
	if f.Ticket.Key == i.Ticket.Key && f.Ticket.Status == i.Ticket.Status && f.Done == (i.Ticket.Done || i.Deleted) {
		return nil, nil
	}
	return []Fact{TicketChanged(i)}, nil
}
