package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runSubjects(t *testing.T, b Backend) {
	subjects := func(t *testing.T, s *store.Store) []store.Subject {
		t.Helper()
		all, _, err := s.Subjects(t.Context(), 0, 0)
		require.NoError(t, err)
		return all
	}
	of := func(group string) store.Subject {
		return store.Subject{Kind: store.KindAlert, Source: "alertmanager", Key: group}
	}
	pendingOf := func(t *testing.T, s *store.Store, subject store.Subject) []store.Item {
		t.Helper()
		items, err := s.PendingOf(t.Context(), subject, 0, 0)
		require.NoError(t, err)
		return items
	}
	runAll(t, b, []test{
		{"those of some kinds are listed by themselves, the oldest first", func(t *testing.T, s *store.Store) {
			kinds := []string{store.KindPage, store.KindAct}
			none, next, err := s.SubjectsOf(t.Context(), kinds, 0, 0)
			require.NoError(t, err)
			require.Empty(t, none)
			require.Zero(t, next)
			of := func(kind, subject, key string) store.Item {
				item := alert(subject, key)
				item.Kind = kind
				return item
			}
			_, err = s.Accept(t.Context(), []store.Item{
				of(store.KindAlert, "g", "1"), of(store.KindAct, "C2", "2"), of(store.KindPage, "P1", "3"), of(store.KindAct, "C1", "4"),
				of(store.KindAct, "C2", "5"), of(store.KindTicket, "PAY-1", "6"), of(store.KindAct, "C3", "7"),
			})
			require.NoError(t, err)
			items := pending(t, s)
			require.NoError(t, s.Handled(t.Context(), []int64{items[6].ID}, ""))
			var got []string
			for after := int64(0); ; {
				page, next, err := s.SubjectsOf(t.Context(), kinds, after, 2)
				require.NoError(t, err)
				for _, about := range page {
					got = append(got, about.Kind+" "+about.Key)
				}
				if after = next; len(page) == 0 {
					break
				}
			}
			require.Equal(t, []string{"act C2", "page P1", "act C1"}, got)
			_, _, err = s.SubjectsOf(t.Context(), kinds, 0, -1)
			requireInvalid(t, err, "limit")
		}},
		{"an empty inbox is about nothing", func(t *testing.T, s *store.Store) {
			require.Empty(t, subjects(t, s))
			require.Empty(t, pendingOf(t, s, of("g")))
		}},
		{"subjects come in the order of their oldest pending item, each once", func(t *testing.T, s *store.Store) {
			elsewhere, ticket := alert("a", "5"), alert("a", "6")
			elsewhere.Source, ticket.Kind = "elsewhere", store.KindTicket
			_, err := s.Accept(t.Context(), []store.Item{
				alert("z", "1"), alert("a", "2"), alert("z", "3"), alert("m", "4"), elsewhere, ticket, alert("a", "7"),
			})
			require.NoError(t, err)
			want := []store.Subject{
				of("z"), of("a"), of("m"), {Kind: store.KindAlert, Source: "elsewhere", Key: "a"},
				{Kind: store.KindTicket, Source: "alertmanager", Key: "a"},
			}
			require.Equal(t, want, subjects(t, s))
			some, next, err := s.Subjects(t.Context(), 0, 2)
			require.NoError(t, err)
			require.Equal(t, want[:2], some)
			others, _, err := s.Subjects(t.Context(), next, 0)
			require.NoError(t, err)
			require.Equal(t, want[2:], others, "the next page goes on")
			for _, limit := range []int{-1, store.MaxSubjects + 1} {
				_, _, err := s.Subjects(t.Context(), 0, limit)
				requireInvalid(t, err, "limit")
			}
		}},
		{"what arrived is told once, in its order, and what was known before it was asked is not told", func(t *testing.T, s *store.Store) {
			ids := arrived(t, s, "before")
			_, all := s.Arrived()
			require.False(t, all, "the first time nobody knows what else there is")
			_, err := s.Accept(t.Context(), []store.Item{alert("b", "1"), alert("a", "2"), alert("b", "3"), alert("a", "4")})
			require.NoError(t, err)
			_, err = s.Accept(t.Context(), []store.Item{alert("c", "2"), alert("b", "1")})
			require.NoError(t, err)
			news, all := s.Arrived()
			require.True(t, all)
			require.Equal(t, []store.Subject{of("b"), of("a")}, news, "what was only repeated is no news")
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-1"))
			news, all = s.Arrived()
			require.True(t, all)
			require.Empty(t, news)
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			_, all = s.Arrived()
			require.False(t, all, "what was given back has to be looked for")
		}},
		{"a storm of subjects is not told by name", func(t *testing.T, s *store.Store) {
			s.Arrived()
			var items []store.Item
			for i := range 1500 {
				items = append(items, alert(fmt.Sprint("group ", i), fmt.Sprint(i)))
			}
			_, err := s.Accept(t.Context(), items)
			require.NoError(t, err)
			news, all := s.Arrived()
			require.False(t, all)
			require.Less(t, len(news), 1500)
		}},
		{"a subject whose oldest items were handed on moves behind, and one without items is gone", func(t *testing.T, s *store.Store) {
			ids := arrived(t, s)
			require.Empty(t, ids)
			_, err := s.Accept(t.Context(), []store.Item{alert("a", "1"), alert("b", "2"), alert("c", "3"), alert("a", "4")})
			require.NoError(t, err)
			ids = itemIDs(pending(t, s))
			require.NoError(t, sendNow(t, s, ids[:2], "INC-1"))
			require.Equal(t, []store.Subject{of("c"), of("a")}, subjects(t, s))
			require.NoError(t, s.Return(t.Context(), ids[:1], "INC-1"))
			require.Equal(t, []store.Subject{of("a"), of("c")}, subjects(t, s))
		}},
		{"the pending items of a subject are its own, the oldest first", func(t *testing.T, s *store.Store) {
			traced := alert("a", "3")
			traced.Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
			_, err := s.Accept(t.Context(), []store.Item{alert("a", "1"), alert("b", "2"), traced, alert("a", "4")})
			require.NoError(t, err)
			all := pending(t, s)
			require.Equal(t, traced.Trace, all[2].Trace)
			require.NoError(t, s.Discard(t.Context(), itemIDs(all[:1]), "nobody needs it"))
			require.Empty(t, cmp.Diff(all[2:4], pendingOf(t, s, of("a"))))
			first, err := s.PendingOf(t.Context(), of("a"), 0, 1)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(all[2:3], first))
			later, err := s.PendingOf(t.Context(), of("a"), first[0].ID, 0)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(all[3:4], later))
			_, err = s.PendingOf(t.Context(), of("a"), 0, store.MaxPending+1)
			requireInvalid(t, err, "limit")
		}},
		{"many items of one subject and many subjects of one item", func(t *testing.T, s *store.Store) {
			var items []store.Item
			for i := range 1500 {
				items = append(items, alert("crowd", fmt.Sprint("crowd ", i)))
			}
			for i := range 500 {
				items = append(items, alert(fmt.Sprint("alone ", i), fmt.Sprint("alone ", i)))
			}
			_, err := s.Accept(t.Context(), items)
			require.NoError(t, err)
			all := subjects(t, s)
			require.Len(t, all, 501)
			require.Equal(t, of("crowd"), all[0])
			require.Equal(t, of("alone 499"), all[500])
			require.Len(t, pendingOf(t, s, of("crowd")), store.MaxPending)
		}},
		{"a trace that no database can hold is refused", func(t *testing.T, s *store.Store) {
			item := alert("g", "a")
			item.Trace = "\x00"
			_, err := s.Accept(t.Context(), []store.Item{item})
			requireInvalid(t, err, "trace")
		}},
	})
}

