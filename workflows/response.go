package workflows

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/playbooks"

	"go.temporal.io/sdk/workflow"
)

// keysRemembered is how many keys of commands an incident remembers over its runs. A
// client that repeats a command does so within seconds.
const keysRemembered = 500

// response is one run of an incident's workflow.
type response struct {
	input  IncidentInput
	state  incident.State
	agenda *playbooks.Agenda
	keys   []string

	alerts, commands, followupsDue workflow.ReceiveChannel

	// changes counts what may make something due, so that waiting can notice.
	changes int
	alarm   alarm
	// now is when the run last woke.
	now time.Time

	// inFlight holds the ids of the work being done, errands counts other waiting.
	inFlight map[string]bool
	errands  int
	// unrecorded are the events on their way to the journal, which has all up to
	// recorded.
	unrecorded []incident.Event
	recorded   int
	// shown are the search attributes as last set.
	shown [3]string
}

func newResponse(ctx workflow.Context, in IncidentInput) (*response, error) {
	if err := in.Playbook.Compile(); err != nil {
		return nil, fmt.Errorf("playbook %s: %w", in.Playbook.Name, err)
	}
	r := &response{
		input:        in,
		inFlight:     map[string]bool{},
		alerts:       workflow.GetSignalChannel(ctx, AlertsSignal),
		commands:     workflow.GetSignalChannel(ctx, CommandSignal),
		followupsDue: workflow.GetSignalChannel(ctx, FollowupDueSignal),
	}
	if c := in.Carried; c != nil {
		r.state, r.keys, r.recorded = c.State, c.Keys, c.State.Seq
		r.agenda = playbooks.NewAgenda(in.Playbook, c.Reactions)
		return r, nil
	}
	r.agenda = playbooks.NewAgenda(in.Playbook, nil)
	return r, nil
}

// own makes an intent of Muster itself a command.
func (r *response) own(i incident.Intent) incident.Command {
	return incident.Command{Incident: r.state.ID, Actor: incident.MusterActor(), Source: "playbook", Intent: i}
}

// doSelf decides and applies an intent of Muster itself.
func (r *response) doSelf(ctx workflow.Context, i incident.Intent) error {
	return toTemporal(r.do(ctx, r.own(i)))
}

// tryDo is do for commands whose refusal nobody waits for.
func (r *response) tryDo(ctx workflow.Context, c incident.Command) {
	if err := r.do(ctx, c); err != nil {
		workflow.GetLogger(ctx).Info("command refused", "incident", r.state.ID, "command", c.Intent.Name(), "reason", err)
	}
}

// do is the only way in which the incident changes: decide, apply, and pass each
// event on to whoever follows it.
func (r *response) do(ctx workflow.Context, c incident.Command) error {
	if r.seen(c.Key) {
		return nil
	}
	events, err := incident.Decide(r.state, c, workflow.Now(ctx))
	if err != nil {
		return err
	}
	r.remember(c.Key)
	for _, e := range events {
		r.state = incident.Apply(r.state, e)
		r.agenda.Observe(r.state, e)
		r.unrecorded = append(r.unrecorded, e)
		r.runErrands(ctx, e)
	}
	if len(events) > 0 {
		r.changes++
		r.show(ctx)
	}
	return nil
}

func (r *response) seen(key string) bool { return key != "" && slices.Contains(r.keys, key) }

func (r *response) remember(key string) {
	if key == "" {
		return
	}
	r.keys = append(r.keys, key)
	if extra := len(r.keys) - keysRemembered; extra > 0 {
		r.keys = slices.Clone(r.keys[extra:])
	}
}

// keepJournal writes events to the journal in their order, those that have gathered
// at once.
func (r *response) keepJournal(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return len(r.unrecorded) > 0 }); err != nil {
			return
		}
		n := portion(r.unrecorded)
		batch := r.unrecorded[:n:n]
		r.unrecorded = r.unrecorded[n:]
		if err := workflow.ExecuteActivity(forJournal(ctx, kinds(batch)), RecordActivity, batch).Get(ctx, nil); err != nil {
			// Only a journal that contradicts this workflow ends up here; waiting for
			// people is all that is safe.
			workflow.GetLogger(ctx).Error("the journal refuses events", "incident", r.state.ID, "error", err)
			r.unrecorded = append(batch, r.unrecorded...)
			if err := workflow.Sleep(ctx, time.Minute); err != nil {
				return
			}
			continue
		}
		r.recorded = batch[len(batch)-1].Seq
		r.changes++
	}
}

// eventsAtOnce bounds how many events are written to the journal at a time.
const eventsAtOnce = 100

// portion is how many events are handed to the journal together. Those that bring alerts
// may be large and end a portion, which keeps its payload within Temporal's 2 MiB.
func portion(events []incident.Event) int {
	for i, e := range events {
		switch e.Fact.(type) {
		case incident.AlertsFired, incident.AlertsResolved, incident.IncidentAbsorbed:
			return i + 1
		}
		if i+1 == eventsAtOnce {
			return eventsAtOnce
		}
	}
	return len(events)
}
