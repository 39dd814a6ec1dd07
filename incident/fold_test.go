package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestTheTimesOfAnIncidentComeFromTheFold(t *testing.T) {
	t.Parallel()
	// The declaration is at noon and each command comes a minute after the last; the
	// playbook is the first.
	s := play(t, incident.Acknowledge{}, incident.ChangeStatus{Status: incident.Identified}, incident.ChangeStatus{Status: incident.Monitoring})
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	require.Equal(t, minutes(2), s.state.AcknowledgedAt)
	require.Equal(t, responder, s.state.AcknowledgedBy)
	require.Equal(t, minutes(4), s.state.MitigatedAt)

	s.then(t, incident.ChangeStatus{Status: incident.Investigating}, incident.ChangeStatus{Status: incident.Monitoring}, incident.Resolve{Summary: "rolled back"})
	require.Equal(t, minutes(4), s.state.MitigatedAt, "the first mitigation counts")
	require.Equal(t, minutes(7), s.state.ResolvedAt)
	require.Equal(t, "rolled back", s.state.Resolution)
	for want, got := range map[time.Duration]func() (time.Duration, bool){
		2 * time.Minute: s.state.TimeToAcknowledge, 4 * time.Minute: s.state.TimeToMitigate, 7 * time.Minute: s.state.TimeToResolve,
	} {
		d, ok := got()
		require.True(t, ok)
		require.Equal(t, want, d)
	}

	s.then(t, incident.Reopen{Reason: "it is back"})
	require.Equal(t, incident.Investigating, s.state.Status)
	require.Equal(t, minutes(8), s.state.ReopenedAt)
	require.Empty(t, s.state.Resolution)
	_, mitigated := s.state.TimeToMitigate()
	_, resolved := s.state.TimeToResolve()
	_, acknowledged := s.state.TimeToAcknowledge()
	require.False(t, mitigated)
	require.False(t, resolved)
	require.True(t, acknowledged)

	s.then(t, incident.Resolve{})
	require.Equal(t, s.state.ResolvedAt, s.state.MitigatedAt, "who resolves without watching has mitigated")
	s.then(t, incident.Close{})
	require.Equal(t, minutes(10), s.state.EndedAt)
	require.Equal(t, minutes(9), s.state.ResolvedAt)

	_, ok := incident.State{AcknowledgedAt: noon}.TimeToAcknowledge()
	require.False(t, ok, "what has not been declared takes no time")
}

