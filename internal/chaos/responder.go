package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/plan"
)

// look is how often a client looks whether what it waits for has happened.
const look = 300 * time.Millisecond

// responder carries out one case: it is the monitoring that sees its alerts, and the
// people who respond.
type responder struct {
	c        plan.Case
	client   *client.Client
	ledger   *ledger.Ledger
	patience time.Duration
	// others finds the responder of another case.
	others func(number int) *responder

	// started is closed once the case has its first incident, done at its end; both also
	// when it broke off.
	started, done chan struct{}
	startOnce     sync.Once

	mu sync.Mutex
	// incident is the incident that the case is about at the moment, first the one it
	// began with.
	incident, first incident.ID
	// into is the incident that the case's own was merged into; empty for most.
	into  incident.ID
	taken []ledger.Alert
	// latest is the first alert that fires of the delivery before: in a storm, an incident
	// does not remember the later ones one by one.
	latest ledger.Occurrence
}

func newResponder(c plan.Case, cl *client.Client, l *ledger.Ledger, patience time.Duration, others func(int) *responder) *responder {
	return &responder{
		c: c, client: cl, ledger: l, patience: patience, others: others,
		started: make(chan struct{}), done: make(chan struct{}),
	}
}

// run carries out the case's acts in order. What does not happen within the patience of
// the run breaks it off, and is written down.
func (r *responder) run(ctx context.Context) {
	defer close(r.done)
	defer r.start("")
	for i, act := range r.c.Acts {
		if err := r.perform(ctx, act); err != nil {
			if ctx.Err() == nil {
				r.ledger.Break(fmt.Sprintf("%s (%s), act %d, %s: %v", r.c.Token, r.current(), i+1, strings.TrimPrefix(fmt.Sprintf("%T", act), "plan."), err))
			}
			return
		}
	}
}

func (r *responder) perform(ctx context.Context, act plan.Act) error {
	if think, ok := act.(plan.Think); ok {
		return client.Wait(ctx, think.For)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.patience, fmt.Errorf("it did not happen within %s", r.patience))
	defer cancel()
	err := r.attempt(ctx, act)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return err
}

func (r *responder) attempt(ctx context.Context, act plan.Act) error {
	switch a := act.(type) {
	case plan.Deliver:
		return r.deliver(ctx, a)
	case plan.Declare:
		return r.declare(ctx, a.Command)
	case plan.Do:
		return r.do(ctx, a)
	case plan.Merge:
		return r.merge(ctx, a)
	case plan.Together:
		return r.together(ctx, a.Acts)
	case plan.AwaitIncident:
		return r.awaitIncident(ctx)
	case plan.AwaitAlerts:
		return r.awaitAlerts(ctx)
	case plan.AwaitReopened:
		return r.awaitReopened(ctx)
	case plan.AwaitStarted:
		return await(ctx, r.others(a.Case).started)
	case plan.AwaitMerged:
		return r.awaitMerged(ctx, r.others(a.Case))
	case plan.FinishTickets:
		return r.finishTickets(ctx, a.Close)
	case plan.Finish:
		return r.finish(ctx, a.Command)
	default:
		return fmt.Errorf("the plan has an act %T that nobody can perform", act)
	}
}

