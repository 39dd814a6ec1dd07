package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"muster/incident"
	"muster/playbooks"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// work has an action done beside everything else, and reports how it went.
func (r *response) work(ctx workflow.Context, w playbooks.Work) {
	r.inFlight[w.ID] = true
	r.agenda.Begin(w, workflow.Now(ctx))
	effect := playbooks.Effect{Incident: handedOn(r.state, w), Work: w}
	workflow.Go(ctx, func(ctx workflow.Context) {
		var outcome incident.Outcome
		err := workflow.ExecuteActivity(forEffect(ctx, w.Do, w.Title), w.Do, effect).Get(ctx, &outcome)
		delete(r.inFlight, w.ID)
		r.changes++
		if err != nil {
			r.tryDo(ctx, r.own(r.failure(ctx, w, err)))
			return
		}
		switch {
		case outcome.Again > 0:
			r.agenda.AskAgain(w.ID, workflow.Now(ctx).Add(outcome.Again))
			return
		case w.Poll:
			r.agenda.Measured(w.ID, outcome, workflow.Now(ctx))
			return
		case r.agenda.Passed(r.state, w, outcome):
			return
		}
		r.tryDo(ctx, r.own(incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: outcome}))
	})
}

// handedOn is what whoever does an action gets to know of the incident: the steps only where
// they are shown.
func handedOn(s incident.State, w playbooks.Work) incident.State {
	switch {
	case w.Do == playbooks.SlackPrompts:
		return s.BriefWithPrompts()
	case w.Do == playbooks.SlackBrief, w.With["buttons"] != "":
		return s.BriefWithSteps()
	}
	return s.Brief()
}

// failure reports what went wrong in the vendor's words, and when to try again.
func (r *response) failure(ctx workflow.Context, w playbooks.Work, err error) incident.FailStep {
	fail := incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: reason(err)}
	if isFinal(err) {
		return fail
	}
	var failure *temporal.ApplicationError
	errors.As(err, &failure)
	step, _ := r.state.Step(w.ID)
	pause, again := retryAfter(step.Attempts)
	if said, ok := r.agenda.RetryOf(step, workflow.Now(ctx)); ok {
		again = step.Attempts < said.Attempts
		pause = cmp.Or(said.Pause, pause)
	}
	if again {
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
		r.errand(ctx, func(ctx workflow.Context) error { return r.tellSurvivor(ctx, e.Seq, f.Into) })
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
			Memo:                  ownMemo(ctx),
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

// tellSurvivor hands over to the incident this one was merged into, once it is certain that
// it was. Should the survivor's workflow be gone for longer, whoever starts it again repeats
// this.
func (r *response) tellSurvivor(ctx workflow.Context, merged int, into incident.ID) error {
	if err := workflow.Await(ctx, func() bool { return r.recorded >= merged || r.refused != nil }); err != nil || r.refused != nil {
		return err
	}
	return tellPatiently(ctx, into, CommandSignal, Handover(r.state))
}

// tellPauses are the pauses before an incident that could not be told is told again. Its
// workflow may be gone for minutes before it is begun again; one that is gone for longer has
// finished.
var tellPauses = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour,
}

// tellPatiently signals another incident's workflow. The error is that of the last attempt.
func tellPatiently(ctx workflow.Context, id incident.ID, signal string, message any) error {
	for attempt := 0; ; attempt++ {
		err := workflow.SignalExternalWorkflow(ctx, string(id), "", signal, message).Get(ctx, nil)
		if err == nil || attempt == len(tellPauses) {
			return err
		}
		workflow.GetLogger(ctx).Info("an incident takes no news", "incident", id, "signal", signal, "reason", err)
		if err := workflow.Sleep(ctx, tellPauses[attempt]); err != nil {
			return err
		}
	}
}

// Handover is what a merged incident tells the one that carries on. Telling it again
// changes nothing.
func Handover(merged incident.State) incident.Command {
	return incident.Command{
		Incident: merged.MergedInto, Actor: incident.MusterActor(), Source: "merge",
		Intent: incident.Absorb{From: merged.ID, Title: merged.Title, Alerts: merged.Alerts, Crowd: merged.Crowd, People: merged.Responders()},
	}
}
