package telemetry_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/mail"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/integrations/webhook"
	"muster/playbooks"
	"muster/store"
	"muster/worker"
	"muster/workflows"
)

// chain is what a worker would take over from the client.
func (w *way) chain() sdk.Options {
	var o sdk.Options
	for _, i := range w.options.Interceptors {
		o.Interceptors = append(o.Interceptors, i.(interceptor.WorkerInterceptor))
	}
	return o
}

// attempt makes one attempt at an activity, as a worker would.
func (w *way) attempt(a *activities.Activities, header *commonpb.Header, activity string, args ...any) error {
	w.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	suite.SetContextPropagators(w.options.ContextPropagators)
	suite.SetHeader(header)
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(w.chain())
	worker.Register(registry{env}, a)
	_, err := env.ExecuteActivity(activity, args...)
	return err
}

// registry takes activities only.
type registry struct {
	*testsuite.TestActivityEnvironment
}

func (registry) RegisterWorkflowWithOptions(any, workflow.RegisterOptions) {}

// effect is a piece of work on an incident that was declared a minute ago, with what its action
// takes of the parameters and something for each that it cannot do without.
func effect(name string, with playbooks.Parameters) playbooks.Effect {
	action, _ := playbooks.FindAction(name)
	filled := playbooks.Parameters{}
	for _, p := range action.Parameters {
		if value := with[p.Name]; value != "" || p.Required {
			filled[p.Name] = cmp.Or(value, "High errors")
		}
	}
	return playbooks.Effect{
		Work: playbooks.Work{ID: "step", Do: name, With: filled},
		Incident: incident.State{
			ID: "INC-7", Title: "High errors", Severity: "SEV2", DeclaredAt: time.Now().Add(-time.Minute), DeclaredBy: incident.PersonActor("Sample Responder"),
			Service: incident.Service{Name: "payments", PagerService: "PPAY", TrackerProject: "PAY"},
			Channel: incident.Channel{ID: "C1", Name: "inc-7"}, Followups: []incident.Followup{{ID: "F1", Title: "Fail over by itself"}},
		},
	}
}

var page = playbooks.Parameters{"summary": "High errors"}

// answering is a vendor that gives one answer to everything.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // A client that has left is no matter.
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAttemptsAndCallsAreCountedByHowTheyEnded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status        int
		attempt, call string
	}{
		"the vendor takes it":             {http.StatusOK, "done", "ok"},
		"the vendor refuses it":           {http.StatusForbidden, "refused", "refused"},
		"the vendor has trouble":          {http.StatusBadGateway, "failed", "failed"},
		"the vendor wants to be left":     {http.StatusTooManyRequests, "failed", "limited"},
		"the vendor breaks off":           {0, "failed", "no_answer"},
		"the vendor answers with nothing": {http.StatusNoContent, "done", "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWay(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(test.status)
			}))
			t.Cleanup(server.Close)
			notifier, err := webhook.New(webhook.Options{URL: integrations.Secret(server.URL)})
			require.NoError(t, err)

			err = w.attempt(&activities.Activities{Notifier: notifier}, nil, playbooks.WebhookPost, effect(playbooks.WebhookPost, nil))

			require.Equal(t, test.attempt == "done", err == nil)
			w.measured(`muster_step_attempts_total{action="webhook.post",outcome="` + test.attempt + `",vendor="webhook"} 1`)
			w.measured(`muster_step_attempt_duration_seconds_count{action="webhook.post",vendor="webhook"} 1`)
			w.measured(`muster_vendor_requests_total{operation="POST",outcome="` + test.call + `",vendor="webhook"} 1`)
			w.measured(`muster_vendor_request_duration_seconds_count{operation="POST",vendor="webhook"} 1`)
		})
	}
}

func TestACallWhoseTurnIsFarAwayIsDeferredAndNotAFailure(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	a := &activities.Activities{Pager: pagerduty.New(pagerduty.Options{Token: pagerDutyToken, APIURL: answering(t, http.StatusTooManyRequests, "{}")})}
	require.Error(t, w.attempt(a, nil, playbooks.PagerDutyPage, effect(playbooks.PagerDutyPage, page)))
	require.Error(t, w.attempt(a, nil, playbooks.PagerDutyPage, effect(playbooks.PagerDutyPage, page)))
	for _, line := range []string{
		`muster_step_attempts_total{action="pagerduty.page",outcome="failed",vendor="pagerduty"} 1`,
		`muster_step_attempts_total{action="pagerduty.page",outcome="deferred",vendor="pagerduty"} 1`,
		`muster_vendor_requests_total{operation="GET /services",outcome="deferred",vendor="pagerduty"} 1`,
		`muster_vendor_request_duration_seconds_count{operation="GET /services",vendor="pagerduty"} 1`,
		`muster_vendor_turn_wait_seconds_count{operation="GET /services",vendor="pagerduty"} 2`,
		`muster_page_latency_seconds_count{trigger="person"} 0`,
	} {
		w.measured(line)
	}
}

