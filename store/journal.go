package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// MaxEvents is the most events that one call of [Store.Events] returns.
const MaxEvents = 1000

// Append adds events of one incident to its journal and brings the read model
// forward, in one transaction that is on disk when Append returns. It may be
// repeated: events that the journal has already are skipped. Appending none does
// nothing.
//
// The errors are [ConflictError] where the journal has another event under the same
// sequence number, [GapError] where an event is missing before those given, and
// [incident.InvalidError] for events that are no journal (of several incidents, or
// not beginning with a declaration). With any error nothing is written.
func (s *Store) Append(ctx context.Context, events []incident.Event) error {
	if len(events) == 0 {
		return nil
	}
	return s.record(ctx, events[0].Incident, math.MaxInt, events, nil)
}

// Record is [Store.Append] together with settling the inbox items that the events come
// from, in the same transaction: an item is settled exactly when the journal has what
// became of it. There may be no events, as where an alert says nothing new; the
// journal must have the incident all the same, or it is a [NotFoundError].
//
// The life is that in which the writer was begun; one that has been superseded gets a
// [SupersededError].
//
// Recording may be repeated. It settles the items whether they were marked as sent in
// the meantime or not; one that another incident has recorded stays with that one.
func (s *Store) Record(ctx context.Context, id incident.ID, life int, events []incident.Event, items []int64) error {
	return s.record(ctx, id, life, events, items)
}

func (s *Store) record(ctx context.Context, id incident.ID, life int, events []incident.Event, items []int64) error {
	number, err := numberOf(id)
	if err != nil {
		return err
	}
	if events, err = checkedEvents(id, events); err != nil {
		return err
	}
	if len(events) == 0 && len(items) == 0 {
		return nil
	}
	var seq int
	now := queries.At(time.Now())
	err = s.write(ctx, incidentLock(number), func(q *queries.Queries) (err error) {
		if err := requireLife(ctx, q, id, life); err != nil {
			return err
		}
		if len(events) > 0 {
			if seq, err = appendEvents(ctx, q, id, events); err == nil && seq > 0 {
				err = s.backend.announce(ctx, q, Change{Incident: id, Seq: seq})
			}
		} else {
			err = requireDeclared(ctx, q, number)
		}
		if err != nil || len(items) == 0 {
			return err
		}
		return q.RecordItems(ctx, queries.RecordItemsParams{IDs: items, Incident: nullable(number), Now: now})
	})
	if err != nil {
		return fmt.Errorf("append to the journal of %s: %w", id, err)
	}
	if seq > 0 {
		s.live.publish(Change{Incident: id, Seq: seq})
	}
	return nil
}

// appendEvents appends the events that the journal does not have and returns the
// sequence number of the last; 0 when it had them all.
func appendEvents(ctx context.Context, q *queries.Queries, id incident.ID, events []incident.Event) (seq int, err error) {
	before, err := stateOf(ctx, q, id)
	if err != nil {
		return 0, err
	}
	fresh, err := freshEvents(ctx, q, before, events)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	after := before
	for _, e := range fresh {
		if err := insertEvent(ctx, q, e); err != nil {
			return 0, err
		}
		after = incident.Apply(after, e)
	}
	if !before.Declared() {
		if err := q.RaiseNumber(ctx, id.Number()); err != nil {
			return 0, err
		}
	}
	return after.Seq, saveState(ctx, q, before, after)
}

// checkedEvents returns the events as the journal will hold them, or says why they
// cannot be the incident's.
func checkedEvents(id incident.ID, events []incident.Event) ([]incident.Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	first := events[0].Seq
	if first < 1 {
		return nil, invalid("events", "event %d of %s: sequence numbers begin at 1", first, id)
	}
	checked := make([]incident.Event, len(events))
	for i, e := range events {
		switch {
		case e.Incident != id:
			return nil, invalid("events", "an event of %s is among those of %s; append the events of one incident at a time", e.Incident, id)
		case e.Fact == nil:
			return nil, invalid("events", "event %d of %s has no fact", e.Seq, id)
		case e.At.IsZero():
			return nil, invalid("events", "event %d of %s has no time", e.Seq, id)
		case e.Seq != first+i:
			return nil, &GapError{Incident: id, Want: first + i, Got: e.Seq}
		}
		if err := cmp.Or(storable("actor", e.Actor.Name), storable("source", e.Source), storable("cause", e.Cause)); err != nil {
			return nil, fmt.Errorf("event %d of %s: %w", e.Seq, id, err)
		}
		e.At = e.At.UTC().Truncate(time.Microsecond)
		checked[i] = e
	}
	return checked, nil
}

