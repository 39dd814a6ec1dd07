package store

import (
	"context"
	"database/sql"
)

// snapshots is what moving and restoring a whole database needs of a backend beside the
// statements that all have in common.
type snapshots interface {
	// snapshot begins a transaction that reads from one moment and writes nothing.
	snapshot(ctx context.Context) (*sql.Tx, error)
	// lastItem is the id that an item of the inbox was given last, 0 for none; the item may
	// be forgotten.
	lastItem(ctx context.Context, tx *sql.Tx) (int64, error)
	// raiseItems sees to it that the items that come get ids above one. It may take effect
	// before tx commits and does not lower anything.
	raiseItems(ctx context.Context, tx *sql.Tx, above int64) error
}

// snapshot begins an ordinary transaction: in the mode of the write-ahead log each of them
// reads from one moment. See https://www.sqlite.org/isolation.html
func (b *sqliteBackend) snapshot(ctx context.Context) (*sql.Tx, error) {
	return b.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
}

// lastItem reads where SQLite keeps what AUTOINCREMENT has given out. See
// https://www.sqlite.org/autoinc.html
func (b *sqliteBackend) lastItem(ctx context.Context, tx *sql.Tx) (last int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'").Scan(&last)
	return last, err
}

func (b *sqliteBackend) raiseItems(ctx context.Context, tx *sql.Tx, above int64) error {
	last, err := b.lastItem(ctx, tx)
	if err != nil || last >= above {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = 'inbox'"); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES ('inbox', $1)", above)
	return err
}

// snapshot reads from one moment at this level of isolation. See
// https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ
func (p *postgres) snapshot(ctx context.Context) (*sql.Tx, error) {
	return p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// lastItem asks the sequence. It is no part of the snapshot and may be ahead of it, which
// leaves out ids and repeats none.
func (p *postgres) lastItem(ctx context.Context, tx *sql.Tx) (last int64, err error) {
	var name string
	if err := tx.QueryRowContext(ctx, "SELECT pg_get_serial_sequence('inbox', 'id')").Scan(&name); err != nil {
		return 0, err
	}
	// The name comes from Postgres, quoted where it has to be.
	err = tx.QueryRowContext(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "+name).Scan(&last)
	return last, err
}

// raiseItems moves the sequence, which no rollback takes back.
func (p *postgres) raiseItems(ctx context.Context, tx *sql.Tx, above int64) error {
	last, err := p.lastItem(ctx, tx)
	if err != nil || last >= above {
		return err
	}
	_, err = tx.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence('inbox', 'id'), $1)", above)
	return err
}
