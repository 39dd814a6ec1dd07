package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

var farName = strings.Repeat("é", incident.MaxNameRunes+1)

// afterTime is a moment whose year in UTC is 10000, which JSON cannot hold.
var afterTime = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*60*60))

func TestAssigningRoles(t *testing.T) {
	take := incident.AssignRole{Role: "commander", User: "Sample Responder"}
	rules{
		"somebody takes a role": {
			when: incident.AssignRole{Role: "commander", User: " Sample Responder "},
			want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", To: "Sample Responder"}},
		},
		"somebody else takes over": {
			given: []incident.Intent{take}, when: incident.AssignRole{Role: "commander", User: "Second Responder"},
			want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder", To: "Second Responder", Brief: "SEV2, investigating"}},
		},
		"who takes over is told how things stand": {
			given: []incident.Intent{take, incident.PostUpdate{Text: "We roll back"}, incident.StartStep{Step: "manual"}},
			when:  incident.AssignRole{Role: "commander", User: "Second Responder"},
			want:  []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder", To: "Second Responder", Brief: "SEV2, investigating. Last update: We roll back. Open: Roll back"}},
		},
		"what the one who leaves has written goes before": {
			given: []incident.Intent{take}, when: incident.AssignRole{Role: "commander", User: "Second Responder", Brief: " half way through "},
			want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder", To: "Second Responder", Brief: "half way through"}},
		},
		"a brief has a bound": {when: incident.AssignRole{Role: "commander", User: "x", Brief: long}, invalid: "brief"},
		"a role can be handed back": {
			given: []incident.Intent{take}, when: incident.AssignRole{Role: "commander"},
			want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder"}},
		},
		"taking what one holds changes nothing":        {given: []incident.Intent{take}, when: take},
		"handing back a vacant role changes nothing":   {when: incident.AssignRole{Role: "scribe"}},
		"a role is one of the playbook":                {when: incident.AssignRole{Role: "poet", User: "x"}, missing: "role"},
		"a name has a bound":                           {when: incident.AssignRole{Role: "commander", User: farName}, invalid: "user"},
		"roles can still be taken when it is resolved": {given: []incident.Intent{incident.Resolve{}}, when: take, want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", To: "Sample Responder"}}},
	}.check(t)
}

func TestNotesUpdatesAndReminders(t *testing.T) {
	remind := incident.Remind{Hook: "update-due", Text: "An update is due", Count: 1}
	rules{
		"a note is kept": {when: incident.AddNote{Text: " seen "}, want: []incident.Fact{incident.NoteAdded{Body: "seen"}}},
		"a note may tell of an earlier time": {
			when: incident.AddNote{Text: "deployed", At: noon.Add(-time.Hour).In(time.FixedZone("", 3600))},
			want: []incident.Fact{incident.NoteAdded{Body: "deployed", HappenedAt: noon.Add(-time.Hour)}},
		},
		"a note may be written after the resolution": {given: []incident.Intent{incident.Resolve{}}, when: incident.AddNote{Text: "seen"}, want: []incident.Fact{incident.NoteAdded{Body: "seen"}}},
		"a note is about what has happened":          {when: incident.AddNote{Text: "seen", At: noon.AddDate(1, 0, 0)}, invalid: "at"},
		"a note says something":                      {when: incident.AddNote{Text: "\t"}, invalid: "text"},
		"a note has a bound":                         {when: incident.AddNote{Text: long}, invalid: "text"},
		"a note's time can be written down":          {when: incident.AddNote{Text: "x", At: afterTime}, invalid: "at"},
		"an update is kept":                          {when: incident.PostUpdate{Text: " soon "}, want: []incident.Fact{incident.UpdatePosted{Body: "soon"}}},
		"an update says something":                   {when: incident.PostUpdate{}, invalid: "text"},
		"an update has a bound":                      {when: incident.PostUpdate{Text: long}, invalid: "text"},
		"a reminder is given":                        {when: remind, want: []incident.Fact{incident.ReminderGiven{Hook: "update-due", Body: "An update is due", Count: 1}}},
		"the same reminder is given once":            {given: []incident.Intent{remind}, when: remind},
		"the next reminder counts on": {
			given: []incident.Intent{remind}, when: incident.Remind{Hook: "update-due", Text: "Still", Count: 2},
			want: []incident.Fact{incident.ReminderGiven{Hook: "update-due", Body: "Still", Count: 2}},
		},
		"another subject counts by itself": {
			given: []incident.Intent{remind}, when: incident.Remind{Hook: "update-due", Subject: "scribe", Text: "x", Count: 1},
			want: []incident.Fact{incident.ReminderGiven{Hook: "update-due", Subject: "scribe", Body: "x", Count: 1}},
		},
	}.check(t)
}

func TestReportingAlerts(t *testing.T) {
	a, b := sampleAlert("a"), sampleAlert("b")
	again := a
	again.StartsAt = noon.Add(time.Hour)
	report := func(alerts ...incident.Alert) incident.ReportAlerts { return incident.ReportAlerts{Alerts: alerts} }
	rules{
		"firing alerts are one event":           {when: report(a, b), want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{a, b}}}},
		"nothing reported changes nothing":      {when: report()},
		"what is known changes nothing":         {given: []incident.Intent{report(a)}, when: report(a)},
		"the same alert twice is one":           {when: report(a, a), want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{a}}}},
		"an alert that fires anew is another":   {given: []incident.Intent{report(a)}, when: report(again), want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{again}}}},
		"what never fired does not resolve":     {when: report(cleared(a))},
		"resolving twice changes nothing":       {given: []incident.Intent{report(a), report(cleared(a))}, when: report(cleared(a))},
		"a late report of firing does not undo": {given: []incident.Intent{report(a), report(cleared(a))}, when: report(a)},
		"the last one to resolve clears": {
			given: []incident.Intent{report(a)}, when: report(cleared(a)),
			want: []incident.Fact{incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}, incident.AlertsCleared{Count: 1}},
		},
		"another one still firing does not": {
			given: []incident.Intent{report(a, b)}, when: report(cleared(a)),
			want: []incident.Fact{incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}},
		},
		"firing and resolving come together": {
			given: []incident.Intent{report(a)}, when: report(cleared(a), b),
			want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{b}}, incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}},
		},
		"one alert fires and resolves at once": {
			when: report(a, cleared(a)),
			want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{a}}, incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}, incident.AlertsCleared{Count: 1}},
		},
		"the order within a report does not matter": {
			when: report(cleared(a), a),
			want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{a}}, incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}, incident.AlertsCleared{Count: 1}},
		},
		"an alert reopens a resolved incident": {
			given: []incident.Intent{incident.Resolve{}}, when: report(a),
			want: []incident.Fact{incident.AlertsFired{Alerts: []incident.Alert{a}}, incident.IncidentReopened{Reason: "an alert fires again: a"}},
		},
		"an alert that resolves does not": {
			given: []incident.Intent{report(a), incident.Resolve{}}, when: report(cleared(a)),
			want: []incident.Fact{incident.AlertsResolved{Alerts: []incident.Alert{cleared(a)}}, incident.AlertsCleared{Count: 1}},
		},
	}.check(t)
}