// freshEvents returns the events that come after the stored state, once those before
// are seen to be what was recorded.
func freshEvents(ctx context.Context, q *queries.Queries, stored incident.State, events []incident.Event) ([]incident.Event, error) {
	id, first := events[0].Incident, events[0].Seq
	if first > stored.Seq+1 {
		return nil, &GapError{Incident: id, Want: stored.Seq + 1, Got: first}
	}
	if _, declares := events[0].Fact.(incident.IncidentDeclared); first == 1 && !declares {
		return nil, invalid("events", "the journal of %s must begin with its declaration, not with %q", id, events[0].Kind())
	}
	known := min(stored.Seq-(first-1), len(events))
	recorded, err := eventsAfter(ctx, q, id, first-1, known)
	if err != nil {
		return nil, err
	}
	for i, e := range recorded {
		same, err := sameEvent(e, events[i])
		if err != nil {
			return nil, err
		}
		if !same {
			return nil, &ConflictError{Incident: id, Seq: e.Seq}
		}
	}
	return events[known:], nil
}

// sameEvent compares events as they are written down, which is how two versions of
// this program and two decodings of one event agree.
func sameEvent(a, b incident.Event) (bool, error) {
	left, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	right, err := json.Marshal(b)
	if err != nil {
		return false, err
	}
	return bytes.Equal(left, right), nil
}

// Events returns up to limit events of an incident in order, from the one after the
// given sequence number (0 for the beginning). A limit of 0 means [MaxEvents], which
// is also the most. An incident that the journal does not have is a [NotFoundError].
func (s *Store) Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error) {
	if limit < 0 || limit > MaxEvents {
		return nil, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxEvents, MaxEvents)
	}
	if limit == 0 {
		limit = MaxEvents
	}
	return s.events(ctx, id, after, limit)
}

// Journal returns all events of an incident in order; [incident.Fold] makes its
// state of them. An incident that the journal does not have is a [NotFoundError].
func (s *Store) Journal(ctx context.Context, id incident.ID) ([]incident.Event, error) {
	return s.events(ctx, id, 0, math.MaxInt32)
}

func (s *Store) events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error) {
	if _, err := numberOf(id); err != nil {
		return nil, err
	}
	events, err := eventsAfter(ctx, s.reading, id, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read the journal of %s: %w", id, err)
	}
	if len(events) == 0 {
		// Either nothing has happened since, or there is no such incident.
		if _, err := s.Incident(ctx, id); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func eventsAfter(ctx context.Context, q *queries.Queries, id incident.ID, after, limit int) ([]incident.Event, error) {
	if limit < 1 {
		return nil, nil
	}
	rows, err := q.Events(ctx, queries.EventsParams{
		Incident: id.Number(), After: int64(after), MaxRows: int32(limit), //nolint:gosec // callers keep limit within int32
	})
	if err != nil {
		return nil, err
	}
	events := make([]incident.Event, len(rows))
	for i, row := range rows {
		fact, err := incident.DecodeFact(incident.Kind(row.Kind), []byte(row.Data))
		if err != nil {
			return nil, fmt.Errorf("event %s/%d: %w", id, row.Seq, err)
		}
		events[i] = incident.Event{
			Incident: id, Seq: int(row.Seq), At: row.At.Time,
			Actor:  incident.Actor{Kind: incident.ActorKind(row.ActorKind), Name: row.ActorName},
			Source: row.Source, Cause: row.Cause, Fact: fact,
		}
	}
	return events, nil
}

func insertEvent(ctx context.Context, q *queries.Queries, e incident.Event) error {
	data, err := json.Marshal(e.Fact)
	if err != nil {
		return fmt.Errorf("event %d (%s): %w", e.Seq, e.Kind(), err)
	}
	return q.InsertEvent(ctx, queries.InsertEventParams{
		Incident: e.Incident.Number(), Seq: int64(e.Seq), At: queries.At(e.At), Kind: string(e.Kind()),
		ActorKind: string(e.Actor.Kind), ActorName: e.Actor.Name, Source: e.Source, Cause: e.Cause,
		Data: string(data),
	})
}
