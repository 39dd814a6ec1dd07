//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pagerDuty is the first of the sandbox's PagerDuty incidents.
func (p *process) pagerDuty() document {
	p.t.Helper()
	all := p.get("/sandbox/state").list("pagerduty.incidents")
	require.NotEmpty(p.t, all)
	return all[0]
}

// inPagerDuty has somebody do something to it.
func (p *process) inPagerDuty(act string, body document) {
	p.t.Helper()
	p.do("POST", fmt.Sprintf("/sandbox/pagerduty/incidents/%s/%s", p.pagerDuty()["id"], act), body)
}

// told are the lines of an incident's timeline of one kind.
func (p *process) told(id, kind string) []string {
	p.t.Helper()
	var lines []string
	for _, e := range p.get("/api/v1/incidents/" + id + "/timeline?limit=1000").list("events") {
		if e["kind"] == kind {
			lines = append(lines, fmt.Sprintf("%s: %s", e["actor"], e["text"]))
		}
	}
	return lines
}

// logged are the entries of PagerDuty's log of one kind, without Muster's marks.
func (p *process) logged(kind string) []string {
	p.t.Helper()
	var lines []string
	for _, e := range p.pagerDuty().list("log") {
		if e["kind"] == kind {
			text, _, _ := strings.Cut(fmt.Sprint(e["text"]), "\n[muster:")
			lines = append(lines, strings.TrimSuffix(fmt.Sprint(e["actor"], ": ", text), ": <nil>"))
		}
	}
	return lines
}

// What people do in PagerDuty reaches the incident once, what they do in Muster reaches
// PagerDuty once, and neither comes back.
func TestPagerDutyAndTheIncidentKeepInStep(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/api/v1/incidents", document{"title": "Checkout fails", "service": "search", "severity": "SEV3", "actor": "ana"})
	p.eventually("the page", func() bool { return len(p.get("/sandbox/state").list("pagerduty.incidents")) == 1 })
	p.eventually("the priority", func() bool { return p.pagerDuty()["priority"] == "SEV3" })

	status, text := p.call("POST", "/webhooks/pagerduty", document{"event": document{"id": "forged", "event_type": "incident.resolved"}})
	require.Equal(t, http.StatusUnauthorized, status, "%s", text)

	const two, five = "responder-two@example.com", "responder-five@example.com"
	p.inPagerDuty("acknowledge", document{"by": two})
	p.eventually("the acknowledgement", func() bool { return p.incident("INC-1")["acknowledged_at"] != nil })
	require.Equal(t, []string{"Sample Responder Two: Acknowledged"}, p.told("INC-1", "acknowledged"))

	p.inPagerDuty("priority", document{"by": two, "priority": "SEV1"})
	p.eventually("the severity", func() bool { return p.incident("INC-1")["severity"] == "SEV1" })
	p.do("POST", "/api/v1/incidents/INC-1/severity", document{"severity": "SEV2", "actor": "ana"})
	p.eventually("the priority to follow", func() bool { return p.pagerDuty()["priority"] == "SEV2" })

	p.inPagerDuty("note", document{"by": two, "text": "rolled back"})
	p.eventually("the note", func() bool { return len(p.told("INC-1", "note_added")) == 1 })
	p.do("POST", "/api/v1/incidents/INC-1/notes", document{"text": "rolled forward", "actor": "ana"})
	p.eventually("the note in PagerDuty", func() bool { return len(p.logged("annotate")) == 2 })

	p.do("POST", "/api/v1/incidents/INC-1/help", document{"person": five, "message": "the database needs you", "actor": "ana"})
	p.eventually("the request for help", func() bool { return len(p.pagerDuty().list("responders")) == 1 })
	p.inPagerDuty("reply", document{"by": five, "reply": "joined"})
	p.inPagerDuty("reassign", document{"by": two, "to": five})
	p.inPagerDuty("note", document{"by": five, "text": "the end"})
	p.eventually("the last note", func() bool { return strings.HasSuffix(strings.Join(p.told("INC-1", "note_added"), "\n"), "the end") })

	p.inPagerDuty("resolve", document{"by": five})
	p.eventually("the resolution", func() bool { return p.incident("INC-1")["status"] == "resolved" })
	p.eventually("all that follows", func() bool { return settled(p.incident("INC-1")) })

	require.Equal(t, []string{
		"Sample Responder Two: Sample Responder Two said: rolled back", "ana: rolled forward",
		"Sample Responder Five: Accepted the request for help in PagerDuty", "Sample Responder Five: Sample Responder Five said: the end",
	}, p.told("INC-1", "note_added"))
	require.Equal(t, []string{two + ": rolled back", "muster@example.com: rolled forward — ana", five + ": the end"}, p.logged("annotate"))
	require.Equal(t, []string{
		"Sample Responder Two: Severity raised from SEV3 to SEV1: priority SEV1 in PagerDuty", "ana: Severity lowered from SEV1 to SEV2",
	}, p.told("INC-1", "severity_changed"))
	require.Equal(t, []string{"muster@example.com: SEV3", two + ": SEV1", "muster@example.com: SEV2"}, p.logged("priority"))
	require.Equal(t, []string{two}, p.logged("acknowledge"), "who has acknowledged there is not told so")
	require.Equal(t, []string{five}, p.logged("resolve"))
	require.Equal(t, []string{"muster@example.com: Sample Responder Five"}, p.logged("responder_request"))
	require.Len(t, p.told("INC-1", "resolved"), 1)
	p.stop()
}

// pageOn is the PagerDuty incident of a service, with its name there.
func (p *process) pageOn(service string) document {
	p.t.Helper()
	for _, one := range p.get("/sandbox/state").list("pagerduty.incidents") {
		if one["service"] == service {
			return one
		}
	}
	return nil
}

