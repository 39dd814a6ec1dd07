package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func TestTheReadModelIsMadeAnewWhenTheFoldHasChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "muster.db")
	open := func() *store.Store {
		s, err := store.Open(t.Context(), store.Options{Path: path, Migrate: true})
		require.NoError(t, err)
		return s
	}
	s := open()
	events, err := incident.Decide(incident.State{}, incident.Command{
		Incident: "INC-1", Actor: incident.MusterActor(), Intent: incident.Declare{
			Title: "Errors", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}}, Service: incident.Service{Name: "checkout"},
		},
	}, time.Now())
	require.NoError(t, err)
	require.NoError(t, s.Append(t.Context(), events))
	require.NoError(t, s.Close())

	exec(t, path, `UPDATE incidents SET state = json_set(state, '$.title', 'as an earlier fold had it'), severity = 'SEV9', title = '', search = ''`)
	s = open()
	stale, err := s.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	require.Equal(t, "as an earlier fold had it", stale.Title, "the same fold is not done again at each start")
	require.NoError(t, s.Close())

	s, err = store.Open(t.Context(), store.Options{Path: path, Refold: true})
	require.NoError(t, err)
	mended, err := s.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	require.Equal(t, incident.Fold(events).Title, mended.Title, "unless somebody wants it")
	require.NoError(t, s.Close())

	exec(t, path, `UPDATE incidents SET state = json_set(state, '$.title', 'as an earlier fold had it'), severity = 'SEV9', title = '', search = ''`)
	exec(t, path, `UPDATE installation SET fold_version = 0`)
	s = open()
	defer func() { require.NoError(t, s.Close()) }()
	state, err := s.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	require.Equal(t, incident.Fold(events).Title, state.Title)
	found, _, err := s.Incidents(t.Context(), store.Filter{Severity: "SEV1", Query: "errors"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	var title string
	require.NoError(t, raw(t, path).QueryRowContext(t.Context(), "SELECT title FROM incidents").Scan(&title))
	require.Equal(t, state.Title, title)
}
