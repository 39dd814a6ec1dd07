package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/store"
)

func runInbox(t *testing.T, b Backend) {
	accept := func(t *testing.T, s *store.Store, items ...store.Item) store.Accepted {
		t.Helper()
		accepted, err := s.Accept(t.Context(), items)
		require.NoError(t, err)
		return accepted
	}
	runAll(t, b, []test{
		{"what was accepted is pending, in the order of arrival, as it came", func(t *testing.T, s *store.Store) {
			items := []store.Item{alert("g", "b"), alert("g", "a"), alert("h", "c")}
			require.Equal(t, store.Accepted{New: 3}, accept(t, s, items...))
			got := pending(t, s)
			for i := range items {
				require.Positive(t, got[i].ID)
				items[i].ID = got[i].ID
			}
			require.IsIncreasing(t, itemIDs(got))
			require.Empty(t, cmp.Diff(items, got))
		}},
		{"accepting nothing does nothing", func(t *testing.T, s *store.Store) {
			require.Equal(t, store.Accepted{}, accept(t, s))
		}},
		{"a repeated delivery changes nothing, before and after it was delivered", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"))
			require.Equal(t, store.Accepted{New: 1, Repeated: 2}, accept(t, s, alert("g", "a"), alert("g", "b"), alert("g", "b")))
			require.NoError(t, s.Delivered(t.Context(), itemIDs(pending(t, s)), "INC-1"))
			require.Equal(t, store.Accepted{Repeated: 2}, accept(t, s, alert("g", "a"), alert("g", "b")))
			require.Empty(t, pending(t, s))
		}},
		{"the same key from another source or of another kind is another item", func(t *testing.T, s *store.Store) {
			fromElsewhere, ticket := alert("g", "a"), alert("g", "a")
			fromElsewhere.Source = "elsewhere"
			ticket.Kind = store.KindTicket
			require.Equal(t, store.Accepted{New: 3}, accept(t, s, alert("g", "a"), fromElsewhere, ticket))
		}},
		{"one bad item refuses them all", func(t *testing.T, s *store.Store) {
			for field, spoil := range map[string]func(*store.Item){
				"kind":        func(i *store.Item) { i.Kind = "rumour" },
				"source":      func(i *store.Item) { i.Source = "" },
				"key":         func(i *store.Item) { i.Key = "" },
				"received_at": func(i *store.Item) { i.ReceivedAt = time.Time{} },
				"body":        func(i *store.Item) { i.Body = nil },
				"subject":     func(i *store.Item) { i.Subject = "nul \x00" },
			} {
				bad := alert("g", "b")
				spoil(&bad)
				_, err := s.Accept(t.Context(), []store.Item{alert("g", "a"), bad})
				requireInvalid(t, err, field)
				require.ErrorContains(t, err, "item 2")
			}
			require.Empty(t, pending(t, s))
		}},
		{"pending items come in pages from the oldest", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"), alert("g", "b"), alert("g", "c"))
			page, err := s.Pending(t.Context(), 0, 2)
			require.NoError(t, err)
			require.Equal(t, []string{"a", "b"}, keysOf(page))
			for _, limit := range []int{-1, store.MaxPending + 1} {
				_, err := s.Pending(t.Context(), 0, limit)
				requireInvalid(t, err, "limit")
			}
		}},
		{"delivered and discarded items are no longer pending", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"), alert("g", "b"), alert("g", "c"))
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Delivered(t.Context(), ids[:1], "INC-1"))
			require.NoError(t, s.Discard(t.Context(), ids[1:2], "its beginning was never seen"))
			require.Equal(t, []string{"c"}, keysOf(pending(t, s)))
			require.NoError(t, s.Delivered(t.Context(), nil, "INC-1"))
			requireInvalid(t, s.Delivered(t.Context(), ids, "everyone"), "incident")
			require.Equal(t, []string{"c"}, keysOf(pending(t, s)))
		}},
		{"what an ended incident gives back is pending again, in its old place", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"), alert("g", "b"))
			first := pending(t, s)
			require.NoError(t, s.Delivered(t.Context(), itemIDs(first[:1]), "INC-1"))
			require.NoError(t, s.Return(t.Context(), itemIDs(first[:1]), "INC-1"))
			require.Empty(t, cmp.Diff(first, pending(t, s)))
		}},
		{"an item given back before its delivery was recorded is not lost", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"))
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-1"))
			require.Equal(t, []string{"a"}, keysOf(pending(t, s)))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-2"))
			require.Empty(t, pending(t, s))
		}},
		{"giving back again does not take an item from the incident that has it now", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"))
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-1"))
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-2"))
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			require.Empty(t, pending(t, s))
		}},
		{"a discarded item stays discarded", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "a"))
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Discard(t.Context(), ids, "nobody needs it"))
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-1"))
			require.Empty(t, pending(t, s))
		}},
		{"what was handled is settled for good, and what it held is forgotten", func(t *testing.T, s *store.Store) {
			act, page := alert("C1", "a"), alert("P1", "b")
			act.Kind, page.Kind = store.KindAct, store.KindPage
			accept(t, s, act, page, alert("g", "c"))
			ids := itemIDs(pending(t, s))
			for range 2 {
				require.NoError(t, s.Handled(t.Context(), ids[:1], ""))
				require.NoError(t, s.Handled(t.Context(), ids[1:2], "the incident has ended"))
			}
			require.NoError(t, s.Handled(t.Context(), nil, ""))
			require.NoError(t, s.Return(t.Context(), ids[:2], "INC-1"))
			require.Equal(t, []string{"c"}, keysOf(pending(t, s)))
			require.Equal(t, store.Accepted{Repeated: 2}, accept(t, s, act, page))
			require.NoError(t, s.Dump(t.Context(), func(r store.Record) error {
				if entry, ok := r.(store.InboxEntry); ok && entry.Kind != store.KindAlert {
					require.JSONEq(t, "{}", string(entry.Body))
				}
				return nil
			}))
		}},
		{"the dispatcher is woken by new items and by those given back, and by nothing else", func(t *testing.T, s *store.Store) {
			woken := func() bool {
				select {
				case <-s.Wake():
					return true
				default:
					return false
				}
			}
			require.False(t, woken())
			accept(t, s, alert("g", "a"))
			accept(t, s, alert("g", "b"))
			require.True(t, woken())
			require.False(t, woken(), "two signals that nobody waited for are one")
			accept(t, s, alert("g", "a"))
			require.False(t, woken())
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Delivered(t.Context(), ids, "INC-1"))
			require.False(t, woken())
			require.NoError(t, s.Return(t.Context(), ids, "INC-1"))
			require.True(t, woken())
		}},
		{"pruning forgets what was settled, and never what is pending", func(t *testing.T, s *store.Store) {
			accept(t, s, alert("g", "delivered"), alert("g", "discarded"), alert("g", "pending"))
			ids := itemIDs(pending(t, s))
			require.NoError(t, s.Delivered(t.Context(), ids[:1], "INC-1"))
			require.NoError(t, s.Discard(t.Context(), ids[1:2], "nobody needs it"))
			forgotten, err := s.Prune(t.Context(), start)
			require.NoError(t, err)
			require.Zero(t, forgotten, "they were settled after that")
			forgotten, err = s.Prune(t.Context(), time.Now().Add(time.Hour))
			require.NoError(t, err)
			require.Equal(t, 2, forgotten)
			require.Equal(t, []string{"pending"}, keysOf(pending(t, s)))
			require.Equal(t, store.Accepted{New: 1, Repeated: 1}, accept(t, s, alert("g", "delivered"), alert("g", "pending")))
		}},
		{"what is still being repeated is not forgotten", func(t *testing.T, s *store.Store) {
			item := alert("g", "a")
			accept(t, s, item)
			require.NoError(t, s.Delivered(t.Context(), itemIDs(pending(t, s)), "INC-1"))
			item.ReceivedAt = time.Now().Add(48 * time.Hour)
			accept(t, s, item)
			forgotten, err := s.Prune(t.Context(), time.Now().Add(24*time.Hour))
			require.NoError(t, err)
			require.Zero(t, forgotten)
		}},
		{"deliveries that come at once are accepted once each", func(t *testing.T, s *store.Store) {
			const senders, each, shared = 8, 10, 4
			accepted := make([]store.Accepted, senders)
			errs := atOnce(senders, func(i int) (err error) {
				items := make([]store.Item, each)
				for j := range items {
					key := fmt.Sprintf("%d of sender %d", j, i)
					if j < shared {
						key = fmt.Sprintf("%d of all", j)
					}
					items[j] = alert("g", key)
				}
				accepted[i], err = s.Accept(t.Context(), items)
				return err
			})
			require.NoError(t, errors.Join(errs...))
			fresh := 0
			for _, a := range accepted {
				require.Equal(t, each, a.New+a.Repeated)
				fresh += a.New
			}
			require.Equal(t, shared+senders*(each-shared), fresh)
			require.Len(t, pending(t, s), fresh)
		}},
	})
}
