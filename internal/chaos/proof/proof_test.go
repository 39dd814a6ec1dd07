package proof_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/proof"
)

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	t.Parallel()
	for _, result := range proof.Examine(sound(t)) {
		require.Empty(t, result.Violations, result.Name)
		require.Positive(t, result.Examined, "%s looked at nothing", result.Name)
	}
}

// Each row breaks one promise in sound evidence. A check that cannot fail is none.
func TestEachBrokenPromiseIsFound(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		broken string
		by     func(*proof.Evidence)
		// found is the check that must find it, says a part of what it says.
		found, says string
	}{
		{
			"an alert is in no incident",
			func(e *proof.Evidence) { e.Ledger.Alerts = append(e.Ledger.Alerts, alertTaken("lost", 1)) },
			"Every alert answered 202", "found it in 0",
		},
		{
			"an alert was reported to two incidents",
			func(e *proof.Evidence) { e.Reports["INC-2"] = e.Reports["INC-1"] },
			"Every alert answered 202", "found it in 2: INC-1, INC-2",
		},
		{
			"an alert fired in two incidents",
			func(e *proof.Evidence) { e.Journals["INC-2"] = relabelled(e.Journals["INC-1"], "INC-2") },
			"Every alert answered 202", "fires twice, on the timelines of INC-1 and INC-2",
		},
		{
			"an alert was counted twice",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = continued(e.Journals["INC-1"], incident.AlertsFired{Crowd: map[string]int{"HighErrorRate": 1}})
			},
			"Every alert answered 202", "has 1 reports of alerts that fire, and its timeline tells of 2",
		},
		{
			"the API does not show an alert",
			func(e *proof.Evidence) { edit(e, "INC-1", func(v *client.Incident) { v.Alerts = nil }) },
			"Every alert answered 202", "was reported to INC-1: expected the API to show it",
		},
		{
			"an incident counts fewer alerts than it had",
			func(e *proof.Evidence) {
				edit(e, "INC-1", func(v *client.Incident) { v.AlertCount = 0 })
			},
			"Every alert answered 202", "expected 1 alerts by its journal, the API counts 0",
		},
		{
			"an alert that nobody sent",
			func(e *proof.Evidence) { e.Ledger.Alerts = nil },
			"Every alert answered 202", "nobody has sent it",
		},
		{
			"the end of an alert was lost",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = without(e.Journals["INC-1"], "alerts_resolved")
			},
			"Every alert whose end", "still fires in INC-1",
		},
		{
			"the end of an alert among many was lost",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = continued(e.Journals["INC-1"], incident.AlertsFired{Crowd: map[string]int{"HighErrorRate": 1}})
				crowd := []client.Alert{{Fingerprint: "f2", StartsAt: noon, Status: "firing"}, {Fingerprint: "f2", StartsAt: noon, Status: "resolved"}}
				e.Reports["INC-1"] = append(e.Reports["INC-1"], crowd...)
			},
			"Every alert whose end", "by its reports 0 alerts fire, by its timeline 1",
		},
		{
			"an accepted command is not on the timeline",
			func(e *proof.Evidence) { e.Journals["INC-1"] = without(e.Journals["INC-1"], "note_added") },
			"Every command answered 2xx", "expected an event, found none",
		},
		{
			"an accepted command is on the timeline twice",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = append(e.Journals["INC-1"], only(e.Journals["INC-1"], "note_added"))
			},
			"Every command answered 2xx", "expected one event, found 2",
		},
		{
			"an accepted command went to another incident",
			func(e *proof.Evidence) { e.Ledger.Commands[1].Incident = "INC-2" },
			"Every command answered 2xx", "its event is in INC-1",
		},
		{
			"a note is not on the API's timeline",
			func(e *proof.Evidence) {
				e.Timelines["INC-1"] = e.Timelines["INC-1"][:1]
			},
			"Every command answered 2xx", "found it 0 times",
		},
		{
			"a refused command took effect",
			func(e *proof.Evidence) { e.Ledger.Commands[1].Status = 409 },
			"No command that was refused", "expected no event, found INC-1 note_added",
		},
		{
			"a command was refused for no reason",
			func(e *proof.Evidence) {
				e.Ledger.Commands = append(e.Ledger.Commands, command("late", incident.AddNote{Text: "Anything"}, 409))
			},
			"Every refusal", "the rules allow it",
		},
		{
			"an incident is not as its commands imply",
			func(e *proof.Evidence) { e.Ledger.Expected["INC-1"] = incident.Closed },
			"Every incident has the status", "imply closed, found resolved",
		},
		{
			"an incident that nobody asked for",
			func(e *proof.Evidence) { delete(e.Ledger.Expected, "INC-1") },
			"Every incident has the status", "nobody expected",
		},
		{
			"an incident is gone",
			func(e *proof.Evidence) { e.Ledger.Expected["INC-9"] = incident.Closed },
			"Every incident has the status", "there is no such incident",
		},
		{
			"a second channel",
			func(e *proof.Evidence) {
				again := e.Sandbox.Slack.Channels[0]
				again.ID = "C2"
				e.Sandbox.Slack.Channels = append(e.Sandbox.Slack.Channels, again)
			},
			"Each incident has exactly one channel", "found 2: C1, C2",
		},
		{
			"no channel where the timeline tells of one",
			func(e *proof.Evidence) { e.Sandbox.Slack.Channels = nil },
			"Each incident has exactly one channel", "expected the channel C1",
		},
		{
			"a channel of nobody",
			func(e *proof.Evidence) { e.Sandbox.Slack.Channels[0].Purpose = "Chat" },
			"Each incident has exactly one channel", "no incident's mark",
		},
		{
			"a channel of which no timeline tells",
			func(e *proof.Evidence) { e.Journals["INC-1"] = without(e.Journals["INC-1"], "channel_opened") },
			"Each incident has exactly one channel", "of which its journal does not tell",
		},
		{
			"a page was sent twice",
			func(e *proof.Evidence) {
				e.Sandbox.PagerDuty.Incidents = append(e.Sandbox.PagerDuty.Incidents, e.Sandbox.PagerDuty.Incidents[0])
			},
			"Each intent to page", "more than once",
		},
		{
			"a page was never sent",
			func(e *proof.Evidence) { e.Sandbox.PagerDuty.Incidents = nil },
			"Each intent to page", "the pager does not have it",
		},
		{
			"a page of which no timeline tells",
			func(e *proof.Evidence) { e.Journals["INC-1"] = without(e.Journals["INC-1"], "page_sent") },
			"Each intent to page", "of which no timeline tells",
		},
		{
			"a page is left open",
			func(e *proof.Evidence) { e.Sandbox.PagerDuty.Incidents[0].Status = "triggered" },
			"No page is left open", "still triggered",
		},
		{
			"a ticket was filed twice",
			func(e *proof.Evidence) {
				again := e.Sandbox.Jira.Issues[0]
				again.Key = "SHOP-2"
				e.Sandbox.Jira.Issues = append(e.Sandbox.Jira.Issues, again)
			},
			"Each follow-up has exactly one ticket", "SHOP-1 and SHOP-2 are for the same follow-up",
		},
		{
			"a ticket is gone",
			func(e *proof.Evidence) { e.Sandbox.Jira.Issues = nil },
			"Each follow-up has exactly one ticket", "the tracker does not have",
		},
		{
			"a ticket was never filed",
			func(e *proof.Evidence) { e.Journals["INC-1"] = without(e.Journals["INC-1"], "ticket_filed") },
			"Each follow-up has exactly one ticket", "open and has no ticket",
		},
		{
			"a message was posted twice",
			func(e *proof.Evidence) {
				c := &e.Sandbox.Slack.Channels[0]
				c.Messages = append(c.Messages, c.Messages[1])
			},
			"Each message was posted exactly once", "stands twice",
		},
		{
			"a message is missing",
			func(e *proof.Evidence) { e.Sandbox.Slack.Channels[0].Messages = nil },
			"Each message was posted exactly once", "there is no message",
		},
		{
			"a message that nobody asked for",
			func(e *proof.Evidence) {
				e.Sandbox.Slack.Channels[0].Messages = append(e.Sandbox.Slack.Channels[0].Messages, message("muster-0a1b2c3d-INC-1-announce.99"))
			},
			"Each message was posted exactly once", "no timeline tells of",
		},
		{
			"the reaction of a hook never happened",
			func(e *proof.Evidence) { e.Journals["INC-1"] = without(e.Journals["INC-1"], "step_completed") },
			"Nothing that the playbook asks for", "was never settled",
		},
		{
			"a step is left failed",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = continued(e.Journals["INC-1"],
					incident.StepFailed{Step: "announce@99", Hook: "announce", Title: "Tell the channel", Error: "no"})
			},
			"Nothing that the playbook asks for", "announce@99 is failed",
		},
		{
			"an event is missing",
			func(e *proof.Evidence) {
				e.Journals["INC-1"] = append(e.Journals["INC-1"][:2:2], e.Journals["INC-1"][3:]...)
			},
			"Journal sequences", "expected event 3, found INC-1/4",
		},
		{
			"an event is missing on the API's timeline",
			func(e *proof.Evidence) { e.Timelines["INC-1"] = e.Timelines["INC-1"][1:] },
			"Journal sequences", "expected event 1 on the API's timeline, found 2",
		},
		{
			"the read model is behind",
			func(e *proof.Evidence) {
				s := e.ReadModel["INC-1"]
				s.Title = "Another"
				e.ReadModel["INC-1"] = s
			},
			"The read model", "is not the fold",
		},
		{
			"the read model lacks an incident",
			func(e *proof.Evidence) { e.ReadModel = nil },
			"The read model", "not in the read model",
		},
		{
			"the API shows another severity",
			func(e *proof.Evidence) { edit(e, "INC-1", func(v *client.Incident) { v.Severity = "SEV4" }) },
			"The API shows", "SEV4",
		},
		{
			"the API's timeline says something else",
			func(e *proof.Evidence) { e.Timelines["INC-1"][2].Text = "Something else" },
			"The API shows", "event 3",
		},
		{
			"the list lacks an incident",
			func(e *proof.Evidence) { e.Incidents = nil },
			"The list shows", "shows it 0 times",
		},
		{
			"the list shows an incident twice",
			func(e *proof.Evidence) { e.Incidents = append(e.Incidents, e.Incidents[0]) },
			"The list shows", "shows it 2 times",
		},
		{
			"a workflow failed",
			func(e *proof.Evidence) {
				e.Workflows = append(e.Workflows, proof.Workflow{ID: "INC-1", Type: "Incident", Status: "Failed"})
			},
			"No workflow failed", "found Failed",
		},
		{
			"a workflow was terminated",
			func(e *proof.Evidence) { e.Workflows[0].Status = "Terminated" },
			"No workflow failed", "no workflow INC-1 runs",
		},
		{
			"a workflow is stuck",
			func(e *proof.Evidence) { e.Workflows[0].TaskAttempt = 3 },
			"No workflow failed", "attempt 3",
		},
		{
			"a workflow is not done",
			func(e *proof.Evidence) { e.Workflows[0].Activities = []string{"record_events"} },
			"No workflow failed", "still works on record_events",
		},
		{
			"a workflow runs for nothing",
			func(e *proof.Evidence) {
				e.Workflows = append(e.Workflows, proof.Workflow{ID: "INC-7", Type: "Incident", Status: "Running"})
			},
			"No workflow failed", "nothing left for it to do",
		},
		{
			"a follow-up is not tracked",
			func(e *proof.Evidence) { e.Workflows = e.Workflows[:1] },
			"No workflow failed", "no workflow INC-1-F1 runs",
		},
		{
			"an alert waits in the inbox",
			func(e *proof.Evidence) { e.Pending = []string{"alert x"} },
			"The inbox", "alert x",
		},
		{
			"an alert was handed on and never recorded",
			func(e *proof.Evidence) { e.Sent = 3 },
			"The inbox", "3 items",
		},
		{
			"the process died",
			func(e *proof.Evidence) { e.Deaths = []string{"exit status 2"} },
			"The process ended", "exit status 2",
		},
		{
			"something never happened",
			func(e *proof.Evidence) { e.Ledger.Broken = []string{"no incident"} },
			"Nothing was waited for", "no incident",
		},
	} {
		t.Run(row.broken, func(t *testing.T) {
			t.Parallel()
			e := sound(t)
			row.by(e)
			for _, result := range proof.Examine(e) {
				if strings.HasPrefix(result.Name, row.found) {
					require.Contains(t, strings.Join(result.Violations, "\n"), row.says)
					return
				}
			}
			require.Fail(t, "there is no check "+row.found)
		})
	}
}

