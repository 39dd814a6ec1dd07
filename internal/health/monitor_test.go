package health_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"muster/internal/health"
)

// works and fails are what probes find.
func works(context.Context) error { return nil }

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// valve is a part that tests break and mend.
type valve struct {
	mu  sync.Mutex
	err error
}

func (v *valve) set(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

func (v *valve) check(context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// logBuffer collects what is logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

// String returns what was logged since the last time.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

// newMonitor returns a monitor that writes its log to the buffer.
func newMonitor(t *testing.T, log *logBuffer, registry prometheus.Registerer, probes ...health.Probe) *health.Monitor {
	t.Helper()
	m, err := health.NewMonitor(health.Options{
		Probes: probes, Registry: registry, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	return m
}

// measured are the gauges in a registry, by name and label.
func measured(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	all := map[string]float64{}
	for _, family := range families {
		require.NotEmpty(t, family.GetHelp())
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			all[name] = metric.GetGauge().GetValue()
		}
	}
	return all
}

func TestEachPartIsReportedWithAReasonForEverybody(t *testing.T) {
	t.Parallel()
	report := newMonitor(t, &logBuffer{}, nil,
		health.Probe{Part: "database", Check: fails(errors.New("dial postgres://user:hunter2@db"))},
		health.Probe{Part: "temporal", Check: works},
		health.Probe{Part: "inbox", Check: fails(health.Because("the oldest alert has waited for 3 minutes", errors.New("7 wait")))},
		health.Probe{Part: "worker", Check: fails(health.Because("it has not started", nil))},
	).Check(t.Context())

	require.False(t, report.Healthy())
	require.Equal(t, []string{"database", "inbox", "worker"}, report.Unhealthy())
	var reasons []string
	for _, part := range report {
		reasons = append(reasons, part.Name+": "+part.Reason)
	}
	require.Equal(t, []string{
		"database: it does not work", "temporal: ",
		"inbox: the oldest alert has waited for 3 minutes", "worker: it has not started",
	}, reasons)
	require.EqualError(t, report[2].Err, "the oldest alert has waited for 3 minutes: 7 wait", "what is logged says more")
}

func TestAMonitorWithoutProbesIsHealthy(t *testing.T) {
	t.Parallel()
	require.True(t, newMonitor(t, &logBuffer{}, nil).Check(t.Context()).Healthy())
}

func TestPartsAreAskedAtOnceAndNotForLongerThanTheirLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waits := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		m := newMonitor(t, &logBuffer{}, nil,
			health.Probe{Part: "database", Check: waits},
			health.Probe{Part: "worker", Limit: 5 * time.Second, Check: waits})
		began := time.Now()

		report := m.Check(t.Context())

		require.Equal(t, 5*time.Second, time.Since(began))
		require.Equal(t, "it did not answer within 2 seconds", report[0].Reason)
		require.Equal(t, "it did not answer within 5 seconds", report[1].Reason)
	})
}

func TestAPartThatCannotBeInterruptedIsNotWaitedForAndAskedOnlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := make(chan struct{})
		var asked atomic.Int32
		m := newMonitor(t, &logBuffer{}, nil, health.Probe{Part: "database", Check: func(context.Context) error {
			asked.Add(1)
			<-disk
			return nil
		}})

		for range 3 {
			require.Equal(t, "it did not answer within 2 seconds", m.Check(t.Context())[0].Reason)
		}
		require.EqualValues(t, 1, asked.Load())

		close(disk)
		synctest.Wait()
		require.True(t, m.Check(t.Context()).Healthy())
		require.EqualValues(t, 2, asked.Load())
	})
}

func TestWhoeverLeavesEarlyChangesNothingForTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		registry := prometheus.NewRegistry()
		m := newMonitor(t, &log, registry, health.Probe{Part: "database", Check: func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}})
		leaving, leave := context.WithCancel(t.Context())
		first, second := make(chan health.Report, 1), make(chan health.Report, 1)
		go func() { first <- m.Check(leaving) }()
		synctest.Wait()
		go func() { second <- m.Check(t.Context()) }()
		synctest.Wait()

		leave()

		require.False(t, (<-first).Healthy())
		require.Empty(t, log.String())
		require.True(t, (<-second).Healthy())
		require.Equal(t, map[string]float64{"muster_part_healthy database": 1}, measured(t, registry))
	})
}

func TestWatchingTellsOfChangesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		var database valve
		registry := prometheus.NewRegistry()
		m := newMonitor(t, &log, registry,
			health.Probe{Part: "database", Check: database.check},
			health.Probe{Part: "temporal", Check: works})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go m.Watch(ctx)
		requireHealthy := func(database float64) {
			t.Helper()
			want := map[string]float64{"muster_part_healthy database": database, "muster_part_healthy temporal": 1}
			require.Equal(t, want, measured(t, registry))
		}
		<-time.After(time.Minute) // virtual time
		synctest.Wait()
		requireHealthy(1)
		require.Empty(t, log.String(), "that all is well is no news")

		database.set(errors.New("disk full"))
		<-time.After(time.Minute) // virtual time
		synctest.Wait()
		requireHealthy(0)
		require.Equal(t, 1, strings.Count(log.String(), "disk full"))

		database.set(nil)
		<-time.After(time.Minute) // virtual time
		synctest.Wait()
		requireHealthy(1)
		require.Equal(t, 1, strings.Count(log.String(), "healthy again"))
	})
}

func TestAPartThatHasNotStartedYetIsNoNewsUntilItShouldHave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		m := newMonitor(t, &log, nil, health.Probe{Part: "worker", Check: fails(errors.New("nobody polls"))})
		require.False(t, m.Check(t.Context()).Healthy())
		require.Empty(t, log.String())

		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go m.Watch(ctx)
		<-time.After(time.Minute) // virtual time
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "nobody polls"))
	})
}

func TestMetricsAreRegisteredOnce(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	newMonitor(t, &logBuffer{}, registry)
	_, err := health.NewMonitor(health.Options{Registry: registry})
	require.ErrorContains(t, err, "metrics")
}
