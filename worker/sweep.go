package worker

import (
	"context"
	"time"

	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

const (
	// SweepInterval is how often the tracker is asked about all open follow-ups.
	// Webhooks are faster; this catches what they miss.
	SweepInterval = 5 * time.Minute
	// sweepID names the schedule and, with a time behind it, its workflows.
	sweepID = "muster-ticket-sweep"
)

// sweepSchedule is when the tracker is asked: once at a time, and after an outage once, not
// once for every time that was missed.
func sweepSchedule() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID:            sweepID,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: SweepInterval}}},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: SweepInterval,
		Action:        sweepAction(),
	}
}

func sweepAction() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: sweepID, Workflow: workflows.TicketSweepWorkflow, TaskQueue: workflows.TaskQueue,
		WorkflowExecutionTimeout: SweepInterval,
		StaticSummary:            "Ask the tracker about all open follow-ups",
	}
}

// scheduleSweep keeps the schedule.
func scheduleSweep(ctx context.Context, c client.Client) error {
	return keepSchedule(ctx, c, sweepSchedule(), isUpToDate)
}

// isUpToDate compares what this package may change from one version to the next.
func isUpToDate(have client.Schedule, want client.ScheduleOptions) bool {
	action, ok := have.Action.(*client.ScheduleWorkflowAction)
	return ok && have.Spec != nil && have.Policy != nil &&
		len(have.Spec.Intervals) == 1 && have.Spec.Intervals[0] == want.Spec.Intervals[0] &&
		have.Policy.Overlap == want.Overlap && have.Policy.CatchupWindow == want.CatchupWindow &&
		action.Workflow == sweepAction().Workflow && action.TaskQueue == sweepAction().TaskQueue &&
		action.WorkflowExecutionTimeout == sweepAction().WorkflowExecutionTimeout
}