func (r *responder) together(ctx context.Context, acts []plan.Act) error {
	errs := make([]error, len(acts))
	var all sync.WaitGroup
	for i, act := range acts {
		all.Go(func() { errs[i] = r.attempt(ctx, act) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// deliver brings alerts, and writes down those that were taken.
func (r *responder) deliver(ctx context.Context, d plan.Deliver) error {
	body, err := d.Body()
	if err != nil {
		return err
	}
	for range d.Times {
		answer, err := r.client.Deliver(ctx, body)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusAccepted {
			return fmt.Errorf("%d alerts were refused with %d: %.300s", len(d.Alerts), answer.Status, answer.Body)
		}
		r.ledger.Delivered()
		r.took(d.Alerts)
	}
	return nil
}

func (r *responder) took(alerts []plan.Alert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := true
	for _, a := range alerts {
		o := ledger.Occurrence{Fingerprint: a.Fingerprint(), StartsAt: a.StartsAt}
		r.ledger.Took(r.c.Number, o, !a.Firing())
		r.taken = append(r.taken, ledger.Alert{Occurrence: o, Resolved: !a.Firing()})
		if first && a.Firing() {
			r.latest, first = o, false
		}
	}
}

// start says that the case has an incident.
func (r *responder) start(id incident.ID) {
	r.mu.Lock()
	if id != "" {
		r.incident = id
		if r.first == "" {
			r.first = id
		}
	}
	r.mu.Unlock()
	r.startOnce.Do(func() { close(r.started) })
}

func (r *responder) current() incident.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.incident
}

func (r *responder) survivor() incident.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.into
}

func (r *responder) declare(ctx context.Context, command plan.Command) error {
	sent := time.Now()
	answer, err := r.client.Command(ctx, command.Method, "/api/v1/incidents", command.Key, command.Body)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusCreated {
		return fmt.Errorf("the declaration was refused with %d: %.300s", answer.Status, answer.Body)
	}
	var view client.Incident
	if err := answer.Decode(&view); err != nil {
		return err
	}
	r.record(view.ID, command, answer, sent)
	r.ledger.Expect(view.ID, incident.Investigating)
	r.start(view.ID)
	return nil
}

// do gives a command about the current incident.
func (r *responder) do(ctx context.Context, a plan.Do) error {
	id := r.current()
	if !a.Twice {
		return r.command(ctx, id, a.Command)
	}
	sent := time.Now()
	var answers [2]client.Answer
	var errs [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i], errs[i] = r.send(ctx, id, a.Command) })
	}
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	// Where one was carried out, the command was.
	answer := answers[0]
	if answers[1].Status < 300 {
		answer = answers[1]
	}
	r.record(id, a.Command, answer, sent)
	r.imply(id, a.Command.Intent, answer.Status)
	return nil
}

func (r *responder) command(ctx context.Context, id incident.ID, command plan.Command) error {
	sent := time.Now()
	answer, err := r.send(ctx, id, command)
	if err != nil {
		return err
	}
	r.record(id, command, answer, sent)
	r.imply(id, command.Intent, answer.Status)
	return nil
}

func (r *responder) send(ctx context.Context, id incident.ID, command plan.Command) (client.Answer, error) {
	return r.client.Command(ctx, command.Method, client.IncidentPath(id)+command.Path, command.Key, command.Body)
}

func (r *responder) record(id incident.ID, command plan.Command, answer client.Answer, sent time.Time) {
	c := ledger.Command{
		Key: command.Key, Incident: id, Intent: command.Intent,
		Status: answer.Status, SentAt: sent, AnsweredAt: time.Now(),
	}
	if c.Refused() {
		c.Text = fmt.Sprintf("%.300s", answer.Body)
	}
	r.ledger.Answered(c)
}

// imply writes down what an accepted command means for the status in the end.
func (r *responder) imply(id incident.ID, intent incident.Intent, status int) {
	if status >= 300 {
		return
	}
	switch intent.(type) {
	case incident.Resolve:
		r.ledger.Expect(id, incident.Resolved)
	case incident.Reopen:
		r.ledger.Expect(id, incident.Investigating)
	case incident.Cancel:
		r.ledger.Expect(id, incident.Cancelled)
	case incident.Merge:
		r.ledger.Expect(id, incident.Merged)
	}
}

// merge gives up the case's incident in favour of that of another case.
func (r *responder) merge(ctx context.Context, m plan.Merge) error {
	id, into := r.current(), r.others(m.Into).current()
	if into == "" {
		return fmt.Errorf("case %d has no incident to merge into", m.Into)
	}
	command := m.Command
	intent, _ := command.Intent.(incident.Merge)
	intent.Into = into
	command.Intent = intent
	command.Body = map[string]any{"into": into, "reason": intent.Reason, "actor": command.Body["actor"]}
	sent := time.Now()
	answer, err := r.send(ctx, id, command)
	if err != nil {
		return err
	}
	r.record(id, command, answer, sent)
	r.imply(id, intent, answer.Status)
	if answer.Status >= 300 {
		return fmt.Errorf("the merge into %s was refused with %d: %.300s", into, answer.Status, answer.Body)
	}
	r.mu.Lock()
	r.into = into
	r.mu.Unlock()
	return nil
}
