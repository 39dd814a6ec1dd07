//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// From the alert of a real Alertmanager to the last follow-up closed, with the process
// killed in the middle and stopped once more later.
func TestOneIncidentFromAlertToClosedThroughAKillAndARestart(t *testing.T) {
	t.Parallel()
	firing := capturedAlert(t, "webhook.InstanceDown.firing.json")
	resolved := capturedAlert(t, "webhook.InstanceDown.resolved.json")
	dir := t.TempDir()
	p := startMuster(t, dir)

	for range 3 {
		require.EqualValues(t, 1, p.do("POST", "/webhooks/alertmanager", firing)["accepted"])
	}
	p.eventually("the automatic steps to be done", func() bool { return settled(p.incident("INC-1")) })
	inc := p.incident("INC-1")
	require.Equal(t, "investigating", inc["status"])
	require.Equal(t, "payments", inc["service"])
	require.Equal(t, "SEV1", inc["severity"])
	require.Len(t, inc.list("alerts"), 1)

	state := p.get("/sandbox/state")
	require.Len(t, state.incidentChannels(), 1)
	channel := state.incidentChannels()[0]
	require.Contains(t, channel["name"], "1-instancedown")
	require.Contains(t, channel["topic"], "SEV1")
	require.Greater(t, len(channel["members"].([]any)), 1, "the on-call is invited")
	require.Len(t, state.list("pagerduty.incidents"), 1)
	require.Equal(t, "triggered", state.list("pagerduty.incidents")[0]["status"])

	p.do("POST", "/api/v1/incidents/INC-1/acknowledge", document{"actor": "ana"})
	p.kill()
	p = startMuster(t, dir)
	p.eventually("the acknowledgement to reach PagerDuty", func() bool {
		return p.get("/sandbox/state").list("pagerduty.incidents")[0]["status"] == "acknowledged"
	})

	p.do("PUT", "/api/v1/incidents/INC-1/roles/commander", document{"user": "ana", "actor": "ana"})
	p.do("POST", "/api/v1/incidents/INC-1/steps/assess/complete", document{"actor": "ana", "note": "a third of payments"})
	p.do("POST", "/api/v1/incidents/INC-1/steps/approve-statement/approve", document{"actor": "ana"})
	p.do("POST", "/api/v1/incidents/INC-1/steps/publish-statement/skip", document{"actor": "ana", "note": "nobody outside noticed"})
	p.do("POST", "/api/v1/incidents/INC-1/severity", document{"severity": "sev2", "reason": "one region only", "actor": "ana"})
	p.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "monitoring", "actor": "ana"})
	p.do("POST", "/webhooks/alertmanager", resolved)
	p.eventually("the resolved alert", func() bool { return p.incident("INC-1")["alerts_firing"] == 0.0 })
	p.do("POST", "/api/v1/incidents/INC-1/resolve", document{"summary": "failed over", "actor": "ana"})
	status, text := p.call("POST", "/api/v1/incidents/INC-1/resolve", document{"actor": "ana"})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, string(text), "already resolved")
	p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": "Fail over by itself", "due": "2026-12-24"})
	p.stop()

	p = startMuster(t, dir)
	p.eventually("the ticket", func() bool { return len(p.get("/sandbox/state").list("jira.issues")) == 1 })
	p.eventually("PagerDuty to hear of the end", func() bool {
		return p.get("/sandbox/state").list("pagerduty.incidents")[0]["status"] == "resolved"
	})
	ticket := p.get("/sandbox/state").list("jira.issues")[0]
	p.eventually("the follow-up to know its ticket", func() bool {
		return p.incident("INC-1").list("followups")[0]["key"] == ticket["key"]
	})
	for accept, want := range map[string]string{
		"text/markdown": "failed over", "text/html": "failed over", "application/json": `"failed over"`,
	} {
		_, draft := p.call("GET", "/api/v1/incidents/INC-1/postmortem", nil, "Accept", accept)
		require.Contains(t, string(draft), want, accept)
	}
	p.do("POST", fmt.Sprintf("/sandbox/jira/issues/%s/status", ticket["key"]), document{"status": "Done"})
	p.eventually("the incident to close itself", func() bool { return p.incident("INC-1")["status"] == "closed" })

	p.requireNothingTwice()
	p.do("POST", "/webhooks/alertmanager", firing)
	require.Len(t, p.get("/api/v1/incidents").list("incidents"), 1, "an old delivery starts nothing")
	status, text = p.call("POST", "/api/v1/incidents/INC-1/notes", document{"text": "late", "actor": "ana"})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, string(text), "INC-1 is closed")
	p.stop()
}

// incident returns an incident as the API has it, or an empty document while it is not
// there.
func (p *process) incident(id string) document {
	status, text := p.call(http.MethodGet, "/api/v1/incidents/"+id, nil)
	if status == http.StatusNotFound {
		return document{}
	}
	require.Equal(p.t, http.StatusOK, status, "%s", text)
	return parse(p.t, text)
}

