package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// Route returns the incident that a group of alerts belongs to, and reserves a new one
// where there is none and mayOpen allows it; otherwise the id is empty.
//
// A group stays with its incident, or with the one that was merged into, while people
// are responding to it and for reopenWindow after its resolution. After that, or once
// it has ended, the group's next alert is the beginning of another incident.
//
// isNew says that the journal does not have the incident yet, so that the caller has to
// start it. Until its first event is appended every call returns the same id, and isNew
// again: a caller that crashed in between starts the same incident, not a second one.
func (s *Store) Route(ctx context.Context, source, group string, now time.Time, reopenWindow time.Duration, mayOpen bool) (id incident.ID, isNew bool, err error) {
	if err := cmp.Or(storable("source", source), storable("group", group)); err != nil {
		return "", false, err
	}
	err = s.write(ctx, groupLock(source, group), func(q *queries.Queries) error {
		id, isNew = "", false
		number, declared, err := groupIncident(ctx, q, source, group, now.Add(-reopenWindow))
		if err != nil {
			return err
		}
		if number == 0 && mayOpen {
			if number, err = q.NextNumber(ctx); err != nil {
				return err
			}
			err := q.BindGroup(ctx, queries.BindGroupParams{Source: source, GroupKey: group, Incident: number})
			if err != nil {
				return err
			}
		}
		if number != 0 {
			id, isNew = incident.NewID(number), !declared
		}
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("route the alert group %q of %s: %w", group, source, err)
	}
	return id, isNew, nil
}

// groupIncident returns the number of the incident that takes the group's alerts, 0
// when none does, and whether the journal has it.
func groupIncident(ctx context.Context, q *queries.Queries, source, group string, resolvedAfter time.Time) (number int64, declared bool, err error) {
	number, err = q.GroupIncident(ctx, queries.GroupIncidentParams{Source: source, GroupKey: group})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	merged := map[int64]bool{}
	for {
		standing, err := q.IncidentStanding(ctx, number)
		if errors.Is(err, sql.ErrNoRows) {
			// Reserved and not begun. What was merged into one that never began is lost to it.
			if len(merged) > 0 {
				return 0, false, nil
			}
			return number, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		status := incident.Status(standing.Status)
		switch {
		case status.Active(), status == incident.Resolved && standing.ResolvedAt.After(resolvedAfter):
			return number, true, nil
		case status != incident.Merged || merged[number]:
			return 0, false, nil
		}
		merged[number] = true
		number = standing.MergedInto.Int64
	}
}
