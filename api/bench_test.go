package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/store"
)

// memory is an inbox that forgets.
type memory struct{}

func (memory) Accept(_ context.Context, items []store.Item) (store.Accepted, error) {
	return store.Accepted{New: len(items)}, nil
}

// silent is a writer of answers that nobody reads.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header            { return s.header }
func (s *silent) Write(text []byte) (int, error) { return len(text), nil }
func (s *silent) WriteHeader(status int)         { s.status = status }

// BenchmarkDelivery is what a delivery of one alert costs beside the connection and the disk.
func BenchmarkDelivery(b *testing.B) {
	body := []byte(`{"version":"4","groupKey":"{}:{alertname=\"RequestErrors\"}","truncatedAlerts":0,"status":"firing","receiver":"muster",` +
		`"groupLabels":{"alertname":"RequestErrors"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://alertmanager.example.com",` +
		`"alerts":[{"status":"firing","labels":{"alertname":"RequestErrors","service":"platform","severity":"warning","instance":"host-17.example.com:9100",` +
		`"job":"api","namespace":"production","cluster":"north-1"},"annotations":{"summary":"More than five of a hundred requests fail",` +
		`"description":"Over the last five minutes, 7.3 % of the requests to the API were answered with an error.",` +
		`"runbook_url":"https://runbooks.example.com/request-errors"},"startsAt":"2026-03-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z",` +
		`"generatorURL":"http://prometheus.example.com/graph?g0.expr=errors&g0.tab=1","fingerprint":"0123456789abcdef"}]}`)
	server, err := api.New(api.Options{
		Commander: newCommander(nil), Reader: new(store.Store), Inbox: memory{}, Catalogue: testCatalogue(b), Postmortems: postmortems{},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(b, err)
	defer server.Close()
	reader := bytes.NewReader(nil)
	request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/webhooks/alertmanager", http.NoBody)
	request.Header.Set("Content-Type", "application/json")
	request.ContentLength = int64(len(body))
	writer := &silent{}
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		request.Body = io.NopCloser(reader)
		writer.header = http.Header{}
		server.ServeHTTP(writer, request)
		if writer.status != http.StatusAccepted {
			b.Fatal(writer.status)
		}
	}
}
