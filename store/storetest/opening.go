package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runOpening(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"the installation has an id of eight hexadecimal digits", func(t *testing.T, s *store.Store) {
			require.Regexp(t, "^[0-9a-f]{8}$", s.Installation())
		}},
		{"an open store is ready", func(t *testing.T, s *store.Store) {
			require.NoError(t, s.Check(t.Context()))
		}},
		{"another installation has another id", func(t *testing.T, s *store.Store) {
			require.NotEqual(t, s.Installation(), Open(t, b.Fresh(t)).Installation())
		}},
		{"a context that has ended changes nothing", func(t *testing.T, s *store.Store) {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := s.Accept(ended, []store.Item{alert("g", "a")})
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, s.Append(ended, begin(t, "INC-1", incident.Declare{}).events), context.Canceled)
			require.Empty(t, pending(t, s))
			_, err = s.Incident(t.Context(), "INC-1")
			require.ErrorIs(t, err, store.ErrNotFound)
		}},
	})

	t.Run("everything is there after closing and opening again", func(t *testing.T) {
		t.Parallel()
		options := b.Fresh(t)
		s, err := store.Open(t.Context(), options)
		require.NoError(t, err)
		installation := s.Installation()
		_, _, err = s.NewIncident(t.Context(), "key", "")
		require.NoError(t, err)
		routedTo := route(t, s, "g", start, true)
		st := declared(t, s, incident.Declare{}, incident.Acknowledge{})
		_, err = s.Accept(t.Context(), []store.Item{alert("g", "a")})
		require.NoError(t, err)
		require.NoError(t, s.Close())

		s = Open(t, options)
		require.Equal(t, installation, s.Installation())
		id, fresh, err := s.NewIncident(t.Context(), "key", "")
		require.NoError(t, err)
		require.False(t, fresh)
		require.Equal(t, incident.ID("INC-1"), id)
		require.Equal(t, routedTo, route(t, s, "g", start, true))
		requireJournal(t, s, st)
		require.Equal(t, []string{"a"}, keysOf(pending(t, s)))
	})

	t.Run("a closed store fails, and its subscribers hear of it", func(t *testing.T) {
		t.Parallel()
		s, err := store.Open(t.Context(), b.Fresh(t))
		require.NoError(t, err)
		changes, cancel := s.Subscribe("")
		require.NoError(t, s.Close())
		_, open := <-changes
		require.False(t, open)
		cancel()
		late, cancelLate := s.Subscribe("")
		_, open = <-late
		require.False(t, open)
		cancelLate()
		require.Error(t, s.Check(t.Context()))
		_, err = s.Accept(t.Context(), []store.Item{alert("g", "a")})
		require.Error(t, err)
	})

	t.Run("several that open a new database at once share it", func(t *testing.T) {
		t.Parallel()
		options := b.Fresh(t)
		stores := make([]*store.Store, 4)
		errs := atOnce(len(stores), func(i int) (err error) {
			stores[i], err = store.Open(t.Context(), options)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		for _, s := range stores {
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			require.Equal(t, stores[0].Installation(), s.Installation())
		}
		// They stand for processes: their writes must wait for each other, not fail.
		errs = atOnce(len(stores), func(i int) error {
			for j := range 25 {
				if _, err := stores[i].Accept(t.Context(), []store.Item{alert("g", fmt.Sprintf("%d of %d", j, i))}); err != nil {
					return err
				}
				if _, err := stores[i].Pending(t.Context(), 0, 0); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, errors.Join(errs...))
		require.Len(t, pending(t, stores[0]), 100)
	})
}