// again is a workflow that has a page sent until it is taken.
func again(ctx workflow.Context, e playbooks.Effect) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 3},
	})
	return workflow.ExecuteActivity(ctx, playbooks.WebhookPost, e).Get(ctx, nil)
}

func TestWhetherTheLastPageWasAcceptedIsKnownAtAnyTime(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	last := func(outcome string) float64 {
		for _, m := range w.gathered()["muster_page_last_attempt_timestamp_seconds"].GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return m.GetGauge().GetValue()
			}
		}
		return -1
	}
	require.Zero(t, last("accepted"))
	require.Zero(t, last("failed"))
	down := &activities.Activities{Pager: pagerduty.New(pagerduty.Options{Token: pagerDutyToken, APIURL: answering(t, http.StatusBadGateway, "")})}
	require.Error(t, w.attempt(down, nil, playbooks.PagerDutyPage, effect(playbooks.PagerDutyPage, page)))
	require.Positive(t, last("failed"))
	require.Zero(t, last("accepted"))
	require.NoError(t, w.attempt(openVendors(t), nil, playbooks.PagerDutyPage, effect(playbooks.PagerDutyPage, page)))
	require.GreaterOrEqual(t, last("accepted"), last("failed"))
}

func TestThePagesOfAnExerciseSayNothingAboutThePager(t *testing.T) {
	t.Parallel()
	for name, pagerService := range map[string]string{"would be accepted": "PPAY", "could not be sent": ""} {
		w := newWay(t)
		practice := effect(playbooks.PagerDutyPage, page)
		practice.Incident.Exercise, practice.Incident.Service.PagerService = &incident.Exercise{Speed: 1}, pagerService
		require.Equal(t, pagerService == "", w.attempt(openVendors(t), nil, playbooks.PagerDutyPage, practice) != nil, name)
		for _, m := range w.gathered()["muster_page_last_attempt_timestamp_seconds"].GetMetric() {
			require.Zero(t, m.GetGauge().GetValue(), name)
		}
		for _, m := range w.gathered()["muster_step_attempts_total"].GetMetric() {
			require.Zero(t, m.GetCounter().GetValue(), name)
		}
	}
}

func TestCallsOfLaterAttemptsAreRetries(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	notifier, err := webhook.New(webhook.Options{URL: integrations.Secret(answering(t, http.StatusBadGateway, ""))})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(w.chain())
	worker.Register(env, &activities.Activities{Notifier: notifier})
	env.RegisterWorkflow(again)
	env.ExecuteWorkflow(again, effect(playbooks.WebhookPost, nil))
	require.Error(t, env.GetWorkflowError())
	w.measured(`muster_vendor_request_retries_total{operation="POST",vendor="webhook"} 2`)
}

func TestAPageIsMeasuredFromWhatCausedIt(t *testing.T) {
	t.Parallel()
	hourAgo := time.Now().Add(-time.Hour)
	for name, test := range map[string]struct {
		change   func(*playbooks.Effect)
		accepted time.Time
		// trigger is what it is counted under; empty where it is not counted. It took at
		// least so long.
		trigger string
		atLeast string
	}{
		"an alert that waited in the inbox": {
			func(e *playbooks.Effect) { e.Incident.DeclaredBy = incident.VendorActor("Alertmanager") }, hourAgo, "alert", "1800",
		},
		"an alert of which only the declaration is known": {
			func(e *playbooks.Effect) { e.Incident.DeclaredBy = incident.VendorActor("Alertmanager") }, time.Time{}, "alert", "30",
		},
		"a person":                       {func(*playbooks.Effect) {}, time.Time{}, "person", "30"},
		"a hook, which is late by plan":  {func(e *playbooks.Effect) { e.Work.Hook = "escalate" }, hourAgo, "", ""},
		"a page that is not the first":   {func(e *playbooks.Effect) { e.Incident.Pages = []incident.Page{{Key: "k"}} }, hourAgo, "", ""},
		"an incident of another version": {func(*playbooks.Effect) {}, time.Time{}, "person", "30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWay(t)
			var header *commonpb.Header
			if !test.accepted.IsZero() {
				w.handOver([]store.Item{
					{Kind: store.KindAlert, ReceivedAt: test.accepted.Add(time.Minute)}, {Kind: store.KindAlert, ReceivedAt: test.accepted},
				})
				header = w.frontend.signalled()
			}
			e := effect(playbooks.PagerDutyPage, page)
			test.change(&e)
			require.NoError(t, w.attempt(openVendors(t), header, playbooks.PagerDutyPage, e))
			for _, trigger := range []string{"alert", "person"} {
				count := "0"
				if trigger == test.trigger {
					count = "1"
					w.measured(`muster_page_latency_seconds_bucket{trigger="` + trigger + `",le="` + test.atLeast + `"} 0`)
				}
				w.measured(`muster_page_latency_seconds_count{trigger="` + trigger + `"} ` + count)
			}
		})
	}
}

