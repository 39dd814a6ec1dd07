package workflows

import (
	"time"

	"muster/incident"
	"muster/playbooks"

	"go.temporal.io/sdk/workflow"
)

// FollowupInput starts the tracking of a follow-up that has its ticket.
type FollowupInput struct {
	Incident incident.ID       `json:"incident"`
	Followup incident.Followup `json:"followup"`
	// Schedules are how people are reminded once it is due.
	Schedules []playbooks.Schedule `json:"schedules,omitzero"`
	// Given counts the reminders of each schedule that runs before gave.
	Given []int `json:"given,omitzero"`
}

// Tracking returns the input by which a follow-up of an incident is tracked. Reminders that
// the incident has given already are not given again.
func Tracking(s incident.State, f incident.Followup, schedules []playbooks.Schedule) FollowupInput {
	in := FollowupInput{Incident: s.ID, Followup: f, Schedules: schedules, Given: make([]int, len(schedules))}
	for i := range schedules {
		last := s.Reminder(schedules[i].Hook, f.ID).LastAt
		for {
			due, more := in.nextReminder(i)
			if !more || due.After(last) {
				break
			}
			in.Given[i]++
		}
	}
	return in
}

// TicketNews is what the tracker says of a ticket.
type TicketNews struct {
	Ticket  incident.Ticket `json:"ticket"`
	Deleted bool            `json:"deleted,omitzero"`
}

// Followup tracks one follow-up until its ticket is done or gone. It hears of the
// ticket by [TicketSignal], passes what has changed on to the incident, and has people
// reminded when it is due. A year of tracking costs a few events a month.
//
// Like an incident, it ignores requests to cancel it.
func Followup(ctx workflow.Context, in FollowupInput) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	t := newTracking(in)
	news := workflow.GetSignalChannel(ctx, TicketSignal)
	t.show(ctx)
	for {
		for {
			var n TicketNews
			if !news.ReceiveAsync(&n) {
				break
			}
			t.take(ctx, n)
		}
		t.remind(ctx)
		if t.done {
			return nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && news.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, FollowupWorkflow, t.FollowupInput)
		}
		if err := t.wait(ctx, news); err != nil {
			return err
		}
	}
}

// tracking is one run of a follow-up's workflow.
type tracking struct {
	FollowupInput
	done  bool
	alarm alarm
}

func newTracking(in FollowupInput) *tracking {
	given := make([]int, len(in.Schedules))
	copy(given, in.Given)
	in.Given = given
	return &tracking{FollowupInput: in, done: in.Followup.Done}
}

// take passes news of the ticket on to the incident.
func (t *tracking) take(ctx workflow.Context, n TicketNews) {
	known := t.Followup.Ticket
	if n.Ticket.Status == known.Status && n.Ticket.Done == known.Done && !n.Deleted {
		return
	}
	if n.Ticket.URL == "" {
		n.Ticket.URL = known.URL
	}
	t.Followup.Ticket = n.Ticket
	t.done = n.Ticket.Done || n.Deleted
	t.tell(ctx, CommandSignal, incident.Command{
		Incident: t.Incident, Actor: incident.VendorActor("Jira"), Source: "jira",
		Intent: incident.ReportTicket{Followup: t.Followup.ID, Ticket: n.Ticket, Deleted: n.Deleted},
	})
	t.show(ctx)
}

// remind has the incident remind people by every schedule whose time has come. Reminders
// that were missed, as when work is added after its day, are one.
func (t *tracking) remind(ctx workflow.Context) {
	for i, s := range t.Schedules {
		missed := 0
		for {
			due, more := t.nextReminder(i)
			if !more || due.After(workflow.Now(ctx)) {
				break
			}
			t.Given[i]++
			missed++
		}
		if missed > 0 && !t.done {
			t.tell(ctx, FollowupDueSignal, FollowupDue{Followup: t.Followup.ID, Hook: s.Hook})
		}
	}
}

// nextReminder is when a schedule reminds next; false if it does no more.
func (in FollowupInput) nextReminder(schedule int) (time.Time, bool) {
	s, given := in.Schedules[schedule], in.Given[schedule]
	if in.Followup.Due.IsZero() || s.Times > 0 && given >= s.Times || s.Every == 0 && given > 0 {
		return time.Time{}, false
	}
	return in.Followup.Due.Add(s.After + time.Duration(given)*s.Every), true
}

func (t *tracking) wait(ctx workflow.Context, news workflow.ReceiveChannel) error {
	var next time.Time
	for i := range t.Schedules {
		if due, more := t.nextReminder(i); more && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	t.alarm.set(ctx, next, "remind of "+t.Followup.ID)
	return workflow.Await(ctx, func() bool { return t.alarm.rang || news.Len() > 0 })
}

// tell signals the incident. One that takes no news for long has finished, and its follow-ups
// need no tracking.
func (t *tracking) tell(ctx workflow.Context, signal string, message any) {
	if err := tellPatiently(ctx, t.Incident, signal, message); err != nil {
		t.done = true
	}
}

func (t *tracking) show(ctx workflow.Context) {
	f := t.Followup
	workflow.SetCurrentDetails(ctx, shorten("**"+string(t.Incident)+" "+f.ID+"**: "+f.Title+"\n\n"+f.Ticket.Key+" is "+f.Ticket.Status, detailsBytes))
}
