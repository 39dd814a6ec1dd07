package workflows

import (
	"muster/incident"
	"muster/playbooks"

	"go.temporal.io/sdk/workflow"
)

// IncidentInput starts an incident, or carries one on.
type IncidentInput struct {
	// Declare is the command that begins it.
	Declare incident.Command `json:"declare"`
	// Playbook is followed to the end of the incident.
	Playbook *playbooks.Playbook `json:"playbook"`
	// Carried is what the run before knew; nil at the beginning.
	Carried *Carried `json:"carried,omitzero"`
}

// Carried is everything an incident's workflow knows: from it, another run goes on.
type Carried struct {
	State     incident.State       `json:"state"`
	Reactions []playbooks.Reaction `json:"reactions,omitzero"`
	// Keys are those of the latest commands, so that a repetition stays one.
	Keys []string `json:"keys,omitzero"`
}

// AlertDelivery is an accepted alert on its way to its incident.
type AlertDelivery struct {
	// Item is the alert's place in the inbox, by which it can be given back.
	Item  int64          `json:"item"`
	Alert incident.Alert `json:"alert"`
}

// FollowupDue says that people should be reminded of a follow-up.
type FollowupDue struct {
	Followup string `json:"followup"`
	Hook     string `json:"hook"`
}

// Incident is one incident from its declaration to its end. Commands of people are
// updates named after the command; see [incident.Commands]. It returns the incident
// as it ended.
//
// A request to cancel the workflow, as Temporal's web UI offers, is ignored: an incident is
// ended by a command, which leaves no page open.
func Incident(ctx workflow.Context, in IncidentInput) (incident.State, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r, err := begin(ctx, in)
	if err != nil {
		return incident.State{}, err
	}
	for {
		r.now = workflow.Now(ctx)
		r.receive(ctx)
		r.bringForward(ctx)
		if r.over() {
			if ended := r.leave(ctx); ended {
				return r.state, nil
			}
			continue
		}
		if r.historyIsLong(ctx) {
			return incident.State{}, r.continueAsNew(ctx)
		}
		if err := r.wait(ctx); err != nil {
			return incident.State{}, err
		}
	}
}

// begin sets up a run: handlers first, so that nothing that arrives with the start is
// missed; then the declaration, unless a run before has seen to it.
func begin(ctx workflow.Context, in IncidentInput) (*response, error) {
	r, err := newResponse(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := r.handleCommands(ctx); err != nil {
		return nil, err
	}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (incident.State, error) { return r.state, nil }); err != nil {
		return nil, err
	}
	workflow.Go(ctx, r.keepJournal)
	if in.Carried != nil {
		r.show(ctx)
		return r, nil
	}
	if err := r.do(ctx, in.Declare); err != nil {
		return nil, toTemporal(err)
	}
	attach, err := in.Playbook.Attach(r.state)
	if err != nil {
		return nil, err
	}
	return r, r.doSelf(ctx, attach)
}

// receive takes in the signals that have arrived.
func (r *response) receive(ctx workflow.Context) {
	r.receiveAlerts(ctx)
	for {
		var c incident.Command
		if !r.commands.ReceiveAsync(&c) {
			break
		}
		r.tryDo(ctx, c)
	}
	for {
		var due FollowupDue
		if !r.followupsDue.ReceiveAsync(&due) {
			break
		}
		if remind, ok := r.agenda.Reminder(r.state, due.Hook, due.Followup, workflow.Now(ctx)); ok {
			r.tryDo(ctx, r.own(remind))
		}
	}
}

// receiveAlerts takes each batch as the dispatcher bounded it, so that no event outgrows
// what the journal's activity can be handed.
func (r *response) receiveAlerts(ctx workflow.Context) {
	for {
		var batch []AlertDelivery
		if !r.alerts.ReceiveAsync(&batch) {
			return
		}
		switch {
		case len(batch) == 0:
		case r.state.Status.Ended():
			r.giveBack(ctx, batch)
		default:
			r.reportAlerts(ctx, batch)
		}
	}
}

func (r *response) reportAlerts(ctx workflow.Context, batch []AlertDelivery) {
	alerts := make([]incident.Alert, len(batch))
	for i, d := range batch {
		alerts[i] = d.Alert
	}
	r.tryDo(ctx, incident.Command{
		Incident: r.state.ID, Actor: incident.VendorActor(AlertActor(alerts[0])), Source: alerts[0].Source,
		Intent: incident.ReportAlerts{Alerts: alerts},
	})
}

// giveBack returns alerts that came after the end to the inbox, so that they find
// another incident.
func (r *response) giveBack(ctx workflow.Context, deliveries []AlertDelivery) {
	items := make([]int64, len(deliveries))
	for i, d := range deliveries {
		items[i] = d.Item
	}
	r.errand(ctx, func(ctx workflow.Context) error {
		return workflow.ExecuteActivity(forJournal(ctx, "Give back alerts that came after the end"), ReturnAlertsActivity, r.state.ID, items).Get(ctx, nil)
	})
}

// bringForward does what is due until nothing more is.
func (r *response) bringForward(ctx workflow.Context) {
	for {
		before := r.state.Seq
		due := r.agenda.Due(r.state, r.inFlight, workflow.Now(ctx))
		for _, w := range due.Work {
			r.work(ctx, w)
		}
		for _, intent := range due.Commands {
			r.tryDo(ctx, r.own(intent))
		}
		if r.state.Seq == before && len(due.Work) == 0 {
			r.alarm.set(ctx, due.Next, due.Reason)
			return
		}
	}
}

// wait sleeps until something arrives or is due.
func (r *response) wait(ctx workflow.Context) error {
	changes := r.changes
	return workflow.Await(ctx, func() bool {
		return r.alarm.rang || r.changes != changes || r.alerts.Len() > 0 || r.commands.Len() > 0 || r.followupsDue.Len() > 0 ||
			workflow.GetInfo(ctx).GetContinueAsNewSuggested() && r.quiet()
	})
}

// over says that the incident has ended and all that it began is done.
func (r *response) over() bool {
	return r.state.Status.Ended() && r.quiet() && r.agenda.Idle(r.state, r.now)
}

// quiet says that nothing is in flight: no effect, no errand, no event on its way to
// the journal.
func (r *response) quiet() bool {
	return len(r.inFlight) == 0 && r.errands == 0 && r.recorded == r.state.Seq
}

// leave waits for who is still being answered and says whether the run may end now.
func (r *response) leave(ctx workflow.Context) bool {
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return false
	}
	return r.alerts.Len() == 0
}

func (r *response) historyIsLong(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && r.quiet() && workflow.AllHandlersFinished(ctx) &&
		r.alerts.Len() == 0 && r.commands.Len() == 0 && r.followupsDue.Len() == 0
}

func (r *response) continueAsNew(ctx workflow.Context) error {
	in := r.input
	in.Carried = &Carried{State: r.state, Reactions: r.agenda.Reactions(), Keys: r.keys}
	return workflow.NewContinueAsNewError(ctx, IncidentWorkflow, in)
}