func alertTaken(fingerprint string, number int) ledger.Alert {
	return ledger.Alert{Occurrence: ledger.Occurrence{Fingerprint: fingerprint, StartsAt: noon}, Case: number, Resolved: true}
}

func command(key string, intent incident.Intent, status int) ledger.Command {
	return ledger.Command{Key: key, Incident: "INC-1", Intent: intent, Status: status, SentAt: noon, AnsweredAt: noon.Add(time.Second)}
}

func message(key string) client.SlackMessage {
	var m client.SlackMessage
	m.Metadata.Payload.Key = key
	return m
}

func edit(e *proof.Evidence, id incident.ID, change func(*client.Incident)) {
	view := e.Viewed[id]
	change(&view)
	e.Viewed[id] = view
}

// without leaves out the events of a kind and numbers the others anew.
func without(journal []incident.Event, kind incident.Kind) []incident.Event {
	var kept []incident.Event
	for _, event := range journal {
		if event.Kind() != kind {
			event.Seq = len(kept) + 1
			kept = append(kept, event)
		}
	}
	return kept
}

func only(journal []incident.Event, kind incident.Kind) incident.Event {
	for _, event := range journal {
		if event.Kind() == kind {
			return event
		}
	}
	return incident.Event{}
}

func continued(journal []incident.Event, fact incident.Fact) []incident.Event {
	last := journal[len(journal)-1]
	last.Seq++
	last.Fact, last.Cause = fact, ""
	return append(journal[:len(journal):len(journal)], last)
}

func relabelled(journal []incident.Event, id incident.ID) []incident.Event {
	var all []incident.Event
	for _, event := range journal {
		event.Incident = id
		all = append(all, event)
	}
	return all
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// marshal is for documents that always encode.
func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}