func TestFollowups(t *testing.T) {
	add := incident.AddFollowup{Title: "Test the rollback"}
	ticket := incident.Ticket{Key: "PAY-7", Status: "Done", Done: true}
	rules{
		"work is numbered": {
			given: []incident.Intent{add}, when: incident.AddFollowup{Title: " Warn sooner ", Owner: " x ", Due: noon.In(time.FixedZone("", 3600))},
			want: []incident.Fact{incident.FollowupAdded{Followup: incident.Followup{ID: "F2", Title: "Warn sooner", Owner: "x", Due: noon, AddedBy: "Sample Responder"}}},
		},
		"work has a title":              {when: incident.AddFollowup{}, invalid: "title"},
		"an owner's name has a bound":   {when: incident.AddFollowup{Title: "x", Owner: farName}, invalid: "owner"},
		"a due day can be written down": {when: incident.AddFollowup{Title: "x", Due: afterTime}, invalid: "due"},
		"news of a ticket is kept":      {given: []incident.Intent{add}, when: incident.ReportTicket{Followup: "F1", Ticket: ticket}, want: []incident.Fact{incident.TicketChanged{Followup: "F1", Ticket: ticket}}},
		"old news changes nothing":      {given: []incident.Intent{add, incident.ReportTicket{Followup: "F1", Ticket: ticket}}, when: incident.ReportTicket{Followup: "F1", Ticket: ticket}},
		"a ticket is deleted once":      {given: []incident.Intent{add, incident.ReportTicket{Followup: "F1", Ticket: sampleTicket(), Deleted: true}}, when: incident.ReportTicket{Followup: "F1", Ticket: sampleTicket(), Deleted: true}},
		"work without a ticket is finished by people": {
			given: []incident.Intent{add}, when: incident.CompleteFollowup{Followup: "F1", Note: " by hand "},
			want: []incident.Fact{incident.FollowupCompleted{Followup: "F1", Title: "Test the rollback", Note: "by hand"}},
		},
		"finishing it again changes nothing":            {given: []incident.Intent{add, incident.CompleteFollowup{Followup: "F1"}}, when: incident.CompleteFollowup{Followup: "F1"}},
		"work with a ticket is finished in the tracker": {given: []incident.Intent{add, incident.ReportTicket{Followup: "F1", Ticket: sampleTicket()}}, when: incident.CompleteFollowup{Followup: "F1"}, rule: "has_ticket"},
		"only known work can be finished":               {when: incident.CompleteFollowup{Followup: "F9"}, missing: "follow-up"},
		"a ticket belongs to known work":                {when: incident.ReportTicket{Followup: "F1", Ticket: ticket}, missing: "follow-up"},
		"news may come after the resolution": {
			given: []incident.Intent{add, incident.Resolve{}}, when: incident.ReportTicket{Followup: "F1", Ticket: ticket},
			want: []incident.Fact{incident.TicketChanged{Followup: "F1", Ticket: ticket}},
		},
	}.check(t)
}

func TestCutTextKeepsWithinTheBound(t *testing.T) {
	t.Parallel()
	require.Equal(t, "été", incident.CutText("été", 3))
	require.Equal(t, "é…", incident.CutText("été", 2))
}
