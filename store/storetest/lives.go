package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// sendNow marks items as sent to the incident in the life that counts.
func sendNow(t testing.TB, s *store.Store, ids []int64, to incident.ID) error {
	t.Helper()
	life, err := s.Life(t.Context(), to)
	if err != nil {
		return err
	}
	return s.Sent(t.Context(), ids, to, life)
}

// recordNow records in the life that counts.
func recordNow(t testing.TB, s *store.Store, id incident.ID, events []incident.Event, items []int64) error {
	t.Helper()
	life, err := s.Life(t.Context(), id)
	if err != nil {
		return err
	}
	return s.Record(t.Context(), id, life, events, items)
}

// resend begins another life and returns how much is pending again.
func resend(t testing.TB, s *store.Store, id incident.ID) (int, error) {
	t.Helper()
	revival, err := s.Revive(t.Context(), id)
	return revival.Resent, err
}

func runLives(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"another life gets the whole journal, and what an earlier one still writes is refused", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			events := st.do(incident.AddNote{Text: "of the first life"})
			revival, err := s.Revive(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.Equal(t, 1, revival.Life)
			require.Len(t, revival.Journal, 1)

			var superseded *store.SupersededError
			require.ErrorAs(t, s.Record(t.Context(), st.state.ID, 0, events, ids), &superseded)
			require.True(t, superseded.Permanent())
			journal, err := s.Journal(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.Equal(t, revival.Journal, journal)
			require.NoError(t, s.Record(t.Context(), st.state.ID, 1, events, ids))
		}},
		{"what was handed to an earlier life stays pending when the news of it comes late", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a", "b")
			require.NoError(t, s.Sent(t.Context(), ids[:1], st.state.ID, 0))
			revival, err := s.Revive(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.Equal(t, 1, revival.Resent)
			require.NoError(t, s.Sent(t.Context(), ids, st.state.ID, 0))
			require.Equal(t, []string{"a", "b"}, keysOf(pending(t, s)))
			require.NoError(t, s.Sent(t.Context(), ids, st.state.ID, revival.Life))
			require.Empty(t, pending(t, s))
		}},
		{"an incident that was never declared can begin another life", func(t *testing.T, s *store.Store) {
			ids := arrived(t, s, "a")
			require.NoError(t, s.Sent(t.Context(), ids, "INC-1", 0))
			revival, err := s.Revive(t.Context(), "INC-1")
			require.NoError(t, err)
			require.Empty(t, revival.Journal)
			require.Equal(t, 1, revival.Life)
			require.Equal(t, 1, revival.Resent)
			life, err := s.Life(t.Context(), "INC-1")
			require.NoError(t, err)
			require.Equal(t, 1, life)
		}},
		{"finished is what has been marked so", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			finished, err := s.Finished(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.False(t, finished)
			require.NoError(t, s.Finish(t.Context(), st.state.ID, 0))
			finished, err = s.Finished(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.True(t, finished)
			_, err = s.Finished(t.Context(), "INC-9")
			require.ErrorIs(t, err, store.ErrNotFound)
		}},
		{"merges are told as long as the survivor is open", func(t *testing.T, s *store.Store) {
			survivor := declared(t, s, incident.Declare{})
			ended := declared(t, s, incident.Declare{}, incident.Cancel{})
			first := declared(t, s, incident.Declare{}, incident.Merge{Into: survivor.state.ID})
			declared(t, s, incident.Declare{}, incident.Merge{Into: ended.state.ID})
			merges, err := s.Merges(t.Context())
			require.NoError(t, err)
			require.Equal(t, []store.Merge{{From: first.state.ID, Into: survivor.state.ID}}, merges)
		}},
	})
}
