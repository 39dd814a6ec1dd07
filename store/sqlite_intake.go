package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/store/internal/queries"
)

// accept stores a group item by item: statements cost little where the database is in the
// process, and the transaction's wait for the disk is shared.
func (b *sqliteBackend) accept(ctx context.Context, s *Store, group []*delivery) error {
	return s.transact(ctx, unlocked, func(q *queries.Queries) error {
		// What may take long was the wait for the lock. To watch a context during each of
		// many short statements costs as much as the statements.
		ctx := context.WithoutCancel(ctx)
		for _, d := range group {
			for _, item := range d.items {
				fresh, err := acceptItem(ctx, q, item)
				if err != nil {
					return err
				}
				d.count(fresh)
			}
		}
		return nil
	})
}

// acceptItem looks before it inserts, because even an insert that does nothing makes
// SQLite write.
func acceptItem(ctx context.Context, q *queries.Queries, item Item) (fresh bool, err error) {
	seenAt, err := q.ItemSeenAt(ctx, queries.ItemSeenAtParams{Kind: item.Kind, Source: item.Source, Key: item.Key})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		added, err := q.AcceptItem(ctx, queries.AcceptItemParams{
			Kind: item.Kind, Source: item.Source, Subject: item.Subject, Key: item.Key,
			ReceivedAt: queries.At(item.ReceivedAt), Trace: item.Trace, Body: string(item.Body),
		})
		return added > 0, err
	case err != nil:
		return false, err
	case item.ReceivedAt.Sub(seenAt.Time) < seenGranularity:
		return false, nil
	}
	return false, q.TouchItem(ctx, queries.TouchItemParams{
		Kind: item.Kind, Source: item.Source, Key: item.Key, Now: queries.At(item.ReceivedAt),
	})
}

// committers: there is one writer.
func (b *sqliteBackend) committers() int { return 1 }

// others cannot be seen; who must be alone locks the folder.
func (b *sqliteBackend) others(context.Context) (int, error) { return 0, nil }
