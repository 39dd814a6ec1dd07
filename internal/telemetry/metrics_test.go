package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"muster/activities"
	"muster/incident"
	"muster/internal/health"
	"muster/internal/telemetry"
	"muster/playbooks"
	"muster/store"
	"muster/worker"
	"muster/workflows"
)

// counted is a registrar that says what it was told to, and how often it was asked.
type counted struct {
	census store.Census
	err    error
	asked  int
}

func (c *counted) Census(context.Context) (store.Census, error) {
	c.asked++
	return c.census, c.err
}

func openIncidents() store.Census {
	return store.Census{
		Incidents: []store.IncidentCount{
			{Status: incident.Investigating, Severity: "SEV1", Count: 2}, {Status: incident.Monitoring, Severity: "SEV3", Count: 1},
		},
		OpenFollowups: 5, OverdueFollowups: 3,
	}
}

// whole is all that a running Muster measures, with each metric there at least once.
func whole(t *testing.T) *way {
	t.Helper()
	w := newWay(t)
	registry := w.telemetry.Registry()
	require.NoError(t, w.telemetry.Watch(&counted{census: openIncidents()}))
	folder, err := playbooks.NewFolder(nil, nil, time.Now)
	require.NoError(t, err)
	require.NoError(t, w.telemetry.WatchPlaybooks(folder))
	monitor, err := health.NewMonitor(health.Options{
		Registry: registry, Logger: slog.New(slog.DiscardHandler),
		Probes: []health.Probe{{Part: "database", Check: func(context.Context) error { return nil }}},
	})
	require.NoError(t, err)
	monitor.Check(t.Context())
	require.NoError(t, health.Inbox(func(context.Context) (health.Backlog, error) { return health.Backlog{}, nil }).RegisterMetrics(registry))
	_, err = health.NewHeartbeat(health.HeartbeatOptions{
		URL: "https://watch.example.com/", Every: time.Minute, Monitor: monitor, Registry: registry,
	})
	require.NoError(t, err)
	w.handOver(w.deliver(""))
	w.respond()
	return w
}

// gathered are all metrics by their names.
func (w *way) gathered() map[string]*dto.MetricFamily {
	w.t.Helper()
	families, err := w.telemetry.Registry().Gather()
	require.NoError(w.t, err)
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	return byName
}

func TestMetricsAreNamedAsPrometheusWouldHaveThem(t *testing.T) {
	t.Parallel()
	for name, family := range whole(t).gathered() {
		if !strings.HasPrefix(name, "muster_") {
			continue
		}
		problems, err := promlint.NewWithMetricFamilies([]*dto.MetricFamily{family}).Lint()
		require.NoError(t, err)
		require.Empty(t, problems)
	}
}

func TestWhatRunsIsAMetric(t *testing.T) {
	t.Parallel()
	metrics := scrape(t, start(t, telemetry.Options{Version: "1.2.3"}))
	require.True(t, regexp.MustCompile(`(?m)^muster_build_info\{goversion="go1\.[^"]+",revision="[^"]+",version="1\.2\.3"\} 1$`).MatchString(metrics))
	for _, name := range []string{"process_open_fds", "go_goroutines"} {
		require.Regexp(t, "(?m)^"+name+" ", metrics)
	}
}

func TestTheSDKOfTemporalIsMeasuredUnderItsDocumentedNames(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	temporal, err := client.DialContext(t.Context(), w.options)
	require.NoError(t, err)
	defer temporal.Close()
	_, err = temporal.QueryWorkflow(t.Context(), "INC-7", "", workflows.StateQuery)
	require.Error(t, err)
	one := sdk.New(temporal, workflows.TaskQueue, sdk.Options{})
	worker.Register(one, &activities.Activities{})
	require.NoError(t, one.Start())
	<-w.frontend.polled

	metrics := w.scrape()

	for _, line := range []string{
		`temporal_request_total\{.*operation="QueryWorkflow"`,
		`temporal_request_failure_total\{.*operation="QueryWorkflow",status_code="NOT_FOUND"`,
		`temporal_request_latency_seconds_bucket\{.*operation="QueryWorkflow".*le="0.005"`,
		`temporal_worker_start_total\{.*task_queue="muster"`,
		`temporal_num_pollers\{.*task_queue="muster"`,
		`temporal_worker_task_slots_available\{.*task_queue="muster"`,
	} {
		require.True(t, regexp.MustCompile("(?m)^"+line).MatchString(metrics), line)
	}
	for _, name := range []string{"otel_scope", "target_info", "temporal_request_attempt", "latency_attempt"} {
		require.NotContains(t, metrics, name)
	}
	close(w.frontend.ending)
	one.Stop()
}

func TestWhatIsOpenIsCountedAtMostEvery15Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		measured, err := telemetry.Start(t.Context(), telemetry.Options{Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		open := &counted{census: openIncidents()}
		require.NoError(t, measured.Watch(open))
		lines := func() []string {
			all := strings.Split(scrape(t, measured), "\n")
			return slices.DeleteFunc(all, func(line string) bool {
				return !strings.HasPrefix(line, "muster_incidents_") && !strings.HasPrefix(line, "muster_followups_")
			})
		}
		want := []string{
			"muster_followups_open 5", "muster_followups_overdue 3",
			`muster_incidents_open{severity="SEV1",status="investigating"} 2`, `muster_incidents_open{severity="SEV3",status="monitoring"} 1`,
		}
		require.Equal(t, want, lines())
		time.Sleep(14 * time.Second) //nolint:forbidigo // virtual time
		require.Equal(t, want, lines())
		require.Equal(t, 1, open.asked)

		open.err = errors.New("the database is away")
		time.Sleep(time.Second) //nolint:forbidigo // virtual time
		require.Empty(t, lines(), "old numbers would hide that nobody answers")
		require.Empty(t, lines())
		require.Equal(t, 2, open.asked)

		open.err = nil
		time.Sleep(15 * time.Second) //nolint:forbidigo // virtual time
		require.Equal(t, want, lines())
	})
}

func TestNothingIsMeasuredWithoutTelemetry(t *testing.T) {
	t.Parallel()
	var none *telemetry.Telemetry
	ctx, handed := none.HandOver(t.Context(), "INC-7", []store.Item{{Kind: store.KindAlert}})
	handed(nil)
	require.Equal(t, t.Context(), ctx)
	require.Nil(t, none.TracerProvider())
	require.NoError(t, none.Shutdown(t.Context()))
}

func TestTheTimeOfAcceptanceIsTheEarlierOfTwo(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	early := time.Now().Add(-time.Hour)
	temporal, err := client.DialContext(t.Context(), w.options)
	require.NoError(t, err)
	defer temporal.Close()
	ctx := telemetry.WithAcceptedAt(telemetry.WithAcceptedAt(t.Context(), early), time.Now())
	_, err = temporal.SignalWithStartWorkflow(ctx, "INC-7", workflows.AlertsSignal, nil,
		client.StartWorkflowOptions{TaskQueue: workflows.TaskQueue}, workflows.IncidentWorkflow, w.input())
	require.NoError(t, err)
	require.Contains(t, string(w.frontend.signalled().GetFields()["muster-accepted-at"].GetData()), early.UTC().Format("2006-01-02T15:04"))
}

func TestWatchingTwiceIsRefused(t *testing.T) {
	t.Parallel()
	measured := start(t, telemetry.Options{})
	require.NoError(t, measured.Watch(&counted{}))
	require.ErrorAs(t, measured.Watch(&counted{}), new(prometheus.AlreadyRegisteredError))
}
