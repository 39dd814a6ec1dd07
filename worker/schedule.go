package worker

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// keepSchedule creates a schedule, or brings one that was made before up to date. The namespace
// has one, however many workers do this at once. One that people have paused stays so.
func keepSchedule(
	ctx context.Context, c client.Client, want client.ScheduleOptions, isUpToDate func(client.Schedule, client.ScheduleOptions) bool,
) error {
	_, err := c.ScheduleClient().Create(ctx, want)
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	if err == nil || !errors.Is(err, temporal.ErrScheduleAlreadyRunning) && !errors.As(err, &exists) {
		return err
	}
	err = c.ScheduleClient().GetHandle(ctx, want.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(have client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := have.Description.Schedule
			if isUpToDate(schedule, want) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			schedule.Spec, schedule.Action = &want.Spec, want.Action
			schedule.Policy = &client.SchedulePolicies{Overlap: want.Overlap, CatchupWindow: want.CatchupWindow}
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("bring the schedule %s up to date: %w", want.ID, err)
	}
	return nil
}
