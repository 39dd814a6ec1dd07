package load_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/bench/load"
)

// inbox is a server that keeps the fingerprints or instances it is sent.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	seen   map[string]int
	groups map[string]bool
	refuse bool
	enough int
	full   chan struct{}
}

type sentAlert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt"`
}

func newInbox(t *testing.T, enough int) *inbox {
	t.Helper()
	in := &inbox{seen: map[string]int{}, groups: map[string]bool{}, enough: enough, full: make(chan struct{})}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // The generator was ended in the middle of a request.
		}
		var delivery struct {
			GroupKey string      `json:"groupKey"`
			Alerts   []sentAlert `json:"alerts"`
		}
		if r.URL.Path == "/api/v2/alerts" {
			err = json.Unmarshal(body, &delivery.Alerts)
		} else {
			err = json.Unmarshal(body, &delivery)
		}
		if err != nil || r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "bad body", http.StatusBadRequest)
			return
		}
		if in.keep(delivery.GroupKey, delivery.Alerts) {
			http.Error(w, "refused", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) keep(group string, alerts []sentAlert) (refused bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.groups[group] = true
	before := len(in.seen)
	for _, alert := range alerts {
		in.seen[alert.Fingerprint+alert.Labels["instance"]]++
	}
	if before < in.enough && len(in.seen) >= in.enough {
		close(in.full)
	}
	return in.refuse
}

// send runs a plan until the inbox has enough.
func (in *inbox) send(t *testing.T, p load.Plan) load.Result {
	t.Helper()
	p.Address = strings.TrimPrefix(in.URL, "http://")
	p.Service, p.Run, p.StartsAt, p.Duration = "checkout", "test", time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC), time.Hour
	ctx, cancel := contextUntil(t, in.full)
	defer cancel()
	result, err := load.Run(ctx, p)
	require.NoError(t, err)
	return result
}

func TestEveryAlertIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]load.Plan{
		"webhook, one at a time": {Kind: load.Webhook, Path: "/webhooks/alertmanager", Alerts: 1, Senders: 3, Groups: 2},
		"webhook, many at once":  {Kind: load.Webhook, Path: "/webhooks/alertmanager", Alerts: 50, Senders: 2, Groups: 2},
		"API, many at once":      {Kind: load.PostAlerts, Path: "/api/v2/alerts", Alerts: 50, Senders: 2, Groups: 1},
		"webhook, at a pace":     {Kind: load.Webhook, Path: "/webhooks/alertmanager", Alerts: 5, Senders: 2, Groups: 2, Rate: 1e5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInbox(t, 500)
			plan.Seed = 7
			result := in.send(t, plan)
			require.Zero(t, result.Refused, result.Refusal)
			require.Equal(t, result.Requests*plan.Alerts, result.Alerts)
			require.Equal(t, result.Requests, result.Answers.Count)
			in.mu.Lock()
			defer in.mu.Unlock()
			require.Len(t, in.groups, plan.Groups)
			require.Len(t, in.seen, result.Alerts, "all that was counted as accepted arrived, and nothing else")
			for alert, times := range in.seen {
				require.Equal(t, 1, times, alert)
			}
		})
	}
}

func TestARefusalIsNotCountedAsAccepted(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 3)
	in.refuse = true
	result := in.send(t, load.Plan{Kind: load.Webhook, Path: "/", Alerts: 1, Senders: 1})
	require.Zero(t, result.Requests)
	require.Zero(t, result.AlertsPerSecond())
	require.Positive(t, result.Refused)
	require.Equal(t, "503 refused\n", result.Refusal)
}

func TestWhereNobodyListensThereIsAnError(t *testing.T) {
	t.Parallel()
	_, err := load.Run(t.Context(), load.Plan{Address: "127.0.0.1:1", Senders: 1, Alerts: 1})
	require.Error(t, err)
}

func contextUntil(t *testing.T, enough <-chan struct{}) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		select {
		case <-enough:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