func runClaims(t *testing.T, b Backend) {
	claim := func(t *testing.T, s *store.Store, name string) (release func(), ok bool) {
		t.Helper()
		release, ok, err := s.Claim(t.Context(), name)
		require.NoError(t, err)
		return release, ok
	}
	runAll(t, b, []test{
		{"a name is claimed by one at a time, until it is released", func(t *testing.T, s *store.Store) {
			for range 3 {
				release, ok := claim(t, s, "g")
				require.True(t, ok)
				_, ok = claim(t, s, "g")
				require.False(t, ok)
				other, ok := claim(t, s, "h")
				require.True(t, ok)
				other()
				release()
			}
		}},
		{"releasing again does not take the name from who has it now", func(t *testing.T, s *store.Store) {
			first, ok := claim(t, s, "g")
			require.True(t, ok)
			first()
			second, ok := claim(t, s, "g")
			require.True(t, ok)
			first()
			_, ok = claim(t, s, "g")
			require.False(t, ok)
			second()
		}},
		{"of many who claim a name at once one has it", func(t *testing.T, s *store.Store) {
			won := make([]bool, 8)
			atOnce(len(won), func(i int) (err error) {
				_, won[i], err = s.Claim(t.Context(), "g")
				require.NoError(t, err)
				return err
			})
			winners := 0
			for _, has := range won {
				if has {
					winners++
				}
			}
			require.Equal(t, 1, winners)
		}},
		{"a name that no database can hold is refused", func(t *testing.T, s *store.Store) {
			_, _, err := s.Claim(t.Context(), "\x00")
			requireInvalid(t, err, "name")
		}},
	})
}

func runCensus(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"nothing is open in an empty store", func(t *testing.T, s *store.Store) {
			census, err := s.Census(t.Context())
			require.NoError(t, err)
			require.Equal(t, store.Census{}, census)
		}},
		{"open incidents are counted by status and severity, follow-ups until they are done or their incident is finished", func(t *testing.T, s *store.Store) {
			add := func(title string, days int) incident.Intent {
				return incident.AddFollowup{Title: title, Due: start.AddDate(0, 0, days)}
			}
			declared(t, s, incident.Declare{}, add("Overdue", 1), add("In a while", 100_000), incident.AddFollowup{Title: "Some day"})
			declared(t, s, incident.Declare{})
			declared(t, s, incident.Declare{Severity: "SEV1"}, incident.Resolve{}, add("Done", 1),
				incident.CompleteFollowup{Followup: "F1"})
			declared(t, s, incident.Declare{}, incident.Resolve{}, incident.Close{})
			finished := declared(t, s, incident.Declare{}, add("Forgotten", 1), incident.Cancel{})
			require.NoError(t, s.Finish(t.Context(), finished.state.ID, 0))
			census, err := s.Census(t.Context())
			require.NoError(t, err)
			require.Equal(t, store.Census{
				Incidents: []store.IncidentCount{
					{Status: incident.Investigating, Severity: "SEV2", Count: 2},
					{Status: incident.Resolved, Severity: "SEV1", Count: 1},
				},
				OpenFollowups: 3, OverdueFollowups: 1,
			}, census)
		}},
	})
}
