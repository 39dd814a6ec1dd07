package health_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"muster/internal/health"
)

func TestTheInboxIsUnhealthyWhenAnAlertWaitsForTooLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		waited time.Duration
		want   string
	}{
		"just now":                 {0, ""},
		"for as long as may be":    {health.MaxWait, ""},
		"for a little longer":      {health.MaxWait + time.Second, "the oldest alert has waited for 3 minutes"},
		"for minutes":              {3*time.Minute + 59*time.Second, "the oldest alert has waited for 3 minutes"},
		"for hours":                {26 * time.Hour, "the oldest alert has waited for 26 hours"},
		"since a later clock said": {-time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				inbox := health.Inbox(func(context.Context) (health.Backlog, error) {
					return health.Backlog{Pending: 2, Oldest: time.Now().Add(-test.waited)}, nil
				})
				m := newMonitor(t, &logBuffer{}, nil, health.Probe{Part: "inbox", Check: inbox.Check})
				require.Equal(t, test.want, m.Check(t.Context())[0].Reason)
			})
		})
	}
}

func TestAnEmptyInboxIsHealthyAndOneThatCannotBeReadIsNot(t *testing.T) {
	t.Parallel()
	empty := health.Inbox(func(context.Context) (health.Backlog, error) { return health.Backlog{}, nil })
	unread := health.Inbox(func(context.Context) (health.Backlog, error) {
		return health.Backlog{}, errors.New("disk I/O error in /var/lib/muster")
	})
	m := newMonitor(t, &logBuffer{}, nil,
		health.Probe{Part: "empty", Check: empty.Check}, health.Probe{Part: "unread", Check: unread.Check})
	report := m.Check(t.Context())
	require.True(t, report[0].Healthy())
	require.Equal(t, "it cannot be told what waits in it", report[1].Reason)
}

func TestTheInboxIsMeasuredWhenMetricsAreCollected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var backlog health.Backlog
		var broken error
		registry := prometheus.NewRegistry()
		inbox := health.Inbox(func(context.Context) (health.Backlog, error) { return backlog, broken })
		require.NoError(t, inbox.RegisterMetrics(registry))
		require.Error(t, inbox.RegisterMetrics(registry), "they can be registered once")
		require.Equal(t, map[string]float64{"muster_inbox_pending": 0, "muster_inbox_oldest_seconds": 0}, measured(t, registry))
		backlog = health.Backlog{Pending: 3, Oldest: time.Now().Add(-90 * time.Second)}
		require.Equal(t, map[string]float64{"muster_inbox_pending": 3, "muster_inbox_oldest_seconds": 90}, measured(t, registry))

		broken = errors.New("the database is away")
		require.Empty(t, measured(t, registry), "no answer is no number, and no error for the other metrics")
	})
}
