package store

import (
	"context"
	"database/sql"
	"os"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteLog keeps the write-ahead log from growing without bound. SQLite copies the log
// into the database as writers commit, but begins it anew only at a moment when nobody
// reads from it; readers that always overlap leave no such moment, and the log would
// grow until they do. Beyond the limit a checkpoint waits for the readers there are,
// while those who come read past the log.
//
// A full disk calls for a checkpoint too: what is in the log may fit into pages that the
// database has already, and the log's room is free again.
type sqliteLog struct {
	writer *sql.DB
	path   string

	mu   sync.Mutex
	next int64 // the size in bytes at which to do something about it
}

func newSQLiteLog(writer *sql.DB, database string) *sqliteLog {
	return &sqliteLog{writer: writer, path: database + "-wal", next: sqliteLogLimitBytes}
}

// wrote is called after each transaction with its error. Whatever becomes of the
// checkpoint changes nothing about what was committed, so that nobody hears when it
// fails; a later transaction tries again.
func (l *sqliteLog) wrote(ctx context.Context, err error) {
	full := sqliteCode(err) == sqlite3.SQLITE_FULL
	if err != nil && !full {
		return
	}
	info, err := os.Stat(l.path)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if info.Size() < l.next && !full {
		return
	}
	var busy, frames, copied int
	err = l.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
	if err != nil || busy != 0 {
		// A reader is slow: writers shall not wait for it at each commit.
		l.next = info.Size() + sqliteLogLimitBytes
		return
	}
	l.next = sqliteLogLimitBytes
}
