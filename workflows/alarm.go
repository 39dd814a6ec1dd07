package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// alarm wakes a workflow when time alone makes something due. There is one timer at a
// time, and none is set anew while its moment and its reason stay the same: a timer costs
// events in the history, and clutters what people see of it.
type alarm struct {
	at     time.Time
	reason string
	rang   bool
	cancel workflow.CancelFunc
}

// set has the alarm ring at a moment, with the reason that Temporal's web UI shows. The
// zero moment switches it off.
func (a *alarm) set(ctx workflow.Context, at time.Time, reason string) {
	if a.at.Equal(at) && a.reason == reason && !a.rang {
		return
	}
	if a.cancel != nil {
		a.cancel()
	}
	*a = alarm{at: at, reason: reason}
	if at.IsZero() {
		return
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	a.cancel = cancel
	timer := workflow.NewTimerWithOptions(timerCtx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{
		Summary: shorten(reason, summaryBytes),
	})
	workflow.Go(timerCtx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil && a.at.Equal(at) && a.reason == reason {
			a.rang = true
		}
	})
}
