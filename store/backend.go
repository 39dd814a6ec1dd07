package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muster/store/internal/queries"
)

// backend is a database as the Store needs it. There are two: sqlite and postgres.
type backend interface {
	// open opens the database and checks its schema, which it may migrate. When it fails there
	// is nothing to close.
	open(ctx context.Context, mayMigrate bool) error
	// where names the database in errors, without secrets.
	where() string
	// migrated says from which version of the schema the opening began, and to which it came.
	migrated() (from, to int64)
	// statements returns the statements to read and to write with.
	statements(ctx context.Context) (reading, writing *queries.Queries, err error)
	// list runs a query whose best plan depends on its values.
	list(ctx context.Context, query string, args []any) (*sql.Rows, error)
	// wordBegins is the condition, with one %s for the pattern, that a word of the search's
	// text begins with these ASCII letters or digits.
	wordBegins(with string) (clause, pattern string)
	// begin begins a transaction to write in, which may wait until those before it with
	// the same lock have ended.
	begin(ctx context.Context, alone lock) (*sql.Tx, error)
	// rivalled says whether a transaction was undone because of another one, so that it is
	// worth doing again.
	rivalled(err error) bool
	// wrote is told how each transaction ended.
	wrote(ctx context.Context, err error)
	// advice says what to mend where those who read what the database says would not know;
	// otherwise it is empty.
	advice(err error) string
	// accept stores the deliveries of a group, all or none, and counts what was new. The
	// order of arrival becomes the order of the ids.
	accept(ctx context.Context, s *Store, group []*delivery) error
	// others counts the other processes that have the database open, as far as can be seen.
	others(ctx context.Context) (int, error)
	// committers is how many groups of deliveries are worth storing at a time.
	committers() int
	// announce has other processes hear of a change, once the transaction of q is
	// committed.
	announce(ctx context.Context, q *queries.Queries, c Change) error
	// listen has the Store's subscribers hear of the changes that other processes announce
	// from now on.
	listen(ctx context.Context, s *Store) error
	// claim claims a name against other processes. It does not wait for them.
	claim(ctx context.Context, name string) (release func(), ok bool, err error)
	snapshots
	close() error
}

// lock names what a transaction has to be alone with. Transactions with the same lock come
// one after the other; each has one lock at most, so that none wait for each other in a
// circle over locks. SQLite has one writer anyway and needs none.
type lock string

// unlocked is for transactions of one statement that stands for itself.
const unlocked lock = ""

// incidentLock is for what reads an incident and then writes to it.
func incidentLock(number int64) lock { return lock(fmt.Sprint("incident ", number)) }

// keyLock is for what looks whether an idempotency key was used and then uses it.
func keyLock(key string) lock {
	if key == "" {
		return unlocked
	}
	return lock("key " + key)
}

// groupLock is for what looks whose a group of alerts is and then gives it to an incident.
func groupLock(source, group string) lock { return lock(fmt.Sprintf("group %q %q", source, group)) }

// write runs fn in a transaction and commits it, unless fn fails. What fn does has to be
// repeatable: it is done again when another transaction was in the way. With an error from
// the database nothing was written, or a connection was lost and nobody knows.
func (s *Store) write(ctx context.Context, alone lock, fn func(*queries.Queries) error) error {
	return s.attempt(ctx, func() error { return s.transact(ctx, alone, fn) })
}

// attempt runs a transaction until no other is in its way.
func (s *Store) attempt(ctx context.Context, transaction func() error) error {
	for {
		err := transaction()
		s.backend.wrote(ctx, err)
		if err == nil || ctx.Err() != nil || !s.backend.rivalled(err) {
			return explained(s.backend, err)
		}
	}
}

func (s *Store) transact(ctx context.Context, alone lock, fn func(*queries.Queries) error) error {
	tx, err := s.backend.begin(ctx, alone)
	if err != nil {
		return err
	}
	if err := fn(s.writing.WithTx(tx)); err != nil {
		// An error of its own says only that there is nothing left to roll back: the database
		// did so as it failed, or database/sql as ctx ended.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// explainedError is what a database says, with what to mend before it.
type explainedError struct {
	advice string
	err    error
}

func (e *explainedError) Error() string { return e.advice + ": " + e.err.Error() }

func (e *explainedError) Unwrap() error { return e.err }

// explained puts the database's advice before an error, unless it is there.
func explained(b backend, err error) error {
	var before *explainedError
	if err == nil || errors.As(err, &before) {
		return err
	}
	if advice := b.advice(err); advice != "" {
		return &explainedError{advice: advice, err: err}
	}
	return err
}
