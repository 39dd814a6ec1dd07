package workflows

import (
	"fmt"
	"time"

	"muster/incident"
	"muster/playbooks"

	"go.temporal.io/sdk/workflow"
)

// response is one run of an incident's workflow.
type response struct {
	input  IncidentInput
	state  incident.State
	agenda *playbooks.Agenda
	keys   []CommandKey
	intake intake

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
	// refused is why the journal takes no more of this run; nil as long as it does.
	refused error
	// shown are the search attributes as last set.
	shown [3]string
}

func newResponse(ctx workflow.Context, in IncidentInput) (*response, error) {
	if err := in.Playbook.Compile(); err != nil {
		return nil, fmt.Errorf("playbook %s: %w", in.Playbook.Name, err)
	}
	r := &response{
		input:        in,
		intake:       newIntake(in.Carried, workflow.Now(ctx).Add(gatherFor)),
		inFlight:     map[string]bool{},
		alerts:       workflow.GetSignalChannel(ctx, AlertsSignal),
		commands:     workflow.GetSignalChannel(ctx, CommandSignal),
		followupsDue: workflow.GetSignalChannel(ctx, FollowupDueSignal),
	}
	if c := in.Carried; c != nil {
		r.state, r.keys, r.recorded = c.State, c.Keys, c.State.Seq
		r.agenda = playbooks.NewAgenda(in.Playbook, c.Reactions)
		r.agenda.Watching(c.Watches)
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
	repeated, err := r.seen(c)
	if err != nil || repeated {
		return err
	}
	events, err := incident.Decide(r.state, c, workflow.Now(ctx))
	if err != nil {
		return err
	}
	r.remember(c)
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
