package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"muster/activities"
	"muster/api"
	"muster/config"
	"muster/incident"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	"muster/internal/telemetry"
	"muster/playbooks"
	"muster/store"
	"muster/worker"
	"muster/workflows"
)

// Credentials, which no trace may show.
const (
	slackToken     = "xoxb-s3cret-slack"
	pagerDutyToken = "s3cret-pagerduty"
	jiraToken      = "s3cret-jira"
	webhookToken   = "s3cret-alertmanager"
)

// way is the way of an alert through Muster, with stand-ins for Temporal's server, for the
// dispatcher, and for the vendors.
type way struct {
	t         *testing.T
	telemetry *telemetry.Telemetry
	spans     *tracetest.InMemoryExporter
	options   client.Options
	frontend  *frontend
	api       *api.Server
	inbox     *inbox
}

func newWay(t *testing.T) *way {
	t.Helper()
	w := &way{t: t, spans: tracetest.NewInMemoryExporter(), frontend: startFrontend(t), inbox: &inbox{}}
	w.telemetry = start(t, telemetry.Options{Version: "1.2.3", Process: "test", Exporter: w.spans})
	w.options = client.Options{HostPort: w.frontend.address}
	require.NoError(t, w.telemetry.Connect(&w.options))
	catalogue, err := config.CatalogueFile{}.Catalogue()
	require.NoError(t, err)
	options := api.Options{
		Commander: struct{ api.Commander }{}, Reader: struct{ api.Reader }{}, Postmortems: struct{ api.Postmortems }{},
		Inbox: w.inbox, Catalogue: catalogue, Registry: w.telemetry.Registry(), TracerProvider: w.telemetry.TracerProvider(),
		Logger: slog.New(slog.DiscardHandler), Version: "1.2.3",
	}
	options.Secrets.AlertmanagerToken = config.NewSecret(webhookToken)
	w.api, err = api.New(options)
	require.NoError(t, err)
	t.Cleanup(w.api.Close)
	return w
}

// start starts telemetry that ends with the test.
func start(t *testing.T, o telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	measured, err := telemetry.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, measured.Shutdown(context.WithoutCancel(t.Context()))) })
	return measured
}

const alert = `{"version": "4", "groupKey": "{}:{}", "receiver": "muster", "alerts": [
	{"status": "firing", "labels": {"alertname": "HighErrors"}, "startsAt": "2026-03-01T08:00:00Z", "fingerprint": "f1"}]}`

// deliver sends an alert as Alertmanager would, and returns what the inbox has of it.
func (w *way) deliver(traceparent string) []store.Item {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/webhooks/alertmanager?key="+webhookToken, strings.NewReader(alert))
	r.Header.Set("Authorization", "Bearer "+webhookToken)
	if traceparent != "" {
		r.Header.Set("Traceparent", traceparent)
	}
	answer := httptest.NewRecorder()
	w.api.ServeHTTP(answer, r)
	require.Equal(w.t, http.StatusAccepted, answer.Code, answer.Body.String())
	return w.inbox.take()
}

// handOver does what the dispatcher does.
func (w *way) handOver(items []store.Item) {
	w.t.Helper()
	temporal, err := client.DialContext(w.t.Context(), w.options)
	require.NoError(w.t, err)
	defer temporal.Close()
	ctx, handed := w.telemetry.HandOver(w.t.Context(), "INC-7", items)
	_, err = temporal.SignalWithStartWorkflow(ctx, "INC-7", workflows.AlertsSignal, nil,
		client.StartWorkflowOptions{TaskQueue: workflows.TaskQueue}, workflows.IncidentWorkflow, w.input())
	handed(err)
	require.NoError(w.t, err)
}

