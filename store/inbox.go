package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"muster/incident"
	"muster/store/internal/queries"
)

// The kinds of inbox items.
const (
	// KindAlert is an alert, whose subject is its group's key.
	KindAlert = "alert"
	// KindTicket is news of a ticket, whose subject is the ticket's key.
	KindTicket = "ticket"
)

const (
	// MaxPending is the most items that one call of [Store.Pending] returns.
	MaxPending = 1000
	// seenGranularity is how exactly the inbox remembers when a delivery was last
	// repeated. Within it, repetitions write nothing, so that a storm of them costs
	// no disk writes.
	seenGranularity = time.Hour
)

// Item is something accepted from outside that an incident shall get.
type Item struct {
	// ID orders items by their arrival. The store chooses it.
	ID int64
	// Kind is [KindAlert] or [KindTicket].
	Kind string
	// Source is the system it came from: "alertmanager".
	Source string
	// Subject is what it is about: the group key of an alert, the key of a ticket.
	Subject string
	// Key makes two deliveries the same: items are one when kind, source and key are.
	Key string
	// ReceivedAt is when it was received, kept to the microsecond.
	ReceivedAt time.Time
	// Body is the matter itself, in JSON. The store does not look into it.
	Body json.RawMessage
}

// Accepted counts what [Store.Accept] did with items.
type Accepted struct {
	// New items are pending now; Repeated ones had been accepted before.
	New, Repeated int
}

// Accept takes items in: all of them or, with an error, none. They are on disk when it
// returns, and [Store.Wake] is signalled if any is new. Items that were accepted
// before count as repeated and change nothing, so accepting again is safe. An item
// that is not complete is an [incident.InvalidError]; any other error means that
// nothing could be stored, and that the sender should try again.
func (s *Store) Accept(ctx context.Context, items []Item) (Accepted, error) {
	for i, item := range items {
		if err := item.check(); err != nil {
			return Accepted{}, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	if len(items) == 0 {
		return Accepted{}, nil
	}
	var accepted Accepted
	err := s.write(ctx, func(q *queries.Queries) error {
		for _, item := range items {
			fresh, err := acceptItem(ctx, q, item)
			if err != nil {
				return err
			}
			if fresh {
				accepted.New++
			} else {
				accepted.Repeated++
			}
		}
		return nil
	})
	if err != nil {
		return Accepted{}, fmt.Errorf("accept %d items: %w", len(items), err)
	}
	if accepted.New > 0 {
		s.signalWake()
	}
	return accepted, nil
}

func (i Item) check() error {
	switch {
	case i.Kind != KindAlert && i.Kind != KindTicket:
		return invalid("kind", "the kind is %q; it must be %q or %q", i.Kind, KindAlert, KindTicket)
	case i.Source == "":
		return invalid("source", "the source is missing")
	case i.Key == "":
		return invalid("key", "the key that makes deliveries the same is missing")
	case i.ReceivedAt.IsZero():
		return invalid("received_at", "the time of receipt is missing")
	case !json.Valid(i.Body) || !utf8.Valid(i.Body):
		return invalid("body", "the body is not JSON in UTF-8")
	}
	return cmp.Or(storable("source", i.Source), storable("subject", i.Subject), storable("key", i.Key))
}

// acceptItem looks before it inserts, because even an insert that does nothing makes
// SQLite write.
func acceptItem(ctx context.Context, q *queries.Queries, item Item) (fresh bool, err error) {
	seenAt, err := q.ItemSeenAt(ctx, queries.ItemSeenAtParams{Kind: item.Kind, Source: item.Source, Key: item.Key})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		added, err := q.AcceptItem(ctx, queries.AcceptItemParams{
			Kind: item.Kind, Source: item.Source, Subject: item.Subject, Key: item.Key,
			ReceivedAt: queries.At(item.ReceivedAt), Body: string(item.Body),
		})
		return added > 0, err
	case err != nil:
		return false, err
	case item.ReceivedAt.Sub(seenAt.Time) < seenGranularity:
		return false, nil
	}
	return false, q.TouchItem(ctx, queries.TouchItemParams{
		Kind: item.Kind, Source: item.Source, Key: item.Key, Now: queries.At(item.ReceivedAt),
	})
}

// Pending returns up to limit items that no incident has yet, in the order of their
// arrival, those after the given id; 0 begins with the oldest. A limit of 0 means
// [MaxPending], which is also the most.
func (s *Store) Pending(ctx context.Context, after int64, limit int) ([]Item, error) {
	if limit < 0 || limit > MaxPending {
		return nil, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxPending, MaxPending)
	}
	if limit == 0 {
		limit = MaxPending
	}
	rows, err := s.reading.PendingItems(ctx, queries.PendingItemsParams{After: after, Most: int32(limit)}) //nolint:gosec // checked above
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	items := make([]Item, len(rows))
	for i, row := range rows {
		items[i] = Item{
			ID: row.ID, Kind: row.Kind, Source: row.Source, Subject: row.Subject, Key: row.Key,
			ReceivedAt: row.ReceivedAt.Time, Body: json.RawMessage(row.Body),
		}
	}
	return items, nil
}