// settled says whether Muster has done its own steps.
func settled(inc document) bool {
	steps := inc.list("steps")
	for _, step := range steps {
		if step["kind"] == "automatic" && (step["state"] == "pending" || step["state"] == "running") {
			return false
		}
	}
	return len(steps) > 0
}

// requireNothingTwice looks at the vendors and the timeline from outside.
func (p *process) requireNothingTwice() {
	p.t.Helper()
	state := p.get("/sandbox/state")
	require.Len(p.t, state.incidentChannels(), 1)
	require.Len(p.t, state.list("pagerduty.incidents"), 1)
	require.Len(p.t, state.list("jira.issues"), 1)
	said := map[string]int{}
	for _, m := range state.incidentChannels()[0].list("messages") {
		said[fmt.Sprint(m["text"])]++
	}
	for text, times := range said {
		require.Equal(p.t, 1, times, "said more than once: %s", text)
	}
	for i, e := range p.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		require.EqualValues(p.t, i+1, e["seq"])
		require.NotEmpty(p.t, e["text"])
		require.NotEmpty(p.t, e["at"])
		require.NotEmpty(p.t, e["actor"])
	}
}

func TestAlertsAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/webhooks/alertmanager", capturedAlert(t, "webhook.DynamicLabels.resolved.json"))
	p.do("POST", "/webhooks/alertmanager", capturedAlert(t, "webhook.HighMemory.firing.json"))
	p.eventually("the incident of the firing alert", func() bool { return p.incident("INC-1")["id"] == "INC-1" })
	require.Contains(t, p.incident("INC-1")["title"], "HighMemory")
	require.Equal(t, "platform", p.incident("INC-1")["service"], "a service that nobody knows loses no alert")
	require.Len(t, p.get("/api/v1/incidents").list("incidents"), 1, "a resolved alert that was never seen starts nothing")
	status, text := p.call("POST", "/webhooks/alertmanager", []byte(`{"version":"4","alerts":[]`))
	require.Equal(t, http.StatusBadRequest, status, "%s", text)

	created := p.do("POST", "/api/v1/incidents", document{"title": "Checkout is slow", "service": "checkout", "severity": "sev3", "actor": "ana"})
	require.Equal(t, "INC-2", created["id"])
	p.do("POST", "/api/v1/incidents/INC-2/merge", document{"into": "INC-1", "actor": "ana"})
	p.eventually("the survivor to know", func() bool {
		for _, e := range p.get("/api/v1/incidents/INC-1/timeline").list("events") {
			if e["kind"] == "absorbed" {
				return true
			}
		}
		return false
	})
}

func TestWhatIsWrongAtTheStartIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	readOnly := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(readOnly, nil, 0o600))
	catalogue := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(catalogue, []byte("severities: []\nservcies: []\n"), 0o600))
	tests := map[string]struct {
		args []string
		want []string
	}{
		"the port of the API is taken": {
			args: []string{"--listen", occupied(t)}, want: []string{"already taken", "--listen"},
		},
		"the port of Temporal is taken": {
			args: []string{"--temporal-listen", occupied(t)}, want: []string{"already taken", "--temporal-listen"},
		},
		"the port of Temporal's web UI is taken": {
			args: []string{"--temporal-ui-listen", occupied(t)}, want: []string{"already taken", "--temporal-ui-listen"},
		},
		"the data directory cannot be written": {
			args: []string{"--data-dir", filepath.Join(readOnly, "data")}, want: []string{"data directory", "--data-dir"},
		},
		"the catalogue is broken": {
			args: []string{"--config", catalogue}, want: []string{"muster.yaml:2:1", "servcies"},
		},
		"the catalogue is missing": {
			args: []string{"--config", "nowhere.yaml"}, want: []string{"nowhere.yaml"},
		},
		"a vendor is configured by half": {
			args: []string{"--jira-url", "https://example.atlassian.net"}, want: []string{"MUSTER_JIRA_TOKEN"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{
				"dev", "--data-dir", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0",
				"--temporal-listen", "127.0.0.1:0", "--temporal-ui-listen", "127.0.0.1:0",
			}, test.args...)
			code, out := runMuster(t, args...)
			require.NotZero(t, code, out)
			for _, want := range test.want {
				require.Contains(t, out, want)
			}
			require.NotContains(t, out, "goroutine")
			require.Less(t, strings.Count(out, "\n"), 20, out)
		})
	}
}

func TestASecondMusterOnOneDataDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startMuster(t, dir)
	code, out := runMuster(t, "dev", "--data-dir", dir, "--listen", "127.0.0.1:0", "--temporal-listen", "127.0.0.1:0", "--temporal-ui-listen", "127.0.0.1:0")
	require.NotZero(t, code)
	require.Contains(t, out, "in use by another Muster process")
}
