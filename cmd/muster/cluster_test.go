//go:build !slim

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"muster/internal/postgrestest"
	"muster/internal/temporalserver/temporaltest"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

// cluster is Muster as in production: processes of their own on a Postgres and a Temporal,
// and a sandbox in place of the vendors.
type cluster struct {
	t        *testing.T
	settings []string
	sandbox  *process
}

// newCluster prepares everything but servers and workers.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	temporal := temporaltest.Start(t, workflows.SearchAttributes()...)
	c := &cluster{t: t, settings: []string{
		"MUSTER_DATABASE_URL=" + postgrestest.New(t), "TEMPORAL_ADDRESS=" + temporal.FrontendAddress(),
		"MUSTER_PUBLIC_URL=https://muster.example.com", "MUSTER_DRAIN_DELAY=0s",
		"MUSTER_SLACK_TOKEN=sample", "MUSTER_SLACK_SIGNING_SECRET=sample",
		"MUSTER_PAGERDUTY_TOKEN=sample", "MUSTER_PAGERDUTY_FROM=muster@example.com", "MUSTER_PAGERDUTY_WEBHOOK_SECRET=sample",
		"MUSTER_JIRA_USER=muster@example.com", "MUSTER_JIRA_TOKEN=sample", "MUSTER_JIRA_WEBHOOK_SECRET=sample",
	}}
	c.sandbox = startProcess(t, sandboxRuns, nil,
		"sandbox", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	for _, address := range regexp.MustCompile(`MUSTER_(SLACK|PAGERDUTY|JIRA)_\w+=\S+`).FindAllString(c.sandbox.output.String(), -1) {
		c.settings = append(c.settings, address)
	}
	code, out := runMusterWith(t, c.settings, "migrate")
	require.Zero(t, code, out)
	return c
}

// running matches what servers and workers log when they run.
var running = regexp.MustCompile(`muster is running.* address=(\S+)`)

func (c *cluster) start(command string, args ...string) *process {
	c.t.Helper()
	p := startProcess(c.t, running, c.settings, append([]string{command, "--listen", "127.0.0.1:0"}, args...)...)
	p.base = "http://" + p.base
	return p
}

// alertBody is what Alertmanager would send of a group.
func alertBody(t *testing.T, group, fingerprint string) []byte {
	t.Helper()
	labels := map[string]string{"alertname": "InstanceDown", "service": "payments", "severity": "critical", "group": group}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": group, "status": "firing", "receiver": "muster", "groupLabels": labels, "commonLabels": labels,
		"alerts": []any{map[string]any{
			"status": "firing", "labels": labels, "annotations": map[string]string{"summary": "an instance of " + group + " is down"},
			"startsAt": "2026-03-02T03:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": fingerprint,
		}},
	})
	require.NoError(t, err)
	return body
}

// post sends a body to one of several servers, as a load balancer and a good client would:
// to another when one does not answer, until one does.
func (c *cluster) post(servers []*process, first int, path string, body []byte, header ...string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		require.NoError(c.t, ctx.Err(), "no server took %s", path)
		server := servers[(first+attempt)%len(servers)]
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.base+path, bytes.NewReader(body))
		require.NoError(c.t, err)
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		status := resp.StatusCode
		require.NoError(c.t, resp.Body.Close())
		if status < http.StatusMultipleChoices {
			return
		}
		require.Equal(c.t, http.StatusServiceUnavailable, status, "%s", path)
	}
}

// Two servers and two workers behave as one, and whichever is killed is not missed.
func TestAClusterLosesNothingAndRepeatsNothingWhoeverIsKilled(t *testing.T) {
	t.Parallel()
	const groups = 12
	c := newCluster(t)
	servers := []*process{c.start("server"), c.start("server")}
	workers := []*process{c.start("worker"), c.start("worker")}

	for n := range groups {
		group := fmt.Sprintf("group-%d", n)
		for repetition := range 3 {
			c.post(servers, n+repetition, "/webhooks/alertmanager", alertBody(t, group, group+"-a"))
		}
		switch n {
		case groups / 4:
			servers[0].kill()
			servers[0] = c.start("server")
		case groups / 2:
			workers[0].kill()
			workers[0] = c.start("worker")
		case 3 * groups / 4:
			servers[1].kill()
			workers[1].kill()
			servers[1], workers[1] = c.start("server"), c.start("worker")
		}
	}
	servers[0].eventually("one incident for each group, with its steps done", func() bool {
		incidents := servers[0].get("/api/v1/incidents?limit=200").list("incidents")
		if len(incidents) < groups {
			return false
		}
		for _, inc := range incidents {
			if !settled(inc) {
				return false
			}
		}
		return true
	})
	incidents := servers[1].get("/api/v1/incidents?limit=200").list("incidents")
	require.Len(t, incidents, groups, "both servers know the same, and no group has two")
	for n, inc := range incidents {
		id := fmt.Sprint(inc["id"])
		for repetition := range 2 {
			c.post(servers, n+repetition, "/api/v1/incidents/"+id+"/notes", []byte(`{"text": "seen in region one", "actor": "ana"}`), "Idempotency-Key", "note-"+id)
		}
	}
	state := c.sandbox.get("/sandbox/state")
	require.Len(t, state.incidentChannels(), groups)
	require.Len(t, state.list("pagerduty.incidents"), groups)
	for _, channel := range state.incidentChannels() {
		said := map[string]int{}
		for _, message := range channel.list("messages") {
			said[fmt.Sprint(message["text"])]++
			require.Equal(t, 1, said[fmt.Sprint(message["text"])], "said twice in %s: %s", channel["name"], message["text"])
		}
	}
	for _, inc := range incidents {
		notes := 0
		for i, e := range servers[0].get(fmt.Sprintf("/api/v1/incidents/%s/timeline?limit=1000", inc["id"])).list("events") {
			require.EqualValues(t, i+1, e["seq"])
			if strings.Contains(fmt.Sprint(e["text"]), "seen in region one") {
				notes++
			}
		}
		require.Equal(t, 1, notes, "a command that was repeated at another server took effect once")
	}
	for _, p := range append(servers, workers...) {
		p.eventually("every part to be healthy", func() bool {
			status, _ := p.call(http.MethodGet, "/readyz", nil)
			return status == http.StatusOK
		})
		p.stop()
	}
}

