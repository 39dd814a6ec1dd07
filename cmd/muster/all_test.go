//go:build !slim

package main

import (
	"net/http"
	"strings"
	"testing"

	"muster/internal/temporalserver/temporaltest"

	"github.com/stretchr/testify/require"
)

// One process, one database: an incident goes on where it was when the process is killed,
// and a second process keeps its hands off.
func TestAllInOneProcessOnPostgresGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for i, setting := range c.settings {
		if strings.HasPrefix(setting, "TEMPORAL_ADDRESS=") {
			c.settings[i] = "MUSTER_TEMPORAL_LISTEN=127.0.0.1:0"
		}
	}
	all := c.start("all", "--temporal-ui-listen", "127.0.0.1:0")
	all.do("POST", "/webhooks/alertmanager", alertBody(t, "group", "a"))
	all.eventually("the automatic steps to be done", func() bool { return settled(all.incident("INC-1")) })
	all.kill()

	all = c.start("all", "--temporal-ui-listen", "127.0.0.1:0")
	all.do("POST", "/api/v1/incidents/INC-1/acknowledge", document{"actor": "ana"})
	all.eventually("the acknowledgement to reach PagerDuty", func() bool {
		return c.sandbox.get("/sandbox/state").list("pagerduty.incidents")[0]["status"] == "acknowledged"
	})
	require.Len(t, c.sandbox.get("/sandbox/state").list("pagerduty.incidents"), 1)
	require.Len(t, c.sandbox.get("/sandbox/state").incidentChannels(), 1)

	code, out := runMusterWith(t, c.settings, "all", "--listen", "127.0.0.1:0", "--temporal-ui-listen", "127.0.0.1:0")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "already in use by another Muster process")
	all.stop()
}

// What a namespace lacks is said in one line, and setup mends it.
func TestAWorkerSaysThatANamespaceIsNotReadyAndSetupMendsThat(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	bare := temporaltest.Start(t)
	for i, setting := range c.settings {
		if strings.HasPrefix(setting, "TEMPORAL_ADDRESS=") {
			c.settings[i] = "TEMPORAL_ADDRESS=" + bare.FrontendAddress()
		}
	}
	code, out := runMusterWith(t, c.settings, "worker", "--listen", "127.0.0.1:0")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "run muster setup")
	server := c.start("server")
	server.eventually("readiness to say what is missing", func() bool {
		status, body := server.call(http.MethodGet, "/readyz", nil)
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), "MusterSeverity, MusterStatus, MusterService are missing: run muster setup")
	})

	for _, says := range []string{"Added the search attribute", "was ready already"} {
		code, out = runMusterWith(t, c.settings, "setup")
		require.Zero(t, code, out)
		require.Contains(t, out, says)
	}
	worker := c.start("worker")
	for _, p := range []*process{worker, server} {
		p.eventually("every part to be healthy", func() bool {
			status, _ := p.call(http.MethodGet, "/readyz", nil)
			return status == http.StatusOK
		})
	}
	worker.kill()
	server.eventually("readiness to miss the worker", func() bool {
		_, body := server.call(http.MethodGet, "/readyz", nil)
		return strings.Contains(string(body), "worker (no worker ")
	})
}
