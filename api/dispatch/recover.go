package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muster/incident"
	"muster/store"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
)

// Recovered says what had to be started again.
type Recovered struct {
	// Incidents are those whose workflow was gone, Followups the ids of the workflows of
	// follow-ups.
	Incidents []incident.ID
	Followups []string
	// Alerts is how many alerts are handed on again, because their incident's workflow was
	// lost before the journal had them.
	Alerts int
}

// Recover starts a workflow for every incident and follow-up that should have one and has
// none, from the journal alone: after Temporal's store was lost, set aside or replaced by
// another, or when somebody has terminated a workflow. Effects keep their keys, so that
// vendors know again what was done. What runs is left alone, unless it was begun by a
// version that this one cannot carry on ([workflows.Generation]), so Recover may be repeated
// at any time; it needs no worker. It goes on after a failure with what does not depend on
// it.
func (d *Dispatcher) Recover(ctx context.Context) (Recovered, error) {
	var done Recovered
	return done, errors.Join(d.recoverAlerts(ctx, &done), d.recoverIncidents(ctx, &done), d.recoverFollowups(ctx, &done))
}

// recoverAlerts hands on again what a workflow was given that is gone. It comes first, so
// that a crash leaves alerts that are handed on twice, which incidents notice, rather than
// never.
func (d *Dispatcher) recoverAlerts(ctx context.Context, done *Recovered) error {
	ids, err := d.store.Unrecorded(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range ids {
		w, err := d.standing(ctx, string(id))
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if !w.running() {
			n, err := d.store.Resend(ctx, id)
			done.Alerts += n
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (d *Dispatcher) recoverIncidents(ctx context.Context, done *Recovered) error {
	var failures []error
	for after := incident.ID(""); ; {
		ids, err := d.store.Unfinished(ctx, after, 0)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		for _, id := range ids {
			started, err := d.recoverIncident(ctx, id)
			if started {
				done.Incidents = append(done.Incidents, id)
			}
			failures = append(failures, err)
		}
		if len(ids) == 0 {
			break
		}
		after = ids[len(ids)-1]
	}
	// Survivors are told once all of them are there again.
	for _, id := range done.Incidents {
		failures = append(failures, d.handOver(ctx, id))
	}
	return errors.Join(failures...)
}

func (d *Dispatcher) recoverIncident(ctx context.Context, id incident.ID) (started bool, err error) {
	w, err := d.standing(ctx, string(id))
	switch {
	case err != nil || w.running() && !w.outdated():
		return false, err
	case w.running():
		return true, d.restart(ctx, id)
	case w.completed():
		state, err := d.store.Incident(ctx, id)
		if err != nil {
			return false, err
		}
		if state.Status.Ended() {
			// It ended before workflows wrote down that they had finished.
			return false, d.store.Finish(ctx, id)
		}
	}
	return d.revive(ctx, id)
}

// revive starts an incident's workflow anew from the journal, unless it runs.
func (d *Dispatcher) revive(ctx context.Context, id incident.ID) (started bool, err error) {
	journal, err := d.store.Journal(ctx, id)
	if err != nil {
		return false, fmt.Errorf("recover %s: %w", id, err)
	}
	input, err := workflows.Resume(journal)
	if err != nil {
		return false, fmt.Errorf("recover %s: %w", id, err)
	}
	if _, err := d.store.Resend(ctx, id); err != nil {
		return false, fmt.Errorf("recover %s: %w", id, err)
	}
	state := input.Carried.State
	options, _ := startOf(input.Declare, input.Playbook)
	options.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	options.WorkflowExecutionErrorWhenAlreadyStarted = true
	options.TypedSearchAttributes = temporal.NewSearchAttributes(
		workflows.SeverityAttribute.ValueSet(string(state.Severity)),
		workflows.StatusAttribute.ValueSet(string(state.Status)),
		workflows.ServiceAttribute.ValueSet(state.Service.Name),
	)
	if _, err := d.temporal.ExecuteWorkflow(ctx, options, workflows.IncidentWorkflow, input); err != nil {
		var already *serviceerror.WorkflowExecutionAlreadyStarted
		if errors.As(err, &already) {
			return false, nil
		}
		return false, fmt.Errorf("recover %s: %w", id, err)
	}
	return true, nil
}

// handOver repeats what a merged incident tells its survivor, in case its workflow was
// lost before it could.
func (d *Dispatcher) handOver(ctx context.Context, id incident.ID) error {
	state, err := d.store.Incident(ctx, id)
	if err != nil || state.Status != incident.Merged {
		return err
	}
	err = d.temporal.SignalWorkflow(ctx, string(state.MergedInto), "", workflows.CommandSignal, workflows.Handover(state))
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		// The survivor has ended.
		return nil
	}
	return err
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
		w, err := d.standing(ctx, workflowID)
		if err == nil && w.running() && w.outdated() {
			err = d.terminate(ctx, workflowID)
		}
		if err == nil && (!w.running() || w.outdated()) {
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
	options, input := d.tracking(state, o.Followup)
	_, err = d.temporal.ExecuteWorkflow(ctx, options, workflows.FollowupWorkflow, input)
	return ignoreStarted(err)
}

// Restart ends the workflow of an incident, if it runs, and starts it again from the
// journal: for one that is stuck. What it had decided and not yet written to the journal
// is decided anew. The error is [store.ErrNotFound] for an incident that the journal does not
// have, and an [incident.RuleError] for one that has ended.
func (d *Dispatcher) Restart(ctx context.Context, id incident.ID) error {
	state, err := d.store.Incident(ctx, id)
	if err != nil {
		return err
	}
	w, err := d.standing(ctx, string(id))
	if err != nil {
		return err
	}
	if state.Status.Ended() && w.completed() {
		return &incident.RuleError{Rule: string(state.Status), Message: fmt.Sprintf("%s is %s and its workflow has finished; nothing is left to start again", id, state.Status)}
	}
	if !w.running() {
		if _, err := d.revive(ctx, id); err != nil {
			return err
		}
	} else if err := d.restart(ctx, id); err != nil {
		return err
	}
	return d.bringBack(ctx, id)
}

// bringBack restores what belongs to an incident that was started again by itself: its
// survivor's knowledge of it, and its follow-ups, which give up tracking when their incident
// is gone.
func (d *Dispatcher) bringBack(ctx context.Context, id incident.ID) error {
	return errors.Join(d.handOver(ctx, id), d.recoverFollowups(ctx, &Recovered{}, id))
}

func (d *Dispatcher) restart(ctx context.Context, id incident.ID) error {
	if err := d.terminate(ctx, string(id)); err != nil {
		return err
	}
	_, err := d.revive(ctx, id)
	return err
}

func (d *Dispatcher) terminate(ctx context.Context, workflowID string) error {
	err := d.temporal.TerminateWorkflow(ctx, workflowID, "", "started again from the journal")
	var gone *serviceerror.NotFound
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("end the workflow %s: %w", workflowID, err)
	}
	return nil
}

// standing is how a workflow stands; the zero value where there is none.
type standing struct {
	status     enumspb.WorkflowExecutionStatus
	generation int
}

func (w standing) running() bool { return w.status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING }

func (w standing) completed() bool { return w.status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }

// outdated says that this version of Muster cannot carry the workflow on.
func (w standing) outdated() bool { return w.generation < workflows.Generation }

func (d *Dispatcher) standing(ctx context.Context, workflowID string) (standing, error) {
	description, err := d.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return standing{}, nil
	}
	if err != nil {
		return standing{}, fmt.Errorf("ask Temporal for %s: %w", workflowID, err)
	}
	info := description.GetWorkflowExecutionInfo()
	return standing{status: info.GetStatus(), generation: workflows.GenerationOf(info.GetMemo())}, nil
}

// reviving does something with the workflow of an incident that the journal has, and once
// more after starting it again where it is gone.
func (d *Dispatcher) reviving(ctx context.Context, id incident.ID, do func() error) error {
	err := do()
	var gone *serviceerror.NotFound
	if !errors.As(err, &gone) {
		return err
	}
	state, stateErr := d.store.Incident(ctx, id)
	if stateErr != nil || state.Status.Ended() {
		return errors.Join(err, stateErr)
	}
	if _, err := d.revive(ctx, id); err != nil {
		return err
	}
	d.logger.WarnContext(ctx, "an incident's workflow was gone and has been started again from the journal", "incident", id)
	if err := d.bringBack(ctx, id); err != nil {
		d.logger.ErrorContext(ctx, "not all that belongs to the incident was started again", "incident", id, "error", err)
	}
	return do()
}
