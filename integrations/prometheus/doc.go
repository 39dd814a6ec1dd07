// Package prometheus asks Prometheus, or anything that speaks its HTTP API
// (https://prometheus.io/docs/prometheus/latest/querying/api/), for values of metrics: those
// of now, and those of some time. It changes nothing there.
//
// Values that are no numbers (NaN) or have no bound (±Inf) count as missing: neither can be
// compared, drawn or written as JSON.
package prometheus
