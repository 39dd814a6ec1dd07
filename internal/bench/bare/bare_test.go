package bare_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/bench/bare"
	"muster/internal/bench/load"
	"muster/internal/postgrestest"
	"muster/store"
)

// The limit is one only if it commits what Muster would.
func TestWhatTheBareHandlerTakesIsInMustersInbox(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	db, err := store.Open(t.Context(), store.Options{URL: url, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	handler, err := bare.New(t.Context(), url)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	result, err := load.Run(t.Context(), load.Plan{
		Kind: load.Webhook, Address: strings.TrimPrefix(server.URL, "http://"), Path: "/", Alerts: 5, Senders: 4, Groups: 2,
		Service: "checkout", Run: "test", StartsAt: time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC), Duration: 100 * time.Millisecond,
	})
	server.Close()
	handler.Close()
	require.NoError(t, err)
	require.Zero(t, result.Refused, result.Refusal)
	status, err := db.InboxStatus(t.Context())
	require.NoError(t, err)
	require.Equal(t, result.Alerts, status.Pending)
	subjects, _, err := db.Subjects(t.Context(), 0, 10)
	require.NoError(t, err)
	require.LessOrEqual(t, len(subjects), 2, "a subject for each group")
}

func TestWhatIsNoDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	handler, err := bare.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(handler.Close)
	for body, status := range map[string]int{
		"no JSON": http.StatusBadRequest,
		// The table is missing.
		`{"alerts":[{"labels":{}}]}`: http.StatusServiceUnavailable,
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body)))
		require.Equal(t, status, answer.Code, body)
	}
}
