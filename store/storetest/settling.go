package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// runSettling tells of an item's way from being sent to being in the journal.
func runSettling(t *testing.T, b Backend) {
	// arrived accepts alerts with these keys and returns their ids.
	runAll(t, b, []test{
		{"what was sent is not pending, and not settled before the journal has it", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a", "b")
			require.NoError(t, sendNow(t, s, ids[:1], st.state.ID))
			require.Equal(t, []string{"b"}, keysOf(pending(t, s)))
			require.Equal(t, []incident.ID{st.state.ID}, unrecorded(t, s))
			require.Empty(t, alertsOf(t, s, st.state.ID))
			require.NoError(t, recordNow(t, s, st.state.ID, st.do(incident.AddNote{Text: "an alert"}), ids[:1]))
			require.Empty(t, unrecorded(t, s))
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
			requireJournal(t, s, st)
		}},
		{"recording again changes nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			events := st.do(incident.AddNote{Text: "an alert"})
			for range 3 {
				require.NoError(t, recordNow(t, s, st.state.ID, events, ids))
			}
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
			requireJournal(t, s, st)
		}},
		{"what the journal refuses settles nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			rival := begin(t, st.state.ID, incident.Declare{Title: "Another beginning"})
			require.ErrorIs(t, recordNow(t, s, st.state.ID, rival.events, ids), store.ErrConflict)
			st.do(incident.AddNote{Text: "left out"})
			require.ErrorIs(t, recordNow(t, s, st.state.ID, st.do(incident.AddNote{Text: "an alert"}), ids), store.ErrGap)
			requireInvalid(t, recordNow(t, s, "INC-9", st.events, ids), "events")
			requireInvalid(t, recordNow(t, s, "everyone", nil, ids), "incident")
			require.ErrorIs(t, recordNow(t, s, "INC-9", nil, ids), store.ErrNotFound)
			require.Equal(t, []string{"a"}, keysOf(pending(t, s)))
		}},
		{"an alert that says nothing new is recorded without events", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
			requireJournal(t, s, st)
			require.NoError(t, recordNow(t, s, st.state.ID, nil, nil))
		}},
		{"an incident may be declared and record its first alert at once", func(t *testing.T, s *store.Store) {
			ids := arrived(t, s, "a")
			st := begin(t, "INC-1", incident.Declare{})
			require.NoError(t, recordNow(t, s, "INC-1", st.events, ids))
			requireJournal(t, s, st)
			require.Empty(t, pending(t, s))
		}},
		{"what was recorded before it was marked as sent stays recorded", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
			require.NoError(t, sendNow(t, s, ids, st.state.ID))
			require.Empty(t, unrecorded(t, s))
			require.Empty(t, pending(t, s))
		}},
		{"what one incident has recorded stays with it", func(t *testing.T, s *store.Store) {
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, recordNow(t, s, first.state.ID, nil, ids))
			require.NoError(t, recordNow(t, s, second.state.ID, nil, ids))
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, first.state.ID)))
			require.Empty(t, alertsOf(t, s, second.state.ID))
		}},
		{"what was recorded is never given back, sent again or discarded", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
			require.NoError(t, s.Return(t.Context(), ids, st.state.ID))
			_, err := resend(t, s, st.state.ID)
			require.NoError(t, err)
			require.NoError(t, s.Discard(t.Context(), ids, "nobody needs it"))
			require.Empty(t, pending(t, s))
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
		}},
		{"what an ended incident gives back goes to the next", func(t *testing.T, s *store.Store) {
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, sendNow(t, s, ids, first.state.ID))
			require.NoError(t, s.Return(t.Context(), ids, first.state.ID))
			require.Empty(t, unrecorded(t, s))
			require.Equal(t, ids, itemIDs(pending(t, s)))
			require.NoError(t, sendNow(t, s, ids, first.state.ID))
			require.Equal(t, ids, itemIDs(pending(t, s)), "that was late news")
			require.NoError(t, sendNow(t, s, ids, second.state.ID))
			require.NoError(t, s.Return(t.Context(), ids, first.state.ID))
			require.Equal(t, []incident.ID{second.state.ID}, unrecorded(t, s), "so was that")
		}},
		{"what was sent to a workflow that is gone is pending again, in its old place", func(t *testing.T, s *store.Store) {
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a", "b", "c", "d")
			require.NoError(t, sendNow(t, s, ids[:2], first.state.ID))
			require.NoError(t, sendNow(t, s, ids[2:3], second.state.ID))
			require.NoError(t, recordNow(t, s, first.state.ID, nil, ids[:1]))
			require.Equal(t, []incident.ID{first.state.ID, second.state.ID}, unrecorded(t, s))
			for _, want := range []int{1, 0} {
				resent, err := resend(t, s, first.state.ID)
				require.NoError(t, err)
				require.Equal(t, want, resent)
			}
			require.Equal(t, []string{"b", "d"}, keysOf(pending(t, s)))
			require.Equal(t, []incident.ID{second.state.ID}, unrecorded(t, s))
			require.NoError(t, sendNow(t, s, ids[1:2], first.state.ID))
			require.Equal(t, []string{"d"}, keysOf(pending(t, s)), "the same incident may be sent it again")
			_, err := resend(t, s, "everyone")
			requireInvalid(t, err, "incident")
		}},
		{"the dispatcher is woken by what is to be sent again", func(t *testing.T, s *store.Store) {
			ids := arrived(t, s, "a")
			<-s.Wake()
			require.NoError(t, sendNow(t, s, ids, "INC-1"))
			_, err := resend(t, s, "INC-1")
			require.NoError(t, err)
			<-s.Wake()
			_, err = resend(t, s, "INC-1")
			require.NoError(t, err)
			require.Empty(t, s.Wake())
		}},
		{"what was discarded and is in a journal all the same is that incident's", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			ids := arrived(t, s, "a")
			require.NoError(t, s.Discard(t.Context(), ids, "nobody needs it"))
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
		}},
		{"a repeated delivery changes nothing about what was sent", func(t *testing.T, s *store.Store) {
			require.NoError(t, sendNow(t, s, arrived(t, s, "a"), "INC-1"))
			accepted, err := s.Accept(t.Context(), []store.Item{alert("g", "a")})
			require.NoError(t, err)
			require.Equal(t, store.Accepted{Repeated: 1}, accepted)
			require.Empty(t, pending(t, s))
			require.Equal(t, []incident.ID{"INC-1"}, unrecorded(t, s))
		}},
		{"what was sent is not forgotten, however old", func(t *testing.T, s *store.Store) {
			require.NoError(t, sendNow(t, s, arrived(t, s, "a"), "INC-1"))
			forgotten, err := s.Prune(t.Context(), time.Now().AddDate(1, 0, 0))
			require.NoError(t, err)
			require.Zero(t, forgotten)
			require.Equal(t, []incident.ID{"INC-1"}, unrecorded(t, s))
		}},
		{"the status counts what is not settled and tells since when", func(t *testing.T, s *store.Store) {
			require.Equal(t, store.InboxStatus{}, inboxStatus(t, s))
			early, late := alert("g", "early"), alert("g", "late")
			late.ReceivedAt = start.Add(time.Minute)
			_, err := s.Accept(t.Context(), []store.Item{early, late, alert("g", "other")})
			require.NoError(t, err)
			require.Equal(t, store.InboxStatus{Pending: 3, OldestPendingAt: start}, inboxStatus(t, s))
			ids := itemIDs(pending(t, s))
			before := time.Now().Truncate(time.Microsecond)
			require.NoError(t, sendNow(t, s, ids[:1], "INC-1"))
			between := time.Now()
			require.NoError(t, sendNow(t, s, ids[2:], "INC-2"))
			status := inboxStatus(t, s)
			require.WithinRange(t, status.OldestSentAt, before, between)
			status.OldestSentAt = time.Time{}
			require.Equal(t, store.InboxStatus{Pending: 1, OldestPendingAt: late.ReceivedAt, Sent: 2}, status)
			require.NoError(t, s.Discard(t.Context(), ids[1:2], "nobody needs it"))
			require.Zero(t, inboxStatus(t, s).Pending)
		}},
		{"all alerts of an incident are there to read, in pages, and nothing but its alerts", func(t *testing.T, s *store.Store) {
			st, other := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			var want []store.Item
			for i := range 5 {
				want = append(want, alert("g", fmt.Sprint(i)))
			}
			ticket := alert("PAY-7", "news")
			ticket.Kind = store.KindTicket
			_, err := s.Accept(t.Context(), append(want, ticket, alert("g", "another's"), alert("g", "nobody's yet")))
			require.NoError(t, err)
			ids := itemIDs(pending(t, s))
			for i := range want {
				want[i].ID = ids[i]
			}
			require.NoError(t, recordNow(t, s, st.state.ID, nil, []int64{ids[4], ids[0]}))
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids[1:5]))
			require.NoError(t, s.Delivered(t.Context(), ids[5:6], st.state.ID))
			require.NoError(t, recordNow(t, s, other.state.ID, nil, ids[6:7]))
			require.Empty(t, cmp.Diff(want, alertsOf(t, s, st.state.ID)))
			page, err := s.Alerts(t.Context(), st.state.ID, ids[1], 2)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want[2:4], page))
			require.Empty(t, alertsOf(t, s, "INC-77"))
			for _, limit := range []int{-1, store.MaxPending + 1} {
				_, err := s.Alerts(t.Context(), st.state.ID, 0, limit)
				requireInvalid(t, err, "limit")
			}
			_, err = s.Alerts(t.Context(), "everyone", 0, 0)
			requireInvalid(t, err, "incident")
		}},
		{"many items take each step at once", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			keys := make([]string, store.MaxPending)
			for i := range keys {
				keys[i] = fmt.Sprint(i)
			}
			ids := arrived(t, s, keys...)
			require.NoError(t, sendNow(t, s, ids, st.state.ID))
			require.NoError(t, s.Return(t.Context(), ids, st.state.ID))
			require.Equal(t, keys, keysOf(pending(t, s)))
			require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
			require.Equal(t, keys, keysOf(alertsOf(t, s, st.state.ID)))
		}},
		{"steps over no items and over items that are none change nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			arrived(t, s, "a")
			for _, ids := range [][]int64{nil, {-1, 0, 1 << 62}} {
				require.NoError(t, sendNow(t, s, ids, st.state.ID))
				require.NoError(t, recordNow(t, s, st.state.ID, nil, ids))
				require.NoError(t, s.Return(t.Context(), ids, st.state.ID))
				require.NoError(t, s.Discard(t.Context(), ids, "nobody needs them"))
				require.NoError(t, s.Delivered(t.Context(), ids, st.state.ID))
			}
			require.Equal(t, []string{"a"}, keysOf(pending(t, s)))
		}},
	})
	t.Run("any sequence of steps leaves what the model says", func(t *testing.T) {
		t.Parallel()
		checkSettling(t, b)
	})
}

func unrecorded(t testing.TB, s *store.Store) []incident.ID {
	t.Helper()
	ids, err := s.Unrecorded(t.Context())
	require.NoError(t, err)
	return ids
}

func alertsOf(t testing.TB, s *store.Store, id incident.ID) []store.Item {
	t.Helper()
	items, err := s.Alerts(t.Context(), id, 0, 0)
	require.NoError(t, err)
	return items
}

func inboxStatus(t testing.TB, s *store.Store) store.InboxStatus {
	t.Helper()
	status, err := s.InboxStatus(t.Context())
	require.NoError(t, err)
	return status
}

// arrived accepts alerts and returns the ids of all that is pending.
func arrived(t testing.TB, s *store.Store, keys ...string) []int64 {
	t.Helper()
	items := make([]store.Item, len(keys))
	for i, key := range keys {
		items[i] = alert("g", key)
	}
	_, err := s.Accept(t.Context(), items)
	require.NoError(t, err)
	return itemIDs(pending(t, s))
}
