package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Fill makes it as if the disk were full until free is called.
func Fill(ctx context.Context, s *Store) (free func() error, err error) {
	switch b := s.backend.(type) {
	case *sqliteBackend:
		limit := func(pages int) error { return run(ctx, b.writer, fmt.Sprintf("PRAGMA max_page_count = %d", pages)) }
		// What is more than SQLite can have is all that it can have; what is less than there
		// is, is what there is. See https://www.sqlite.org/pragma.html#pragma_max_page_count
		return func() error { return limit(1<<32 - 2) }, limit(1)
	case *postgres:
		free := func() error { return run(ctx, b.db, "DROP FUNCTION full_disk CASCADE") }
		return free, run(ctx, b.db,
			`CREATE FUNCTION full_disk() RETURNS TRIGGER LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`,
			"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON inbox EXECUTE FUNCTION full_disk()",
			"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON events EXECUTE FUNCTION full_disk()")
	default:
		return nil, fmt.Errorf("no way to fill a %T", b)
	}
}

func run(ctx context.Context, db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// SessionSetting is what a setting is on the Store's connections to Postgres.
func SessionSetting(ctx context.Context, s *Store, name string) (value string, err error) {
	err = s.backend.(*postgres).db.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value)
	return value, err
}
