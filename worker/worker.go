// Package worker joins workflows and activities to Temporal: it registers them, runs
// them, and stops without dropping what is under way.
package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/activities"
	"muster/workflows"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	// stopTimeout is how long activities under way may take when the worker stops.
	// Temporal's default is none at all, which would cut off every call to a vendor.
	stopTimeout = 25 * time.Second
	// SweepInterval is how often the tracker is asked about all open follow-ups.
	// Webhooks are faster; this catches what they miss.
	SweepInterval = 5 * time.Minute
	// sweepID names the schedule and, with a time behind it, its workflows.
	sweepID = "muster-ticket-sweep"
)

// Worker runs Muster's workflows and activities.
type Worker struct {
	temporal client.Client
	worker   sdk.Worker
}

// New returns a worker that has not been started. Fatal is called when Temporal refuses
// the worker for good after it was started.
func New(temporal client.Client, a *activities.Activities, fatal func(error)) *Worker {
	w := sdk.New(temporal, workflows.TaskQueue, sdk.Options{
		WorkerStopTimeout: stopTimeout,
		OnFatalError:      fatal,
	})
	Register(w, a)
	return &Worker{temporal: temporal, worker: w}
}

// Registry is what workflows and activities are registered with: a worker, or a test
// environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register registers everything under the names that histories know.
func Register(r Registry, a *activities.Activities) {
	for name, w := range map[string]any{
		workflows.IncidentWorkflow:    workflows.Incident,
		workflows.FollowupWorkflow:    workflows.Followup,
		workflows.TicketSweepWorkflow: workflows.TicketSweep,
		workflows.PulseWorkflow:       workflows.Pulse,
	} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
	for name, action := range a.Actions() {
		r.RegisterActivityWithOptions(action, activity.RegisterOptions{Name: name})
	}
	for name, function := range map[string]any{
		workflows.RecordActivity:            a.Record,
		workflows.FinishActivity:            a.Finish,
		workflows.ReturnAlertsActivity:      a.ReturnAlerts,
		workflows.FindTicketChangesActivity: a.FindTicketChanges,
	} {
		r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Start begins to work, and sees to it that the tracker is asked regularly and that
// [Check] finds somebody to ask. It may be called once.
func (w *Worker) Start(ctx context.Context) error {
	if err := w.worker.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	if err := w.scheduleSweep(ctx); err != nil {
		w.worker.Stop()
		return fmt.Errorf("schedule the sweep of tickets: %w", err)
	}
	if err := startPulse(ctx, w.temporal); err != nil {
		w.worker.Stop()
		return fmt.Errorf("start the pulse: %w", err)
	}
	return nil
}

// Stop takes no more work and waits for what is under way, half a minute at most.
func (w *Worker) Stop() { w.worker.Stop() }

// scheduleSweep creates the schedule unless it is there.
func (w *Worker) scheduleSweep(ctx context.Context) error {
	_, err := w.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:   sweepID,
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: SweepInterval}}},
		Action: &client.ScheduleWorkflowAction{
			ID: sweepID, Workflow: workflows.TicketSweepWorkflow, TaskQueue: workflows.TaskQueue,
			WorkflowExecutionTimeout: SweepInterval,
			StaticSummary:            "Ask the tracker about all open follow-ups",
		},
	})
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) || errors.As(err, &exists) {
		return nil
	}
	return err
}
