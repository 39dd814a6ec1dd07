package store

import (
	"context"
	"fmt"
)

// Fill keeps the database from growing beyond the pages it has until free is called.
func Fill(ctx context.Context, s *Store) (free func() error, err error) {
	limit := func(pages int) error {
		_, err := s.backend.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		return err
	}
	// What is more than SQLite can have is all that it can have; what is less than there
	// is, is what there is. See https://www.sqlite.org/pragma.html#pragma_max_page_count
	return func() error { return limit(1<<32 - 2) }, limit(1)
}
