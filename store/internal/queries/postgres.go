package queries

import (
	"context"
	"time"
)

// What only Postgres can do. These statements need connections of pgx, which takes slices
// as arrays.

// LockUntilEnd waits for the advisory lock with this key and holds it until the
// transaction ends.
// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
func (q *Queries) LockUntilEnd(ctx context.Context, key int64) error {
	_, err := q.db.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", key)
	return err
}

// Notify tells those who listen on a channel, once the transaction is committed.
// https://www.postgresql.org/docs/current/sql-notify.html
func (q *Queries) Notify(ctx context.Context, channel, payload string) error {
	_, err := q.db.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, payload)
	return err
}

// Arrivals are items of the inbox, of which no two are one, in the order of their arrival:
// one slice for each column, all equally long.
type Arrivals struct {
	Kinds, Sources, Subjects, Keys []string
	ReceivedAt                     []time.Time
	// SeenAt is when each was delivered last, which may be later.
	SeenAt         []time.Time
	Traces, Bodies []string
}

// Len is how many items there are.
func (a *Arrivals) Len() int { return len(a.Keys) }

// acceptArrivals takes in the items that the inbox does not know, and remembers of the
// others that they were delivered again, unless that is known to within $9 already.
//
// The items' ids follow their arrival. They are inserted in the order of their keys all the
// same: two replicas that take in the same items wait for each other and never in a circle.
// What is known is found by a lookup per item, which writes nothing; what another
// transaction adds meanwhile is waited for and left as it is.
const acceptArrivals = `
WITH arrivals AS MATERIALIZED (
    SELECT a.*, (SELECT i.id FROM inbox i WHERE i.kind = a.kind AND i.source = a.source AND i.key = a.key) AS known
    FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TIMESTAMPTZ[], $6::TIMESTAMPTZ[], $7::TEXT[], $8::TEXT[])
        WITH ORDINALITY AS a(kind, source, subject, key, received_at, seen_at, trace, body, place)
    ORDER BY place
), fresh AS MATERIALIZED (
    SELECT nextval('inbox_id_seq') AS id, arrivals.* FROM arrivals WHERE known IS NULL
), added AS (
    INSERT INTO inbox (id, kind, source, subject, key, received_at, seen_at, trace, body)
    SELECT id, kind, source, subject, key, received_at, seen_at, trace, body FROM fresh
    ORDER BY kind COLLATE "C", source COLLATE "C", key COLLATE "C"
    ON CONFLICT (kind, source, key) DO NOTHING RETURNING id
), touched AS (
    UPDATE inbox SET seen_at = arrivals.seen_at FROM arrivals
    WHERE inbox.id = arrivals.known AND inbox.seen_at <= arrivals.seen_at - make_interval(secs => $9)
)
SELECT fresh.place, fresh.id IN (SELECT added.id FROM added) FROM fresh`

// AcceptArrivals stores items in one statement, all or none, and returns the places of
// those that are new, counted from 0. A delivery that is repeated within the granularity
// writes nothing.
func (q *Queries) AcceptArrivals(ctx context.Context, a *Arrivals, granularity time.Duration) (fresh []int, err error) {
	rows, err := q.db.QueryContext(ctx, acceptArrivals,
		a.Kinds, a.Sources, a.Subjects, a.Keys, a.ReceivedAt, a.SeenAt, a.Traces, a.Bodies, granularity.Seconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells of whatever cut the answer short
	for rows.Next() {
		var place int
		var added bool
		if err := rows.Scan(&place, &added); err != nil {
			return nil, err
		}
		if added {
			fresh = append(fresh, place-1)
		}
	}
	return fresh, rows.Err()
}
