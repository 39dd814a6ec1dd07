package card_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a card, written as text, with a file of testdata.
func golden(t *testing.T, name string, got chat.Card) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	text := "Summary: " + got.Summary + "\n" + got.String() + "\n"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with -update")
	require.Equal(t, string(want), text)
}

var (
	began = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	pages = card.Pages{Muster: "https://muster.example.com/", Temporal: "https://temporal.example.com/namespaces/default"}
	links = []string{card.IncidentLink, card.PostmortemLink, card.RunbooksLink, card.TemporalLink}
	one   = incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	two   = incident.Person{Name: "Second Responder", Email: "second@example.com"}
)

func after(d time.Duration) time.Time { return began.Add(d) }

// declared is an incident that nobody has looked at.
func declared() incident.State {
	return incident.State{
		ID: "INC-42", Title: "Checkout fails", Summary: "Every third payment is refused.", Status: incident.Investigating, Severity: "SEV2",
		Scale: []incident.SeverityLevel{{Name: "SEV1", UpdateEvery: 30 * time.Minute}, {Name: "SEV2", UpdateEvery: time.Hour}, {Name: "SEV3"}},
		Service: incident.Service{
			Name: "checkout", Team: "payments", Runbooks: []incident.Link{{Title: "Checkout runbook", URL: "https://wiki.example.com/checkout"}},
		},
		DeclaredBy: incident.VendorActor("Alertmanager"), DeclaredAt: began,
		Roles: []incident.Role{
			{ID: "commander", Title: "incident commander"}, {ID: "communications", Title: "communications lead"},
		},
		Steps: []incident.Step{
			{ID: "page", Title: "Page the on-call", Kind: incident.Automatic, State: incident.Done, Do: "pagerduty.page"},
			{
				ID: "assess", Title: "Confirm the severity", Kind: incident.Manual, State: incident.Waiting, Role: "commander", StartedAt: began,
				Instructions: "Look from the outside first.", Links: []incident.Link{{Title: "Dashboard", URL: "https://grafana.example.com/d/1"}},
			},
			{ID: "verify", Title: "Check from the outside", Kind: incident.Manual, State: incident.Pending},
		},
		Alerts: []incident.Alert{
			{Name: "ErrorRate", Annotations: map[string]string{"summary": "30% errors"}, URL: "https://alerts.example.com/1"},
			{Name: "Latency"}, {Name: "Saturation"}, {Name: "QueueLength"},
			{Name: "Gone", ResolvedAt: began},
		},
		Pages: []incident.Page{{Key: "k", URL: "https://pager.example.com/P1"}}, OnCall: []incident.Person{one, two},
		Channel: incident.Channel{ID: "C1", Name: "inc-42-checkout", URL: "https://chat.example.com/C1"},
		Seq:     9, At: began,
	}
}

