package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/api/webhook"
	"muster/config"
	"muster/store"
)

// alert is one alert as Alertmanager sends it.
func alert(status string) string {
	return fmt.Sprintf(`{"status": %q, "labels": {"alertname": "HighErrors"}, "startsAt": "2026-03-01T08:00:00Z", "endsAt": "2026-03-01T08:30:00Z", "fingerprint": "f1"}`, status)
}

func delivery(alerts ...string) string {
	return `{"version": "4", "groupKey": "{}:{}", "receiver": "muster", "alerts": [` + strings.Join(alerts, ",") + `]}`
}

func (h *harness) pending() []store.Item {
	h.t.Helper()
	items, err := h.store.Pending(h.t.Context(), 0, 0)
	require.NoError(h.t, err)
	return items
}

func TestADeliveryIsAcceptedOnceItIsStored(t *testing.T) {
	t.Parallel()
	h := newHarness(t)

	got := h.post("/webhooks/alertmanager", delivery(alert("firing"), alert("resolved")))

	require.Equal(t, http.StatusAccepted, got.Code, "%s", got.Body)
	require.Equal(t, map[string]any{"accepted": 2.0}, got.json)
	items := h.pending()
	require.Len(t, items, 2)
	require.Equal(t, "alertmanager", items[0].Source)
	require.Equal(t, store.KindAlert, items[0].Kind)

	again := h.post("/webhooks/alertmanager", delivery(alert("firing"), alert("resolved")))
	require.Equal(t, map[string]any{"accepted": 2.0}, again.json, "what is known counts too")
	require.Len(t, h.pending(), 2)
}

// TestRealDeliveriesAreAccepted sends what a real Alertmanager sent.
func TestRealDeliveriesAreAccepted(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../shared/counterparts/payloads/alertmanager/webhook.*.json")
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("the captured payloads are not here")
	}
	h := newHarness(t, func(o *api.Options) { o.Secrets = webhook.Secrets{AlertmanagerToken: config.NewSecret("tok")} })
	for _, path := range paths {
		if strings.HasSuffix(path, ".headers.json") {
			continue
		}
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		headers, err := os.ReadFile(strings.TrimSuffix(path, ".json") + ".headers.json")
		require.NoError(t, err)
		var sent struct {
			Path    string
			Headers map[string]string
		}
		require.NoError(t, json.Unmarshal(headers, &sent))

		got := h.send(request{method: http.MethodPost, path: sent.Path, body: string(body), header: sent.Headers})

		require.Equal(t, http.StatusAccepted, got.Code, "%s: %s", path, got.Body)
		require.Positive(t, got.json["accepted"], path)
	}
	require.NotEmpty(t, h.pending())
}

func TestADeliveryIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Secrets = webhook.Secrets{AlertmanagerToken: config.NewSecret("hunter2")} })
	token := map[string]string{"Authorization": "Bearer hunter2"}
	for name, test := range map[string]struct {
		request
		status   int
		detail   string
		location string
	}{
		"an unknown source":        {request{path: "/webhooks/nagios", body: "{}"}, 404, "alertmanager", ""},
		"no token":                 {request{path: "/webhooks/alertmanager", body: delivery(alert("firing"))}, 401, "bearer token", ""},
		"a wrong token":            {request{path: "/webhooks/alertmanager", body: delivery(alert("firing")), header: map[string]string{"Authorization": "Bearer hunter3"}}, 401, "bearer token", ""},
		"a password":               {request{path: "/webhooks/alertmanager", body: delivery(alert("firing")), header: map[string]string{"Authorization": "Basic hunter2"}}, 401, "bearer token", ""},
		"no body":                  {request{path: "/webhooks/alertmanager", header: token}, 400, "not JSON", "body"},
		"a body that is no JSON":   {request{path: "/webhooks/alertmanager", body: "fire!", header: token}, 400, "not JSON", "body"},
		"a mistake in an alert":    {request{path: "/webhooks/alertmanager", body: delivery(alert("firing"), alert("smouldering")), header: token}, 400, "alerts[1].status: must be firing or resolved", "body.alerts[1].status"},
		"a body that is too large": {request{path: "/webhooks/alertmanager", body: strings.Repeat("x", api.MaxDeliveryBytes+1), header: token}, 413, "16777216 bytes", ""},
	} {
		test.method = http.MethodPost
		got := h.send(test.request)
		require.Equal(t, test.status, got.Code, "%s: %s", name, got.Body)
		require.Contains(t, got.json["detail"], test.detail, name)
		require.NotContains(t, got.Body.String(), "hunter", name)
		if test.location != "" {
			require.Equal(t, test.location, lookup(t, got.json, "errors", 0, "location"), name)
		}
		if test.status == http.StatusUnauthorized {
			require.Equal(t, "Bearer", got.Header().Get("WWW-Authenticate"), name)
		}
	}
	require.Empty(t, h.pending(), "nothing was kept")
	require.Contains(t, h.log.String(), "a webhook delivery was refused")
	require.NotContains(t, h.log.String(), "hunter")
}

// full is an inbox on a disk that is full.
type full struct{ err error }

func (f full) Accept(context.Context, []store.Item) (store.Accepted, error) {
	return store.Accepted{}, f.err
}

func TestADeliveryThatCannotBeStoredIsToBeSentAgain(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("disk full"), context.Canceled, &store.NotFoundError{What: "table", Name: "inbox"}} {
		h := newHarness(t, func(o *api.Options) { o.Inbox = full{err} })
		got := h.post("/webhooks/alertmanager", delivery(alert("firing")))
		require.Equal(t, http.StatusServiceUnavailable, got.Code)
		require.Equal(t, "5", got.Header().Get("Retry-After"))
		require.Contains(t, h.log.String(), err.Error())
		require.Contains(t, h.get("/metrics").Body.String(), `muster_webhook_deliveries_total{outcome="unstored",source="alertmanager"} 1`)
	}
}
