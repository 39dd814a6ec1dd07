package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runNumbers(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"numbers count from 1", func(t *testing.T, s *store.Store) {
			for _, want := range []incident.ID{"INC-1", "INC-2", "INC-3"} {
				id, fresh, err := s.NewIncident(t.Context(), "", "")
				require.NoError(t, err)
				require.True(t, fresh)
				require.Equal(t, want, id)
			}
		}},
		{"the same key answers the same id", func(t *testing.T, s *store.Store) {
			first, fresh, err := s.NewIncident(t.Context(), "key", "")
			require.NoError(t, err)
			require.True(t, fresh)
			again, fresh, err := s.NewIncident(t.Context(), "key", "")
			require.NoError(t, err)
			require.False(t, fresh)
			require.Equal(t, first, again)
			other, fresh, err := s.NewIncident(t.Context(), "other key", "")
			require.NoError(t, err)
			require.True(t, fresh)
			require.NotEqual(t, first, other)
		}},
		{"a key that comes with another digest is refused, and answers the same id to its own", func(t *testing.T, s *store.Store) {
			first, _, err := s.NewIncident(t.Context(), "key", "digest")
			require.NoError(t, err)
			_, _, err = s.NewIncident(t.Context(), "key", "other digest")
			require.ErrorIs(t, err, store.ErrKeyReused)
			var reused *store.KeyReusedError
			require.ErrorAs(t, err, &reused)
			require.Equal(t, store.KeyReusedError{Key: "key", Incident: first}, *reused)
			require.ErrorContains(t, err, "use a new key for another incident")
			for _, digest := range []string{"digest", ""} {
				again, fresh, err := s.NewIncident(t.Context(), "key", digest)
				require.NoError(t, err)
				require.False(t, fresh)
				require.Equal(t, first, again)
			}
		}},
		{"a key that came without a digest goes with any", func(t *testing.T, s *store.Store) {
			first, _, err := s.NewIncident(t.Context(), "key", "")
			require.NoError(t, err)
			for _, digest := range []string{"one", "another"} {
				again, fresh, err := s.NewIncident(t.Context(), "key", digest)
				require.NoError(t, err)
				require.False(t, fresh)
				require.Equal(t, first, again)
			}
		}},
		{"a digest without a key means nothing", func(t *testing.T, s *store.Store) {
			first, _, err := s.NewIncident(t.Context(), "", "digest")
			require.NoError(t, err)
			second, fresh, err := s.NewIncident(t.Context(), "", "other digest")
			require.NoError(t, err)
			require.True(t, fresh)
			require.NotEqual(t, first, second)
		}},
		{"a key that no database can hold is refused", func(t *testing.T, s *store.Store) {
			_, _, err := s.NewIncident(t.Context(), "nul \x00", "")
			requireInvalid(t, err, "key")
			_, _, err = s.NewIncident(t.Context(), "key", "nul \x00")
			requireInvalid(t, err, "digest")
		}},
		{"a number that came with a journal is not given out again", func(t *testing.T, s *store.Store) {
			begin(t, "INC-41", incident.Declare{}).store(s)
			begin(t, "INC-7", incident.Declare{}).store(s)
			id, _, err := s.NewIncident(t.Context(), "", "")
			require.NoError(t, err)
			require.Equal(t, incident.ID("INC-42"), id)
		}},
		{"of many who ask with one key at once one gets a fresh number", func(t *testing.T, s *store.Store) {
			ids := make([]incident.ID, 16)
			freshly := make([]bool, len(ids))
			errs := atOnce(len(ids), func(i int) (err error) {
				ids[i], freshly[i], err = s.NewIncident(t.Context(), fmt.Sprintf("key %d", i%2), "")
				return err
			})
			require.NoError(t, errors.Join(errs...))
			distinct, fresh := map[incident.ID]bool{}, 0
			for i, id := range ids {
				distinct[id] = true
				require.Equal(t, ids[i%2], id)
				if freshly[i] {
					fresh++
				}
			}
			require.Len(t, distinct, 2)
			require.Equal(t, 2, fresh)
		}},
	})
}
