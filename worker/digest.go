package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/workflows"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

const (
	// digestID names the schedule and, with a time behind it, its workflows.
	digestID = "muster-digest"
	// digestPatience is how late a digest may be, whoever was away: later than that, the next
	// one tells of both days.
	digestPatience = 12 * time.Hour
)

// Digest is when and where those outside are told of all incidents, once a day.
type Digest struct {
	// Channel is a chat channel, by its name without "#" or its id; empty for no digest.
	Channel string
	// At is the time of day, counted from midnight, to the minute.
	At time.Duration
	// Timezone is a name of the IANA time zone database; empty is UTC.
	Timezone string
}

func (d Digest) check() error {
	if d.Channel == "" {
		return nil
	}
	if d.At < 0 || d.At >= 24*time.Hour {
		return fmt.Errorf("the digest is posted at a time of day from 00:00 to 23:59, not %s after midnight", d.At)
	}
	if _, err := time.LoadLocation(d.Timezone); err != nil {
		return fmt.Errorf("the digest's time zone: %w", err)
	}
	return nil
}

func (d Digest) schedule() client.ScheduleOptions {
	minutes := int(d.At / time.Minute)
	return client.ScheduleOptions{
		ID: digestID,
		Spec: client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour: []client.ScheduleRange{{Start: minutes / 60}}, Minute: []client.ScheduleRange{{Start: minutes % 60}},
			}},
			TimeZoneName: d.Timezone,
		},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: digestPatience,
		Action: &client.ScheduleWorkflowAction{
			ID: digestID, Workflow: workflows.DigestWorkflow, TaskQueue: workflows.TaskQueue,
			Args:                     []any{d.plan()},
			WorkflowExecutionTimeout: digestPatience,
			StaticSummary:            "Tell those outside of all incidents",
		},
	}
}

func (d Digest) plan() workflows.DigestPlan {
	return workflows.DigestPlan{Channel: d.Channel, Timezone: d.Timezone}
}

// scheduleDigest keeps the schedule as it is wanted, or ends it where no digest is.
func scheduleDigest(ctx context.Context, c client.Client, d Digest) error {
	if d.Channel != "" {
		return keepSchedule(ctx, c, d.schedule(), d.isUpToDate)
	}
	err := c.ScheduleClient().GetHandle(ctx, digestID).Delete(ctx)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// isUpToDate compares what the settings, and this package, may change.
func (d Digest) isUpToDate(have client.Schedule, want client.ScheduleOptions) bool {
	action, ok := have.Action.(*client.ScheduleWorkflowAction)
	if !ok || have.Spec == nil || have.Policy == nil || len(have.Spec.Calendars) != 1 || len(action.Args) != 1 {
		return false
	}
	// Temporal returns what a workflow is given as it was written down.
	given, ok := action.Args[0].(*commonpb.Payload)
	var plan workflows.DigestPlan
	if !ok || converter.GetDefaultDataConverter().FromPayload(given, &plan) != nil || plan != d.plan() {
		return false
	}
	calendar, wanted := have.Spec.Calendars[0], want.Spec.Calendars[0]
	return starts(calendar.Hour, wanted.Hour) && starts(calendar.Minute, wanted.Minute) && have.Spec.TimeZoneName == want.Spec.TimeZoneName &&
		have.Policy.Overlap == want.Overlap && have.Policy.CatchupWindow == want.CatchupWindow &&
		action.Workflow == workflows.DigestWorkflow && action.TaskQueue == workflows.TaskQueue &&
		action.WorkflowExecutionTimeout == digestPatience
}

// starts compares ranges of one number each; Temporal may write down their ends as well.
func starts(have, want []client.ScheduleRange) bool {
	return len(have) == 1 && have[0].Start == want[0].Start && have[0].End <= want[0].Start
}