// An incident may have pages on several services of PagerDuty. Each goes its own way there,
// and the sandbox takes an event only with the key of the service that it is for.
func TestAnIncidentHasPagesOnSeveralServices(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/api/v1/incidents", document{"title": "Checkout fails", "service": "search", "severity": "SEV2", "actor": "ana"})
	p.eventually("the first page", func() bool { return p.pageOn("PSEARCH") != nil })
	p.do("POST", "/api/v1/incidents/INC-1/help", document{"service": "identity", "message": "who signs in?", "actor": "ana"})
	p.eventually("the second page", func() bool { return p.pageOn("PIDENTY") != nil })
	status := func(service string) any { return p.pageOn(service)["status"] }
	act := func(service, act string, body document) {
		p.do("POST", fmt.Sprintf("/sandbox/pagerduty/incidents/%s/%s", p.pageOn(service)["id"], act), body)
	}

	p.do("POST", "/api/v1/incidents/INC-1/acknowledge", document{"actor": "ana"})
	p.eventually("the page to be taken", func() bool { return status("PSEARCH") == "acknowledged" })
	require.Equal(t, "triggered", status("PIDENTY"), "those who are asked for help answer for themselves")

	const five = "responder-five@example.com"
	act("PIDENTY", "acknowledge", document{"by": five})
	act("PIDENTY", "note", document{"by": five, "text": "nobody does"})
	act("PSEARCH", "note", document{"by": five, "text": "nobody searches"})
	p.eventually("the news of both", func() bool { return len(p.told("INC-1", "note_added")) == 2 })
	require.ElementsMatch(t, []string{
		"Sample Responder Five: Sample Responder Five said: nobody does", "Sample Responder Five: Sample Responder Five said: nobody searches",
	}, p.told("INC-1", "note_added"))
	p.eventually("the acknowledgement", func() bool {
		return strings.Contains(strings.Join(p.told("INC-1", "page_changed"), "\n"), "Sample Responder Five: In the pager: acknowledged")
	})
	require.Len(t, p.told("INC-1", "acknowledged"), 1)

	p.do("POST", "/api/v1/incidents/INC-1/resolve", document{"summary": "rolled back", "actor": "ana"})
	p.eventually("both pages to end", func() bool { return status("PSEARCH") == "resolved" && status("PIDENTY") == "resolved" })
	p.stop()
}

// Teams are known to PagerDuty by the policies and schedules that muster.yaml names.
func TestATeamIsAskedByItsEscalationPolicy(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	onCall := p.get("/api/v1/oncall?team=payments").list("duties")
	require.Len(t, onCall, 2, "by its policy and its schedule")
	first := fmt.Sprint(onCall[0].list("people")[0]["name"])
	require.Contains(t, first, "Sample Responder")
	require.Equal(t, first, onCall[1].list("people")[0]["name"])

	p.do("POST", "/api/v1/incidents", document{"title": "Checkout fails", "service": "search", "severity": "SEV2", "actor": "ana"})
	p.eventually("the page", func() bool { return p.pageOn("PSEARCH") != nil })
	p.do("POST", "/api/v1/incidents/INC-1/help", document{"team": "payments", "message": "who pays?", "actor": "ana"})
	p.eventually("the request", func() bool { return len(p.pageOn("PSEARCH").list("responders")) == 1 })
	require.Len(t, p.get("/sandbox/state").list("pagerduty.incidents"), 1, "who can be asked on the open page gets none of their own")
	require.Equal(t, []string{"ana: Asked team payments to help: who pays?"}, p.told("INC-1", "help_requested"))
	p.stop()
}

// Whom PagerDuty assigns after the start is let into the channel, once, and counts as on call.
func TestWhoIsAssignedInPagerDutyIsLetIntoTheChannel(t *testing.T) {
	t.Parallel()
	p := startMuster(t, t.TempDir())
	p.do("POST", "/api/v1/incidents", document{"title": "Search fails", "service": "search", "severity": "SEV2", "actor": "ana"})
	p.eventually("the page and the channel", func() bool {
		return p.pageOn("PSEARCH") != nil && settled(p.incident("INC-1")) && len(p.incident("INC-1").list("present")) > 0
	})
	first := fmt.Sprint(p.incident("INC-1").list("on_call")[0]["name"])
	const two, five = "responder-two@example.com", "responder-five@example.com"
	onCall := func(name string) {
		p.t.Helper()
		p.eventually(name+" to be on call", func() bool {
			now := p.incident("INC-1").list("on_call")
			return len(now) == 1 && now[0]["name"] == name
		})
	}
	p.inPagerDuty("reassign", document{"by": two, "to": five})
	onCall("Sample Responder Five")
	p.comesIn("INC-1", "Sample Responder Five")
	p.inPagerDuty("reassign", document{"by": five, "to": two})
	onCall("Sample Responder Two")
	p.comesIn("INC-1", "Sample Responder Two")
	p.inPagerDuty("reassign", document{"by": two, "to": five})
	onCall("Sample Responder Five")
	p.inPagerDuty("resolve", document{"by": five})
	p.eventually("all that follows", func() bool {
		return p.incident("INC-1")["status"] == "resolved" && settled(p.incident("INC-1"))
	})
	// Whichever is written down first, that somebody was invited or that they joined, may leave
	// nothing new for the other to say.
	joined, invited := strings.Join(p.told("INC-1", "responder_joined"), "\n"), strings.Join(p.told("INC-1", "responders_invited"), "\n")
	for _, name := range []string{first, "Sample Responder Two", "Sample Responder Five"} {
		times := []int{strings.Count(joined, name+" joined"), strings.Count(invited, name)}
		require.Equal(t, 1, slices.Max(times), "%s in %q and %q", name, joined, invited)
	}
	p.stop()
}
