package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runFinishing(t *testing.T, b Backend) {
	unfinished := func(t *testing.T, s *store.Store) []incident.ID {
		t.Helper()
		ids, err := s.Unfinished(t.Context(), "", 0)
		require.NoError(t, err)
		return ids
	}
	runAll(t, b, []test{
		{"an incident is unfinished from its declaration until its workflow has done all", func(t *testing.T, s *store.Store) {
			_, _, err := s.NewIncident(t.Context(), "only reserved", "")
			require.NoError(t, err)
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{}, incident.Cancel{})
			require.Equal(t, []incident.ID{first.state.ID, second.state.ID}, unfinished(t, s))
			for range 2 {
				require.NoError(t, s.Finish(t.Context(), second.state.ID, 0))
				require.Equal(t, []incident.ID{first.state.ID}, unfinished(t, s))
			}
		}},
		{"what is recorded later does not make it unfinished again", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			require.NoError(t, s.Finish(t.Context(), st.state.ID, 0))
			st.do(incident.AddNote{Text: "an afterthought"})
			st.store(s)
			require.Empty(t, unfinished(t, s))
			requireJournal(t, s, st)
		}},
		{"the unfinished come in pages, by ascending number", func(t *testing.T, s *store.Store) {
			for _, id := range []incident.ID{"INC-10", "INC-9", "INC-2", "INC-100"} {
				begin(t, id, incident.Declare{}).store(s)
			}
			require.Equal(t, []incident.ID{"INC-2", "INC-9", "INC-10", "INC-100"}, unfinished(t, s))
			page, err := s.Unfinished(t.Context(), "INC-2", 2)
			require.NoError(t, err)
			require.Equal(t, []incident.ID{"INC-9", "INC-10"}, page)
			page, err = s.Unfinished(t.Context(), "INC-100", 2)
			require.NoError(t, err)
			require.Empty(t, page)
			for _, limit := range []int{-1, store.MaxUnfinished + 1} {
				_, err := s.Unfinished(t.Context(), "", limit)
				requireInvalid(t, err, "limit")
			}
			_, err = s.Unfinished(t.Context(), "everyone", 0)
			requireInvalid(t, err, "incident")
		}},
		{"an incident that the journal does not have cannot be finished", func(t *testing.T, s *store.Store) {
			id, _, err := s.NewIncident(t.Context(), "only reserved", "")
			require.NoError(t, err)
			require.ErrorIs(t, s.Finish(t.Context(), id, 0), store.ErrNotFound)
			requireInvalid(t, s.Finish(t.Context(), "everyone", 0), "incident")
		}},
	})
}
