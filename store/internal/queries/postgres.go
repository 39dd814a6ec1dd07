package queries

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// Arrival is an item of the inbox that has come, maybe not for the first time.
type Arrival struct {
	Kind, Source, Subject, Key string
	// ReceivedAt is when it came first, SeenAt when it came last.
	ReceivedAt, SeenAt time.Time
	Trace, Body        string
}

// acceptArrivals takes in the items that the inbox does not know. Their ids follow the order
// in which they came; that of the others is used up. They are inserted in the order in
// which they are given, which is that of their keys: two replicas that take in the same
// items wait for each other and never in a circle.
const acceptArrivals = `
WITH ids AS MATERIALIZED (
    SELECT array_agg(nextval('inbox_id_seq')) AS of_place FROM generate_series(1, cardinality($1::BIGINT[]))
), added AS (
    INSERT INTO inbox (id, kind, source, subject, key, received_at, seen_at, trace, body)
    SELECT (SELECT of_place FROM ids)[a.place], a.kind, a.source, a.subject, a.key, a.received_at, a.seen_at, a.trace, a.body
    FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TIMESTAMPTZ[], $7::TIMESTAMPTZ[], $8::TEXT[], $9::TEXT[])
        AS a(place, kind, source, subject, key, received_at, seen_at, trace, body)
    ON CONFLICT (kind, source, key) DO NOTHING RETURNING id
)
SELECT of_place, ARRAY(SELECT id FROM added) FROM ids`

// touchArrivals remembers of items that they came again, unless that is known to within $5
// seconds.
const touchArrivals = `
UPDATE inbox SET seen_at = a.seen_at
FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TIMESTAMPTZ[]) AS a(kind, source, key, seen_at)
WHERE inbox.kind = a.kind AND inbox.source = a.source AND inbox.key = a.key
  AND inbox.seen_at <= a.seen_at - make_interval(secs => $5)`

// AcceptArrivals stores the items that are new, in one statement, all or none, and says of
// each whether it was. Of the others it remembers, in a second statement, that they came
// again, where that is not known to within the granularity. No two items may be one.
func (q *Queries) AcceptArrivals(ctx context.Context, arrivals []Arrival, granularity time.Duration) (fresh []bool, err error) {
	places := make([]int64, len(arrivals))
	for i := range places {
		places[i] = int64(i) + 1
	}
	slices.SortFunc(places, func(i, j int64) int {
		a, b := arrivals[i-1], arrivals[j-1]
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Key, b.Key))
	})
	c := columnsOf(arrivals, places)
	var ids, added numbers
	err = q.db.QueryRowContext(ctx, acceptArrivals,
		places, c.kinds, c.sources, c.subjects, c.keys, c.receivedAt, c.seenAt, c.traces, c.bodies,
	).Scan(&ids, &added)
	if err != nil {
		return nil, err
	}
	fresh = make([]bool, len(arrivals))
	if len(added) == len(arrivals) {
		for i := range fresh {
			fresh[i] = true
		}
		return fresh, nil
	}
	isNew := make(map[int64]bool, len(added))
	for _, id := range added {
		isNew[id] = true
	}
	for i, id := range ids {
		fresh[i] = isNew[id]
	}
	repeated := columnsOf(arrivals, slices.DeleteFunc(places, func(place int64) bool { return fresh[place-1] }))
	_, err = q.db.ExecContext(ctx, touchArrivals, repeated.kinds, repeated.sources, repeated.keys, repeated.seenAt, granularity.Seconds())
	return fresh, err
}

// numbers is an array of BIGINT, {1,2,3}, which database/sql gets as text.
type numbers []int64

// Scan implements [database/sql.Scanner].
func (n *numbers) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("an array in the database has the type %T", value)
	}
	*n = nil
	for number := range strings.SplitSeq(strings.Trim(text, "{}"), ",") {
		if number == "" {
			continue // the array is empty
		}
		parsed, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return err
		}
		*n = append(*n, parsed)
	}
	return nil
}

// columns are items as parameters: one slice for each column, all equally long.
type columns struct {
	kinds, sources, subjects, keys []string
	receivedAt, seenAt             []time.Time
	traces, bodies                 []string
}

// columnsOf returns the items of some places, counted from 1, in their order.
func columnsOf(arrivals []Arrival, places []int64) columns {
	texts := func() []string { return make([]string, 0, len(places)) }
	times := func() []time.Time { return make([]time.Time, 0, len(places)) }
	c := columns{
		kinds: texts(), sources: texts(), subjects: texts(), keys: texts(),
		receivedAt: times(), seenAt: times(), traces: texts(), bodies: texts(),
	}
	for _, place := range places {
		a := arrivals[place-1]
		c.kinds, c.sources = append(c.kinds, a.Kind), append(c.sources, a.Source)
		c.subjects, c.keys = append(c.subjects, a.Subject), append(c.keys, a.Key)
		c.receivedAt, c.seenAt = append(c.receivedAt, a.ReceivedAt), append(c.seenAt, a.SeenAt)
		c.traces, c.bodies = append(c.traces, a.Trace), append(c.bodies, a.Body)
	}
	return c
}
