package sandbox

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", which needs no cgo
)

//go:embed schema.sql
var schema1 string

//go:embed schema_2.sql
var schema2 string

//go:embed schema_3.sql
var schema3 string

//go:embed schema_4.sql
var schema4 string

//go:embed schema_5.sql
var schema5 string

// schemas bring a file from one version to the next. The version is kept in SQLite's
// user_version, so that a file of a later layout is refused rather than misread.
var schemas = []string{schema1, schema2, schema3, schema4, schema5}

// database is the sandbox's memory: one SQLite file behind one connection, so that
// requests take turns and every transaction sees all that came before it.
type database struct {
	*sql.DB
	changes *changes
}

// changes counts what was changed, and tells those who wait for it.
type changes struct {
	mu    sync.Mutex
	count int64         // of SQLite's rows that were changed since the file was opened
	next  chan struct{} // closed by the next change
}

// now returns the count, and what is closed when it rises.
func (c *changes) now() (int64, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count, c.next
}

func (c *changes) reach(count int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if count > c.count {
		c.count = count
		close(c.next)
		c.next = make(chan struct{})
	}
}

func openDatabase(ctx context.Context, path string) (database, error) {
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return database{}, fmt.Errorf("sandbox: open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	d := database{db, &changes{next: make(chan struct{})}}
	if err := d.migrate(ctx); err != nil {
		return database{}, errors.Join(fmt.Errorf("sandbox: open %s: %w", path, err), db.Close())
	}
	return d, nil
}

// dataSource asks for write-ahead logging with every commit synced (synchronous FULL):
// a commit survives a crash of the process and of the machine.
func dataSource(path string) string {
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(5000)",
	}}
	if path == ":memory:" {
		return path + "?" + pragmas.Encode()
	}
	file := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: pragmas.Encode()}
	return file.String()
}

func (d database) migrate(ctx context.Context) error {
	return d.transact(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version < 0 || version > len(schemas) {
			return fmt.Errorf("the file has sandbox schema %d and this program wants %d: move it away to begin with an empty sandbox",
				version, len(schemas))
		}
		for _, schema := range schemas[version:] {
			if _, err := tx.ExecContext(ctx, schema); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(schemas)))
		return err
	})
}

// transact runs work in one transaction and commits it; an error, or a panic, undoes it.
func (d database) transact(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// After a commit this finds nothing to do and its error says only that.
	defer func() { _ = tx.Rollback() }()
	if err := work(tx); err != nil {
		return err
	}
	var count int64
	if err := tx.QueryRowContext(ctx, "SELECT total_changes()").Scan(&count); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	d.changes.reach(count)
	return nil
}

// collect runs a query and scans every row before it returns, since the transaction's
// only connection is busy until then.
func collect[T any](ctx context.Context, tx *sql.Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells what went wrong
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// scanner is what *sql.Row and *sql.Rows have in common.
type scanner interface{ Scan(...any) error }

// scanString reads rows of a single text column.
func scanString(row scanner) (string, error) {
	var s string
	err := row.Scan(&s)
	return s, err
}

func microseconds(t time.Time) int64 { return t.UnixMicro() }

func timeOf(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }
