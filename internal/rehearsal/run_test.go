package rehearsal_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func script(t testing.TB, end time.Duration, happenings ...rehearsal.Happening) rehearsal.Script {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	return rehearsal.Script{
		Declare: incident.Command{
			Incident: "INC-7", Actor: incident.VendorActor("Alertmanager"), Source: "alertmanager",
			Intent: incident.Declare{
				Title: "InstanceDown: payments is down", Severity: "SEV2",
				Scale:   []incident.SeverityLevel{{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute}, {Name: "SEV2", Pager: "error"}, {Name: "SEV3"}},
				Service: incident.Service{Name: "payments", Team: "payments", PagerService: "PPAY", TrackerProject: "PAY", ChannelPrefix: "inc"},
			},
		},
		Playbook: library[playbooks.Default], Start: start, End: end, Happenings: happenings,
		OnCall: []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}},
	}
}

func person(after time.Duration, name string, intent incident.Intent) rehearsal.Happening {
	return rehearsal.Happening{After: after, Command: &rehearsal.Command{Actor: incident.PersonActor(name), Intent: intent, Label: intent.Name()}}
}

func fault(after time.Duration, vendor rehearsal.Vendor, mode rehearsal.Mode) rehearsal.Happening {
	return rehearsal.Happening{After: after, Fault: &rehearsal.Fault{Vendor: vendor, Mode: mode}}
}

func run(t testing.TB, s rehearsal.Script) *rehearsal.Record {
	t.Helper()
	r, err := rehearsal.Run(s)
	require.NoError(t, err)
	require.Equal(t, incident.Fold(r.Events), r.State)
	return r
}

// month is an incident of several weeks, with an outage of the chat.
func month(t testing.TB) rehearsal.Script {
	t.Helper()
	return script(t, 60*24*time.Hour,
		person(2*time.Minute, "ana", incident.Acknowledge{}),
		fault(4*time.Minute, rehearsal.Slack, rehearsal.Down),
		person(5*time.Minute, "ana", incident.ChangeStatus{Status: incident.Monitoring}),
		fault(14*time.Minute, rehearsal.Slack, rehearsal.Works),
		person(time.Hour, "ana", incident.AddFollowup{Title: "Alert earlier", Due: start.AddDate(0, 0, 3)}),
		person(2*time.Hour, "ana", incident.Resolve{}),
		rehearsal.Happening{After: 30 * 24 * time.Hour, Ticket: &rehearsal.TicketMove{Followup: "F1", Status: "Done", Done: true}},
		person(40*24*time.Hour, "ana", incident.Reopen{}),
	)
}

func TestAMonthIsPlayedToItsEnd(t *testing.T) {
	t.Parallel()
	r := run(t, month(t))
	require.Equal(t, incident.Closed, r.State.Status)
	require.Equal(t, 30*24*time.Hour, r.Length.Truncate(time.Minute), "and the brief is brought up to date once more")
	require.Equal(t, "SEV2 payments: InstanceDown: payments is down (INC-7)", r.Of(rehearsal.PageSent)[0].Text)
	require.Equal(t, "#inc-7-instancedown-payments-is-down", r.Of(rehearsal.ChannelOpened)[0].To)
	require.Equal(t, "Alert earlier", r.Of(rehearsal.TicketFiled)[0].Text)
	refused := r.Of(rehearsal.CommandRefused)
	require.Len(t, refused, 1, "the incident has ended by then")
	require.Equal(t, "reopen", refused[0].Command.Label)
	require.Equal(t, incident.Monitoring, r.StateAt(time.Hour).Status)
	for _, m := range r.Of(rehearsal.MessagePosted) {
		require.False(t, m.At > 4*time.Minute && m.At < 14*time.Minute, "%s: %s", m.At, m.Text)
	}
}

func TestTheSameScriptGivesTheSameRecordHoweverManyArePlayedAtOnce(t *testing.T) {
	t.Parallel()
	want := run(t, month(t))
	var playing sync.WaitGroup
	records := make([]*rehearsal.Record, 8)
	for i := range records {
		s := month(t)
		playing.Go(func() { records[i], _ = rehearsal.Run(s) })
	}
	playing.Wait()
	for _, got := range records {
		require.Equal(t, want.Events, got.Events)
		require.Equal(t, want.Entries, got.Entries)
	}
}

