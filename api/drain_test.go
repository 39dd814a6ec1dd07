package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/incident"
)

// slowCommander keeps commands under way until it is told to let them through.
type slowCommander struct {
	api.Commander
	begun, goOn chan struct{}
}

func (c *slowCommander) Do(ctx context.Context, command incident.Command) (incident.State, error) {
	c.begun <- struct{}{}
	<-c.goOn
	return c.Commander.Do(ctx, command)
}

// slowed is a harness with a slow commander, and a mount that answers everything.
func slowed(t *testing.T) (*harness, *slowCommander) {
	t.Helper()
	slow := &slowCommander{begun: make(chan struct{}), goOn: make(chan struct{})}
	h := newHarness(t, func(o *api.Options) {
		slow.Commander, o.Commander = o.Commander, slow
		o.Mounts = []api.Mount{{Path: "/sandbox", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %s", r.Method, r.URL.Path)
		})}}
	})
	return h, slow
}

func TestDrainingRefusesWhatIsNewAndFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	h, slow := slowed(t)
	path := h.declare()
	stream := watch(t, h.listen()+"/api/v1/stream")
	underWay := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path+"/notes", strings.NewReader(`{"text": "before the end"}`))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		h.server.ServeHTTP(recorder, request)
		underWay <- recorder
	}()
	<-slow.begun
	require.False(t, h.server.Draining())
	nobodyWaits, cancel := context.WithCancel(t.Context())
	cancel()

	require.EqualError(t, h.server.Drain(nobodyWaits), "1 requests had no answer yet: context canceled")

	require.True(t, h.server.Draining())
	for _, refused := range []answer{
		h.post(path+"/notes", `{"text": "too late"}`),
		h.post("/api/v1/incidents", `{"title": "Checkout fails", "service": "checkout", "severity": "SEV2"}`),
		h.send(request{method: http.MethodPut, path: path + "/roles/commander", body: `{"user": "ana"}`}),
		h.post("/webhooks/alertmanager", delivery(alert("firing"))),
	} {
		require.Equal(t, http.StatusServiceUnavailable, refused.Code, "%s", refused.Body)
		require.NotEmpty(t, refused.Header().Get("Retry-After"))
		require.Contains(t, refused.json["detail"], "send it again")
	}
	_, open := stream.next()
	require.False(t, open, "streams end")
	require.Equal(t, http.StatusOK, h.get(path).Code, "what is there can be read")
	stub := h.sendUnchecked(request{method: http.MethodPost, path: "/sandbox/slack/api/chat.postMessage", body: `{}`})
	require.Equal(t, "POST /sandbox/slack/api/chat.postMessage", stub.Body.String(), "the worker still needs the stand-ins")

	close(slow.goOn)
	require.Equal(t, http.StatusOK, (<-underWay).Code)
	require.NoError(t, h.server.Drain(t.Context()))
	require.Contains(t, h.get(path+"/timeline").Body.String(), "before the end")
	require.NotContains(t, h.get(path+"/timeline").Body.String(), "too late")
}

func TestDrainingIsNotReadyWhateverThePartsSay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.NoError(t, h.server.Drain(t.Context()))
	got := h.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, got.Code)
	require.NotEmpty(t, got.Header().Get("Retry-After"))
	require.Equal(t, []any{map[string]any{"name": "shutdown", "ok": false, "reason": "Muster is stopping"}}, got.json["checks"])
	require.Equal(t, http.StatusServiceUnavailable, h.get("/healthz").Code, "a load balancer sends its requests elsewhere")
}

func TestAWithdrawnServerTellsBalancersAndGoesOn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	require.Empty(t, h.get("/healthz").Header().Get("Connection"))

	h.server.Withdraw()

	for _, probe := range []string{"/healthz", "/readyz"} {
		got := h.get(probe)
		require.Equal(t, http.StatusServiceUnavailable, got.Code, probe)
		require.Contains(t, got.json["detail"], "shutdown (Muster is stopping)")
	}
	require.False(t, h.server.Draining(), "pages still take forms")
	note := h.post(path+"/notes", `{"text": "still heard"}`)
	require.Equal(t, http.StatusOK, note.Code)
	require.Equal(t, "close", note.Header().Get("Connection"), "what comes next goes elsewhere")
	require.Equal(t, http.StatusAccepted, h.post("/webhooks/alertmanager", delivery(alert("firing"))).Code)
	stream := watch(t, h.listen()+"/api/v1/stream")
	h.post(path+"/notes", `{"text": "and seen"}`)
	_, open := stream.next()
	require.True(t, open, "streams go on")
}

func TestDrainingLeavesItToThePagesToRefuseAForm(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Pages = &pages{closed: make(chan struct{})} })
	require.NoError(t, h.server.Drain(t.Context()))
	got := h.sendUnchecked(request{
		method: http.MethodPost, path: "/incidents/new", body: "title=x",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	})
	require.Equal(t, "title=x", got.Body.String(), "they give back what was typed")
}
