package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"muster/incident"
	"muster/store/internal/queries"
)

// Revival is what the workflow of an incident begins another life with.
type Revival struct {
	// Journal are all events, in order; empty for an incident that was never declared.
	Journal []incident.Event
	// Life is the life that begins. Writing to the journal is its privilege from now on.
	Life int
	// Resent is how many items of the inbox are pending again.
	Resent int
}

// Revive begins another life of an incident whose workflow is gone, in one transaction: what
// any earlier life still writes to the journal is refused from then on ([SupersededError]),
// so that the journal which is returned is the whole truth; and items that were sent to
// the incident and that its journal does not have are pending again, and signalled by
// [Store.Wake]. It may be repeated; only the last life counts.
func (s *Store) Revive(ctx context.Context, id incident.ID) (Revival, error) {
	number, err := numberOf(id)
	if err != nil {
		return Revival{}, err
	}
	var revival Revival
	err = s.write(ctx, incidentLock(number), func(q *queries.Queries) error {
		life, err := q.RaiseLife(ctx, number)
		if err != nil {
			return err
		}
		resent, err := q.ResendItems(ctx, nullable(number))
		if err != nil {
			return err
		}
		journal, err := eventsAfter(ctx, q, id, 0, math.MaxInt32)
		revival = Revival{Journal: journal, Life: int(life), Resent: int(resent)}
		return err
	})
	if err != nil {
		return Revival{}, fmt.Errorf("begin another life of %s: %w", id, err)
	}
	if revival.Resent > 0 {
		s.became(nil, true)
	}
	return revival, nil
}

// Life is which life of an incident's workflow may write to the journal: 0 for the first.
func (s *Store) Life(ctx context.Context, id incident.ID) (int, error) {
	number, err := numberOf(id)
	if err != nil {
		return 0, err
	}
	life, err := lifeOf(ctx, s.reading, number)
	if err != nil {
		return 0, fmt.Errorf("read which life of %s counts: %w", id, err)
	}
	return life, nil
}

func lifeOf(ctx context.Context, q *queries.Queries, number int64) (int, error) {
	life, err := q.IncidentLife(ctx, number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return int(life), err
}

// requireLife refuses what an earlier life writes.
func requireLife(ctx context.Context, q *queries.Queries, id incident.ID, life int) error {
	now, err := lifeOf(ctx, q, id.Number())
	if err == nil && life < now {
		return &SupersededError{Incident: id, Life: life, Now: now}
	}
	return err
}

// Finished says whether an incident's workflow has done all it had to do
// ([Store.Finish]). An incident that the journal does not have is a [NotFoundError].
func (s *Store) Finished(ctx context.Context, id incident.ID) (bool, error) {
	number, err := numberOf(id)
	if err != nil {
		return false, err
	}
	finishedAt, err := s.reading.IncidentFinishedAt(ctx, number)
	if errors.Is(err, sql.ErrNoRows) {
		return false, &NotFoundError{What: "incident", Name: string(id)}
	}
	if err != nil {
		return false, fmt.Errorf("read whether %s is finished: %w", id, err)
	}
	return !finishedAt.IsZero(), nil
}

// Merge says that one incident was merged into another.
type Merge struct{ From, Into incident.ID }

// Merges returns the merges into incidents that are still open, by the number of the one
// that was merged.
func (s *Store) Merges(ctx context.Context) ([]Merge, error) {
	rows, err := s.reading.MergedIncidents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was merged: %w", err)
	}
	merges := make([]Merge, len(rows))
	for i, row := range rows {
		merges[i] = Merge{From: incident.NewID(row.Number), Into: incident.NewID(row.MergedInto.Int64)}
	}
	return merges, nil
}
