package health

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// MaxWait is how long an alert may lie in the inbox before that is unhealthy. Alerts are
// handed on within seconds, and those of a storm are summed up every minute; what has
// waited for longer is stuck, or the storm is larger than Muster can take.
const MaxWait = 3 * time.Minute

// Backlog is what waits in the inbox.
type Backlog struct {
	// Pending counts what waits.
	Pending int
	// Oldest is when the first of it arrived; the zero time if nothing waits.
	Oldest time.Time
}

// wait is how long the oldest has waited.
func (b Backlog) wait(now time.Time) time.Duration {
	if b.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(b.Oldest))
}

// Inbox asks what waits in the inbox. It is called by many goroutines.
type Inbox func(ctx context.Context) (Backlog, error)

// Check is the check of a [Probe]: nothing waits for longer than [MaxWait].
func (i Inbox) Check(ctx context.Context) error {
	backlog, err := i(ctx)
	if err != nil {
		return Because("it cannot be told what waits in it", err)
	}
	if wait := backlog.wait(time.Now()); wait > MaxWait {
		return Because("the oldest alert has waited for "+InWords(wait), fmt.Errorf("%d wait in the inbox", backlog.Pending))
	}
	return nil
}

// RegisterMetrics has the inbox asked whenever metrics are collected: muster_inbox_pending
// and muster_inbox_oldest_seconds. Both are missing while it does not answer. It fails when
// the registry has these metrics already.
func (i Inbox) RegisterMetrics(registry prometheus.Registerer) error {
	return registry.Register(&inboxCollector{
		inbox: i,
		pending: prometheus.NewDesc("muster_inbox_pending",
			"Alerts and other news that were accepted and that no incident has yet.", nil, nil),
		oldest: prometheus.NewDesc("muster_inbox_oldest_seconds",
			"How long the oldest of them has waited; 0 when nothing waits.", nil, nil),
	})
}

type inboxCollector struct {
	inbox           Inbox
	pending, oldest *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (c *inboxCollector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- c.pending
	descriptions <- c.oldest
}

// Collect implements [prometheus.Collector].
func (c *inboxCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultLimit)
	defer cancel()
	backlog, err := c.inbox(ctx)
	if err != nil {
		// One part that does not answer must not take all other metrics with it. The probe
		// logs why.
		return
	}
	metrics <- prometheus.MustNewConstMetric(c.pending, prometheus.GaugeValue, float64(backlog.Pending))
	metrics <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, backlog.wait(time.Now()).Seconds())
}
