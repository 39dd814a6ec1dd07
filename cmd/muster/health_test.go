package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ready        bool
		status       int
		body         string
		printed, err string
	}{
		"a process that answers is well": {
			status: http.StatusOK, body: `{"status":"ok","version":"1.2.3"}`, printed: "ok\n",
		},
		"one whose parts all work is ready": {
			ready: true, status: http.StatusOK, body: `{"status":"ready","checks":[]}`, printed: "ok\n",
		},
		"a sandbox, which says nothing, is well": {status: http.StatusOK, printed: "ok\n"},
		"one with a part that is ill says which": {
			ready: true, status: http.StatusServiceUnavailable,
			body: `{"status":503,"detail":"not ready: temporal (it does not answer)"}`,
			err:  "/readyz answers 503: not ready: temporal (it does not answer)",
		},
		"a stranger's error is told by its status": {
			status: http.StatusNotFound, body: `<html>`, err: "/healthz answers 404: Not Found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := "/healthz"
			if c.ready {
				path = "/readyz"
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != path {
					t.Errorf("asked for %s, not for %s", r.URL.Path, path)
				}
				w.WriteHeader(c.status)
				_, err := w.Write([]byte(c.body))
				if err != nil {
					t.Error(err)
				}
			}))
			t.Cleanup(server.Close)
			var out bytes.Buffer
			command := healthCommand{URL: server.URL + "/", Ready: c.ready, Wait: time.Minute}
			require.NoError(t, command.Validate())
			err := command.Run(t.Context(), &console{out: &out})
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.printed, out.String())
		})
	}
}

func TestHealthOfNobody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	err := healthCommand{URL: address, Wait: time.Minute}.Run(t.Context(), &console{out: &bytes.Buffer{}})
	require.ErrorContains(t, err, "no answer from "+address)
}

func TestHealthRefusesWhatItCannotAsk(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, healthCommand{URL: "localhost:8080", Wait: time.Second}.Validate(), "--url")
	require.ErrorContains(t, healthCommand{URL: "http://localhost:8080"}.Validate(), "--wait")
}
