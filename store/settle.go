package store

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// Sent records that pending items were handed to an incident's workflow in the given life
// ([Store.Life], asked before they were). They are no longer pending, but nothing is done
// with them yet: [Store.Record] settles them, and [Store.Revive] makes them pending again
// should the workflow be lost. When the incident has begun another life in the meantime,
// they stay pending, since it may not know of them. Items that are not pending are left as
// they are, and so are those that this very incident has given back in the meantime
// ([Store.Return]); repeating is therefore safe at any time.
func (s *Store) Sent(ctx context.Context, ids []int64, to incident.ID, life int) error {
	number, err := numberOf(to)
	if err != nil || len(ids) == 0 {
		return err
	}
	now := queries.At(time.Now())
	err = s.write(ctx, incidentLock(number), func(q *queries.Queries) error {
		if now, err := lifeOf(ctx, q, number); err != nil || now != life {
			return err
		}
		return q.SendItems(ctx, queries.SendItemsParams{IDs: ids, Incident: nullable(number), Now: now})
	})
	if err != nil {
		return fmt.Errorf("record what was sent to %s: %w", to, err)
	}
	return nil
}

// Delivered settles pending items that their receiver keeps without the incident's
// journal, as the workflow that tracks a ticket does. Items that are not pending are
// left as they are, and so are those that this very incident has given back in the
// meantime ([Store.Return]); repeating is therefore safe at any time.
func (s *Store) Delivered(ctx context.Context, ids []int64, to incident.ID) error {
	number, err := numberOf(to)
	if err != nil || len(ids) == 0 {
		return err
	}
	now := queries.At(time.Now())
	err = s.write(ctx, unlocked, func(q *queries.Queries) error {
		return q.DeliverItems(ctx, queries.DeliverItemsParams{IDs: ids, Incident: nullable(number), Now: now})
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
	if len(ids) == 0 {
		return nil
	}
	now := queries.At(time.Now())
	err := s.write(ctx, unlocked, func(q *queries.Queries) error {
		return q.DiscardItems(ctx, queries.DiscardItemsParams{IDs: ids, Reason: reason, Now: now})
	})
	if err != nil {
		return fmt.Errorf("discard inbox items: %w", err)
	}
	return nil
}

// Handled settles pending items of which everything was done that there was to do, as it is
// with what people did in a chat. The reason says why nothing was, and is empty otherwise.
// What they held is forgotten, since it may be what people said; their keys are remembered.
// Items that are not pending are left as they are; repeating is therefore safe.
func (s *Store) Handled(ctx context.Context, ids []int64, reason string) error {
	if len(ids) == 0 {
		return nil
	}
	now := queries.At(time.Now())
	err := s.write(ctx, unlocked, func(q *queries.Queries) error {
		return q.HandleItems(ctx, queries.HandleItemsParams{IDs: ids, Reason: plain(reason), Now: now})
	})
	if err != nil {
		return fmt.Errorf("record what was done: %w", err)
	}
	return nil
}

// Return makes items pending again that reached an incident after its end, so that they
// are routed anew. It may come before or after [Store.Sent] for the same incident, and
// may be repeated: items that another incident was sent since are left with it, and
// what the incident's journal has is never given back.
func (s *Store) Return(ctx context.Context, ids []int64, from incident.ID) error {
	number, err := numberOf(from)
	if err != nil || len(ids) == 0 {
		return err
	}
	returned := int64(0)
	err = s.write(ctx, unlocked, func(q *queries.Queries) (err error) {
		returned, err = q.ReturnItems(ctx, queries.ReturnItemsParams{IDs: ids, Incident: nullable(number)})
		return err
	})
	if err != nil {
		return fmt.Errorf("take back what came too late for %s: %w", from, err)
	}
	if returned > 0 {
		s.became(nil, true)
	}
	return nil
}

// Unrecorded returns the incidents that were sent items which no journal has yet, by
// ascending number. That is the normal state of an incident for a moment; one that
// stays so has lost its workflow, and needs [Store.Revive].
func (s *Store) Unrecorded(ctx context.Context) ([]incident.ID, error) {
	numbers, err := s.reading.UnrecordedIncidents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which incidents have items to record: %w", err)
	}
	ids := make([]incident.ID, len(numbers))
	for i, number := range numbers {
		ids[i] = incident.NewID(number.Int64)
	}
	return ids, nil
}