// underway is the same one with people at work.
func underway() incident.State {
	s := declared()
	s.Status, s.SeverityConfirmed = incident.Identified, true
	s.AcknowledgedBy, s.AcknowledgedAt = incident.PersonActor(one.Name), after(4*time.Minute)
	s.Roles[0].Holder, s.Roles[0].HolderEmail = one.Name, one.Email
	s.Update, s.UpdatedAt = "We roll back release 7.\nPayments recover.", after(20*time.Minute)
	s.Steps = []incident.Step{
		{ID: "page", Title: "Page the on-call", Kind: incident.Automatic, State: incident.Done},
		{ID: "statement", Title: "Approve the statement", Kind: incident.Approval, State: incident.Waiting, Role: "commander", StartedAt: after(5 * time.Minute), Quorum: 2, Approvals: []incident.Approved{{By: one.Name}}},
		{ID: "way", Title: "How do we go on?", Kind: incident.Decision, State: incident.Waiting, Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "off", Title: "Switch it off"}}, StartedAt: after(5 * time.Minute)},
		{ID: "quiet", Title: "Wait for quiet", Kind: incident.Wait, State: incident.Waiting, Until: "10m have passed", StartedAt: after(5 * time.Minute)},
		{ID: "deploy", Title: "Deploy", Kind: incident.Automatic, State: incident.Failed, Error: "http.request: 502", RetryAt: after(30 * time.Minute)},
		{ID: "ask", Title: "Ask the vendor", Kind: incident.Manual, State: incident.Waiting, Assignee: "Third Responder", AddedBy: one.Name},
		{ID: "rejected", Title: "Tell the press", Kind: incident.Approval, State: incident.Failed, Error: "rejected by Second Responder"},
		{ID: "other", Title: "Another way", Kind: incident.Manual, State: incident.Skipped, LeftOut: true},
		{ID: "later", Title: "Check from the outside", Kind: incident.Manual, State: incident.Pending},
	}
	s.Followups = []incident.Followup{
		{ID: "F1", Title: "Alert on refusals", Done: true, Ticket: incident.Ticket{Key: "PAY-1", URL: "https://tracker.example.com/PAY-1", Status: "Done"}},
		{ID: "F2", Title: "Test the rollback", Owner: "second@example.com", Due: began.AddDate(0, 0, -3), Ticket: incident.Ticket{Key: "PAY-2", URL: "https://tracker.example.com/PAY-2", Status: "To Do"}},
		{ID: "F3", Title: "Write it down", Due: began.AddDate(0, 0, 7)},
	}
	return s
}

// over is the same one after its resolution.
func over() incident.State {
	s := underway()
	s.Status, s.ResolvedAt, s.PostmortemAt, s.Resolution = incident.Resolved, after(65*time.Minute), after(66*time.Minute), "Release 7 was rolled back."
	s.Steps, s.Alerts = s.Steps[:1], nil
	return s
}

func TestCardsReadAsTheyShould(t *testing.T) {
	t.Parallel()
	exercise := declared()
	exercise.Exercise = &incident.Exercise{}
	merged := underway()
	merged.Status, merged.MergedInto, merged.EndedAt = incident.Merged, "INC-41", after(time.Hour)
	many := declared()
	for _, id := range strings.Fields("b c d e f g h i j k") {
		many.Steps = append(many.Steps, incident.Step{ID: id, Title: "Step " + id, Kind: incident.Manual, State: incident.Waiting})
	}
	for name, got := range map[string]chat.Card{
		"brief_declared":  card.Brief(declared(), declared().Outlook(), pages, links),
		"brief_underway":  card.Brief(underway(), underway().Outlook(), pages, links),
		"brief_resolved":  card.Brief(over(), over().Outlook(), pages, links),
		"brief_merged":    card.Brief(merged, merged.Outlook(), pages, links),
		"brief_exercise":  card.Brief(exercise, exercise.Outlook(), card.Pages{}, links),
		"brief_many":      card.Brief(many, many.Outlook(), pages, nil),
		"announced":       card.Announcement(underway(), pages),
		"announced_over":  card.Announcement(over(), pages),
		"announced_drill": card.Announcement(exercise, pages),
		"status_exercise": card.Status(exercise, pages),
		"list_exercise":   card.List("Open incidents", []incident.State{exercise}, false, pages),
		"status":          card.Status(underway(), pages),
		"steps":           card.Steps(underway(), pages),
		"steps_none":      card.Steps(over(), pages),
		"list":            card.List("Open incidents", []incident.State{declared(), underway()}, true, pages),
		"list_none":       card.List("Open incidents", nil, false, pages),
		"followups":       card.Followups(underway(), began, pages),
		"followups_none":  card.Followups(declared(), began, pages),
		"help":            card.Help("/incident", "Say what you want of Muster.", []card.Topic{{Usage: "declare WHAT", Does: "declares an incident"}, {Does: "opens the form"}}),
		"private":         card.Private(exercise, "*Severity* changed from SEV3 to SEV2", pages),
		"answer":          card.Answer("There is no incident here.", "Try *help*."),
		"digest": card.Digest(card.Day{
			Since: began, Until: began.AddDate(0, 0, 1), Open: []incident.State{declared()}, Resolved: slices.Repeat([]incident.State{over()}, 11),
			Overdue: []card.OverdueFollowup{{Incident: "INC-40", Followup: underway().Followups[1]}},
		}, pages),
		"digest_quiet": card.Digest(card.Day{Since: began, Until: began.AddDate(0, 0, 1)}, card.Pages{}),
		"timeline":     card.Timeline(underway(), events(), 0, pages),
		"timeline_new": card.Timeline(underway(), nil, 0, card.Pages{}),
		"prompt": card.Message(card.Said{
			Text: "*A status update is due* for INC-42.", To: []incident.Person{one}, Links: pages.Links(underway(), links, ""),
			Buttons: card.Buttons(underway(), []string{"update", "snooze"}, card.Matter{Hook: "update-due"}, pages),
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, got)
		})
	}
}

