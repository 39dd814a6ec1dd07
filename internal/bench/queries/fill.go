package queries

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"muster/store"
)

// fill appends so many incidents to an empty database, as their workflows would have done,
// and leaves the tables as autovacuum would leave them in a while.
func fill(ctx context.Context, databaseURL string, incidents int, say func(string)) (err error) {
	db, err := store.Open(ctx, store.Options{URL: databaseURL, Migrate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	teller, err := newStoryteller()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	// While one waits for Postgres another one tells.
	for range 4 * runtime.NumCPU() {
		running.Go(func() {
			for ctx.Err() == nil {
				number := int(next.Add(1))
				if number > incidents {
					return
				}
				if number%(incidents/10) == 0 {
					say(fmt.Sprintf("queries: %d incidents are stored", number))
				}
				if err := db.Append(ctx, teller.story(number)); err != nil {
					cancel(err)
				}
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return settle(ctx, databaseURL)
}

// settle marks that the workflows of incidents that are over have ended, and does what
// autovacuum does.
func settle(ctx context.Context, databaseURL string) (err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range []string{
		"UPDATE incidents SET finished_at = ended_at WHERE ended_at IS NOT NULL",
		"VACUUM (ANALYZE)",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
