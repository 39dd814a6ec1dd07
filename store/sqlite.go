package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/store/internal/queries"
)

const (
	// sqliteReaders is how many connections read at once. SQLite readers are in this
	// process and use a processor each, so that many would only get in each other's way.
	sqliteReaders = 4
	// sqliteBusyTimeout is how long one attempt waits for another process that is
	// writing; after it we look whether our caller still wants to wait.
	sqliteBusyTimeout = time.Second
	// sqliteApplicationID marks a database as Muster's ("Must" in ASCII). See
	// https://www.sqlite.org/pragma.html#pragma_application_id
	sqliteApplicationID = 0x4d757374
	// sqliteWriterCacheKiB is the writer's page cache. The keys of the inbox come in no order, so
	// that each new one touches another page of their index: SQLite's usual 2 MiB hold
	// the index of some ten thousand alerts.
	sqliteWriterCacheKiB = 16 << 10
	// sqliteCheckpointPages is how long the write-ahead log grows (pages of 4 KiB) before a
	// commit copies it into the database: in a storm the same pages change again and
	// again, and each is copied once.
	sqliteCheckpointPages = 4000
	// sqliteLogLimitBytes is how large the log's file is allowed to stay, and how large it
	// becomes before writers wait for readers to make it small again.
	sqliteLogLimitBytes = 32 << 20
	// lockRetry is how often a starting process looks whether another has finished its
	// migrations.
	lockRetry = 20 * time.Millisecond
)

// sqliteSchema is what migrations/sqlite makes.
var sqliteSchema = schema{
	dialect: goose.DialectSQLite3, folder: "migrations/sqlite",
	tables: "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'",
}

// sqliteBackend is a SQLite file.
//
// SQLite has one writer at a time. Within the process, a single connection for
// writing makes writers queue in Go, where waiting honours contexts; between
// processes, every transaction takes the write lock as it begins, which is the one
// place where it can be found taken. The write-ahead log lets readers carry on
// meanwhile, and synchronous=FULL has each commit on disk when it returns.
type sqliteBackend struct {
	path           string
	logger         *slog.Logger
	reader, writer *sql.DB
	log            *sqliteLog
	from, to       int64
}

// open opens the file, one process at a time, and migrates it if it may.
func (b *sqliteBackend) open(ctx context.Context, mayMigrate bool) (err error) {
	if b.path == "" {
		return errors.New("no file was named")
	}
	path, err := filepath.Abs(b.path)
	if err != nil {
		return err
	}
	if mayMigrate {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("create its folder: %w", err)
		}
	}
	if err := touch(path, mayMigrate); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	b.writer, err = sql.Open("sqlite", sqliteURL(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			sqliteBusyPragma(), "synchronous(FULL)", "foreign_keys(1)",
			fmt.Sprintf("cache_size(-%d)", sqliteWriterCacheKiB),
			fmt.Sprintf("wal_autocheckpoint(%d)", sqliteCheckpointPages),
			fmt.Sprintf("journal_size_limit(%d)", sqliteLogLimitBytes),
		},
	}))
	if err != nil {
		return err
	}
	b.writer.SetMaxOpenConns(1)
	b.reader, err = sql.Open("sqlite", sqliteURL(path, url.Values{
		"_pragma": {sqliteBusyPragma(), "query_only(1)"},
	}))
	if err != nil {
		return errors.Join(err, b.writer.Close())
	}
	b.reader.SetMaxOpenConns(sqliteReaders)
	b.reader.SetMaxIdleConns(sqliteReaders)
	b.log = newSQLiteLog(b.writer, path)
	if err := b.prepare(ctx, mayMigrate); err != nil {
		return errors.Join(err, b.close())
	}
	return nil
}

func (b *sqliteBackend) where() string { return b.path }

func (b *sqliteBackend) migrated() (from, to int64) { return b.from, b.to }

// statements prepares them all: SQLite would parse each anew every time.
func (b *sqliteBackend) statements(ctx context.Context) (reading, writing *queries.Queries, err error) {
	if reading, err = queries.Prepare(ctx, b.reader); err != nil {
		return nil, nil, err
	}
	if writing, err = queries.Prepare(ctx, b.writer); err != nil {
		return nil, nil, err
	}
	return reading, writing, nil
}