// respond runs the incident's workflow with all its activities until somebody cancels the
// incident, beginning with what Temporal was handed.
func (w *way) respond() {
	w.t.Helper()
	vendors := openVendors(w.t)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	suite.SetContextPropagators(w.options.ContextPropagators)
	suite.SetHeader(w.frontend.signalled())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "INC-7", TaskQueue: workflows.TaskQueue})
	env.SetWorkerOptions(w.chain())
	worker.Register(env, vendors)
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflowNoRejection("cancel", "c1", w.t, incident.Command{
			Incident: "INC-7", Key: "c1", Actor: incident.PersonActor("Sample Responder"), Source: "api",
			Intent: incident.Cancel{Reason: "a test"},
		})
	}, time.Minute)
	env.ExecuteWorkflow(workflows.IncidentWorkflow, w.input())
	require.NoError(w.t, env.GetWorkflowError())
}

// input is what the incident begins with.
func (w *way) input() workflows.IncidentInput {
	w.t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(w.t, err)
	return workflows.IncidentInput{
		Playbook: library[playbooks.Default],
		Declare: incident.Command{
			Incident: "INC-7", Actor: incident.VendorActor("Alertmanager"), Source: "alertmanager",
			Intent: incident.Declare{
				Title: "High errors", Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV2", Pager: "error"}},
				Service: incident.Service{Name: "payments", PagerService: "PPAY", TrackerProject: "PAY", ChannelPrefix: "inc"},
			},
		},
	}
}

// openVendors returns activities that work with stand-ins for the vendors.
func openVendors(t *testing.T) *activities.Activities {
	t.Helper()
	// The stand-ins serve at an address that is known only once they are served.
	var stands *sandbox.Sandbox
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { stands.ServeHTTP(w, r) }))
	var err error
	stands, err = sandbox.Open(t.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: server.URL, PagerDutyServices: []sandbox.Service{{ID: "PPAY", Name: "Payments"}},
		JiraProjects: []string{"PAY"}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, stands.Close())
	})
	tracker, err := jira.New(jira.Options{URL: stands.JiraURL(), User: "muster@example.com", Token: jiraToken})
	require.NoError(t, err)
	return &activities.Activities{
		Chat: slack.New(slack.Options{Token: slackToken, APIURL: stands.SlackURL()}),
		Pager: pagerduty.New(pagerduty.Options{
			Token: pagerDutyToken, From: "muster@example.com", APIURL: stands.PagerDutyURL(), EventsURL: stands.PagerDutyEventsURL(),
		}),
		Tracker: tracker, Journal: &journal{}, Inbox: noReturns{}, Installation: "test", PublicURL: "https://muster.example.com",
	}
}

// inbox keeps what is accepted.
type inbox struct {
	mu    sync.Mutex
	items []store.Item
}

func (i *inbox) Accept(_ context.Context, items []store.Item) (store.Accepted, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.items = append(i.items, items...)
	return store.Accepted{New: len(items)}, nil
}

func (i *inbox) take() []store.Item {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.items
	i.items = nil
	return taken
}

// journal keeps events in memory.
type journal struct {
	mu     sync.Mutex
	events []incident.Event
}

func (j *journal) Record(_ context.Context, _ incident.ID, _ int, events []incident.Event, _ []int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		if e.Seq > len(j.events) {
			j.events = append(j.events, e)
		}
	}
	return nil
}

func (j *journal) Finish(context.Context, incident.ID, int) error { return nil }

func (j *journal) Events(_ context.Context, _ incident.ID, after, limit int) ([]incident.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.events[after:min(len(j.events), after+limit)], nil
}

func (j *journal) OpenFollowups(context.Context) ([]activities.OpenFollowup, error) { return nil, nil }

type noReturns struct{}

func (noReturns) Return(context.Context, []int64, incident.ID) error { return nil }

// span finds a span by its name.
func (w *way) span(name string) tracetest.SpanStub {
	w.t.Helper()
	var names []string
	for _, s := range w.spans.GetSpans() {
		if s.Name == name {
			return s
		}
		names = append(names, s.Name)
	}
	require.Failf(w.t, "a span is missing", "%s is not among %q", name, names)
	return tracetest.SpanStub{}
}

// scrape returns the metrics as Prometheus gets them.
func (w *way) scrape() string { return scrape(w.t, w.telemetry) }