func TestTheStateTellsWhatPeopleAskFor(t *testing.T) {
	t.Parallel()
	a, b := sampleAlert("a"), sampleAlert("b")
	s := play(t,
		incident.AssignRole{Role: "commander", User: "Sample Responder"},
		incident.ReportAlerts{Alerts: []incident.Alert{a, b}}, incident.ReportAlerts{Alerts: []incident.Alert{cleared(a)}},
		incident.Remind{Hook: "h", Subject: "s", Text: "x", Count: 1}, incident.Remind{Hook: "h", Subject: "s", Text: "x", Count: 2},
		incident.PostUpdate{Text: "soon"}, incident.AddFollowup{Title: "one"}, incident.AddFollowup{Title: "two"},
		incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1", URL: "https://tracker.example/P-1", Status: "Done", Done: true}},
	)
	require.Equal(t, "Sample Responder", s.state.Holder("commander"))
	require.Empty(t, s.state.Holder("scribe"))
	require.Empty(t, s.state.Holder("poet"))
	require.Equal(t, []incident.Alert{b}, s.state.Firing())
	require.Equal(t, 2, s.state.Reminder("h", "s").Count)
	require.Equal(t, incident.Reminder{Hook: "h", Subject: "t"}, s.state.Reminder("h", "t"))
	require.Equal(t, "soon", s.state.Update)
	require.Equal(t, "SEV2", string(s.state.Level().Name))
	require.Equal(t, "error", s.state.Level().Pager)
	require.Equal(t, incident.SeverityLevel{Name: "SEV9"}, incident.State{Severity: "SEV9"}.Level())
	require.Equal(t, "INC-42 SEV2 investigating: Checkout fails", s.state.String())

	open := s.state.OpenFollowups()
	require.Len(t, open, 1)
	require.Equal(t, "F2", open[0].ID)
	done, ok := s.state.Followup("F1")
	require.True(t, ok)
	require.True(t, done.Done)
	require.False(t, done.DoneAt.IsZero())
	_, ok = s.state.Followup("F9")
	require.False(t, ok)
	_, ok = s.state.Step("nine")
	require.False(t, ok)

	s.then(t, incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1", Status: "To Do"}})
	again, _ := s.state.Followup("F1")
	require.False(t, again.Done)
	require.Zero(t, again.DoneAt)
	require.Equal(t, "https://tracker.example/P-1", again.Ticket.URL, "news without an address keeps the one known")
}

func TestAlertsAreClearedWhenNoneFires(t *testing.T) {
	t.Parallel()
	a, b := sampleAlert("a"), sampleAlert("b")
	s := play(t, incident.ReportAlerts{Alerts: []incident.Alert{a}}, incident.ReportAlerts{Alerts: []incident.Alert{cleared(a)}})
	require.False(t, s.state.AlertsClearedAt.IsZero())

	s.then(t, incident.Absorb{From: "INC-7", Alerts: []incident.Alert{a, cleared(b)}})
	require.False(t, s.state.AlertsClearedAt.IsZero(), "an alert that is known to have resolved does not fire by being absorbed")
	require.Len(t, s.state.Alerts, 2)

	c := sampleAlert("c")
	s.then(t, incident.Absorb{From: "INC-8", Alerts: []incident.Alert{c}})
	require.Zero(t, s.state.AlertsClearedAt, "an alert that fires does")
	s.then(t, incident.ReportAlerts{Alerts: []incident.Alert{cleared(c)}})
	require.False(t, s.state.AlertsClearedAt.IsZero())
	require.Equal(t, []incident.ID{"INC-7", "INC-8"}, s.state.Absorbed)
}

func TestNewsFromTheTrackerOutlivesALateReportOfFiling(t *testing.T) {
	t.Parallel()
	filed := sampleTicket()
	done := filed
	done.Status, done.Done = "Done", true
	file := incident.FinishStep{Step: "h", Hook: "ticket", Title: "File F1", Outcome: incident.Outcome{Followup: "F1", Ticket: &filed}}
	s := play(t, incident.AddFollowup{Title: "one"}, file)
	f, _ := s.state.Followup("F1")
	require.Equal(t, filed, f.Ticket)
	require.False(t, f.Done)

	s.then(t, incident.ReportTicket{Followup: "F1", Ticket: done}, file)
	f, _ = s.state.Followup("F1")
	require.True(t, f.Done)
	require.Equal(t, "Done", f.Ticket.Status)
}

func TestWhatStepsBringAboutIsPartOfTheState(t *testing.T) {
	t.Parallel()
	page := incident.Page{Key: "page"}
	known := incident.Page{Key: "page", ID: "Q1", URL: "https://pager.example/Q1"}
	channel := incident.Channel{ID: "C1", Name: "inc-42"}
	finish := func(o incident.Outcome) incident.FinishStep {
		return incident.FinishStep{Step: "h", Hook: "h", Title: "x", Outcome: o}
	}
	s := play(t, finish(incident.Outcome{Page: &page, Channel: &channel, Postmortem: true}))
	at := s.state.PostmortemAt
	s.then(t, finish(incident.Outcome{Page: &known, Postmortem: true}))
	require.Equal(t, []incident.Page{known}, s.state.Pages, "one page is known by its key")
	require.Equal(t, channel, s.state.Channel)
	require.Equal(t, at, s.state.PostmortemAt, "the first draft counts")
}

func TestEventsThatDoNotFitChangeNothing(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]incident.Fact{
		"a role that is not known":            incident.RoleAssigned{Role: "poet", To: "x"},
		"a step that is not known":            incident.StepSkipped{Step: "nine"},
		"a failed step that is not known":     incident.StepFailed{Step: "nine", Error: "x"},
		"a follow-up that is not known":       incident.TicketFiled{Followup: "F9", Ticket: sampleTicket()},
		"an alert that never fired":           incident.AlertsResolved{Alerts: []incident.Alert{cleared(sampleAlert("a"))}},
		"the work of a hook that is no step":  incident.StepCompleted{Step: "h", Hook: "h"},
		"a kind that a newer version defined": incident.UnknownFact{Name: "moon_landed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := play(t).state
			after := incident.Apply(before, incident.Event{Incident: before.ID, Seq: before.Seq + 1, At: noon.Add(time.Hour), Actor: muster, Fact: fact})
			require.Equal(t, before.Seq+1, after.Seq)
			require.Equal(t, noon.Add(time.Hour), after.At)
			after.Seq, after.At = before.Seq, before.At
			require.Empty(t, cmp.Diff(before, after))
		})
	}
}

func TestFoldUntilIsTheIncidentAtThatMoment(t *testing.T) {
	t.Parallel()
	events := play(t, incident.Acknowledge{}, incident.Resolve{}).events
	require.False(t, incident.FoldUntil(events, noon.Add(-time.Microsecond)).Declared())
	require.Equal(t, 1, incident.FoldUntil(events, noon).Seq, "the event of that very moment counts")
	require.Equal(t, 3, incident.FoldUntil(events, noon.Add(2*time.Minute+time.Second)).Seq)
	require.Equal(t, incident.Fold(events), incident.FoldUntil(events, noon.Add(time.Hour)))
}

func TestFactsYieldsOneTypeInOrder(t *testing.T) {
	t.Parallel()
	events := play(t, incident.AddNote{Text: "one"}, incident.Acknowledge{}, incident.AddNote{Text: "two"}).events
	var bodies []string
	for e, note := range incident.Facts[incident.NoteAdded](events) {
		require.Equal(t, note, e.Fact)
		bodies = append(bodies, note.Body)
	}
	require.Equal(t, []string{"one", "two"}, bodies)
	for range incident.Facts[incident.NoteAdded](events) {
		break // stopping early is allowed
	}
}

func TestDecideStampsEvents(t *testing.T) {
	t.Parallel()
	s := play(t)
	late := incident.Command{Incident: "INC-42", Key: "abc", Actor: monitor, Source: "alertmanager", Intent: incident.AddNote{Text: "x"}}
	local := time.Date(2026, 3, 10, 15, 30, 0, 123_456_789, time.FixedZone("", 3600))
	events, err := incident.Decide(s.state, late, local)
	require.NoError(t, err)
	require.Equal(t, []incident.Event{{
		Incident: "INC-42", Seq: s.state.Seq + 1, At: time.Date(2026, 3, 10, 14, 30, 0, 123_456_000, time.UTC),
		Actor: monitor, Source: "alertmanager", Cause: "abc", Fact: incident.NoteAdded{Body: "x"},
	}}, events)

	events, err = incident.Decide(s.state, late, noon.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, s.state.At, events[0].At, "time never runs backwards")
}