// What is done through one server shows on the pages of the other at once.
func TestTheStreamOfOneServerTellsWhatHappensThroughAnother(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	one, other := c.start("server"), c.start("server")
	c.start("worker")
	one.do("POST", "/api/v1/incidents", document{"title": "Search is slow", "service": "search", "severity": "SEV3", "actor": "ana"})
	code, out := runMusterWith(t, c.settings, "restored")
	require.Equal(t, 1, code, "what is for a database that nobody uses is refused beside servers")
	require.Contains(t, out, "other processes of Muster have this database open (3)")

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, other.base+"/api/v1/incidents/INC-1/timeline/stream", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // read only
	require.Equal(t, http.StatusOK, resp.StatusCode)
	one.do("POST", "/api/v1/incidents/INC-1/notes", document{"text": "seen elsewhere", "actor": "ana"})
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "seen elsewhere") {
	}
	require.NoError(t, lines.Err())
	require.NoError(t, ctx.Err())
}

// While Temporal is away alerts are accepted, and they become incidents when it is there.
func TestAServerWithoutTemporalTakesAlertsAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	temporalAddress := c.settings[1]
	c.settings[1] = "TEMPORAL_ADDRESS=" + occupied(t)
	server := c.start("server", "--drain-delay", "1h")
	server.do("POST", "/webhooks/alertmanager", alertBody(t, "group", "a"))
	status, text := server.call(http.MethodGet, "/readyz", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, string(text), "temporal")
	status, _ = server.call(http.MethodGet, "/healthz", nil)
	require.Equal(t, http.StatusOK, status, "a load balancer goes on sending alerts here")
	require.NoError(t, server.cmd.Process.Signal(syscall.SIGTERM))
	server.eventually("load balancers to be told", func() bool {
		status, _ := server.call(http.MethodGet, "/healthz", nil)
		return status == http.StatusServiceUnavailable
	})
	server.do("POST", "/webhooks/alertmanager", alertBody(t, "sent before they noticed", "b"))
	server.kill()

	c.settings[1] = temporalAddress
	server = c.start("server")
	c.start("worker")
	for _, id := range []string{"INC-1", "INC-2"} {
		server.eventually("the incident "+id, func() bool {
			status, _ := server.call(http.MethodGet, "/api/v1/incidents/"+id, nil)
			return status == http.StatusOK && settled(server.incident(id))
		})
	}
}

func TestWhatIsWrongWithADatabaseIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	elsewhere := strings.Replace(url, "@", ":s3cret@", 1)
	for name, test := range map[string]struct {
		command, url, says string
	}{
		"no database is named":             {"server", "", "MUSTER_DATABASE_URL is not set"},
		"it is not Postgres":               {"worker", "mysql://db/muster", "not the address of a Postgres database"},
		"nobody listens there":             {"server", "postgres://muster:s3cret@127.0.0.1:1/muster", "connection refused"},
		"there is no such database":        {"migrate", regexp.MustCompile(`/[^/?]+(\?|$)`).ReplaceAllString(elsewhere, "/nowhere$1"), "nowhere"},
		"its schema is older than we are":  {"server", url, "muster migrate"},
		"its schema is older than workers": {"worker", url, "muster migrate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := runMusterWith(t, []string{"MUSTER_DATABASE_URL=" + test.url, "MUSTER_PUBLIC_URL=https://muster.example.com"}, test.command)
			require.NotZero(t, code, out)
			require.Contains(t, out, test.says)
			require.NotContains(t, out, "s3cret")
			require.NotContains(t, out, "goroutine")
		})
	}
}
