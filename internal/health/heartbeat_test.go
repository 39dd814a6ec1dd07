package health_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"muster/internal/health"
)

const (
	beatURL = "https://watch.example.com/p/s3cret-token/muster?key=s3cret-key"
	every   = time.Minute
)

// answers is how somebody outside answers: with a status, an error, or not at all.
type answers struct {
	status int
	fail   error
	never  bool
}

// outside is who is called.
type outside struct {
	mu    sync.Mutex
	calls []string
	answers
}

func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.calls = append(o.calls, r.Method+" "+r.URL.String())
	how := o.answers
	o.mu.Unlock()
	if how.never {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if how.fail != nil {
		return nil, how.fail
	}
	return &http.Response{
		StatusCode: how.status, Body: io.NopCloser(strings.NewReader("OK")), Request: r,
		Header: http.Header{"Location": {"https://elsewhere.example.com/"}},
	}, nil
}

// called returns the calls so far.
func (o *outside) called() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls)
}

func (o *outside) set(how answers) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers = how
}

// switchboard is a heartbeat in virtual time, with all it depends on.
type switchboard struct {
	t       *testing.T
	outside outside
	worker  valve
	log     logBuffer
	metrics *prometheus.Registry
	stop    context.CancelFunc
}

// newSwitchboard starts a heartbeat; it must be called in a bubble.
func newSwitchboard(t *testing.T) *switchboard {
	t.Helper()
	s := &switchboard{t: t, metrics: prometheus.NewRegistry()}
	s.outside.set(answers{status: http.StatusOK})
	monitor, err := health.NewMonitor(health.Options{Logger: slog.New(slog.DiscardHandler), Probes: []health.Probe{
		{Part: "database", Check: works},
		{Part: "worker", Check: s.worker.check},
	}})
	require.NoError(t, err)
	beat, err := health.NewHeartbeat(health.HeartbeatOptions{
		URL: beatURL, Every: every, Monitor: monitor, Registry: s.metrics,
		Logger: slog.New(slog.NewTextHandler(&s.log, nil)), Transport: &s.outside,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	s.stop = stop
	go beat.Run(ctx)
	return s
}

// pass lets virtual time pass, and what happens at its end happen.
func (s *switchboard) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// logged returns the log since the last time.
func (s *switchboard) logged() string {
	text := s.log.String()
	require.NotContains(s.t, text, "s3cret")
	require.NotContains(s.t, text, "watch.example.com")
	return text
}

func (s *switchboard) lastSuccess() time.Time {
	s.t.Helper()
	seconds, ok := measured(s.t, s.metrics)["muster_heartbeat_last_success_timestamp_seconds"]
	require.True(s.t, ok)
	return time.Unix(int64(seconds), 0)
}

func TestTheHeartbeatBeatsOnceAnIntervalWhileAllIsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSwitchboard(t)
		s.pass(every - time.Second)
		require.Empty(t, s.outside.called(), "a process that keeps dying must not look alive")
		require.Zero(t, s.lastSuccess().Unix())

		s.pass(8*every + time.Second)

		require.Len(t, s.outside.called(), 9)
		require.Equal(t, "GET "+beatURL, s.outside.called()[0])
		require.Equal(t, time.Now().Truncate(time.Second).Unix(), s.lastSuccess().Unix())
		require.Equal(t, 1, strings.Count(s.logged(), "the heartbeat arrives"))

		s.stop()
		s.pass(9 * every)
		require.Len(t, s.outside.called(), 9)
	})
}

func TestTheHeartbeatIsSilentWhileAPartIsUnhealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSwitchboard(t)
		s.pass(every)
		s.logged()
		s.worker.set(errors.New("no poller"))
		s.pass(5 * every)
		require.Len(t, s.outside.called(), 1)
		log := s.logged()
		require.Equal(t, 1, strings.Count(log, "withheld"), log)
		require.Contains(t, log, "unhealthy=worker")

		s.worker.set(nil)
		s.pass(2 * every)
		require.Len(t, s.outside.called(), 3)
		require.Equal(t, 1, strings.Count(s.logged(), "the heartbeat arrives"))
	})
}

func TestAnOutsideThatFailsIsToldOnceAndTriedAgainAtTheNextInterval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		how  answers
		want string
	}{
		"a server error":       {answers{status: http.StatusBadGateway}, "502 Bad Gateway"},
		"an address that left": {answers{status: http.StatusNotFound}, "404 Not Found"},
		"a redirect":           {answers{status: http.StatusFound}, "redirect (302), which is not followed"},
		"a broken connection":  {answers{fail: errors.New("dial tcp: connection refused")}, "connection refused"},
		"an error that quotes": {answers{fail: errors.New("GET /p/s3cret-token/muster?key=s3cret-key broke off")}, "[redacted] broke off"},
		"an error that wraps": {
			answers{fail: &url.Error{Op: "Get", URL: beatURL, Err: errors.New("proxy refused")}}, "proxy refused",
		},
		"a name that is gone": {answers{fail: errors.New("lookup watch.example.com: no such host")}, "lookup [redacted]: no such host"},
		"silence":             {answers{never: true}, "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSwitchboard(t)
				s.outside.set(test.how)
				s.pass(3*every + every/2)
				require.Len(t, s.outside.called(), 3, "nothing is followed, and nothing repeated before its time")
				log := s.logged()
				require.Equal(t, 1, strings.Count(log, "did not arrive"), log)
				require.Contains(t, log, test.want)
				require.Zero(t, s.lastSuccess().Unix())

				s.outside.set(answers{status: http.StatusNoContent})
				s.pass(every)
				require.Contains(t, s.logged(), "the heartbeat arrives")
			})
		})
	}
}

func TestAHeartbeatThatCannotBeatIsRefusedWithoutItsAddress(t *testing.T) {
	t.Parallel()
	monitor := newMonitor(t, &logBuffer{}, nil)
	for name, o := range map[string]health.HeartbeatOptions{
		"no address":          {Every: every, Monitor: monitor},
		"an unreadable one":   {URL: "https://s3cret\x7f/", Every: every, Monitor: monitor},
		"one of another kind": {URL: "ftp://s3cret.example.com/", Every: every, Monitor: monitor},
		"no interval":         {URL: beatURL, Monitor: monitor},
		"no monitor":          {URL: beatURL, Every: every},
	} {
		_, err := health.NewHeartbeat(o)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "s3cret", name)
	}
	registry := prometheus.NewRegistry()
	fit := health.HeartbeatOptions{URL: beatURL, Every: every, Monitor: monitor, Registry: registry}
	_, err := health.NewHeartbeat(fit)
	require.NoError(t, err)
	_, err = health.NewHeartbeat(fit)
	require.ErrorContains(t, err, "metric")
}
