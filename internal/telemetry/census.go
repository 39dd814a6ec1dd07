package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster/store"
)

const (
	// censusEvery is how often the database is asked at most, however many look.
	censusEvery = 15 * time.Second
	// censusLimit is how long it may take to answer: a scrape takes ten seconds at most.
	censusLimit = 3 * time.Second
)

// Registrar knows what is open. *store.Store is one.
type Registrar interface {
	// Census counts open incidents and follow-ups.
	Census(ctx context.Context) (store.Census, error)
}

// Watch has open incidents and follow-ups counted whenever metrics are collected, every 15
// seconds at most. What does not answer shows nothing. Every process on one database shows
// the same numbers: take their maximum, not their sum. It may be called once.
func (t *Telemetry) Watch(r Registrar) error {
	return t.registry.Register(&census{
		registrar: r,
		incidents: prometheus.NewDesc("muster_incidents_open", "Incidents that have not ended, by status and severity.",
			[]string{"status", "severity"}, nil),
		followups: prometheus.NewDesc("muster_followups_open", "Follow-ups that are not done.", nil, nil),
		overdue:   prometheus.NewDesc("muster_followups_overdue", "Follow-ups that are not done although their day has passed.", nil, nil),
	})
}

type census struct {
	registrar                     Registrar
	incidents, followups, overdue *prometheus.Desc

	mu sync.Mutex
	// asked is when the registrar was last asked, and last what it said; nil after an error.
	asked time.Time
	last  *store.Census
}

// Describe implements [prometheus.Collector].
func (c *census) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- c.incidents
	descriptions <- c.followups
	descriptions <- c.overdue
}

// Collect implements [prometheus.Collector].
func (c *census) Collect(collected chan<- prometheus.Metric) {
	counted := c.take()
	if counted == nil {
		// The probe of the database logs why; other metrics must not suffer.
		return
	}
	for _, group := range counted.Incidents {
		collected <- prometheus.MustNewConstMetric(c.incidents, prometheus.GaugeValue, float64(group.Count),
			string(group.Status), string(group.Severity))
	}
	collected <- prometheus.MustNewConstMetric(c.followups, prometheus.GaugeValue, float64(counted.OpenFollowups))
	collected <- prometheus.MustNewConstMetric(c.overdue, prometheus.GaugeValue, float64(counted.OverdueFollowups))
}

// take returns a census that is fresh enough, or nil.
func (c *census) take() *store.Census {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked.IsZero() && time.Since(c.asked) < censusEvery {
		return c.last
	}
	c.asked, c.last = time.Now(), nil
	ctx, cancel := context.WithTimeout(context.Background(), censusLimit)
	defer cancel()
	if counted, err := c.registrar.Census(ctx); err == nil {
		c.last = &counted
	}
	return c.last
}
