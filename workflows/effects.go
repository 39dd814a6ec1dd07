package workflows

import (
	"errors"
	"fmt"

	"muster/incident"
	"muster/playbooks"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// work has an action done beside everything else, and reports how it went.
func (r *response) work(ctx workflow.Context, w playbooks.Work) {
	r.inFlight[w.ID] = true
	effect := playbooks.Effect{Incident: r.state.Brief(), Work: w}
	workflow.Go(ctx, func(ctx workflow.Context) {
		var outcome incident.Outcome
		err := workflow.ExecuteActivity(forEffect(ctx, w.Title), w.Do, effect).Get(ctx, &outcome)
		delete(r.inFlight, w.ID)
		r.changes++
		if err != nil {
			r.tryDo(ctx, r.own(r.failure(ctx, w, err)))
			return
		}
		r.tryDo(ctx, r.own(incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: outcome}))
	})
}

// failure reports what went wrong in the vendor's words, and when to try again.
func (r *response) failure(ctx workflow.Context, w playbooks.Work, err error) incident.FailStep {
	fail := incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: reason(err)}
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && failure.NonRetryable() {
		return fail
	}
	step, _ := r.state.Step(w.ID)
	if pause, again := retryAfter(step.Attempts); again {
		if failure != nil {
			pause = max(pause, failure.NextRetryDelay())
		}
		fail.RetryAt = workflow.Now(ctx).Add(pause)
	}
	return fail
}

// reason finds the vendor's own words within what Temporal has wrapped around them.
func reason(err error) string {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		return failure.Message()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		if cause := timeout.Unwrap(); cause != nil && errors.As(cause, &failure) {
			return failure.Message()
		}
		return "no answer in time"
	}
	return err.Error()
}

// runErrands does what follows from an event outside the incident itself.
func (r *response) runErrands(ctx workflow.Context, e incident.Event) {
	switch f := e.Fact.(type) {
	case incident.TicketFiled:
		r.errand(ctx, func(ctx workflow.Context) error { return r.trackFollowup(ctx, f.Followup) })
	case incident.IncidentMerged:
		r.errand(ctx, func(ctx workflow.Context) error { return r.tellSurvivor(ctx, f.Into) })
	}
}

func (r *response) errand(ctx workflow.Context, run func(workflow.Context) error) {
	r.errands++
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := run(ctx); err != nil {
			workflow.GetLogger(ctx).Error("errand failed", "incident", r.state.ID, "error", err)
		}
		r.errands--
		r.changes++
	})
}

// trackFollowup starts the workflow that follows a ticket to its end, which outlives
// this run. One that is there already is as good.
func (r *response) trackFollowup(ctx workflow.Context, id string) error {
	f, ok := r.state.Followup(id)
	if !ok {
		return fmt.Errorf("there is no follow-up %s", id)
	}
	child := workflow.ExecuteChildWorkflow(
		workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID:            FollowupID(r.state.ID, id),
			ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
			WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			Memo:                  Memo(),
			StaticSummary:         shorten(f.Title, summaryBytes),
			StaticDetails:         fmt.Sprintf("Follow-up %s of %s: %s", id, r.state.ID, f.Ticket.Key),
		}),
		FollowupWorkflow,
		Tracking(r.state, f, r.input.Playbook.FollowupSchedules()),
	)
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	var already *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &already) {
		return nil
	}
	return err
}

// tellSurvivor hands over to the incident this one was merged into.
func (r *response) tellSurvivor(ctx workflow.Context, into incident.ID) error {
	return workflow.SignalExternalWorkflow(ctx, string(into), "", CommandSignal, Handover(r.state)).Get(ctx, nil)
}

// Handover is what a merged incident tells the one that carries on. Telling it again
// changes nothing.
func Handover(merged incident.State) incident.Command {
	return incident.Command{
		Incident: merged.MergedInto, Actor: incident.MusterActor(), Source: "merge",
		Intent: incident.Absorb{From: merged.ID, Title: merged.Title, Alerts: merged.Alerts, Crowd: merged.Crowd},
	}
}
