package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster/store"
)

// metrics are what this package reports of itself.
type metrics struct {
	requests   *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	items      *prometheus.CounterVec
	streams    prometheus.Gauge
}

// What became of a delivery.
const (
	deliveryAccepted     = "accepted"
	deliveryMalformed    = "malformed"
	deliveryUnauthorized = "unauthorized"
	deliveryUnstored     = "unstored"
)

// newMetrics registers the metrics, in which the sources of webhooks and the chats begin at
// zero. It fails when they are registered already.
func newMetrics(registry prometheus.Registerer, sources, chats []string) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "muster", Subsystem: "http", Name: "request_duration_seconds",
			Help: "Time to answer HTTP requests, streams aside, by route and class of the answer.",
			// From a read of one incident to the timeout of a command.
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "muster", Subsystem: "webhook", Name: "deliveries_total",
			Help: "Webhook deliveries, by source and outcome: accepted, malformed, unauthorized or unstored.",
		}, []string{"source", "outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "muster", Subsystem: "webhook", Name: "items_total",
			Help: "Alerts and other news accepted from webhooks, by source, and whether they were known already.",
		}, []string{"source", "repeated"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "muster", Subsystem: "http", Name: "streams_open",
			Help: "Live streams that somebody is watching.",
		}),
	}
	for _, collector := range []prometheus.Collector{m.requests, m.deliveries, m.items, m.streams} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the API's metrics: %w", err)
		}
	}
	for _, source := range slices.Concat(sources, chats) {
		for _, outcome := range []string{deliveryAccepted, deliveryMalformed, deliveryUnauthorized, deliveryUnstored} {
			m.deliveries.WithLabelValues(source, outcome)
		}
	}
	for _, source := range sources {
		m.countItems(source, store.Accepted{})
	}
	return m, nil
}

func (m *metrics) countItems(source string, accepted store.Accepted) {
	m.items.WithLabelValues(source, "false").Add(float64(accepted.New))
	m.items.WithLabelValues(source, "true").Add(float64(accepted.Repeated))
}

func (m *metrics) observeRequest(method, route string, status int, elapsed time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions:
	default:
		method = "other" // A label must not take whatever a caller makes up.
	}
	class := strconv.Itoa(status/100) + "xx"
	m.requests.WithLabelValues(method, route, class).Observe(elapsed.Seconds())
}
