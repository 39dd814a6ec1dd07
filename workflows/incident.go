package workflows

import (
	"slices"

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
	// Life counts how often the incident was begun again from its journal, which takes
	// events of its last life only.
	Life int `json:"life,omitzero"`
}

// Carried is everything an incident's workflow knows: from it, another run goes on.
type Carried struct {
	State     incident.State       `json:"state"`
	Reactions []playbooks.Reaction `json:"reactions,omitzero"`
	// Watches are what steps wait for that takes more than one look.
	Watches map[string]playbooks.Watch `json:"watches,omitzero"`
	// Keys are those of the latest commands, so that a repetition stays one.
	Keys []CommandKey `json:"keys,omitzero"`
	// Items are the inbox's that arrived last, so that one that is sent again stays one.
	Items []int64 `json:"items,omitzero"`
	// Gathered are alerts of a storm that have not been summed up yet.
	Gathered []AlertDelivery `json:"gathered,omitzero"`
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
// ended by a command, which leaves no page open. It fails when it cannot begin, because
// its declaration or playbook is refused, and when the journal takes no more of it, because
// it was begun again from there.
func Incident(ctx workflow.Context, in IncidentInput) (incident.State, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r, err := begin(ctx, in)
	if err != nil {
		return incident.State{}, err
	}
	for {
		if r.refused != nil {
			return incident.State{}, r.refused
		}
		r.now = workflow.Now(ctx)
		r.receive(ctx)
		r.bringForward(ctx)
		if r.over() {
			if ended, err := r.finish(ctx); ended || err != nil {
				return r.state, err
			}
			continue
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if len(r.intake.gathered) > gatheredCarried {
				r.takeGathered(ctx)
			}
			if r.mayContinue(ctx) {
				return incident.State{}, r.continueAsNew(ctx)
			}
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
	// The declaration and the playbook are one entry of the journal: nothing comes between.
	if err := r.do(ctx, in.Declare); err != nil {
		return nil, toTemporal(err)
	}
	attach, err := in.Playbook.Attach(r.state)
	if err != nil {
		return nil, err
	}
	if plansPrivacy(attach) && workflow.GetVersion(ctx, restrictedFromDeclaration, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		for i := range attach.Steps {
			attach.Steps[i].Private = false
		}
	}
	return r, r.doSelf(ctx, attach)
}

// restrictedFromDeclaration is the change by which an incident is restricted before its private
// channel is there. Those that were declared before it keep to what their journals say.
const restrictedFromDeclaration = "restricted-from-declaration"

func plansPrivacy(attach incident.AttachPlaybook) bool {
	return slices.ContainsFunc(attach.Steps, func(step incident.Step) bool { return step.Private })
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

// bringForward does what is due until nothing more is.
func (r *response) bringForward(ctx workflow.Context) {
	if r.draining(ctx) {
		return
	}
	for {
		before := r.state.Seq
		due := r.agenda.Due(r.state, r.inFlight, workflow.Now(ctx))
		begun := 0
		for _, w := range due.Work {
			// A reaction is known by its event's number, which is certain only once the
			// journal has it: should the workflow be lost before, another event would get
			// the number. Steps are known by their own names and wait for nothing.
			if w.Event <= r.recorded {
				r.work(ctx, w)
				begun++
			}
		}
		for _, intent := range due.Commands {
			r.tryDo(ctx, r.own(intent))
		}
		if r.state.Seq == before && begun == 0 {
			r.setAlarm(ctx, due)
			return
		}
	}
}

// setAlarm sees to it that the run wakes when the next thing is due.
func (r *response) setAlarm(ctx workflow.Context, due playbooks.Due) {
	at, reason := due.Next, due.Reason
	if len(r.intake.gathered) > 0 && (at.IsZero() || r.intake.reportAt.Before(at)) {
		at, reason = r.intake.reportAt, "sum up the alerts of a storm"
	}
	r.alarm.set(ctx, at, reason)
}

// wait sleeps until something arrives or is due.
func (r *response) wait(ctx workflow.Context) error {
	changes := r.changes
	return workflow.Await(ctx, func() bool {
		return r.alarm.rang || r.changes != changes || r.alerts.Len() > 0 || r.commands.Len() > 0 || r.followupsDue.Len() > 0 ||
			workflow.GetInfo(ctx).GetContinueAsNewSuggested() && r.quiet()
	})
}

// over says that the incident has ended and all that it began is done, its follow-ups
// included: a false alarm, too, may leave work behind.
func (r *response) over() bool {
	return r.state.Status.Ended() && len(r.state.OpenFollowups()) == 0 && r.quiet() && len(r.intake.gathered) == 0 && r.agenda.Idle(r.state, r.now)
}

// quiet says that nothing is in flight: no effect, no errand, and nothing on its way to the
// journal.
func (r *response) quiet() bool {
	return len(r.inFlight) == 0 && r.errands == 0 && r.recorded == r.state.Seq && len(r.intake.reports) == 0
}

// finish writes down that there is nothing left to do, waits for who is still being
// answered and says whether the run may end now. What is not written down as finished is
// started again by whoever finds it gone.
func (r *response) finish(ctx workflow.Context) (bool, error) {
	recording := forJournal(ctx, "Write down that nothing is left to do")
	if err := workflow.ExecuteActivity(recording, FinishActivity, r.state.ID, r.input.Life).Get(ctx, nil); err != nil {
		return false, err
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return false, err
	}
	return r.alerts.Len() == 0 && r.over(), nil
}

// drainFrom is how many events a history has at most before nothing new is begun until the
// run can continue as new. Temporal suggests that at 4,096 events and ends a workflow at
// 51,200; a vendor that does not answer may keep something in flight all the time.
const drainFrom = 12_000

func (r *response) draining(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() && info.GetCurrentHistoryLength() >= drainFrom
}

// mayContinue says whether another run may go on from here: with everything in the
// journal, everybody answered, and nothing received that was not looked at.
func (r *response) mayContinue(ctx workflow.Context) bool {
	return r.quiet() && workflow.AllHandlersFinished(ctx) &&
		r.alerts.Len() == 0 && r.commands.Len() == 0 && r.followupsDue.Len() == 0
}

func (r *response) continueAsNew(ctx workflow.Context) error {
	in := r.input
	in.Carried = &Carried{State: r.state, Reactions: r.agenda.Reactions(), Watches: r.agenda.Watches(), Keys: r.keys, Items: r.intake.recent, Gathered: r.intake.gathered}
	return workflow.NewContinueAsNewError(ctx, IncidentWorkflow, in)
}
