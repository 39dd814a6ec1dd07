package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runFollowups(t *testing.T, b Backend) {
	add := func(title string) incident.Intent {
		return incident.AddFollowup{Title: title, Owner: "responder@example.com"}
	}
	file := func(followup, key string) incident.Intent {
		ticket := incident.Ticket{Key: key, URL: "https://tracker.example.com/" + key, Status: "To Do"}
		return incident.FinishStep{
			Step: "hook", Hook: "file", Title: "File", Outcome: incident.Outcome{Followup: followup, Ticket: &ticket},
		}
	}
	done := func(followup, key string) incident.Intent {
		return incident.ReportTicket{Followup: followup, Ticket: incident.Ticket{Key: key, Status: "Done", Done: true}}
	}
	open := func(t *testing.T, s *store.Store) []store.OpenFollowup {
		t.Helper()
		open, err := s.OpenFollowups(t.Context())
		require.NoError(t, err)
		return open
	}
	runAll(t, b, []test{
		{"open are those with a ticket that are not done, of incidents that are not finished", func(t *testing.T, s *store.Store) {
			first := declared(t, s, incident.Declare{}, add("Add an index"), file("F1", "PAY-1"), add("No ticket yet"),
				add("Done already"), file("F3", "PAY-3"), done("F3", "PAY-3"), add("Alert earlier"), file("F4", "PAY-4"))
			alarm := declared(t, s, incident.Declare{}, add("Tune the alert"), file("F1", "PAY-5"), incident.Cancel{})
			finished := declared(t, s, incident.Declare{}, add("Forgotten"), file("F1", "PAY-6"), incident.Cancel{})
			require.NoError(t, s.Finish(t.Context(), finished.state.ID, 0))
			resolved := declared(t, s, incident.Declare{}, incident.Resolve{}, add("Raise the limit"), file("F1", "OPS-1"))
			require.Empty(t, cmp.Diff([]store.OpenFollowup{
				{Incident: first.state.ID, Followup: first.state.Followups[0]},
				{Incident: first.state.ID, Followup: first.state.Followups[3]},
				{Incident: alarm.state.ID, Followup: alarm.state.Followups[0]},
				{Incident: resolved.state.ID, Followup: resolved.state.Followups[0]},
			}, open(t, s)))
		}},
		{"a follow-up is open until its ticket is done, and again when the ticket comes back", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{}, add("Add an index"))
			require.Empty(t, open(t, s))
			st.do(file("F1", "PAY-1"))
			st.store(s)
			require.Len(t, open(t, s), 1)
			st.do(done("F1", "PAY-1"))
			st.store(s)
			require.Empty(t, open(t, s))
			st.do(incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "PAY-1", Status: "To Do"}})
			st.store(s)
			require.Len(t, open(t, s), 1)
		}},
		{"a ticket leads to its follow-up, done or not", func(t *testing.T, s *store.Store) {
			declared(t, s, incident.Declare{})
			st := declared(t, s, incident.Declare{}, add("No ticket"), add("Add an index"), file("F2", "PAY-1"), done("F2", "PAY-1"))
			id, followup, err := s.FollowupByTicket(t.Context(), "PAY-1")
			require.NoError(t, err)
			require.Equal(t, st.state.ID, id)
			require.Equal(t, "F2", followup)
		}},
		{"a ticket that is no follow-up's is not found", func(t *testing.T, s *store.Store) {
			declared(t, s, incident.Declare{}, add("No ticket"))
			for _, key := range []string{"PAY-2", ""} {
				_, _, err := s.FollowupByTicket(t.Context(), key)
				require.ErrorIs(t, err, store.ErrNotFound)
			}
		}},
	})
}
