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

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// migrate brings the schema up to date. Each migration is a transaction, so that one
// that fails leaves the schema of the version before it. The caller keeps other
// processes from migrating at the same time.
func migrate(ctx context.Context, db *sql.DB, logger *slog.Logger) error {
	migrations, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	// The provider is not closed: that would close the database.
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations,
		goose.WithTableName("schema_versions"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	found, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if found > known {
		return &SchemaTooNewError{Found: found, Known: known}
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the schema from version %d to %d: %w", found, known, err)
	}
	if len(applied) > 0 {
		logger.InfoContext(ctx, "migrated the database", "from", found, "to", known)
	}
	return nil
}
