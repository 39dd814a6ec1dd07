package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	// KindAct is something that a person did in a chat. Its subject is the channel it was done
	// in, or whoever did it.
	KindAct = "act"
	// KindPage is news of a page, from the pager. Its subject is the page.
	KindPage = "page"
)

var itemKinds = []string{KindAlert, KindTicket, KindAct, KindPage}

// MaxPending is the most items that one call of [Store.Pending] or [Store.Alerts] returns.
const MaxPending = 1000

// prunedAtOnce is how many items one transaction forgets, so that no delivery waits long
// behind it.
const prunedAtOnce = 1000

// Item is something accepted from outside that an incident shall get.
type Item struct {
	// ID orders items by their arrival. The store chooses it.
	ID int64
	// Kind is [KindAlert], [KindTicket], [KindAct] or [KindPage].
	Kind string
	// Source is the system it came from: "alertmanager".
	Source string
	// Subject is what it is about: the group key of an alert, the key of a ticket, the channel of
	// an act, the page.
	Subject string
	// Key makes two deliveries the same: items are one when kind, source and key are.
	Key string
	// ReceivedAt is when it was received, kept to the microsecond.
	ReceivedAt time.Time
	// Trace is the trace that the delivery belongs to, as W3C's traceparent; empty where it
	// belongs to none. https://www.w3.org/TR/trace-context/#traceparent-header
	Trace string
	// Body is the matter itself, in JSON, as [json.Marshal] makes it. The store does not look
	// into it.
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
//
// Calls at the same time share a transaction, in the order in which they came; on Postgres
// two transactions may be under way. Of one item in two of them one is new. A caller whose ctx ends stops waiting and
// disturbs nobody; its items may be on disk or not, as after a lost connection, and
// may still be read for a moment: leave them unchanged.
func (s *Store) Accept(ctx context.Context, items []Item) (Accepted, error) {
	for i, item := range items {
		if err := item.check(); err != nil {
			return Accepted{}, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	if len(items) == 0 {
		return Accepted{}, nil
	}
	accepted, err := s.intake.accept(ctx, items)
	if err != nil {
		return Accepted{}, fmt.Errorf("accept %d items: %w", len(items), err)
	}
	return accepted, nil
}

func (i Item) check() error {
	switch {
	case !slices.Contains(itemKinds, i.Kind):
		return invalid("kind", "the kind is %q; it must be one of %s", i.Kind, strings.Join(itemKinds, ", "))
	case i.Source == "":
		return invalid("source", "the source is missing")
	case i.Key == "":
		return invalid("key", "the key that makes deliveries the same is missing")
	case i.ReceivedAt.IsZero():
		return invalid("received_at", "the time of receipt is missing")
	case len(i.Body) == 0 || !utf8.Valid(i.Body):
		return invalid("body", "the body is missing, or not in UTF-8")
	}
	return cmp.Or(storable("source", i.Source), storable("subject", i.Subject), storable("key", i.Key), storable("trace", i.Trace))
}

// Pending returns up to limit items that are neither sent nor settled, in the order of
// their arrival, those after the given id; 0 begins with the oldest. A limit of 0 means
// [MaxPending], which is also the most.
func (s *Store) Pending(ctx context.Context, after int64, limit int) ([]Item, error) {
	most, err := pageOfItems(limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.reading.PendingItems(ctx, queries.PendingItemsParams{After: after, Most: most})
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return itemsOf(rows), nil
}

// Alerts returns up to limit of the alerts that an incident has recorded, all of them
// and not only those it remembers in its state, in the order of their arrival, those
// after the given item id; 0 begins with the oldest. A limit of 0 means [MaxPending],
// which is also the most. What [Store.Prune] has forgotten is not among them. An
// incident that recorded none, or that there is not, has none.
func (s *Store) Alerts(ctx context.Context, id incident.ID, after int64, limit int) ([]Item, error) {
	number, err := numberOf(id)
	if err != nil {
		return nil, err
	}
	most, err := pageOfItems(limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.reading.IncidentItems(ctx, queries.IncidentItemsParams{
		Incident: nullable(number), Kind: KindAlert, After: after, Most: most,
	})
	if err != nil {
		return nil, fmt.Errorf("read the alerts of %s: %w", id, err)
	}
	return itemsOf(rows), nil
}

func pageOfItems(limit int) (int32, error) {
	if limit < 0 || limit > MaxPending {
		return 0, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxPending, MaxPending)
	}
	return int32(cmp.Or(limit, MaxPending)), nil //nolint:gosec // checked above
}

// itemRow is a row of the inbox, whichever query it comes from.
type itemRow interface {
	queries.PendingItemsRow | queries.PendingItemsOfRow | queries.IncidentItemsRow
}

func itemsOf[R itemRow](rows []R) []Item {
	items := make([]Item, len(rows))
	for i, row := range rows {
		row := queries.PendingItemsRow(row)
		items[i] = Item{
			ID: row.ID, Kind: row.Kind, Source: row.Source, Subject: row.Subject, Key: row.Key,
			ReceivedAt: row.ReceivedAt.Time, Trace: row.Trace, Body: json.RawMessage(row.Body),
		}
	}
	return items
}

// InboxStatus says how much waits in the inbox, for health checks and metrics.
type InboxStatus struct {
	// Pending items wait to be sent; OldestPendingAt is when the one that arrived first
	// was received, zero when there is none.
	Pending         int
	OldestPendingAt time.Time
	// Sent items wait to be recorded by their incident; OldestSentAt is when the first of
	// them was sent, zero when there is none.
	Sent         int
	OldestSentAt time.Time
}

// InboxStatus counts what is not settled. It costs little even beside a long inbox.
func (s *Store) InboxStatus(ctx context.Context) (InboxStatus, error) {
	pending, err := s.reading.PendingStatus(ctx)
	if err != nil {
		return InboxStatus{}, fmt.Errorf("count what is pending: %w", err)
	}
	sent, err := s.reading.SentStatus(ctx)
	if err != nil {
		return InboxStatus{}, fmt.Errorf("count what was sent: %w", err)
	}
	return InboxStatus{
		Pending: int(pending.Items), OldestPendingAt: pending.OldestAt.Time,
		Sent: int(sent.Items), OldestSentAt: sent.OldestAt.Time,
	}, nil
}

// Prune forgets items that were settled before the given moment and have not been
// delivered again since, and returns how many. What is pending or sent always stays. A
// key that is forgotten is new when it comes again, so keep items for longer than any
// source goes on repeating itself. Others write in between; with an error, what was
// forgotten until then stays forgotten.
func (s *Store) Prune(ctx context.Context, before time.Time) (forgotten int, err error) {
	for {
		pruned := int64(0)
		err := s.write(ctx, unlocked, func(q *queries.Queries) (err error) {
			pruned, err = q.PruneItems(ctx, queries.PruneItemsParams{Before: queries.At(before), Most: prunedAtOnce})
			return err
		})
		if err != nil {
			return forgotten, fmt.Errorf("prune the inbox: %w", err)
		}
		forgotten += int(pruned)
		if pruned < prunedAtOnce {
			return forgotten, nil
		}
	}
}
