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
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// openSQLite opens the file and migrates it, one process at a time.
//
// SQLite has one writer at a time. Within the process, a single connection for
// writing makes writers queue in Go, where waiting honours contexts; between
// processes, every transaction takes the write lock as it begins, which is the one
// place where it can be found taken. The write-ahead log lets readers carry on
// meanwhile, and synchronous=FULL has each commit on disk when it returns.
func openSQLite(ctx context.Context, path string, logger *slog.Logger) (_ backend, err error) {
	if path == "" {
		return backend{}, errors.New("no file was named")
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return backend{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return backend{}, fmt.Errorf("create its folder: %w", err)
	}
	if err := touch(path); err != nil {
		return backend{}, err
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return backend{}, err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	writer, err := sql.Open("sqlite", sqliteURL(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			sqliteBusyPragma(), "synchronous(FULL)", "foreign_keys(1)",
			fmt.Sprintf("cache_size(-%d)", sqliteWriterCacheKiB),
			fmt.Sprintf("wal_autocheckpoint(%d)", sqliteCheckpointPages),
			fmt.Sprintf("journal_size_limit(%d)", sqliteLogLimitBytes),
		},
	}))
	if err != nil {
		return backend{}, err
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", sqliteURL(path, url.Values{
		"_pragma": {sqliteBusyPragma(), "query_only(1)"},
	}))
	if err != nil {
		return backend{}, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)

	b := backend{reader: reader, writer: writer, contended: sqliteContended, explained: sqliteExplained, wrote: newSQLiteLog(writer, path).wrote}
	if err := prepareSQLite(ctx, writer, logger); err != nil {
		return backend{}, errors.Join(sqliteExplained(err), b.close())
	}
	return b, nil
}

// touch finds out whether the file can be written to, while the operating system's
// own words for the obstacle are at hand, and creates it for its owner alone.
func touch(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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

// prepareSQLite makes the file Muster's: nothing is written to it before it is known
// to be empty or Muster's already.
func prepareSQLite(ctx context.Context, writer *sql.DB, logger *slog.Logger) error {
	var application, tables int
	if err := writer.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return err
	}
	if err := writer.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	empty := application == 0 && tables == 0
	if application != sqliteApplicationID && !empty {
		return errors.New("it is the SQLite database of another program; name another file")
	}
	if empty {
		if _, err := writer.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", sqliteApplicationID)); err != nil {
			return err
		}
	}
	// The journal mode is kept in the file, so that this holds for all connections.
	var mode string
	if err := writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its file system does not support SQLite's write-ahead log (the journal mode stays %q); put it on a local disk", mode)
	}
	return migrate(ctx, writer, logger)
}

func sqliteURL(path string, query url.Values) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String()
}

func sqliteBusyPragma() string {
	return fmt.Sprintf("busy_timeout(%d)", sqliteBusyTimeout.Milliseconds())
}

func sqliteContended(err error) bool {
	return sqliteCode(err) == sqlite3.SQLITE_BUSY
}

// sqliteExplained puts what SQLite says about a file that it cannot use into words.
func sqliteExplained(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is not a SQLite database; name another file: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("it cannot be written to; check the permissions of the file and its folder: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full; make room on it: %w", err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk does not do what it is told; check it, and the quota on it: %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged; restore it from a backup: %w", err)
	default:
		return err
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
