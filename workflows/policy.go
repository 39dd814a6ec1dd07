package workflows

import (
	"time"

	"muster/playbooks"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// All activity options are in this file, named by what they are for.

// forEffect is for work on a vendor: a few attempts within about ten seconds. What has
// not worked by then becomes visible as a failed step, and is tried again by [retryAfter]
// while everything else goes on. Attempts are counted rather than time, since Muster itself
// may have been away: work waits for a worker as long as it takes.
func forEffect(ctx workflow.Context, action, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueOf(action),
		Priority:            priorityOf(action),
		StartToCloseTimeout: patience(action),
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    500 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumAttempts:    5,
			// The pauses stay far below this; it is what a vendor may ask for by
			// Retry-After, which Temporal cuts to it.
			MaximumInterval: 15 * time.Minute,
		},
		Summary: shorten(summary, summaryBytes),
	})
}

// patience is how long an attempt may take. It is also how long it takes until an attempt on
// a worker that has died is made elsewhere. A vendor has as long as a request may take
// (integrations.RequestTimeout); the pager, which answers within a second and takes a repeated
// page for the same one, has half of it, since somebody is waiting to be woken. What a playbook
// asks of a team's own services may take as long as it says, a minute at most, and some seconds
// to connect and to report it. Whoever follows an incident is told one by one, and an attempt
// goes on where the one before had to stop.
func patience(action string) time.Duration {
	switch action {
	case playbooks.PagerDutyPage:
		return 10 * time.Second
	case playbooks.HTTPRequest:
		return 75 * time.Second
	case playbooks.SlackNotify:
		return 2 * time.Minute
	default:
		return 20 * time.Second
	}
}

// forSearch is for the batched question to the tracker. The next sweep asks again, so
// it need not be stubborn.
func forSearch(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TrackerQueue,
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 4 * time.Minute,
		Summary:                "Ask the tracker about all open follow-ups",
	})
}

// forDigest is for what is posted once a day. Late is better than never, but not the day
// after, when the next one tells of both days.
func forDigest(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              ChatQueue,
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 12 * time.Hour,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Minute,
		},
		Summary: "Tell those outside of all incidents",
	})
}

// forJournal is for our own database. It never gives up, because what happened must be
// recorded.
//
// It is no local activity, although it is short: those run before the workflow task that
// asks for them is on disk. A task that has to be done again decides anew, at another
// time, and would contradict what it wrote the first time.
func forJournal(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    100 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Second,
		},
		Summary: shorten(summary, summaryBytes),
	})
}

// retryPauses are the pauses before Muster tries a failed step again by itself. After them
// it is latePause each time, so that an outage of days is no storm of attempts.
var retryPauses = []time.Duration{
	15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute,
}

const latePause = 30 * time.Minute

// maxAttempts bounds the retries by Muster itself to about a week. People may try
// again whenever they like.
const maxAttempts = 350

// retryAfter returns how long to wait after a step failed for the nth time, or false
// when Muster gives up.
func retryAfter(attempts int) (time.Duration, bool) {
	if attempts >= maxAttempts {
		return 0, false
	}
	if attempts > len(retryPauses) {
		return latePause, true
	}
	return retryPauses[max(attempts, 1)-1], true
}
