package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// schema is what the migrations of one kind of database make. A version is the same schema
// in both kinds; Postgres came later and begins with version 4.
type schema struct {
	dialect goose.Dialect
	folder  string
	// tables counts the tables named schema_versions, of which there is one or none.
	tables string
}

// bring checks the schema's version, brings it up to date if it may, and says from which
// version to which. Each migration is a transaction, so that one that fails leaves the
// schema of the version before it. The caller keeps other processes from migrating at the
// same time.
func (s schema) bring(ctx context.Context, db *sql.DB, mayMigrate bool, logger *slog.Logger) (found, known int64, err error) {
	files, err := fs.Sub(migrations, s.folder)
	if err != nil {
		return 0, 0, err
	}
	// The provider is not closed: that would close the database.
	provider, err := goose.NewProvider(s.dialect, db, files,
		goose.WithTableName("schema_versions"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, 0, fmt.Errorf("read the migrations: %w", err)
	}
	sources := provider.ListSources()
	known = sources[len(sources)-1].Version
	found, err = s.version(ctx, db)
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("read the schema's version: %w", err)
	case found > known:
		return found, known, &SchemaTooNewError{Found: found, Known: known}
	case found == known:
		return found, known, nil
	case !mayMigrate:
		return found, known, &SchemaTooOldError{Found: found, Known: known}
	}
	if _, err := provider.Up(ctx); err != nil {
		return found, known, fmt.Errorf("migrate the schema from version %d to %d: %w", found, known, err)
	}
	logger.InfoContext(ctx, "migrated the database", "from", found, "to", known)
	return found, known, nil
}

// version is the schema's, 0 where there is none. Looking changes nothing.
func (s schema) version(ctx context.Context, db *sql.DB) (version int64, err error) {
	var tables int
	if err := db.QueryRowContext(ctx, s.tables).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM schema_versions WHERE is_applied").Scan(&version)
	return version, err
}
