package dispatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"muster/incident"
	"muster/store"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
)

// Recovered says what had to be started again.
type Recovered struct {
	// Incidents are those whose workflow was gone or was replaced, Followups the ids of the
	// workflows of follow-ups.
	Incidents []incident.ID
	Followups []string
	// Alerts is how many alerts are handed on again, because their incident's workflow was
	// lost before the journal had them.
	Alerts int
}

const (
	// LookInterval is how often it is looked whether a workflow is gone. Commands and alerts
	// find their own at once; this is for the reminders of those that nobody asks for.
	LookInterval = 5 * time.Minute
	// lookAgain is how soon it is looked again after a failure.
	lookAgain = 30 * time.Second
)

// LookAfter recovers what is gone, for the first time after the given wait, and again and
// again until ctx ends. Of several servers over one database, one looks at a time.
func (d *Dispatcher) LookAfter(ctx context.Context, wait time.Duration) {
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = LookInterval
		done, err := d.recoverAlone(ctx)
		if len(done.Incidents)+len(done.Followups)+done.Alerts > 0 {
			d.logger.WarnContext(ctx, "workflows were started again from the journal, since they were gone, or no longer those that count",
				"incidents", done.Incidents, "followups", done.Followups, "alerts", done.Alerts)
		}
		if err != nil && ctx.Err() == nil {
			d.logger.ErrorContext(ctx, "not every workflow that is gone was started again", "error", err)
			wait = lookAgain
		}
	}
}

// recoverAlone recovers unless another server is about it.
func (d *Dispatcher) recoverAlone(ctx context.Context) (Recovered, error) {
	release, ours, err := d.store.Claim(ctx, "recovery")
	if err != nil || !ours {
		return Recovered{}, err
	}
	defer release()
	return d.Recover(ctx)
}

// Recover starts a workflow for every incident and follow-up that should have one and has
// none, from the journal alone: after Temporal's store was lost, set aside or replaced by
// another, or when somebody has terminated a workflow. Effects keep their keys, so that
// vendors know again what was done. What runs is left alone, unless it was begun by a
// version that this one cannot carry on ([workflows.Generation]). It may be repeated at any
// time, also by two at once, and needs no worker. It goes on after a failure with what does
// not depend on it.
func (d *Dispatcher) Recover(ctx context.Context) (Recovered, error) {
	var done Recovered
	return done, errors.Join(
		d.recoverUndeclared(ctx, &done), d.recoverIncidents(ctx, &done), d.recoverFollowups(ctx, &done), d.repeatHandovers(ctx),
	)
}

