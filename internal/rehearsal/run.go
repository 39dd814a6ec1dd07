package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"muster/incident"
	"muster/workflows"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// stuckAfter is how long, in real time, a rehearsal may go without anything happening before
// it is given up: nothing in it ever waits for real time.
const stuckAfter = time.Minute

// Run plays a script and says what came of it. The same script always gives the same record.
// It may be called from many goroutines at once. The error says that the rehearsal could not
// be played at all, for example because the declaration or the playbook is refused; whatever
// goes wrong within it is in the record.
func Run(script Script) (record *Record, err error) {
	if script.End <= 0 {
		return nil, errors.New("a rehearsal needs an end")
	}
	defer func() {
		if p := recover(); p != nil {
			record, err = nil, fmt.Errorf("the rehearsal broke off: %v", p)
		}
	}()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	script.Start = script.Start.UTC().Truncate(time.Microsecond)
	env := suite.NewTestWorkflowEnvironment()
	r := &run{world: newWorld(script, env.Now), env: env}
	r.prepare()
	input := workflows.IncidentInput{Declare: script.Declare, Playbook: script.Playbook}
	r.env.ExecuteWorkflow(workflows.IncidentWorkflow, input)
	return r.record()
}

// run is one rehearsal under way.
type run struct {
	*world
	env *testsuite.TestWorkflowEnvironment
	// next is the first happening that has not happened.
	next   int
	update int
}

// afterEnd is how long the workflow outlives the script, so that what is due at its last
// moment happens; what comes later is not in the record. While a follow-up's workflow starts, the
// environment's clock goes by real time, and ending the parent before it has started makes the
// environment panic: so this is far longer than a start takes, however busy the machine is. It
// costs nothing, since nobody waits for it else.
const afterEnd = 30 * time.Second

func (r *run) prepare() {
	r.env.SetStartTime(r.script.Start)
	r.env.SetTestTimeout(stuckAfter)
	r.env.SetWorkflowRunTimeout(r.script.End + afterEnd)
	r.env.SetDetachedChildWait(false)
	r.env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: stuckAfter,
		Interceptors:             []interceptor.WorkerInterceptor{newStage(r.world)},
	})
	r.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: string(r.script.Declare.Incident), TaskQueue: workflows.TaskQueue})
	r.env.RegisterWorkflowWithOptions(workflows.Incident, workflow.RegisterOptions{Name: workflows.IncidentWorkflow})
	r.env.RegisterWorkflowWithOptions(workflows.Followup, workflow.RegisterOptions{Name: workflows.FollowupWorkflow})
	r.goOn()
}

// goOn waits for the next happening. One at a time: the environment's queue is bounded.
func (r *run) goOn() {
	if r.next >= len(r.script.Happenings) {
		return
	}
	at := r.script.Start.Add(r.script.Happenings[r.next].After)
	r.env.RegisterDelayedCallback(func() {
		for r.next < len(r.script.Happenings) && !r.script.Start.Add(r.script.Happenings[r.next].After).After(r.env.Now()) {
			h := r.script.Happenings[r.next]
			r.next++
			r.happen(h)
		}
		r.goOn()
	}, max(at.Sub(r.env.Now()), 0))
}

func (r *run) happen(h Happening) {
	switch {
	case len(h.Alerts) > 0:
		deliveries := make([]workflows.AlertDelivery, len(h.Alerts))
		for i, a := range h.Alerts {
			r.update++
			deliveries[i] = workflows.AlertDelivery{Item: int64(r.update), Alert: a, ReceivedAt: r.env.Now().UTC()}
		}
		r.env.SignalWorkflow(workflows.AlertsSignal, deliveries)
	case h.Command != nil:
		r.command(*h.Command)
	case h.Fault != nil:
		r.faults[h.Fault.Vendor] = h.Fault.Mode
		r.note(Entry{Kind: VendorChanged, To: string(h.Fault.Vendor), Text: cmp.Or(string(h.Fault.Mode), "works again")})
	case h.Metric != nil:
		r.metrics = append([]Metric{*h.Metric}, r.metrics...)
	case h.Answer != nil:
		r.answers = append([]Answer{*h.Answer}, r.answers...)
	case h.Ticket != nil:
		r.moveTicket(*h.Ticket)
	case h.Page != nil:
		r.movePages(*h.Page)
	}
}

// command gives a command as the API does, and notes why it was refused if it was.
func (r *run) command(c Command) {
	r.commandFrom("api", c)
}

