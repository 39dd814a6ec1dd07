package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// All activity options are in this file, named by what they are for.

// forEffect is for work on a vendor: short attempts, repeated for about a minute. What
// has not worked by then becomes visible as a failed step, and is tried again by
// [retryAfter] while everything else goes on.
func forEffect(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    20 * time.Second,
		ScheduleToCloseTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    500 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    15 * time.Second,
		},
		Summary: shorten(summary, summaryBytes),
	})
}

// forSearch is for the batched question to the tracker. The next sweep asks again, so
// it need not be stubborn.
func forSearch(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 4 * time.Minute,
		Summary:                "Ask the tracker about all open follow-ups",
	})
}

// forJournal is for our own database: a local activity, since it is short and its
// result matters to nobody else. It never gives up, because what happened must be
// recorded.
func forJournal(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: forEver,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    100 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Second,
		},
	})
}

// forEver is longer than any incident. Left out, a local activity would be given up after
// its first timeout.
const forEver = 10 * 365 * 24 * time.Hour

// retryPauses are the pauses before Muster tries a failed step again by itself, the
// last of them repeated.
var retryPauses = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}

// maxAttempts bounds the retries by Muster itself to about a day. People may try
// again whenever they like.
const maxAttempts = 150

// retryAfter returns how long to wait after a step failed for the nth time, or false
// when Muster gives up.
func retryAfter(attempts int) (time.Duration, bool) {
	if attempts >= maxAttempts {
		return 0, false
	}
	return retryPauses[min(max(attempts, 1), len(retryPauses))-1], true
}
