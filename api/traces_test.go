package api_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"muster/api"
)

// traced is a harness whose requests are traced.
func traced(t *testing.T) (*harness, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	return newHarness(t, func(o *api.Options) { o.TracerProvider = provider }), spans
}

func TestARequestIsASpanNamedAfterItsRoute(t *testing.T) {
	t.Parallel()
	h, spans := traced(t)
	path := h.declare()
	h.send(request{path: path + "?token=s3cret", header: map[string]string{
		"Authorization": "Bearer s3cret", "Cookie": "session=s3cret", "X-Request-Id": "r1",
	}})
	h.sendUnchecked(request{path: "/nowhere"})
	for _, unheard := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json"} {
		h.get(unheard)
	}

	var names []string
	for _, s := range spans.Ended() {
		names = append(names, s.Name())
		for _, a := range s.Attributes() {
			require.NotContains(t, a.Value.String(), "s3cret", "%s of %s", a.Key, s.Name())
		}
	}
	require.Equal(t, []string{"POST /api/v1/incidents", "GET /api/v1/incidents/:id", "GET other"}, names)
	attributes := map[string]string{}
	for _, a := range spans.Ended()[1].Attributes() {
		attributes[string(a.Key)] = a.Value.String()
	}
	require.Equal(t, "/api/v1/incidents/:id", attributes["http.route"])
	require.Equal(t, path, attributes["url.path"])
	require.Equal(t, "200", attributes["http.response.status_code"])
	require.Equal(t, "r1", attributes["muster.request_id"])
}

func TestWhatIsAcceptedKeepsItsTrace(t *testing.T) {
	t.Parallel()
	h, spans := traced(t)
	h.post("/webhooks/alertmanager", delivery(alert("firing"), alert("resolved")))
	for _, item := range h.pending() {
		require.Contains(t, item.Trace, spans.Ended()[0].SpanContext().TraceID().String())
	}

	untraced := newHarness(t)
	untraced.post("/webhooks/alertmanager", delivery(alert("firing")))
	require.Empty(t, untraced.pending()[0].Trace)
}

func TestStreamsAreNotTracedAndFlow(t *testing.T) {
	t.Parallel()
	h, spans := traced(t)
	path := h.declare()
	server := httptest.NewServer(h.server)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path+"/timeline/stream", http.NoBody)
	require.NoError(t, err)
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(spans.Started(), func(s sdktrace.ReadWriteSpan) bool { return s.Name() != "POST /api/v1/incidents" }))
}
