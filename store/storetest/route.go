package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// reopenWindow is how long the suite's groups stay with a resolved incident.
const reopenWindow = time.Hour

type routed struct {
	id    incident.ID
	isNew bool
}

func route(t *testing.T, s *store.Store, group string, now time.Time, mayOpen bool) routed {
	t.Helper()
	id, isNew, err := s.Route(t.Context(), "alertmanager", group, now, reopenWindow, mayOpen)
	require.NoError(t, err)
	return routed{id, isNew}
}

func runRoute(t *testing.T, b Backend) {
	// opened routes a new group and begins its incident.
	opened := func(t *testing.T, s *store.Store, group string) *story {
		t.Helper()
		r := route(t, s, group, start, true)
		require.True(t, r.isNew)
		return begin(t, r.id, incident.Declare{}).store(s)
	}
	runAll(t, b, []test{
		{"a group that nobody knows opens an incident only if it may", func(t *testing.T, s *store.Store) {
			require.Equal(t, routed{}, route(t, s, "g", start, false))
			require.Equal(t, routed{"INC-1", true}, route(t, s, "g", start, true))
		}},
		{"until its first event is appended the incident stays the same and new", func(t *testing.T, s *store.Store) {
			first := route(t, s, "g", start, true)
			require.Equal(t, first, route(t, s, "g", start.Add(24*time.Hour), true))
			require.Equal(t, first, route(t, s, "g", start, false))
			begin(t, first.id, incident.Declare{}).store(s)
			require.Equal(t, routed{first.id, false}, route(t, s, "g", start, true))
		}},
		{"groups and sources have incidents of their own", func(t *testing.T, s *store.Store) {
			require.Equal(t, routed{"INC-1", true}, route(t, s, "g", start, true))
			require.Equal(t, routed{"INC-2", true}, route(t, s, "h", start, true))
			id, _, err := s.Route(t.Context(), "elsewhere", "g", start, reopenWindow, true)
			require.NoError(t, err)
			require.Equal(t, incident.ID("INC-3"), id)
		}},
		{"a group stays with its incident while people respond", func(t *testing.T, s *store.Store) {
			st := opened(t, s, "g")
			for _, status := range []incident.Status{incident.Identified, incident.Monitoring} {
				st.do(incident.ChangeStatus{Status: status})
				st.store(s)
				require.Equal(t, routed{st.state.ID, false}, route(t, s, "g", start.Add(1000*time.Hour), true))
			}
		}},
		{"a group stays with a resolved incident within the window, and opens another after it", func(t *testing.T, s *store.Store) {
			st := opened(t, s, "g")
			st.do(incident.Resolve{})
			st.store(s)
			end := st.state.ResolvedAt.Add(reopenWindow)
			require.Equal(t, routed{st.state.ID, false}, route(t, s, "g", end.Add(-time.Microsecond), true))
			require.Equal(t, routed{}, route(t, s, "g", end, false))
			require.Equal(t, routed{"INC-2", true}, route(t, s, "g", end, true))
			require.Equal(t, routed{"INC-2", true}, route(t, s, "g", st.state.ResolvedAt, true), "it has moved for good")
		}},
		{"a group leaves an incident that has ended", func(t *testing.T, s *store.Store) {
			closed, cancelled := opened(t, s, "closed"), opened(t, s, "cancelled")
			closed.do(incident.Resolve{}, incident.Close{})
			closed.store(s)
			cancelled.do(incident.Cancel{})
			cancelled.store(s)
			require.Equal(t, routed{"INC-3", true}, route(t, s, "closed", start, true))
			require.Equal(t, routed{}, route(t, s, "cancelled", start, false))
		}},
		{"a group follows its incident into those it was merged into", func(t *testing.T, s *store.Store) {
			first, second, third := opened(t, s, "g"), opened(t, s, "h"), opened(t, s, "i")
			first.do(incident.Merge{Into: second.state.ID})
			first.store(s)
			require.Equal(t, routed{second.state.ID, false}, route(t, s, "g", start, true))
			second.do(incident.Merge{Into: third.state.ID})
			second.store(s)
			require.Equal(t, routed{third.state.ID, false}, route(t, s, "g", start, true))
			third.do(incident.Resolve{}, incident.Close{})
			third.store(s)
			require.Equal(t, routed{"INC-4", true}, route(t, s, "g", start, true))
		}},
		{"merges in a circle, or into nothing, lead to a new incident", func(t *testing.T, s *store.Store) {
			first, second, third := opened(t, s, "g"), opened(t, s, "h"), opened(t, s, "i")
			first.do(incident.Merge{Into: second.state.ID})
			second.do(incident.Merge{Into: first.state.ID})
			third.do(incident.Merge{Into: "INC-1000"})
			for _, st := range []*story{first, second, third} {
				st.store(s)
			}
			require.Equal(t, routed{"INC-4", true}, route(t, s, "g", start, true))
			require.Equal(t, routed{"INC-5", true}, route(t, s, "i", start, true))
		}},
		{"a group that no database can hold is refused", func(t *testing.T, s *store.Store) {
			_, _, err := s.Route(t.Context(), "alertmanager", "broken \xff", start, reopenWindow, true)
			requireInvalid(t, err, "group")
		}},
		{"routed at once by many, a group has one incident", func(t *testing.T, s *store.Store) {
			ids := make([]incident.ID, 8)
			errs := atOnce(len(ids), func(i int) (err error) {
				ids[i], _, err = s.Route(t.Context(), "alertmanager", "g", start, reopenWindow, true)
				return err
			})
			require.NoError(t, errors.Join(errs...))
			for _, id := range ids {
				require.Equal(t, incident.ID("INC-1"), id)
			}
		}},
	})
}