// Wake returns a channel that receives whenever something became pending in this
// process. Signals that nobody waits for become one. It is for one dispatcher, which
// should look for pending items now and then anyway: another process may have
// accepted them, or a crash may have come between.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signalWake() {
	select {
	case s.wake <- struct{}{}:
	default: // The dispatcher has a signal already.
	}
}

// Delivered records that an incident has the items. Items that are not pending are left
// as they are, and so are those that this very incident has given back in the
// meantime ([Store.Return]); repeating is therefore safe at any time.
func (s *Store) Delivered(ctx context.Context, ids []int64, to incident.ID) error {
	number, err := numberOf(to)
	if err != nil {
		return err
	}
	now := queries.At(time.Now())
	err = s.writeEach(ctx, ids, func(q *queries.Queries, id int64) error {
		return q.DeliverItem(ctx, queries.DeliverItemParams{ID: id, Incident: nullable(number), Now: now})
	})
	if err != nil {
		return fmt.Errorf("record what was delivered to %s: %w", to, err)
	}
	return nil
}

// Discard settles pending items that no incident needs, such as the end of an alert
// whose beginning was never seen, and records the reason. Items that are not pending
// are left as they are.
func (s *Store) Discard(ctx context.Context, ids []int64, reason string) error {
	now := queries.At(time.Now())
	err := s.writeEach(ctx, ids, func(q *queries.Queries, id int64) error {
		return q.DiscardItem(ctx, queries.DiscardItemParams{ID: id, Reason: reason, Now: now})
	})
	if err != nil {
		return fmt.Errorf("discard inbox items: %w", err)
	}
	return nil
}

// Return makes items pending again that reached an incident after its end, so that they
// are routed anew. It may come before or after [Store.Delivered] for the same incident,
// and may be repeated: items that another incident has got since are left with it.
func (s *Store) Return(ctx context.Context, ids []int64, from incident.ID) error {
	number, err := numberOf(from)
	if err != nil {
		return err
	}
	returned := int64(0)
	err = s.writeEach(ctx, ids, func(q *queries.Queries, id int64) error {
		changed, err := q.ReturnItem(ctx, queries.ReturnItemParams{ID: id, Incident: nullable(number)})
		returned += changed
		return err
	})
	if err != nil {
		return fmt.Errorf("take back what came too late for %s: %w", from, err)
	}
	if returned > 0 {
		s.signalWake()
	}
	return nil
}

// Prune forgets items that were settled before the given moment and have not been
// delivered again since, and returns how many. What is pending always stays. A key
// that is forgotten is new when it comes again, so keep items for longer than any
// source goes on repeating itself.
func (s *Store) Prune(ctx context.Context, before time.Time) (forgotten int, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.PruneItems(ctx, queries.At(before))
		forgotten = int(n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("prune the inbox: %w", err)
	}
	return forgotten, nil
}

func (s *Store) writeEach(ctx context.Context, ids []int64, do func(q *queries.Queries, id int64) error) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(q *queries.Queries) error {
		for _, id := range ids {
			if err := do(q, id); err != nil {
				return err
			}
		}
		return nil
	})
}
