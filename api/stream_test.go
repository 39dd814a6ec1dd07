package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api"
)

// watcher reads server-sent events.
type watcher struct {
	t     *testing.T
	lines *bufio.Scanner
}

// event is one event, or one comment.
type event struct {
	name, id, comment string
	data              map[string]any
}

// watch opens a stream over a real connection.
func watch(t *testing.T, url string, header ...string) *watcher {
	t.Helper()
	// The deadline only keeps a broken stream from blocking the test for ever.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, response.Body.Close()) })
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	w := &watcher{t: t, lines: bufio.NewScanner(response.Body)}
	first, ok := w.next()
	require.True(t, ok)
	require.Equal(t, "connected", first.comment)
	return w
}

// next returns the next event or comment, and false at the end of the stream.
func (w *watcher) next() (event, bool) {
	w.t.Helper()
	var e event
	for w.lines.Scan() {
		field, value, _ := strings.Cut(w.lines.Text(), ": ")
		switch field {
		case "":
			if w.lines.Text() == "" {
				return e, true
			}
			e.comment = value
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			require.NoError(w.t, json.Unmarshal([]byte(value), &e.data))
		default:
			require.Fail(w.t, "an unknown line", "%q", w.lines.Text())
		}
	}
	return event{}, false
}

// event returns the next event, leaving out comments.
func (w *watcher) event() event {
	w.t.Helper()
	for {
		e, ok := w.next()
		require.True(w.t, ok, "the stream has ended")
		if e.comment == "" {
			return e
		}
	}
}

// listen serves the harness over a real connection.
func (h *harness) listen() string {
	h.t.Helper()
	server := httptest.NewServer(h.server)
	h.t.Cleanup(server.Close)
	h.t.Cleanup(h.server.Close) // before server.Close, which waits for streams
	return server.URL
}

func TestATimelineStreamSendsThePastAndThenThePresent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	w := watch(t, h.listen()+path+"/timeline/stream")

	for seq, kind := range []string{"declared", "playbook_attached"} {
		e := w.event()
		require.Equal(t, "timeline", e.name)
		require.Equal(t, fmt.Sprint(seq+1), e.id)
		require.Equal(t, kind, e.data["kind"])
	}
	h.post(path+"/notes", `{"text": "two\nlines"}`)
	e := w.event()
	require.Equal(t, "3", e.id)
	require.Equal(t, lookup(t, h.get(path+"/timeline").json, "events", 2), any(e.data), "an event looks as in the timeline")
}

func TestATimelineStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/acknowledge", "")
	url := h.listen() + path + "/timeline/stream"
	require.Equal(t, "3", watch(t, url, "Last-Event-ID", "2").event().id)
	require.Equal(t, "3", watch(t, url+"?after=2").event().id)
	require.Equal(t, "3", watch(t, url+"?after=1", "Last-Event-ID", "2").event().id, "the header takes the place of after")
}

func TestATimelineStreamOfNothingIsAProblem(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-9/timeline/stream").Code)
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/x/timeline/stream").Code)
	got := h.send(request{path: path + "/timeline/stream", header: map[string]string{"Last-Event-ID": "x"}})
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Equal(t, "header.Last-Event-ID", lookup(t, got.json, "errors", 0, "location"))
}

func TestTheStreamOfIncidentsTellsWhichOnesChange(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := h.declare()
	w := watch(t, h.listen()+"/api/v1/stream")
	h.post(first+"/acknowledge", "")
	e := w.event()
	require.Equal(t, "incident", e.name)
	require.Equal(t, map[string]any{"id": "INC-1", "seq": 3.0}, e.data)
	h.declare()
	require.Equal(t, "INC-2", w.event().data["id"])
}

func TestAStreamOutlivesTheTimeLimitForAnswers(t *testing.T) {
	t.Parallel()
	const limit = 50 * time.Millisecond
	h := newHarness(t, func(o *api.Options) { o.Heartbeat = limit / 5 })
	path := h.declare()
	server := httptest.NewUnstartedServer(h.server)
	server.Config.WriteTimeout = limit
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Close)
	w := watch(t, server.URL+path+"/timeline/stream?after=2")
	for range 15 { // three times the limit
		e, ok := w.next()
		require.True(t, ok, "the stream was cut")
		require.Equal(t, "alive", e.comment)
	}
	h.post(path+"/acknowledge", "")
	require.Equal(t, "3", w.event().id)
}

func TestAtShutdownStreamsEndAndServeReturns(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(ctx, listener) }()
	base := "http://" + listener.Addr().String()
	one := watch(t, base+path+"/timeline/stream?after=2")
	all := watch(t, base+"/api/v1/stream")

	stop()

	for _, w := range []*watcher{one, all} {
		_, more := w.next()
		require.False(t, more)
	}
	require.NoError(t, <-served)
}

func TestServeSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.Error(t, h.server.Serve(t.Context(), listener))
}
