package telemetry

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"muster/integrations"
	"muster/playbooks"
	"muster/store"
)

// namespace is what the names of all metrics begin with.
const namespace = "muster"

// What an attempt at a piece of work came to.
const (
	attemptDone = "done"
	// attemptFailed is tried again by Muster itself, attemptRefused when people have
	// mended something.
	attemptFailed  = "failed"
	attemptRefused = "refused"
	// attemptDeferred waits for its turn under the vendor's limits.
	attemptDeferred = "deferred"
)

var attemptOutcomes = []string{attemptDone, attemptFailed, attemptRefused, attemptDeferred}

// What became of an attempt to page.
const (
	pageAccepted = "accepted"
	pageFailed   = "failed"
)

// What caused a page.
const (
	byAlert  = "alert"
	byPerson = "person"
)

// The buckets, in seconds.
var (
	// vendorBuckets reach from a stand-in on the same machine to the 20 seconds that a
	// request may take (integrations.RequestTimeout).
	vendorBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
	// turnBuckets end with the 3 seconds that a call waits for its turn at most.
	turnBuckets = []float64{.001, .01, .05, .1, .25, .5, 1, 2, 3}
	// lagBuckets reach from a hand-over at once to health.MaxWait, after which the inbox
	// counts as stuck, and on to an outage of Temporal.
	lagBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800}
	// pageBuckets are fine up to ten seconds, where a page belongs, and go on to outages: by
	// default the second way to page begins after two minutes.
	pageBuckets = []float64{.1, .25, .5, .75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60, 120, 300, 600, 1800}
	// journalBuckets reach to the 10 seconds that a write may take (workflows.forJournal).
	journalBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

// metrics are what this package measures itself. It is a [prometheus.Collector].
type metrics struct {
	collectors []prometheus.Collector

	lag              *prometheus.HistogramVec
	handOverFailures *prometheus.CounterVec
	pageLatency      *prometheus.HistogramVec
	pageTried        *prometheus.GaugeVec
	attempts         *prometheus.CounterVec
	attemptDuration  *prometheus.HistogramVec
	journalFailures  *prometheus.CounterVec
	journalDuration  prometheus.Histogram
	vendorRequests   *prometheus.CounterVec
	vendorRetries    *prometheus.CounterVec
	vendorDuration   *prometheus.HistogramVec
	vendorTurn       *prometheus.HistogramVec
}

func newMetrics(version string) *metrics {
	m := &metrics{}
	m.lag = m.histogram("dispatch_lag_seconds",
		"Time from when an alert or other news was accepted until its incident's workflow was handed it.", lagBuckets, "kind")
	m.handOverFailures = m.counter("dispatch_failures_total",
		"Batches that could not be handed to a workflow; they stay in the inbox and are tried again.", "kind")
	m.pageLatency = m.histogram("page_latency_seconds",
		"Time from the acceptance of what caused an incident, an alert or a person's declaration, until PagerDuty accepted its first page.",
		pageBuckets, "trigger")
	m.pageTried = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace, Name: "page_last_attempt_timestamp_seconds",
		Help: "When PagerDuty last accepted a page, or last failed to, in seconds since 1970; 0 if this process has not seen it.",
	}, []string{"outcome"})
	m.collectors = append(m.collectors, m.pageTried)
	m.attempts = m.counter("step_attempts_total",
		"Attempts at what playbooks have Muster do, by how they ended: done, failed (tried again), refused (waits for people) or deferred (waits for its turn under the vendor's limits).",
		"action", "vendor", "outcome")
	m.attemptDuration = m.histogram("step_attempt_duration_seconds",
		"How long attempts at what playbooks have Muster do took.", vendorBuckets, "action", "vendor")
	m.journalFailures = m.counter("journal_write_failures_total",
		"Writes to the journal that did not succeed: failed ones are tried again, refused ones come from a workflow that was superseded.", "reason")
	m.journalDuration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: "journal_write_duration_seconds",
		Help: "How long writes of events to the journal took, those that failed included.", Buckets: journalBuckets,
	})
	m.collectors = append(m.collectors, m.journalDuration)
	m.vendorRequests = m.counter("vendor_requests_total",
		"Calls to vendors by outcome: ok, refused, limited, failed, no_answer, cancelled, or deferred, which was not sent.",
		"vendor", "operation", "outcome")
	m.vendorRetries = m.counter("vendor_request_retries_total",
		"Those of them that were made by a second or later attempt at the same work.", "vendor", "operation")
	m.vendorDuration = m.histogram("vendor_request_duration_seconds",
		"How long vendors took to answer, or not to answer.", vendorBuckets, "vendor", "operation")
	m.vendorTurn = m.histogram("vendor_turn_wait_seconds",
		"How long calls waited for their turn under the vendor's limits.", turnBuckets, "vendor", "operation")
	m.collectors = append(m.collectors, buildInfo(version))
	m.begin()
	return m
}

// begin shows as zero what alerts are about: a rate needs something to rise from, and what
// appears with its first failure has none.
func (m *metrics) begin() {
	for _, kind := range []string{store.KindAlert, store.KindTicket, store.KindAct, store.KindPage} {
		m.lag.WithLabelValues(kind)
		m.handOverFailures.WithLabelValues(kind)
	}
	for _, trigger := range []string{byAlert, byPerson} {
		m.pageLatency.WithLabelValues(trigger)
	}
	for _, outcome := range []string{pageAccepted, pageFailed} {
		m.pageTried.WithLabelValues(outcome)
	}
	for _, reason := range []string{attemptFailed, attemptRefused} {
		m.journalFailures.WithLabelValues(reason)
	}
	for _, action := range playbooks.Actions() {
		if action.Name == playbooks.PlaybookRun {
			continue // the steps of the other playbook are what is tried
		}
		for _, outcome := range attemptOutcomes {
			m.attempts.WithLabelValues(action.Name, vendorOf(action.Name), outcome)
		}
	}
}

func (m *metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.collectors = append(m.collectors, vec)
	return vec
}

func (m *metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.collectors = append(m.collectors, vec)
	return vec
}

// Describe implements [prometheus.Collector].
func (m *metrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, c := range m.collectors {
		c.Describe(descriptions)
	}
}

// Collect implements [prometheus.Collector].
func (m *metrics) Collect(collected chan<- prometheus.Metric) {
	for _, c := range m.collectors {
		c.Collect(collected)
	}
}

// outcomes are those of a vendor's calls, in the order in which they are shown.
var outcomes = []integrations.Outcome{
	integrations.OK, integrations.Refused, integrations.Limited, integrations.Failed,
	integrations.NoAnswer, integrations.Deferred, integrations.Cancelled,
}

// buildInfo says what runs, as a metric that is always 1.
func buildInfo(version string) prometheus.Collector {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "What runs: always 1, with version, source revision and Go version as labels.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	info.Set(1)
	return info
}
