package store

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// Sent records that pending items were handed to an incident's workflow. They are no
// longer pending, but nothing is done with them yet: [Store.Record] settles them, and
// [Store.Resend] makes them pending again should the workflow be lost. Items that are
// not pending are left as they are, and so are those that this very incident has
// given back in the meantime ([Store.Return]); repeating is therefore safe at any
// time.
func (s *Store) Sent(ctx context.Context, ids []int64, to incident.ID) error {
	number, err := numberOf(to)
	if err != nil || len(ids) == 0 {
		return err
	}
	now := queries.At(time.Now())
	err = s.write(ctx, func(q *queries.Queries) error {
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
	err = s.write(ctx, func(q *queries.Queries) error {
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
	err := s.write(ctx, func(q *queries.Queries) error {
		return q.DiscardItems(ctx, queries.DiscardItemsParams{IDs: ids, Reason: reason, Now: now})
	})
	if err != nil {
		return fmt.Errorf("discard inbox items: %w", err)
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
	err = s.write(ctx, func(q *queries.Queries) (err error) {
		returned, err = q.ReturnItems(ctx, queries.ReturnItemsParams{IDs: ids, Incident: nullable(number)})
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

// Unrecorded returns the incidents that were sent items which no journal has yet, by
// ascending number. That is the normal state of an incident for a moment; one that
// stays so has lost its workflow, and needs [Store.Resend].
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

// Resend makes the items pending again that were sent to an incident and that its
// journal does not have, because its workflow is gone; it returns how many there were
// and signals [Store.Wake] if any. Should the workflow live after all, it may get them
// a second time, which it recognises. Repeating it is safe.
func (s *Store) Resend(ctx context.Context, id incident.ID) (int, error) {
	number, err := numberOf(id)
	if err != nil {
		return 0, err
	}
	resent := int64(0)
	err = s.write(ctx, func(q *queries.Queries) (err error) {
		resent, err = q.ResendItems(ctx, nullable(number))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("make pending what was sent to %s: %w", id, err)
	}
	if resent > 0 {
		s.signalWake()
	}
	return int(resent), nil
}