// recoverUndeclared hands on again what a workflow was given that is gone before the journal
// had even its beginning.
func (d *Dispatcher) recoverUndeclared(ctx context.Context, done *Recovered) error {
	ids, err := d.store.Unrecorded(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range ids {
		if _, err := d.store.Incident(ctx, id); !errors.Is(err, store.ErrNotFound) {
			failures = append(failures, err)
			continue
		}
		e, err := d.execution(ctx, string(id))
		if err == nil && !e.running() {
			var revival store.Revival
			revival, err = d.store.Revive(ctx, id)
			done.Alerts += revival.Resent
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func (d *Dispatcher) recoverIncidents(ctx context.Context, done *Recovered) error {
	var failures []error
	for after := incident.ID(""); ; {
		ids, err := d.store.Unfinished(ctx, after, 0)
		if err != nil || len(ids) == 0 {
			return errors.Join(append(failures, err)...)
		}
		for _, id := range ids {
			err := d.recoverIncident(ctx, id, done)
			failures = append(failures, err)
			if isAway(err) {
				return errors.Join(failures...) // Nor would the next one be found.
			}
		}
		after = ids[len(ids)-1]
	}
}

// longOver is after how long an incident that has ended is not begun again: its workflow
// had as much time to bring everything to an end, and Temporal may have forgotten it.
const longOver = 8 * 24 * time.Hour

func (d *Dispatcher) recoverIncident(ctx context.Context, id incident.ID, done *Recovered) error {
	if e, err := d.execution(ctx, string(id)); err != nil || e.healthy() {
		return err
	}
	release, err := d.alone(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	e, err := d.execution(ctx, string(id))
	if err != nil || e.healthy() {
		return err
	}
	if !e.running() {
		state, err := d.store.Incident(ctx, id)
		if err != nil {
			return err
		}
		over := state.Status.Ended() && len(state.OpenFollowups()) == 0
		if over && (e.completed() || time.Since(state.EndedAt) > longOver) {
			// It ended before workflows wrote down that they had finished.
			return d.store.Finish(ctx, id, math.MaxInt)
		}
	}
	revival, err := d.revive(ctx, id)
	if err != nil {
		return err
	}
	done.Incidents = append(done.Incidents, id)
	done.Alerts += revival.Resent
	return nil
}

// whileOther is how long it takes to look again whether another server is done with an
// incident.
const whileOther = 50 * time.Millisecond

// alone waits until nobody else, on any server, is starting the incident again: of two who
// do so at once, one would do it in vain.
func (d *Dispatcher) alone(ctx context.Context, id incident.ID) (release func(), err error) {
	for {
		release, ours, err := d.store.Claim(ctx, "revival/"+string(id))
		if err != nil || ours {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(whileOther):
		}
	}
}

// revive begins another life of an incident from the journal; a workflow that still runs is
// ended in the same moment, and not if the new one cannot begin. Should two do this at once,
// one of the workflows may have a life that does not count: the journal refuses it, it
// fails, and is found gone.
func (d *Dispatcher) revive(ctx context.Context, id incident.ID) (store.Revival, error) {
	revival, err := d.store.Revive(ctx, id)
	if err != nil {
		return revival, err
	}
	input, err := workflows.Resume(revival.Journal, revival.Life)
	if err != nil {
		return revival, fmt.Errorf("recover %s: %w", id, err)
	}
	state := input.Carried.State
	options := d.optionsOf(input.Declare, revival.Life)
	options.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
	options.TypedSearchAttributes = temporal.NewSearchAttributes(
		workflows.SeverityAttribute.ValueSet(string(state.Severity)),
		workflows.StatusAttribute.ValueSet(string(state.Status)),
		workflows.ServiceAttribute.ValueSet(state.Service.Name),
	)
	if _, err := d.temporal.ExecuteWorkflow(ctx, options, workflows.IncidentWorkflow, input); err != nil {
		return revival, fmt.Errorf("recover %s: %w", id, err)
	}
	return revival, nil
}

// Restart begins another life of an incident from the journal and ends its workflow, if it
// runs: for one that is stuck. What that had decided and not yet written to the journal
// is decided anew. The error is [store.ErrNotFound] for an incident that the journal does not
// have, and an [incident.RuleError] for one that has nothing left to do.
func (d *Dispatcher) Restart(ctx context.Context, id incident.ID) error {
	finished, err := d.store.Finished(ctx, id)
	if err != nil {
		return err
	}
	if finished {
		return &incident.RuleError{Rule: "finished", Message: fmt.Sprintf("the workflow of %s has finished; nothing is left to start again", id)}
	}
	release, err := d.alone(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	if _, err := d.execution(ctx, string(id)); err != nil {
		return err
	}
	return d.bringBack(ctx, id)
}

// bringBack revives an incident, and its follow-ups, which give up tracking when their
// incident has been gone for long.
func (d *Dispatcher) bringBack(ctx context.Context, id incident.ID) error {
	if _, err := d.revive(ctx, id); err != nil {
		return err
	}
	return errors.Join(d.recoverFollowups(ctx, &Recovered{}, id), d.repeatHandovers(ctx, id))
}

// recoverFollowups looks after the follow-ups of some incidents, or of all.
func (d *Dispatcher) recoverFollowups(ctx context.Context, done *Recovered, of ...incident.ID) error {
	open, err := d.store.OpenFollowups(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, o := range open {
		if len(of) > 0 && !slices.Contains(of, o.Incident) {
			continue
		}
		workflowID := workflows.FollowupID(o.Incident, o.Followup.ID)
		e, err := d.execution(ctx, workflowID)
		if err == nil && !e.healthy() {
			if err = d.track(ctx, o); err == nil {
				done.Followups = append(done.Followups, workflowID)
			}
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func (d *Dispatcher) track(ctx context.Context, o store.OpenFollowup) error {
	state, err := d.store.Incident(ctx, o.Incident)
	if err != nil {
		return err
	}
	options, input, err := d.tracking(ctx, state, o.Followup)
	if err != nil {
		return err
	}
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
	_, err = d.temporal.ExecuteWorkflow(ctx, options, workflows.FollowupWorkflow, input)
	return err
}

// repeatHandovers tells survivors, some or all, of what was merged into them and what they
// have not heard of, because either workflow was gone in the wrong moment.
func (d *Dispatcher) repeatHandovers(ctx context.Context, to ...incident.ID) error {
	merges, err := d.store.Merges(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, m := range merges {
		if len(to) > 0 && !slices.Contains(to, m.Into) && !slices.Contains(to, m.From) {
			continue
		}
		failures = append(failures, d.repeatHandover(ctx, m))
	}
	return errors.Join(failures...)
}

func (d *Dispatcher) repeatHandover(ctx context.Context, m store.Merge) error {
	survivor, err := d.store.Incident(ctx, m.Into)
	if err != nil || slices.Contains(survivor.Absorbed, m.From) {
		return err
	}
	merged, err := d.store.Incident(ctx, m.From)
	if err != nil {
		return err
	}
	return d.temporal.SignalWorkflow(ctx, string(m.Into), "", workflows.CommandSignal, workflows.Handover(merged))
}

// reviving does something with the workflow of an incident that the journal has, and once
// more after starting it again where it is gone and should not be.
func (d *Dispatcher) reviving(ctx context.Context, id incident.ID, do func() error) error {
	err := do()
	if !isGone(err) {
		return err
	}
	if finished, finishedErr := d.store.Finished(ctx, id); finishedErr != nil || finished {
		return errors.Join(err, finishedErr)
	}
	if err := d.bringBackIfGone(ctx, id); err != nil {
		return err
	}
	return do()
}

// bringBackIfGone does nothing for an incident that somebody else has just brought back.
func (d *Dispatcher) bringBackIfGone(ctx context.Context, id incident.ID) error {
	release, err := d.alone(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	e, err := d.execution(ctx, string(id))
	if err != nil || e.running() {
		return err
	}
	d.logger.WarnContext(ctx, "an incident's workflow is gone and is started again from the journal", "incident", id)
	return d.bringBack(ctx, id)
}