// events are some of everything that a timeline can have.
func events() []incident.Event {
	facts := []incident.Fact{
		incident.UpdatePosted{Body: "We are looking."},
		incident.StepStarted{Step: "page", Title: "Page", Type: incident.Automatic},
		incident.StepCompleted{Step: "page", Title: "Page"},
		incident.MessageShown{ShownMessage: incident.ShownMessage{Purpose: incident.ShownBrief}},
		incident.StatusChanged{From: incident.Investigating, To: incident.Identified},
		incident.NoteAdded{Body: "Release 7 went out at 13:58."},
		incident.NoteAdded{Body: "We roll back", Decision: true},
		incident.RoleAssigned{Role: "commander", Title: "incident commander", To: one.Name},
		incident.StepFailed{Step: "topic", Title: "Set the topic", Error: "no answer", RetryAt: after(9 * time.Minute)},
		incident.StepRetried{Step: "topic", Title: "Set the topic"},
		incident.StepStarted{Step: "topic", Title: "Set the topic", Type: incident.Automatic},
		incident.StepFailed{Step: "topic", Title: "Set the topic", Error: "no answer", RetryAt: after(12 * time.Minute)},
		incident.StepCompleted{Step: "topic", Title: "Set the topic"},
		incident.StepFailed{Step: "link", Title: "Set the link", Error: "no answer", RetryAt: after(14 * time.Minute)},
		incident.StepCompleted{Step: "tell@3", Hook: "tell", Title: "Tell those who follow", Note: "nobody follows", Idle: true},
	}
	all := make([]incident.Event, len(facts))
	for i, fact := range facts {
		actor := incident.PersonActor(one.Name)
		switch fact.(type) {
		case incident.StepStarted, incident.StepCompleted, incident.StepFailed, incident.StepRetried, incident.MessageShown:
			actor = incident.MusterActor()
		}
		all[i] = incident.Event{Incident: "INC-42", Seq: i + 1, At: after(time.Duration(i) * time.Minute), Actor: actor, Fact: fact}
	}
	return all
}

func TestADraftTellsWhatHappenedSinceTheLastUpdate(t *testing.T) {
	t.Parallel()
	require.Equal(t, `- 14:04 Status changed from investigating to identified
- 14:05 Release 7 went out at 13:58.
- 14:06 Decision: We roll back
- 14:07 Sample Responder is incident commander
Next update in 1h.`, card.Draft(underway(), events()))

	require.Equal(t, "Nothing new since the last update.", card.Draft(over(), nil))

	var many []incident.Event
	for range 12 {
		many = append(many, events()[5])
	}
	draft := card.Draft(declared(), many)
	require.Equal(t, 8, strings.Count(draft, "Release 7"))
	require.Contains(t, draft, "- and 4 more before that")
}