func TestTheEndCutsOffWhateverIsUnderWay(t *testing.T) {
	t.Parallel()
	for _, mode := range rehearsal.Modes() {
		r := run(t, script(t, 10*time.Minute, fault(0, rehearsal.Slack, mode), fault(0, rehearsal.PagerDuty, mode),
			person(time.Minute, "ana", incident.AddFollowup{Title: "x", Due: start}),
			person(11*time.Minute, "ana", incident.Acknowledge{}),
		))
		require.Equal(t, 10*time.Minute, r.Length, mode)
		require.Empty(t, r.Of(rehearsal.CommandRefused), mode)
		require.Zero(t, r.State.AcknowledgedAt, mode)
	}
}

func TestWhatIsDueAtTheVeryEndHappens(t *testing.T) {
	t.Parallel()
	r := run(t, script(t, 15*time.Minute))
	require.Len(t, r.Of(rehearsal.PageSent), 2)
	require.Equal(t, 15*time.Minute, r.Of(rehearsal.PageSent)[1].At)
	require.Len(t, run(t, script(t, 15*time.Minute-1)).Of(rehearsal.PageSent), 1)
}

func TestARefusedCommandIsInTheRecordWithItsRule(t *testing.T) {
	t.Parallel()
	r := run(t, script(t, time.Hour, person(time.Minute, "ana", incident.Reopen{}), person(time.Minute, "ana", incident.CompleteStep{Step: "nothing"})))
	refused := r.Of(rehearsal.CommandRefused)
	require.Len(t, refused, 2)
	require.Equal(t, "not_resolved", refused[0].Command.Rule)
	require.Equal(t, `INC-7 has no step "nothing"`, refused[1].Text)
	require.Equal(t, time.Minute, refused[1].At)
}

func TestAMergedIncidentTellsTheOther(t *testing.T) {
	t.Parallel()
	r := run(t, script(t, time.Hour, person(time.Minute, "ana", incident.Merge{Into: "INC-9"})))
	require.Equal(t, incident.Merged, r.State.Status)
	require.Equal(t, "INC-9", r.Of(rehearsal.IncidentTold)[0].To)
}

func TestWhatCannotBePlayedSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := rehearsal.Run(script(t, 0))
	require.ErrorContains(t, err, "needs an end")
	s := script(t, time.Hour)
	s.Declare.Intent = incident.Declare{Title: "x", Severity: "SEV9"}
	_, err = rehearsal.Run(s)
	require.ErrorContains(t, err, "service")
	s = script(t, time.Hour)
	s.Playbook = &playbooks.Playbook{Name: "broken", Steps: []playbooks.Step{{ID: "x", Title: "${"}}}
	_, err = rehearsal.Run(s)
	require.ErrorContains(t, err, "broken")
}

func TestPatternsAreTextsOrExpressions(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{"": true, "b c": true, "B": false, "/^a b/": true, "/^b/": false, "/a.*d/": true, "/": false} {
		p, err := rehearsal.NewPattern(pattern)
		require.NoError(t, err)
		require.Equal(t, want, p.Matches("a b c\nd"), pattern)
	}
	_, err := rehearsal.NewPattern("/(/")
	require.ErrorContains(t, err, "no regular expression")
}

func BenchmarkAMonth(b *testing.B) {
	s := month(b)
	for b.Loop() {
		run(b, s)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/month")
}

func ExampleRun() {
	library, err := playbooks.BuiltIn()
	if err != nil {
		panic(err)
	}
	record, err := rehearsal.Run(rehearsal.Script{
		Declare: incident.Command{
			Incident: "INC-1", Actor: incident.PersonActor("Sample Responder"), Source: "api",
			Intent: incident.Declare{
				Title: "Payments fail", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}},
				Service: incident.Service{Name: "payments", PagerService: "PPAY", ChannelPrefix: "inc"},
			},
		},
		Playbook: library[playbooks.Default], Start: start, End: 20 * time.Minute,
	})
	if err != nil {
		panic(err)
	}
	for _, page := range record.Of(rehearsal.PageSent) {
		fmt.Println(page.At, page.Text)
	}
	// Output:
	// 0s SEV1 payments: Payments fail (INC-1)
	// 15m0s Not acknowledged for 15m: SEV1 payments: Payments fail (INC-1)
}
