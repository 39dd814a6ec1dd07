package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"muster/incident"
	"muster/store/internal/queries"
)

// Options says where the database is.
type Options struct {
	// Path is the SQLite file. It is created with its folder when it is missing.
	Path string
	// Logger hears of migrations. Nil is silence.
	Logger *slog.Logger
}

// Store is the database. It is safe for concurrent use. Several processes may open
// the same one; each sees the others' writes, but [Store.Subscribe] and [Store.Wake]
// tell only of its own.
type Store struct {
	backend      backend
	reading      *queries.Queries
	writing      *queries.Queries
	installation string
	wake         chan struct{}
	intake       *intake
	live         live
}

// backend is a database as the Store needs it: connections to read and to write
// with, which may be one and the same pool.
type backend struct {
	reader, writer *sql.DB
	// contended says whether a transaction could not begin because another process
	// was writing, so that it is worth beginning again.
	contended func(error) bool
	// explained puts into words what the database says where those who read it would not
	// know what to mend.
	explained func(error) error
	// wrote is told how each transaction ended.
	wrote func(ctx context.Context, err error)
}

func (b backend) close() error { return errors.Join(b.reader.Close(), b.writer.Close()) }

// Open opens the database, creating it and bringing its schema up to date where that
// is needed; processes that start at the same time take turns. The error says what
// is wrong with the path or file; a [SchemaTooNewError] means that a newer Muster has
// been here. Close the Store when done.
func Open(ctx context.Context, options Options) (*Store, error) {
	logger := cmp.Or(options.Logger, slog.New(slog.DiscardHandler))
	b, err := openSQLite(ctx, options.Path, logger)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", options.Path, err)
	}
	s, err := newStore(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", options.Path, errors.Join(err, b.close()))
	}
	if err := s.refold(ctx, logger); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", options.Path, errors.Join(err, s.Close()))
	}
	return s, nil
}

func newStore(ctx context.Context, b backend) (*Store, error) {
	reading, err := queries.Prepare(ctx, b.reader)
	if err != nil {
		return nil, err
	}
	writing, err := queries.Prepare(ctx, b.writer)
	if err != nil {
		return nil, err
	}
	installation, err := reading.Installation(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the installation's id: %w", err)
	}
	s := &Store{
		backend: b, reading: reading, writing: writing,
		installation: installation, wake: make(chan struct{}, 1),
	}
	s.intake = startIntake(s.commitGroup)
	return s, nil
}

// Close ends all subscriptions and closes the database. Transactions under way are
// waited for.
func (s *Store) Close() error {
	s.live.close()
	s.intake.close()
	return errors.Join(s.reading.Close(), s.writing.Close(), s.backend.close())
}

// Check says whether the database answers, both to readers and to writers; nil
// means that it does. It writes a few bytes to disk, and waits its turn among the writers
// for as long as ctx allows.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.reading.Installation(ctx); err != nil {
		return fmt.Errorf("the database cannot be read: %w", err)
	}
	err := s.write(ctx, func(q *queries.Queries) error { return q.ProveWritable(ctx) })
	if err != nil {
		return fmt.Errorf("the database cannot be written to: %w", err)
	}
	return nil
}

// Installation is the id of this installation: eight hexadecimal digits, chosen at
// random when the database was created and never changed. It keeps the keys of one
// installation's effects at a vendor apart from another's.
func (s *Store) Installation() string { return s.installation }

// write runs fn in a transaction that holds the write lock from its beginning, and
// commits unless fn fails. It waits for other writers until ctx ends.
func (s *Store) write(ctx context.Context, fn func(*queries.Queries) error) error {
	err := s.transact(ctx, fn)
	s.backend.wrote(ctx, err)
	return s.backend.explained(err)
}

func (s *Store) transact(ctx context.Context, fn func(*queries.Queries) error) error {
	tx, err := s.begin(ctx)
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

func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	for {
		tx, err := s.backend.writer.BeginTx(ctx, nil)
		if err == nil || !s.backend.contended(err) {
			return tx, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("another process is writing to the database: %w", ctx.Err())
		}
	}
}

// numberOf returns the number within a well-formed id.
func numberOf(id incident.ID) (int64, error) {
	n := id.Number()
	if n < 1 || incident.NewID(n) != id {
		return 0, invalid("incident", "%q is not an incident id; ids look like INC-42", string(id))
	}
	return n, nil
}

// storable refuses text that not every database can hold: Postgres takes neither NUL
// characters nor broken UTF-8.
func storable(field, text string) error {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return invalid(field, "%s %.40q is not plain text in UTF-8", field, text)
	}
	return nil
}

// nullable is a number as a column holds it, with NULL for none.
func nullable(number int64) sql.NullInt64 { return sql.NullInt64{Int64: number, Valid: number != 0} }