// measured demands that one of the metrics is this line.
func (w *way) measured(line string) {
	w.t.Helper()
	name, _, _ := strings.Cut(line, "{")
	var same []string
	for _, l := range strings.Split(w.scrape(), "\n") {
		if l == line {
			return
		}
		if strings.HasPrefix(l, name) {
			same = append(same, l)
		}
	}
	require.Failf(w.t, "not measured", "%s is not among\n%s", line, strings.Join(same, "\n"))
}

func scrape(t *testing.T, measured *telemetry.Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	measured.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(body)
}

func TestAnAlertIsOneTraceFromTheWebhookToTheVendors(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	const sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

	w.handOver(w.deliver(sender))
	w.respond()

	above := func(name string) string {
		t.Helper()
		s := w.span(name)
		require.Equal(t, "0af7651916cd43dd8448eb211c80319c", s.SpanContext.TraceID().String(), name)
		for _, other := range w.spans.GetSpans() {
			if other.SpanContext.SpanID() == s.Parent.SpanID() {
				return other.Name
			}
		}
		return s.Parent.SpanID().String()
	}
	require.Equal(t, "b7ad6b7169203331", above("POST /webhooks/:source"), "what the sender began goes on")
	for name, parent := range map[string]string{
		"hand over alert":                  "POST /webhooks/:source",
		"SignalWithStartWorkflow:Incident": "hand over alert",
		"RunWorkflow:Incident":             "SignalWithStartWorkflow:Incident",
		"StartActivity:pagerduty.page":     "RunWorkflow:Incident",
		"RunActivity:pagerduty.page":       "StartActivity:pagerduty.page",
		"pagerduty events trigger":         "RunActivity:pagerduty.page",
		"slack conversations.create":       "RunActivity:slack.create_channel",
		"RunActivity:record_events":        "StartActivity:record_events",
	} {
		require.Equal(t, parent, above(name), name)
	}
	require.Contains(t, w.span("RunWorkflow:Incident").Attributes, attribute.String("temporalWorkflowID", "INC-7"))
	require.NotContains(t, spanText(w.spans), "s3cret")
	w.measured(`muster_page_latency_seconds_count{trigger="alert"} 1`)
	w.measured(`muster_dispatch_lag_seconds_count{kind="alert"} 1`)
	w.measured(`muster_step_attempts_total{action="pagerduty.page",outcome="done",vendor="pagerduty"} 1`)
	w.measured(`muster_vendor_requests_total{operation="events trigger",outcome="ok",vendor="pagerduty"} 1`)
}

func TestAHandOverOfSeveralDeliveriesLeadsToEachOfThem(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	items := append(append(w.deliver(""), w.deliver("")...), store.Item{Kind: store.KindAlert, ReceivedAt: time.Now(), Trace: "nonsense"})
	require.NotEqual(t, items[0].Trace, items[1].Trace)

	w.handOver(items)

	handed := w.span("hand over alert")
	require.Contains(t, items[0].Trace, handed.SpanContext.TraceID().String())
	require.Len(t, handed.Links, 1)
	require.Contains(t, items[1].Trace, handed.Links[0].SpanContext.SpanID().String())
	w.measured(`muster_dispatch_lag_seconds_count{kind="alert"} 3`)
}

func TestAHandOverThatFailsIsCountedAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	_, handed := w.telemetry.HandOver(t.Context(), "INC-7", w.deliver(""))
	handed(context.DeadlineExceeded)
	require.Equal(t, "context deadline exceeded", w.span("hand over alert").Status.Description)
	w.measured(`muster_dispatch_failures_total{kind="alert"} 1`)
	w.measured(`muster_dispatch_lag_seconds_count{kind="alert"} 0`)
}

// spanText is all that any span says.
func spanText(spans *tracetest.InMemoryExporter) string {
	var text strings.Builder
	for _, s := range spans.GetSpans() {
		text.WriteString(s.Name + " " + s.Status.Description + "\n")
		for _, a := range s.Attributes {
			text.WriteString(string(a.Key) + "=" + a.Value.String() + "\n")
		}
		for _, e := range s.Events {
			text.WriteString(e.Name + "\n")
			for _, a := range e.Attributes {
				text.WriteString(string(a.Key) + "=" + a.Value.String() + "\n")
			}
		}
	}
	return text.String()
}
