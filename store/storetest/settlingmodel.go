package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"muster/incident"
	"muster/store"
)

// modelItem is an inbox item as the documentation of package store tells of it. Nobody has
// it, or an incident was sent it, was delivered it, or recorded it; or it was discarded.
type modelItem struct {
	key          string
	holding      holding
	incident     incident.ID // of all but free and discarded items
	returnedFrom incident.ID
}

type holding int

const (
	free holding = iota
	sent
	delivered
	recorded
	discarded
)

// settlingModel is a database and what it should hold.
type settlingModel struct {
	t         *testing.T
	store     *store.Store // the one that takes the next step
	stores    []*store.Store
	incidents []*story
	items     []*modelItem
	byID      map[int64]*modelItem
}

// checkSettling takes steps of chance, in any order, with any items and incidents, by any
// of two stores on the same database, and compares all that can be seen of the inbox
// after each.
func checkSettling(t *testing.T, b Backend) {
	options := b.Fresh(t)
	stores := []*store.Store{Open(t, options), Open(t, options)}
	rapid.Check(t, func(r *rapid.T) {
		emptyInbox(t, stores[0])
		m := &settlingModel{t: t, store: stores[0], stores: stores, byID: map[int64]*modelItem{}}
		for range 3 {
			m.incidents = append(m.incidents, declared(t, m.store, incident.Declare{}))
		}
		r.Repeat(map[string]func(*rapid.T){
			"accept": m.accept, "sent": m.sent, "delivered": m.delivered, "record": m.record,
			"return": m.giveBack, "resend": m.resend, "discard": m.discard, "": m.check,
		})
	})
}

// emptyInbox settles all that there is in the inbox and forgets it.
func emptyInbox(t testing.TB, s *store.Store) {
	t.Helper()
	for _, id := range unrecorded(t, s) {
		_, err := resend(t, s, id)
		require.NoError(t, err)
	}
	require.NoError(t, s.Discard(t.Context(), itemIDs(pending(t, s)), "nobody needs it"))
	_, err := s.Prune(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
}

func (m *settlingModel) accept(r *rapid.T) {
	keys := rapid.SliceOfN(rapid.StringMatching(`[a-h]`), 1, 4).Draw(r, "keys")
	items := make([]store.Item, len(keys))
	var want store.Accepted
	for i, key := range keys {
		items[i] = alert("g", key)
		if slices.ContainsFunc(m.items, func(known *modelItem) bool { return known.key == key }) {
			want.Repeated++
			continue
		}
		want.New++
		m.items = append(m.items, &modelItem{key: key})
	}
	accepted, err := m.store.Accept(m.t.Context(), items)
	require.NoError(r, err)
	require.Equal(r, want, accepted)
	for _, item := range pending(m.t, m.store) {
		if m.byID[item.ID] == nil {
			at := slices.IndexFunc(m.items, func(known *modelItem) bool { return known.key == item.Key })
			m.byID[item.ID] = m.items[at]
		}
	}
}

func (m *settlingModel) sent(r *rapid.T) {
	st, ids := m.draw(r)
	require.NoError(r, sendNow(m.t, m.store, ids, st.state.ID))
	for _, id := range ids {
		if item := m.byID[id]; item.holding == free && item.returnedFrom != st.state.ID {
			item.holding, item.incident = sent, st.state.ID
		}
	}
}

func (m *settlingModel) delivered(r *rapid.T) {
	st, ids := m.draw(r)
	require.NoError(r, m.store.Delivered(m.t.Context(), ids, st.state.ID))
	for _, id := range ids {
		if item := m.byID[id]; item.holding == free && item.returnedFrom != st.state.ID {
			item.holding, item.incident = delivered, st.state.ID
		}
	}
}

func (m *settlingModel) record(r *rapid.T) {
	st, ids := m.draw(r)
	var events []incident.Event
	if rapid.Bool().Draw(r, "with events") {
		events = st.do(incident.AddNote{Text: "an alert"})
	}
	require.NoError(r, recordNow(m.t, m.store, st.state.ID, events, ids))
	for _, id := range ids {
		item := m.byID[id]
		if item.holding == recorded || item.holding == delivered && item.incident != st.state.ID {
			continue
		}
		item.holding, item.incident = recorded, st.state.ID
	}
}

func (m *settlingModel) giveBack(r *rapid.T) {
	st, ids := m.draw(r)
	require.NoError(r, m.store.Return(m.t.Context(), ids, st.state.ID))
	for _, id := range ids {
		item := m.byID[id]
		itsOwn := (item.holding == sent || item.holding == delivered) && item.incident == st.state.ID
		if item.holding == free || itsOwn {
			item.holding, item.incident, item.returnedFrom = free, "", st.state.ID
		}
	}
}

func (m *settlingModel) resend(r *rapid.T) {
	st, _ := m.draw(r)
	resent, err := resend(m.t, m.store, st.state.ID)
	require.NoError(r, err)
	want := 0
	for _, item := range m.items {
		if item.holding == sent && item.incident == st.state.ID {
			item.holding, item.incident = free, ""
			want++
		}
	}
	require.Equal(r, want, resent)
}

func (m *settlingModel) discard(r *rapid.T) {
	_, ids := m.draw(r)
	require.NoError(r, m.store.Discard(m.t.Context(), ids, "nobody needs them"))
	for _, id := range ids {
		if item := m.byID[id]; item.holding == free {
			item.holding = discarded
		}
	}
}

// draw chooses an incident and some items, which may repeat themselves.
func (m *settlingModel) draw(r *rapid.T) (*story, []int64) {
	st := rapid.SampledFrom(m.incidents).Draw(r, "incident")
	if len(m.byID) == 0 {
		return st, nil
	}
	known := make([]int64, 0, len(m.byID))
	for id := range m.byID {
		known = append(known, id)
	}
	slices.Sort(known)
	return st, rapid.SliceOfN(rapid.SampledFrom(known), 0, 5).Draw(r, "items")
}

func (m *settlingModel) check(r *rapid.T) {
	m.store = rapid.SampledFrom(m.stores).Draw(r, "store")
	keys := func(wanted func(*modelItem) bool) []string {
		found := []string{}
		for _, item := range m.items {
			if wanted(item) {
				found = append(found, item.key)
			}
		}
		return found
	}
	isPending := keys(func(i *modelItem) bool { return i.holding == free })
	require.Equal(r, isPending, keysOf(pending(m.t, m.store)))
	waiting := []incident.ID{}
	for _, st := range m.incidents {
		id := st.state.ID
		if len(keys(func(i *modelItem) bool { return i.holding == sent && i.incident == id })) > 0 {
			waiting = append(waiting, id)
		}
		has := keys(func(i *modelItem) bool {
			return (i.holding == recorded || i.holding == delivered) && i.incident == id
		})
		require.Equal(r, has, keysOf(alertsOf(m.t, m.store, id)))
	}
	require.Equal(r, waiting, unrecorded(m.t, m.store))
	status := inboxStatus(m.t, m.store)
	isSent := keys(func(i *modelItem) bool { return i.holding == sent })
	require.Equal(r, []int{len(isPending), len(isSent)}, []int{status.Pending, status.Sent})
	require.Equal(r, len(isPending) == 0, status.OldestPendingAt.IsZero())
	require.Equal(r, len(isSent) == 0, status.OldestSentAt.IsZero())
}