func (r *run) commandFrom(source string, c Command) {
	r.update++
	key := fmt.Sprintf("command-%d", r.update)
	said := func(err error) {
		if err != nil {
			r.refuse(c, workflows.FromTemporal(err))
		}
	}
	r.env.UpdateWorkflow(c.Intent.Name(), key, &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   said,
		OnComplete: func(_ any, err error) { said(err) },
	}, incident.Command{Incident: r.script.Declare.Incident, Key: key, Actor: c.Actor, Source: source, Intent: c.Intent})
}

func (r *run) refuse(c Command, err error) {
	refusal := Refusal{Command: c, Message: err.Error()}
	var broken *incident.RuleError
	if errors.As(err, &broken) {
		refusal.Rule = broken.Rule
	}
	r.note(Entry{Kind: CommandRefused, Text: refusal.Message, To: c.Actor.Name, Command: &refusal})
}

// movePages has the pager's webhook tell of its pages: who acknowledges one there has
// acknowledged the incident.
func (r *run) movePages(m PageMove) {
	pages := incident.Fold(r.events).Pages
	if len(pages) == 0 {
		r.refuse(Command{Actor: m.By, Label: m.Label}, &incident.NotFoundError{What: "page", Message: "the pager has no page of the incident"})
		return
	}
	if m.Status == incident.PageAcknowledged {
		r.commandFrom("pagerduty", Command{Actor: m.By, Label: m.Label, Intent: incident.Acknowledge{}})
	}
	for _, page := range pages {
		r.commandFrom("pagerduty", Command{Actor: m.By, Label: m.Label, Intent: incident.ReportPage{Key: page.Key, Status: m.Status}})
	}
}

// moveTicket has the tracker's webhook tell the follow-up's workflow.
func (r *run) moveTicket(m TicketMove) {
	f, ok := incident.Fold(r.events).Followup(m.Followup)
	c := Command{Label: m.Label, Actor: incident.VendorActor("Jira"), Intent: incident.ReportTicket{Followup: m.Followup}}
	if !ok || f.Ticket.Key == "" {
		r.refuse(c, &incident.NotFoundError{What: "ticket", Message: fmt.Sprintf("there is no follow-up %q with a ticket", m.Followup)})
		return
	}
	ticket := f.Ticket
	ticket.Status, ticket.Done = m.Status, m.Done
	r.tickets[ticket.Key] = ticket
	id := workflows.FollowupID(r.script.Declare.Incident, m.Followup)
	if err := r.env.SignalWorkflowByID(id, workflows.TicketSignal, workflows.TicketNews{Ticket: ticket, Deleted: m.Deleted}); err != nil {
		r.refuse(c, fmt.Errorf("nobody follows the ticket of %s any more", m.Followup))
	}
}

// record sums up what happened.
func (r *run) record() (*Record, error) {
	err := r.env.GetWorkflowError()
	var late *temporal.TimeoutError
	switch {
	case err != nil && !errors.As(err, &late):
		return nil, fmt.Errorf("the incident could not be played: %w", workflows.FromTemporal(unwrapped(err)))
	case !r.env.IsWorkflowCompleted():
		return nil, errors.New("the incident never came to an end")
	}
	length := min(r.env.Now().Sub(r.script.Start), r.script.End)
	record := &Record{Playbook: r.script.Playbook, Start: r.script.Start, Length: length}
	for _, e := range r.events {
		if e.At.Sub(r.script.Start) <= r.script.End {
			record.Events = append(record.Events, e)
		}
	}
	record.State = incident.Fold(record.Events)
	for _, h := range r.script.Happenings[r.next:] {
		if h.Command != nil && h.After <= r.script.End {
			message := fmt.Sprintf("%s was over by then: it is %s", record.State.ID, record.State.Status)
			r.entries = append(r.entries, Entry{
				At: h.After, Kind: CommandRefused, Text: message, To: h.Command.Actor.Name,
				Command: &Refusal{Command: *h.Command, Rule: string(record.State.Status), Message: message},
			})
		}
	}
	for _, e := range r.entries {
		if e.At <= r.script.End {
			record.Entries = append(record.Entries, e)
		}
	}
	return record, nil
}

// unwrapped is what the workflow itself said.
func unwrapped(err error) error {
	var execution *temporal.WorkflowExecutionError
	if errors.As(err, &execution) {
		return execution.Unwrap()
	}
	return err
}
