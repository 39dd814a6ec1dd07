//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// alert is a delivery of one alert of a group, as Alertmanager sends it.
func alert(group, service string, started, ended time.Time) document {
	status, endsAt := "firing", "0001-01-01T00:00:00Z"
	if !ended.IsZero() {
		status, endsAt = "resolved", ended.Format(time.RFC3339Nano)
	}
	labels := document{"alertname": group, "service": service, "severity": "critical"}
	return document{
		"version": "4", "groupKey": fmt.Sprintf("{}:{alertname=%q}", group), "status": status, "receiver": "muster",
		"groupLabels": document{"alertname": group}, "commonLabels": labels, "commonAnnotations": document{},
		"externalURL": "http://alertmanager.example.com", "truncatedAlerts": 0,
		"alerts": []document{{
			"status": status, "labels": labels, "annotations": document{"summary": group + " of " + service},
			"startsAt": started.Format(time.RFC3339Nano), "endsAt": endsAt, "fingerprint": group,
			"generatorURL": "http://prometheus.example.com/graph",
		}},
	}
}

var started = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func (p *process) until(id, field string, want any) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("%s of %s to be %v", field, id, want), func() bool { return p.incident(id)[field] == want })
}

// step returns where a step stands.
func (p *process) step(id, step string) document {
	for _, s := range p.incident(id).list("steps") {
		if s["id"] == step {
			return s
		}
	}
	return document{}
}

func TestAnAlertThatWasAcceptedSurvivesAKillAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startMuster(t, dir)
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.kill()
	p = startMuster(t, dir)
	p.eventually("the automatic steps to be done", func() bool { return settled(p.incident("INC-1")) })
	state := p.get("/sandbox/state")
	require.Len(t, state.incidentChannels(), 1)
	require.Len(t, state.list("pagerduty.incidents"), 1)
	require.Len(t, p.get("/api/v1/incidents").list("incidents"), 1)
}

func TestAVendorThatIsDownCostsItsOwnStepsAndNothingElse(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/sandbox/faults", document{"vendor": "slack", "mode": "timeout_after_effect", "rate": 1, "count": 3})
	p.do("POST", "/sandbox/faults", document{"vendor": "jira", "mode": "rate_limit", "rate": 1, "count": 2})
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.eventually("the page", func() bool { return p.step("INC-1", "page")["state"] == "done" })
	p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": "Warn sooner"})
	p.eventually("Slack to be tried again", func() bool { return settled(p.incident("INC-1")) })
	p.eventually("Jira to be tried again", func() bool { return p.incident("INC-1").list("followups")[0]["key"] != "" })
	state := p.get("/sandbox/state")
	require.Len(t, state.incidentChannels(), 1, "a channel whose answer was lost is adopted, not created again")
	require.Len(t, state.list("jira.issues"), 1)
	require.Len(t, state.list("pagerduty.incidents"), 1)
}

func TestWhatFailsForGoodIsShownAndRetriedByAPerson(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/sandbox/faults", document{"vendor": "pagerduty", "mode": "down", "rate": 1})
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.eventually("the page to fail", func() bool { return p.step("INC-1", "page")["state"] == "failed" })
	require.NotEmpty(t, p.step("INC-1", "page")["error"])
	require.NotEmpty(t, p.step("INC-1", "page")["retry_at"], "an outage is tried again without anybody's help")
	require.Equal(t, "done", p.step("INC-1", "channel")["state"])
	p.do("POST", "/sandbox/faults", document{"mode": "none"})
	p.do("POST", "/api/v1/incidents/INC-1/steps/page/retry", document{"actor": "ana"})
	p.eventually("the page", func() bool { return p.step("INC-1", "page")["state"] == "done" })
	require.Len(t, p.get("/sandbox/state").list("pagerduty.incidents"), 1)
}

func TestAlertsFindTheIncidentThatTakesThem(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.until("INC-1", "status", "investigating")
	p.do("POST", "/api/v1/incidents/INC-1/cancel", document{"reason": "a test", "actor": "ana"})
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started.Add(time.Hour), time.Time{}))
	p.until("INC-2", "status", "investigating")
	require.Equal(t, "cancelled", p.incident("INC-1")["status"], "an alert after the end is another incident")

	p.do("POST", "/webhooks/alertmanager", alert("Latency", "checkout", started, time.Time{}))
	p.until("INC-3", "status", "investigating")
	status, _ := p.call("POST", "/api/v1/incidents/INC-3/merge", document{"into": "INC-1", "actor": "ana"})
	require.Equal(t, http.StatusConflict, status, "nothing merges into what has ended")
	p.do("POST", "/api/v1/incidents/INC-3/merge", document{"into": "INC-2", "actor": "ana"})
	p.until("INC-2", "alerts_firing", 2.0)
	p.do("POST", "/webhooks/alertmanager", alert("Latency", "checkout", started, started.Add(time.Hour)))
	p.until("INC-2", "alerts_firing", 1.0)
	p.eventually("the page of what was merged to end", func() bool {
		open := 0
		for _, page := range p.get("/sandbox/state").list("pagerduty.incidents") {
			if page["status"] != "resolved" {
				open++
			}
		}
		return open == 1
	})
	require.Len(t, p.get("/api/v1/incidents").list("incidents"), 3)
}

func TestATicketThatIsOpenedAgainIsTrackedAgain(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/api/v1/incidents", document{"title": "Checkout is slow", "service": "checkout", "severity": "SEV3", "actor": "ana"})
	for _, title := range []string{"Warn sooner", "Shed load"} {
		p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": title})
	}
	p.eventually("the tickets", func() bool {
		f := p.incident("INC-1").list("followups")
		return f[0]["key"] != "" && f[1]["key"] != ""
	})
	followup := func(i int) document { return p.incident("INC-1").list("followups")[i] }
	move := func(i int, to string) {
		p.do("POST", fmt.Sprintf("/sandbox/jira/issues/%s/status", followup(i)["key"]), document{"status": to})
		p.eventually("the news of "+to, func() bool { return followup(i)["status"] == to })
	}
	move(0, "Done")
	p.do("POST", "/api/v1/incidents/INC-1/resolve", document{"actor": "ana"})
	move(0, "In Progress")
	move(1, "Done")
	require.Equal(t, "resolved", p.incident("INC-1")["status"], "work that was taken up again keeps the incident open")
	move(0, "Done")
	p.until("INC-1", "status", "closed")
}
