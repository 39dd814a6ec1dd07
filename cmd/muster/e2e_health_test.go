//go:build !slim

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPartIsHealthyAndTheOutsideHearsOfIt(t *testing.T) {
	t.Parallel()
	calls := make(chan string, 100)
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { calls <- r.Method + " " + r.URL.Path }))
	t.Cleanup(outside.Close)
	secret := filepath.Join(t.TempDir(), "heartbeat")
	require.NoError(t, os.WriteFile(secret, []byte(outside.URL+"/s3cret-token"), 0o600))
	p := startMusterWith(t, []string{"MUSTER_HEARTBEAT_URL_FILE=" + secret}, t.TempDir(), "--heartbeat-every", "10s")

	p.eventually("every part to be healthy", func() bool {
		status, _ := p.call(http.MethodGet, "/readyz", nil)
		return status == http.StatusOK
	})
	var parts []any
	for _, check := range p.get("/readyz").list("checks") {
		require.Equal(t, true, check["ok"], "%v", check)
		parts = append(parts, check["name"])
	}
	require.Equal(t, []any{"database", "inbox", "dispatcher", "temporal", "worker"}, parts)

	p.eventually("the heartbeat", func() bool { return len(calls) > 0 })
	require.Equal(t, "GET /s3cret-token", <-calls)
	status, metrics := p.call(http.MethodGet, "/metrics", nil)
	require.Equal(t, http.StatusOK, status)
	for _, line := range []string{
		`muster_part_healthy{part="worker"} 1`, "muster_inbox_pending 0", "muster_inbox_oldest_seconds 0",
	} {
		require.Contains(t, string(metrics), line+"\n")
	}
	p.eventually("the heartbeat to be measured", func() bool {
		_, metrics := p.call(http.MethodGet, "/metrics", nil)
		return regexp.MustCompile(`\nmuster_heartbeat_last_success_timestamp_seconds [1-9]`).Match(metrics)
	})
	p.stop()
	require.NotContains(t, p.output.String(), "s3cret-token")
}

func TestADatabaseThatWasDeletedLeavesNoWorkflowsBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	declaration := document{"title": "Search is slow", "service": "search", "severity": "SEV3", "actor": "ana"}
	p := startMuster(t, dir)
	p.do(http.MethodPost, "/api/v1/incidents", declaration)
	p.stop()
	files, err := filepath.Glob(filepath.Join(dir, "muster.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}

	p = startMuster(t, dir)

	require.Contains(t, p.output.String(), "belongs to another database")
	declaration["title"] = "Checkout fails"
	require.Equal(t, "INC-1", p.do(http.MethodPost, "/api/v1/incidents", declaration)["id"])
	require.Equal(t, "Checkout fails", p.incident("INC-1")["title"])
}
