package proof_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/proof"
	"muster/playbooks"
)

// A playbook that has one of everything the proof looks at.
const playbook = `
name: small
steps:
  - id: page
    title: Page
    do: pagerduty.page
    with: {summary: Help}
  - id: channel
    title: Channel
    do: slack.create_channel
    with: {name: inc}
hooks:
  - id: announce
    on: note_added
    title: Tell the channel
    do: slack.post
    with: {text: "${event.text}"}
  - id: file
    on: followup_added
    title: File it
    do: jira.create_issue
    with: {title: "${followup.title}"}
`

// sound is the evidence of a run in which all went well: one incident, resolved, with an
// alert, a note, a page, a channel with a message, and a follow-up that is open.
func sound(t *testing.T) *proof.Evidence {
	t.Helper()
	const installation, id = "0a1b2c3d", incident.ID("INC-1")
	journal := journalOf(t, id)
	state := incident.Fold(journal)
	e := &proof.Evidence{
		Installation: installation,
		Journals:     map[incident.ID][]incident.Event{id: journal},
		ReadModel:    map[incident.ID]incident.State{id: state},
		Timelines:    map[incident.ID][]client.Event{},
		Reports: map[incident.ID][]client.Alert{id: {
			{Fingerprint: "f1", StartsAt: noon, Status: "firing"}, {Fingerprint: "f1", StartsAt: noon, Status: "resolved"},
		}},
		Workflows: []proof.Workflow{
			{ID: "INC-1", Type: "Incident", Status: "Running"},
			{ID: "INC-1-F1", Type: "Followup", Status: "Running"},
			{ID: "sweep", Type: "TicketSweep", Status: "Completed"},
		},
		Ledger: ledger.Book{
			Alerts:   []ledger.Alert{alertTaken("f1", 1)},
			Expected: map[incident.ID]incident.Status{id: incident.Resolved},
			Commands: []ledger.Command{
				command("severity", incident.ChangeSeverity{Severity: "SEV2"}, 200),
				command("note", incident.AddNote{Text: "It burns"}, 200),
				command("followup", incident.AddFollowup{Title: "Bound the queue"}, 201),
				command("resolve", incident.Resolve{}, 200),
				command("mistake", incident.CompleteStep{Step: "nothing"}, 404),
			},
		},
	}
	for _, event := range journal {
		e.Timelines[id] = append(e.Timelines[id], client.Event{
			Seq: event.Seq, At: event.At, Kind: string(event.Kind()), Actor: event.Actor.Name, Text: event.Text(),
		})
	}
	view := client.Incident{
		ID: id, Title: state.Title, Status: state.Status, Severity: state.Severity, Service: state.Service.Name, Seq: state.Seq,
		Channel: &client.Channel{ID: "C1"},
		Alerts:  []client.Alert{{Fingerprint: "f1", StartsAt: noon, Status: "resolved"}}, AlertCount: 1,
		Pages:     []client.Page{{Key: "muster-0a1b2c3d-INC-1-page"}},
		Followups: []client.Followup{{ID: "F1", Key: "SHOP-1", Status: "To Do"}},
	}
	for _, step := range state.Steps {
		view.Steps = append(view.Steps, client.Step{ID: step.ID, Kind: string(step.Kind), State: string(step.State)})
	}
	e.Incidents, e.Viewed = []client.Incident{view}, map[incident.ID]client.Incident{id: view}
	e.Sandbox.Slack.Channels = []client.SlackChannel{{
		ID: "C1", Name: "inc", Purpose: "The response [muster:muster-0a1b2c3d-INC-1-channel]",
		Messages: []client.SlackMessage{{Text: "set the topic"}, message("muster-0a1b2c3d-INC-1-announce.10")},
	}}
	e.Sandbox.PagerDuty.Incidents = []client.PagerIncident{{ID: "P1", DedupKey: "muster-0a1b2c3d-INC-1-page", Status: "resolved"}}
	e.Sandbox.Jira.Issues = []client.Issue{{Key: "SHOP-1", Labels: []string{"muster", "muster-0a1b2c3d-inc-1-file-12"}}}
	return e
}

// journalOf writes the journal of the incident.
func journalOf(t *testing.T, id incident.ID) []incident.Event {
	t.Helper()
	p, err := playbooks.Parse("small.yaml", []byte(playbook))
	require.NoError(t, err)
	alert := incident.Alert{Fingerprint: "f1", Name: "HighErrorRate", StartsAt: noon}
	over := alert
	over.ResolvedAt = noon.Add(time.Minute)
	muster, person := incident.MusterActor(), incident.PersonActor("Sample Responder")
	var journal []incident.Event
	add := func(actor incident.Actor, cause string, fact incident.Fact) {
		journal = append(journal, incident.Event{
			Incident: id, Seq: len(journal) + 1, At: noon.Add(time.Duration(len(journal)) * time.Millisecond),
			Actor: actor, Cause: cause, Fact: fact,
		})
	}
	add(muster, "", incident.IncidentDeclared{
		Title: "Orders fail", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}},
		Service: incident.Service{Name: "checkout"},
	})
	state := incident.Fold(journal)
	attach, err := p.Attach(state)
	require.NoError(t, err)
	add(muster, "", incident.PlaybookAttached{
		Playbook: attach.Playbook, Roles: attach.Roles, Steps: attach.Steps, Document: marshal(t, p),
	})
	add(muster, "", incident.AlertsFired{Alerts: []incident.Alert{alert}})
	add(muster, "", incident.PageSent{Page: incident.Page{Key: "muster-0a1b2c3d-INC-1-page"}})
	add(muster, "", incident.StepCompleted{Step: "page", Title: "Page"})
	add(muster, "", incident.ChannelOpened{Channel: incident.Channel{ID: "C1", Name: "inc"}})
	add(muster, "", incident.StepCompleted{Step: "channel", Title: "Channel"})
	add(person, "api:change-severity:severity", incident.SeverityChanged{From: "SEV1", To: "SEV2"})
	add(muster, "", incident.AlertsResolved{Alerts: []incident.Alert{over}})
	add(person, "api:add-note:note", incident.NoteAdded{Body: "It burns"})
	add(muster, "", incident.StepCompleted{Step: "announce@10", Hook: "announce", Title: "Tell the channel"})
	add(person, "api:add-followup:followup", incident.FollowupAdded{Followup: incident.Followup{ID: "F1", Title: "Bound the queue"}})
	add(muster, "", incident.TicketFiled{Followup: "F1", Ticket: incident.Ticket{Key: "SHOP-1", Status: "To Do"}})
	add(muster, "", incident.StepCompleted{Step: "file@12", Hook: "file", Title: "File it"})
	add(person, "api:resolve-incident:resolve", incident.IncidentResolved{From: incident.Investigating})
	return journal
}
