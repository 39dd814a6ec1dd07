//go:build !slim

package temporalserver

import (
	"context"

	"go.temporal.io/server/common/config"
)

// store is where a server keeps its state, held so that no other process runs on it.
type store interface {
	// prepare makes sure that the store has the schema which this build of Temporal wants, and
	// that it is the owner's. It tells of an unfit store that was set aside.
	prepare(ctx context.Context, owner string) (replacement, error)
	// persistence describes the store to Temporal.
	persistence() config.Persistence
	// guard watches for as long as the server runs that nobody takes the store away, and
	// reports it once when somebody has.
	guard(lost func(error))
	// release lets the next server have the store. The server must have ended.
	release() error
}

// openStore holds the store that the options name for this server alone, or fails with
// ErrInUse.
func openStore(ctx context.Context, options Options) (_ store, err error) {
	var opened store
	if options.PostgresURL != "" {
		opened, err = openPostgres(ctx, options.PostgresURL)
	} else {
		opened, err = openDataDir(options.DataDir)
	}
	if err != nil {
		return nil, err // and not a store that is nil
	}
	return opened, nil
}

// mainStore is the part of the store that holds namespaces and workflows.
func mainStore(p config.Persistence) *config.SQL { return p.DataStores[p.DefaultStore].SQL }
