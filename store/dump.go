package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"muster/incident"
	"muster/store/internal/queries"
)

// The pages in which a dump is read. What may be large, up to half a megabyte a row, comes
// in small ones, so that a dump takes the same memory however much there is.
const (
	largeRows = 100
	smallRows = 2000
)

// Dump hands over everything the store holds that is not computed, as it was at one moment,
// in an order that depends on nothing but the contents: the same records come from every
// database that holds the same. Others read and write meanwhile. An error of write ends
// it and is returned.
func (s *Store) Dump(ctx context.Context, write func(Record) error) (err error) {
	tx, err := s.backend.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("begin to read the database: %w", explained(s.backend, err))
	}
	defer func() {
		// There is nothing to commit, and nothing to lose.
		if rollback := tx.Rollback(); !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, rollback)
		}
	}()
	return within(ctx, tx, func(q *queries.Queries) error {
		d := dump{q: q, tx: tx, backend: s.backend, write: write}
		for _, part := range []func(context.Context) error{
			d.counters, d.journals, d.keys, d.lives, d.finished, d.groups, d.items, d.transcripts, d.follows,
		} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Schema is the version of the database's schema.
func (s *Store) Schema() int64 {
	_, version := s.backend.migrated()
	return version
}

type dump struct {
	q       *queries.Queries
	tx      *sql.Tx
	backend backend
	write   func(Record) error
}

func (d dump) counters(ctx context.Context) error {
	row, err := d.q.Counters(ctx)
	if err != nil {
		return err
	}
	lastItem, err := d.backend.lastItem(ctx, d.tx)
	if err != nil {
		return fmt.Errorf("read the id of the last item: %w", err)
	}
	return d.write(Counters{LastIncident: row.LastIncident, LastItem: lastItem})
}

func (d dump) journals(ctx context.Context) error {
	for after := int64(0); ; {
		numbers, err := d.q.IncidentsAfter(ctx, queries.IncidentsAfterParams{After: after, Most: smallRows})
		if err != nil || len(numbers) == 0 {
			return err
		}
		for _, number := range numbers {
			if err := d.journal(ctx, incident.NewID(number)); err != nil {
				return err
			}
		}
		after = numbers[len(numbers)-1]
	}
}

func (d dump) journal(ctx context.Context, id incident.ID) error {
	return paged(largeRows, func(last queries.Event, most int32) ([]queries.Event, error) {
		return d.q.Events(ctx, queries.EventsParams{Incident: id.Number(), After: last.Seq, MaxRows: most})
	}, func(row queries.Event) error {
		return d.write(JournalEntry{
			Incident: id, Seq: int(row.Seq), At: row.At.Time, Kind: incident.Kind(row.Kind),
			Actor:  incident.Actor{Kind: incident.ActorKind(row.ActorKind), Name: row.ActorName},
			Source: row.Source, Cause: row.Cause, Data: json.RawMessage(row.Data),
		})
	})
}

func (d dump) keys(ctx context.Context) error {
	return paged(smallRows, func(last queries.KeysAfterRow, most int32) ([]queries.KeysAfterRow, error) {
		return d.q.KeysAfter(ctx, queries.KeysAfterParams{Incident: last.Incident, Key: last.Key, Most: most})
	}, func(row queries.KeysAfterRow) error {
		return d.write(ReservedKey{Incident: incident.NewID(row.Incident), Key: row.Key, Digest: row.Digest})
	})
}

func (d dump) lives(ctx context.Context) error {
	return paged(smallRows, func(last queries.IncidentLife, most int32) ([]queries.IncidentLife, error) {
		return d.q.LivesAfter(ctx, queries.LivesAfterParams{After: last.Incident, Most: most})
	}, func(row queries.IncidentLife) error {
		return d.write(CurrentLife{Incident: incident.NewID(row.Incident), Life: int(row.Life)})
	})
}

func (d dump) finished(ctx context.Context) error {
	return paged(smallRows, func(last queries.FinishedAfterRow, most int32) ([]queries.FinishedAfterRow, error) {
		return d.q.FinishedAfter(ctx, queries.FinishedAfterParams{After: last.Number, Most: most})
	}, func(row queries.FinishedAfterRow) error {
		return d.write(FinishedMark{Incident: incident.NewID(row.Number), At: row.FinishedAt.Time})
	})
}

func (d dump) groups(ctx context.Context) error {
	return paged(smallRows, func(last queries.GroupsAfterRow, most int32) ([]queries.GroupsAfterRow, error) {
		return d.q.GroupsAfter(ctx, queries.GroupsAfterParams{
			Incident: last.Incident, Source: last.Source, GroupKey: last.GroupKey, Most: most,
		})
	}, func(row queries.GroupsAfterRow) error {
		return d.write(GroupRoute{Incident: incident.NewID(row.Incident), Source: row.Source, Group: row.GroupKey})
	})
}

func (d dump) items(ctx context.Context) error {
	return paged(largeRows, func(last queries.ItemsAfterRow, most int32) ([]queries.ItemsAfterRow, error) {
		return d.q.ItemsAfter(ctx, queries.ItemsAfterParams{After: last.ID, Most: most})
	}, func(row queries.ItemsAfterRow) error {
		return d.write(InboxEntry{
			ID: row.ID, Kind: row.Kind, Source: row.Source, Subject: row.Subject, Key: row.Key,
			ReceivedAt: row.ReceivedAt.Time, SeenAt: row.SeenAt.Time, SentAt: row.SentAt.Time, SettledAt: row.SettledAt.Time,
			Incident: idOf(row.Incident), ReturnedFrom: idOf(row.ReturnedFrom),
			Recorded: row.Recorded, Reason: row.Reason, Trace: row.Trace, Body: json.RawMessage(row.Body),
		})
	})
}

func (d dump) transcripts(ctx context.Context) error {
	return paged(largeRows, func(last queries.Transcript, most int32) ([]queries.Transcript, error) {
		return d.q.TranscriptAfter(ctx, queries.TranscriptAfterParams{
			Incident: last.Incident, At: last.At, Channel: last.Channel, Message: last.Message, Most: most,
		})
	}, func(row queries.Transcript) error {
		said, err := rowOfSaid(row)
		if err != nil {
			return err
		}
		return d.write(said)
	})
}

func (d dump) follows(ctx context.Context) error {
	return paged(smallRows, func(last queries.Follow, most int32) ([]queries.Follow, error) {
		return d.q.FollowsAfter(ctx, queries.FollowsAfterParams{Account: last.Account, Kind: last.Kind, Name: last.Name, Most: most})
	}, func(row queries.Follow) error {
		return d.write(followsOf([]queries.Follow{row})[0])
	})
}

// paged calls each for all rows, of which read returns the next page behind the last row
// of the page before; behind the zero row is the first.
func paged[Row any](rows int32, read func(last Row, most int32) ([]Row, error), each func(Row) error) error {
	var last Row
	for {
		page, err := read(last, rows)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := each(row); err != nil {
				return err
			}
		}
		if len(page) < int(rows) {
			return nil
		}
		last = page[len(page)-1]
	}
}

// idOf is the incident of a column that may be NULL, empty for none.
func idOf(number sql.NullInt64) incident.ID {
	if !number.Valid {
		return ""
	}
	return incident.NewID(number.Int64)
}
