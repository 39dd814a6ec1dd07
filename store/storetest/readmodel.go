package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"muster/incident"
	"muster/store"
)

func runReadModel(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"an incident that is not there is not found", func(t *testing.T, s *store.Store) {
			_, err := s.Incident(t.Context(), "INC-1")
			require.ErrorIs(t, err, store.ErrNotFound)
			var missing *store.NotFoundError
			require.ErrorAs(t, err, &missing)
			require.Equal(t, store.NotFoundError{What: "incident", Name: "INC-1"}, *missing)
		}},
		{"an incident that is only reserved is not found", func(t *testing.T, s *store.Store) {
			id, _, err := s.NewIncident(t.Context(), "key", "")
			require.NoError(t, err)
			_, err = s.Incident(t.Context(), id)
			require.ErrorIs(t, err, store.ErrNotFound)
		}},
		{"an id that is none is refused", func(t *testing.T, s *store.Store) {
			for _, id := range []incident.ID{"", "42", "inc-1", "INC-01", "INC-0", "INC--1"} {
				_, err := s.Incident(t.Context(), id)
				requireInvalid(t, err, "incident")
			}
		}},
		{"the read model equals the fold of the journal", func(t *testing.T, s *store.Store) {
			rapid.Check(t, func(r *rapid.T) { checkFold(t, r, s) })
		}},
	})
}

// checkFold leads an incident through a life of chance, appends its events in batches
// of chance, some of them twice, and compares what is stored with the fold.
func checkFold(t testing.TB, r *rapid.T, s *store.Store) {
	id, _, err := s.NewIncident(t.Context(), "", "")
	require.NoError(r, err)
	st := begin(t, id, incident.Declare{})
	for _, intent := range rapid.SliceOfN(anyIntent(), 0, 25).Draw(r, "intents") {
		st.now = st.now.Add(time.Duration(rapid.IntRange(-1, 90).Draw(r, "seconds")) * time.Second)
		events, err := incident.Decide(st.state, st.command(intent), st.now)
		if err == nil {
			st.tell(events)
		}
	}
	stored := 0
	for stored < len(st.events) {
		from := rapid.IntRange(0, stored).Draw(r, "from")
		to := rapid.IntRange(stored+1, len(st.events)).Draw(r, "to")
		require.NoError(r, s.Append(t.Context(), st.events[from:to]))
		stored = to
	}
	events, err := s.Journal(t.Context(), id)
	require.NoError(r, err)
	require.Empty(r, cmp.Diff(st.events, events))
	state, err := s.Incident(t.Context(), id)
	require.NoError(r, err)
	require.Empty(r, cmp.Diff(incident.Fold(events), state))
}

// anyIntent draws commands, sensible or not, that make an incident's life eventful.
func anyIntent() *rapid.Generator[incident.Intent] {
	return rapid.Custom(func(r *rapid.T) incident.Intent {
		text := rapid.StringN(0, 12, -1).Draw(r, "text")
		step := rapid.SampledFrom([]string{"page", "brief", "approve", "added-1", "nothing"}).Draw(r, "step")
		followup := rapid.SampledFrom([]string{"F1", "F2", "F9"}).Draw(r, "follow-up")
		ticket := incident.Ticket{
			Key: "PAY-" + followup, Status: text, Done: rapid.Bool().Draw(r, "done"),
		}
		return rapid.SampledFrom([]incident.Intent{
			incident.AttachPlaybook{
				Playbook: incident.PlaybookRef{Name: "default", Version: "1"},
				Roles:    []incident.Role{{ID: "commander", Title: "Commander"}},
				Steps: []incident.Step{
					{ID: "page", Title: "Page", Kind: incident.Automatic, State: incident.Pending},
					{ID: "brief", Title: "Brief", Kind: incident.Manual, State: incident.Pending},
					{ID: "approve", Title: "Approve", Kind: incident.Approval, State: incident.Pending},
				},
			},
			incident.Acknowledge{Note: text}, incident.Resolve{Summary: text}, incident.Reopen{}, incident.Close{},
			incident.Cancel{Reason: text}, incident.Merge{Into: "INC-999999"},
			incident.Absorb{From: "INC-999998", Title: text, Alerts: anyAlerts(r)},
			incident.ChangeStatus{Status: rapid.SampledFrom(incident.Statuses()).Draw(r, "status")},
			incident.ChangeSeverity{Severity: incident.Severity(fmt.Sprintf("SEV%d", rapid.IntRange(1, 4).Draw(r, "severity")))},
			incident.ReportAlerts{Alerts: anyAlerts(r)},
			incident.AssignRole{Role: "commander", User: text}, incident.AddNote{Text: text},
			incident.PostUpdate{Text: text}, incident.Remind{Hook: "update", Text: text, Count: rapid.IntRange(1, 3).Draw(r, "count")},
			incident.AddStep{Title: text}, incident.StartStep{Step: step}, incident.CompleteStep{Step: step, Note: text},
			incident.FailStep{Step: step, Error: text}, incident.RetryStep{Step: step}, incident.SkipStep{Step: step, Reason: text},
			incident.ApproveStep{Step: step}, incident.RejectStep{Step: step, Note: text},
			incident.FinishStep{Step: step, Outcome: incident.Outcome{Ticket: &ticket, Followup: followup}},
			incident.AddFollowup{Title: text, Due: start.AddDate(0, 0, 7)},
			incident.CompleteFollowup{Followup: followup, Note: text},
			incident.ReportTicket{Followup: followup, Ticket: ticket},
		}).Draw(r, "intent")
	})
}

func anyAlerts(r *rapid.T) []incident.Alert {
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) incident.Alert {
		a := incident.Alert{
			Fingerprint: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "fingerprint"),
			Name:        "HighLatency", StartsAt: start, Source: "alertmanager",
			Labels: map[string]string{"severity": "page"},
		}
		if rapid.Bool().Draw(r, "resolved") {
			a.ResolvedAt = start.Add(time.Hour)
		}
		return a
	}), 0, 3).Draw(r, "alerts")
}