// brokenJournal refuses to be written to.
type brokenJournal struct {
	journal
	err error
}

func (j *brokenJournal) Record(_ context.Context, _ incident.ID, _ int, _ []incident.Event, _ []int64) error {
	return j.err
}

// superseded is how a journal refuses for good.
type superseded struct{ error }

func (superseded) Permanent() bool { return true }

func TestWritesToTheJournalAreCountedApart(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	record := func(err error) error {
		a := &activities.Activities{Journal: &brokenJournal{err: err}}
		return w.attempt(a, nil, workflows.RecordActivity, incident.ID("INC-7"), 0, []incident.Event{}, []int64{})
	}
	require.NoError(t, record(nil))
	require.Error(t, record(errors.New("disk full")))
	require.Error(t, record(superseded{errors.New("another life")}))
	w.measured(`muster_journal_write_failures_total{reason="failed"} 1`)
	w.measured(`muster_journal_write_failures_total{reason="refused"} 1`)
	w.measured("muster_journal_write_duration_seconds_count 3")
	require.NotContains(t, w.scrape(), `action="record_events"`, "a write to the journal is no step")
}

// TestNoSecretOfAVendorIsInATrace has all vendors quote what they were sent, in the ways in
// which they refuse, break off and are not there.
func TestNoSecretOfAVendorIsInATrace(t *testing.T) {
	t.Parallel()
	quoting := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if status == 0 {
				panic(http.ErrAbortHandler)
			}
			said := r.URL.String() + " " + strings.Join(r.Header.Values("Authorization"), " ")
			_, password, _ := r.BasicAuth()
			w.Header().Set("Location", "https://elsewhere.example.com/?"+said)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"ok": false, "error": "` + said + password + `", "message": "` + said + `", "errorMessages": ["` + said + password + `"]}`))
		}
	}
	for name, status := range map[string]int{
		"a refusal": http.StatusBadRequest, "a failure": http.StatusInternalServerError, "a redirect": http.StatusTemporaryRedirect,
		"a success that is none": http.StatusOK, "a connection that breaks": 0,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWay(t)
			server := httptest.NewServer(quoting(status))
			t.Cleanup(server.Close)
			const hook = "/hooks/s3cret-token-in-the-path?key=s3cret-token-in-the-query"
			notifier, err := webhook.New(webhook.Options{URL: integrations.Secret(server.URL + hook)})
			require.NoError(t, err)
			mailer, err := mail.New(mail.Options{URL: "smtp://muster:s3cret-mail-password@127.0.0.1:1", From: "muster@example.com"})
			require.NoError(t, err)
			tracker, err := jira.New(jira.Options{URL: server.URL, User: "muster@example.com", Token: jiraToken})
			require.NoError(t, err)
			a := &activities.Activities{
				Chat:    slack.New(slack.Options{Token: slackToken, APIURL: server.URL}),
				Pager:   pagerduty.New(pagerduty.Options{Token: pagerDutyToken, APIURL: server.URL, EventsURL: server.URL}),
				Tracker: tracker, Mailer: mailer, Notifier: notifier, Installation: "test",
			}
			for _, action := range []string{
				playbooks.SlackPost, playbooks.PagerDutyPage, playbooks.JiraCreateIssue, playbooks.MailSend, playbooks.WebhookPost,
			} {
				e := effect(action, playbooks.Parameters{"summary": "s", "text": "t", "title": "t", "subject": "s", "to": "responder@example.com"})
				e.Work.Followup = "F1"
				err := w.attempt(a, nil, action, e)
				require.Equal(t, status == http.StatusOK && action == playbooks.WebhookPost, err == nil, action)
			}
			text := spanText(w.spans)
			require.NotContains(t, text, "s3cret")
			require.NotContains(t, text, "/hooks")
			require.NotContains(t, w.scrape(), "s3cret")
			require.Contains(t, text, "muster.vendor.operation=send")
		})
	}
}
