package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/internal/health"
)

func TestHealthTellsTheVersionAndTheInstallation(t *testing.T) {
	t.Parallel()
	got := newHarness(t).get("/healthz")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, map[string]any{"status": "ok", "version": "1.2.3", "installation": "cad6d1c7"}, got.json)
}

func TestReadinessNamesThePartThatIsNotAndWhy(t *testing.T) {
	t.Parallel()
	var database, inbox error
	h := newHarness(t, func(o *api.Options) {
		var err error
		o.Monitor, err = health.NewMonitor(health.Options{Logger: o.Logger, Probes: []health.Probe{
			{Part: "database", Check: func(context.Context) error { return database }},
			{Part: "inbox", Check: func(context.Context) error { return inbox }},
			{Part: "temporal", Check: func(context.Context) error { return nil }},
		}})
		require.NoError(t, err)
	})

	got := h.get("/readyz")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, map[string]any{"status": "ready", "checks": []any{
		map[string]any{"name": "database", "ok": true}, map[string]any{"name": "inbox", "ok": true}, map[string]any{"name": "temporal", "ok": true},
	}}, got.json)

	database = errors.New("dial postgres://user:hunter2@db")
	inbox = health.Because("the oldest alert has waited for 3 minutes", nil)
	got = h.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, got.Code)
	require.NotEmpty(t, got.Header().Get("Retry-After"))
	require.Equal(t, "not ready: database (it does not work), inbox (the oldest alert has waited for 3 minutes)", got.json["detail"])
	require.Equal(t, []any{
		map[string]any{"name": "database", "ok": false, "reason": "it does not work"},
		map[string]any{"name": "inbox", "ok": false, "reason": "the oldest alert has waited for 3 minutes"},
		map[string]any{"name": "temporal", "ok": true},
	}, got.json["checks"])
	require.NotContains(t, got.Body.String(), "hunter2")
	require.Contains(t, h.log.String(), "dial postgres")
}

func TestReadinessWithoutAMonitorIsReady(t *testing.T) {
	t.Parallel()
	got := newHarness(t).get("/readyz")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, []any{}, got.json["checks"])
}

func TestMetricsCountRequestsByRouteAndDeliveriesByOutcome(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := newHarness(t, func(o *api.Options) { o.Registry = registry })
	path := h.declare()
	h.get(path)
	h.sendUnchecked(request{method: "BREW", path: "/coffee"})
	h.post("/webhooks/alertmanager", delivery(alert("firing")))
	h.post("/webhooks/alertmanager", "{}")
	h.post("/webhooks/nobody", "{}")

	got := h.get("/metrics")

	require.Equal(t, http.StatusOK, got.Code)
	for _, line := range []string{
		`muster_http_request_duration_seconds_count{method="GET",route="/api/v1/incidents/:id",status="2xx"} 1`,
		`muster_http_request_duration_seconds_count{method="POST",route="/api/v1/incidents",status="2xx"} 1`,
		`muster_http_request_duration_seconds_count{method="other",route="other",status="4xx"} 1`,
		`muster_webhook_deliveries_total{outcome="accepted",source="alertmanager"} 1`,
		`muster_webhook_deliveries_total{outcome="malformed",source="alertmanager"} 1`,
		`muster_webhook_deliveries_total{outcome="malformed",source="unknown"} 1`,
		`muster_webhook_items_total{repeated="false",source="alertmanager"} 1`,
		`muster_webhook_items_total{repeated="true",source="alertmanager"} 0`,
		`muster_webhook_deliveries_total{outcome="unstored",source="jira"} 0`,
		`muster_http_streams_open 0`,
	} {
		require.Contains(t, got.Body.String(), line+"\n")
	}

	_, err := api.New(api.Options{
		Commander: h.commander, Reader: h.store, Inbox: h.store, Catalogue: testCatalogue(t), Postmortems: postmortems{}, Registry: registry,
	})
	require.ErrorContains(t, err, "metrics", "two servers cannot share a registry")
}
