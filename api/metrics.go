package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what this package reports of itself.
type metrics struct {
	requests   *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	items      *prometheus.CounterVec
	streams    prometheus.Gauge
}

// newMetrics registers the metrics. It fails when they are registered already.
func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "muster", Subsystem: "http", Name: "request_duration_seconds",
			Help: "Time to answer HTTP requests, streams aside, by route.",
			// From a read of one incident to the timeout of a command.
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "muster", Subsystem: "webhook", Name: "deliveries_total",
			Help: "Webhook deliveries, by source and outcome: accepted, malformed, unauthorized or unstored.",
		}, []string{"source", "outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "muster", Subsystem: "webhook", Name: "items_total",
			Help: "Alerts and other news accepted from webhooks, repetitions included, by source.",
		}, []string{"source"}),
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
	return m, nil
}

func (m *metrics) observeRequest(method, route string, status int, elapsed time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions:
	default:
		method = "other" // A label must not take whatever a caller makes up.
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(elapsed.Seconds())
}
