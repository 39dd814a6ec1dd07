package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// Reentry says what [Store.Reenter] did.
type Reentry struct {
	// Next is the id of the incident that will be declared next.
	Next incident.ID
	// Incidents counts those whose timeline says now that the journal was restored, and that
	// begin another life.
	Incidents int
	// Forgotten counts the keys and alert groups that were reserved for incidents which had
	// not begun.
	Forgotten int
	// Pending is how many items of the inbox are pending again.
	Pending int
}

// itemsSkipped is how many ids of inbox items are left out after a restoration. They cost
// nothing, and no installation accepts as many alerts between two backups.
const itemsSkipped = 1_000_000_000

// Where names the database, without secrets: "in /srv/muster.db", "on Postgres …".
func (s *Store) Where() string { return s.backend.where() }

// LastNumber is the number of the incident that was numbered last, 0 for none. It is in the
// database before anything begins under it.
func (s *Store) LastNumber(ctx context.Context) (int64, error) {
	counters, err := s.reading.Counters(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the number of the last incident: %w", err)
	}
	return counters.LastIncident, nil
}

// Others counts the other processes that have a Postgres database open, such as servers and
// workers that run. Of SQLite nothing is known; it is 0.
func (s *Store) Others(ctx context.Context) (int, error) {
	others, err := s.backend.others(ctx)
	if err != nil {
		return 0, fmt.Errorf("look who else uses the database: %w", err)
	}
	return others, nil
}

// Reenter makes a database that was restored from a backup fit to be used, in one
// transaction. What happened between the backup and the loss is not in it, but workflows,
// vendors and people may know of it; so nothing that was given out then may be given out
// for anything else:
//
//   - The next incident gets a number above the given one, and at least skip above the
//     last that the database knows of. Items of the inbox get new ids likewise.
//   - Events get their numbers again, and with them the reactions to them. Each
//     incident that is not finished notes where it was restored, with a mark that becomes
//     part of the keys of effects from there on ([incident.State.MarkAt]), and begins
//     another life: whatever workflow it has must not go on.
//   - What was reserved for an incident that had not begun is forgotten, because it may have
//     begun under that number.
//   - What was sent and not recorded is pending again.
//
// It may be repeated; it then skips as much and notes it again. Nobody else should use
// the database meanwhile.
func (s *Store) Reenter(ctx context.Context, above, skip int64) (Reentry, error) {
	random := make([]byte, 3)
	// It never fails: see the documentation of crypto/rand.
	_, _ = rand.Read(random)
	note := incident.NoteRestoration{Mark: hex.EncodeToString(random)}
	var done Reentry
	err := s.writeTx(ctx, func(tx *sql.Tx, q *queries.Queries) error {
		r := reentry{q: q, note: note, now: time.Now()}
		if err := r.numbers(ctx, above, skip); err != nil {
			return err
		}
		if err := r.incidents(ctx); err != nil {
			return err
		}
		if err := r.inbox(ctx); err != nil {
			return err
		}
		done = r.done
		last, err := s.backend.lastItem(ctx, tx)
		if err != nil {
			return err
		}
		return s.backend.raiseItems(ctx, tx, last+itemsSkipped)
	})
	if err != nil {
		return Reentry{}, fmt.Errorf("make the restored database fit to be used: %w", err)
	}
	if done.Pending > 0 {
		s.became(nil, true)
	}
	return done, nil
}

type reentry struct {
	q    *queries.Queries
	note incident.NoteRestoration
	now  time.Time
	done Reentry
}

func (r *reentry) numbers(ctx context.Context, above, skip int64) error {
	counters, err := r.q.Counters(ctx)
	if err != nil {
		return err
	}
	last := max(above, counters.LastIncident+skip)
	r.done.Next = incident.NewID(last + 1)
	if err := r.q.RaiseNumber(ctx, last); err != nil {
		return err
	}
	keys, err := r.q.ForgetReservedKeys(ctx)
	if err != nil {
		return err
	}
	groups, err := r.q.ForgetReservedGroups(ctx)
	r.done.Forgotten = int(keys + groups)
	return err
}

func (r *reentry) incidents(ctx context.Context) error {
	for after := int64(0); ; {
		numbers, err := r.q.UnfinishedIncidents(ctx, queries.UnfinishedIncidentsParams{After: after, Most: MaxUnfinished})
		if err != nil || len(numbers) == 0 {
			return err
		}
		for _, number := range numbers {
			if err := r.incident(ctx, incident.NewID(number)); err != nil {
				return err
			}
		}
		r.done.Incidents += len(numbers)
		after = numbers[len(numbers)-1]
	}
}

func (r *reentry) incident(ctx context.Context, id incident.ID) error {
	state, err := stateOf(ctx, r.q, id)
	if err != nil {
		return err
	}
	noted, err := incident.Decide(state, incident.Command{
		Incident: id, Actor: incident.MusterActor(), Source: "restore", Intent: r.note,
	}, r.now)
	if err != nil {
		return err
	}
	if _, err := appendEvents(ctx, r.q, id, noted); err != nil {
		return err
	}
	_, err = r.q.RaiseLife(ctx, id.Number())
	return err
}

func (r *reentry) inbox(ctx context.Context) error {
	pending, err := r.q.ResendAllItems(ctx)
	r.done.Pending = int(pending)
	return err
}