func (b *sqliteBackend) list(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	return b.reader.QueryContext(ctx, query, args...)
}

// wordBegins reads every incident, as all searches do here: an embedded database is small.
func (b *sqliteBackend) wordBegins(with string) (clause, pattern string) {
	return "search GLOB %s", `*[]` + separators + `^\-]` + with + `*`
}

// begin waits for other processes for as long as ctx allows. Within this one, the lock is
// the connection.
func (b *sqliteBackend) begin(ctx context.Context, _ lock) (*sql.Tx, error) {
	for {
		tx, err := b.writer.BeginTx(ctx, nil)
		if err == nil || sqliteCode(err) != sqlite3.SQLITE_BUSY {
			return tx, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("another process is writing to the database: %w", ctx.Err())
		}
	}
}

// rivalled is never the case: once a transaction has begun, it is alone.
func (b *sqliteBackend) rivalled(error) bool { return false }

func (b *sqliteBackend) wrote(ctx context.Context, err error) { b.log.wrote(ctx, err) }

// announce and listen have nothing to do: changes are told within this process only.
func (b *sqliteBackend) announce(context.Context, *queries.Queries, Change) error { return nil }

func (b *sqliteBackend) listen(context.Context, *Store) error { return nil }

// claim agrees: claims are among those who share a Store.
func (b *sqliteBackend) claim(context.Context, string) (release func(), ok bool, err error) {
	return func() {}, true, nil
}

func (b *sqliteBackend) close() error { return errors.Join(b.reader.Close(), b.writer.Close()) }

// touch finds out whether the file can be written to, while the operating system's
// own words for the obstacle are at hand, and may create it for its owner alone.
func touch(path string, mayCreate bool) error {
	flags := os.O_RDWR
	if mayCreate {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("wait for another muster that is migrating the database: %w", err)
	}
	return lock.Unlock, nil
}

// prepare makes the file Muster's: nothing is written to it before it is known to be empty
// or Muster's already.
func (b *sqliteBackend) prepare(ctx context.Context, mayMigrate bool) (err error) {
	var application, tables int
	if err := b.writer.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return err
	}
	if err := b.writer.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	empty := application == 0 && tables == 0
	if application != sqliteApplicationID && !empty {
		return errors.New("it is the SQLite database of another program; name another file")
	}
	if empty && !mayMigrate {
		b.from, b.to, err = sqliteSchema.bring(ctx, b.writer, false, b.logger)
		return err
	}
	if empty {
		if _, err := b.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", sqliteApplicationID)); err != nil {
			return err
		}
	}
	// The journal mode is kept in the file, so that this holds for all connections.
	var mode string
	if err := b.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its file system does not support SQLite's write-ahead log (the journal mode stays %q); put it on a local disk", mode)
	}
	b.from, b.to, err = sqliteSchema.bring(ctx, b.writer, mayMigrate, b.logger)
	return err
}

func sqliteURL(path string, query url.Values) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String()
}

func sqliteBusyPragma() string {
	return fmt.Sprintf("busy_timeout(%d)", sqliteBusyTimeout.Milliseconds())
}

// advice says what to do about a file that SQLite cannot use.
func (b *sqliteBackend) advice(err error) string {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_NOTADB:
		return "it is not a SQLite database; name another file"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return "it cannot be written to; check the permissions of the file and its folder"
	case sqlite3.SQLITE_FULL:
		return "the disk is full; make room on it"
	case sqlite3.SQLITE_IOERR:
		return "the disk does not do what it is told; check it, and the quota on it"
	case sqlite3.SQLITE_CORRUPT:
		return "it is damaged; restore it from a backup"
	default:
		return ""
	}
}

// sqliteCode is the primary result code of an error, without its extension, or 0.
// See https://www.sqlite.org/rescode.html
func sqliteCode(err error) int {
	if coded, ok := errors.AsType[*sqlite.Error](err); ok {
		return coded.Code() & 0xff
	}
	return 0
}
