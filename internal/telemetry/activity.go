package telemetry

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"muster/incident"
	"muster/integrations"
	"muster/playbooks"
	"muster/workflows"
)

// workInterceptor measures what activities do to the world. It sees each of them with its
// arguments and its error, so that activities need not measure themselves.
type workInterceptor struct {
	interceptor.InterceptorBase
	metrics  *metrics
	observer callObserver
}

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (w *workInterceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &workInbound{workInterceptor: w}
	i.Next = next
	return i
}

type workInbound struct {
	interceptor.ActivityInboundInterceptorBase
	*workInterceptor
}

// ExecuteActivity implements [interceptor.ActivityInboundInterceptor].
func (w *workInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	began := time.Now()
	calls := &attemptCalls{callObserver: w.observer, again: info.Attempt > 1}
	effect, ok := effectOf(in.Args)
	if ok && info.ActivityType.Name == playbooks.PagerDutyPage && pagesFirst(effect) {
		calls.pageFor, calls.trigger = causeOf(ctx, effect.Incident)
	}
	result, err := w.Next.ExecuteActivity(integrations.WithObserver(ctx, calls), in)
	switch name := info.ActivityType.Name; {
	case name == workflows.RecordActivity:
		w.metrics.wrote(time.Since(began), err)
	case name == workflows.FinishActivity, name == workflows.ReturnAlertsActivity:
		// Housekeeping: Temporal's own metrics have it.
	case effect.Incident.Exercise != nil:
		// Nothing that an exercise only pretends says how the pager is. What it does say in
		// its channel is counted by its calls.
	default:
		w.metrics.tried(name, time.Since(began), calls.deferred.Load(), err)
	}
	return result, err
}

// wrote notes an attempt to write to the journal.
func (m *metrics) wrote(took time.Duration, err error) {
	m.journalDuration.Observe(took.Seconds())
	switch {
	case err == nil:
	case isFinal(err):
		m.journalFailures.WithLabelValues(attemptRefused).Inc()
	default:
		m.journalFailures.WithLabelValues(attemptFailed).Inc()
	}
}

// tried notes an attempt at an action.
func (m *metrics) tried(action string, took time.Duration, deferred bool, err error) {
	outcome, vendor := attemptDone, vendorOf(action)
	switch {
	case err == nil:
	case isFinal(err):
		outcome = attemptRefused
	case deferred:
		outcome = attemptDeferred
	default:
		outcome = attemptFailed
	}
	m.attempts.WithLabelValues(action, vendor, outcome).Inc()
	m.attemptDuration.WithLabelValues(action, vendor).Observe(took.Seconds())
	if action != playbooks.PagerDutyPage {
		return
	}
	switch outcome {
	case attemptDone:
		m.pageTried.WithLabelValues(pageAccepted).SetToCurrentTime()
	case attemptFailed, attemptRefused:
		m.pageTried.WithLabelValues(pageFailed).SetToCurrentTime()
	}
}

func isFinal(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.NonRetryable()
}

// vendorOf is who does an action: the first part of its name, or Muster itself.
func vendorOf(action string) string {
	switch vendor, _, _ := strings.Cut(action, "."); vendor {
	case integrations.PagerDuty, integrations.Slack, integrations.Jira, integrations.Mail, integrations.Webhook,
		integrations.HTTP, integrations.Prometheus, integrations.Temporal:
		return vendor
	case workflows.FindTicketChangesActivity:
		return integrations.Jira
	default:
		return "muster"
	}
}

func effectOf(args []any) (playbooks.Effect, bool) {
	if len(args) == 0 {
		return playbooks.Effect{}, false
	}
	effect, ok := args[0].(playbooks.Effect)
	return effect, ok
}

// pagesFirst says whether work sends an incident's first page, by a step of its playbook.
// What a hook sends, such as when nobody acknowledges, is late on purpose.
func pagesFirst(e playbooks.Effect) bool {
	return e.Work.Hook == "" && len(e.Incident.Pages) == 0
}

// causeOf returns when what caused an incident was accepted, and what it was. Where nobody
// said (a workflow begun again from the journal, or by a version that did not), it is when
// the workflow declared the incident, which is later by what the alert spent in the inbox.
func causeOf(ctx context.Context, s incident.State) (at time.Time, trigger string) {
	trigger = byPerson
	if s.DeclaredBy.Kind == incident.ActorVendor {
		trigger = byAlert
	}
	if at = acceptedAt(ctx); at.IsZero() {
		at = s.DeclaredAt
	}
	return at, trigger
}
