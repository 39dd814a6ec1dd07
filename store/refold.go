package store

import (
	"context"
	"fmt"
	"log/slog"
	"math"

	"muster/incident"
	"muster/store/internal/queries"
)

// refoldAtOnce is how many incidents are listed at a time; each is folded in a transaction
// of its own, so that nobody waits long.
const refoldAtOnce = 500

// refold makes the read model anew from the journal where another fold made it
// ([incident.FoldVersion]), so that lists and pages go on telling what the timelines do. It
// may be repeated, and several processes may do it at once.
//
// Whatever an older process adds after that, its fold adds, and leaves out what it does not
// know; the version does not tell. Hence always, for when the last of them has stopped.
func (s *Store) refold(ctx context.Context, always bool, logger *slog.Logger) error {
	version, err := s.reading.FoldVersion(ctx)
	// An older program leaves alone what a newer one has folded.
	if err != nil || version > incident.FoldVersion || version == incident.FoldVersion && !always {
		return err
	}
	folded := 0
	for after := int64(0); ; {
		numbers, err := s.reading.IncidentsAfter(ctx, queries.IncidentsAfterParams{After: after, Most: refoldAtOnce})
		if err != nil {
			return err
		}
		for _, number := range numbers {
			if err := s.refoldIncident(ctx, incident.NewID(number)); err != nil {
				return err
			}
		}
		folded += len(numbers)
		if len(numbers) < refoldAtOnce {
			break
		}
		after = numbers[len(numbers)-1]
	}
	if folded > 0 {
		logger.InfoContext(ctx, "the read model was made anew from the journal", "incidents", folded, "fold", incident.FoldVersion)
	}
	return s.write(ctx, unlocked, func(q *queries.Queries) error { return q.SetFoldVersion(ctx, incident.FoldVersion) })
}

func (s *Store) refoldIncident(ctx context.Context, id incident.ID) error {
	err := s.write(ctx, incidentLock(id.Number()), func(q *queries.Queries) error {
		events, err := eventsAfter(ctx, q, id, 0, math.MaxInt32)
		if err != nil || len(events) == 0 {
			return err
		}
		return saveState(ctx, q, incident.State{}, incident.Fold(events))
	})
	if err != nil {
		return fmt.Errorf("fold %s anew: %w", id, err)
	}
	return nil
}
