package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"muster/config"
	"muster/store"
	"muster/store/archive"
)

type importCommand struct {
	config.Storage
	File string `arg:"" placeholder:"FILE" help:"What muster export has written; - is standard input."`
}

// Help is shown below the usage.
func (importCommand) Help() string {
	return "Reads an export into an installation that is empty: the Postgres database in MUSTER_DATABASE_URL, or else the data directory that muster dev will use. " +
		"Nothing is kept unless the whole file was read and its checksum is right. The installation becomes the one that was exported. No Muster may run on the database meanwhile."
}

// Run imports.
func (cmd *importCommand) Run(ctx context.Context) (err error) {
	notes := newConsole(os.Stderr)
	in, err := openInput(cmd.File)
	if err != nil {
		return err
	}
	defer in.Close()
	db, unlock, err := openAlone(ctx, cmd.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), unlock()) }()
	progress := newProgress(notes, "imported")
	summary, err := archive.Import(ctx, db, in, progress.count)
	progress.end()
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		return fmt.Errorf("the database is not empty: it is the installation %s; import into a new one", db.Installation())
	case err != nil:
		return fmt.Errorf("nothing was imported: %w", err)
	}
	notes.printf("Imported %s into the database %s.\n", contentsText(summary), db.Where())
	notes.printf("Start Muster now: it begins the workflows again from the journal, in a Temporal that is empty or has been this installation's. " +
		"If the old installation has done anything since the export, run muster restored first.\n")
	return nil
}

func openInput(name string) (io.ReadCloser, error) {
	if name == standardStream {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(name)
}

// openAlone opens the database of an installation that does not run, and creates it where
// there is none.
func openAlone(ctx context.Context, s config.Storage) (_ *store.Store, unlock func() error, err error) {
	postgres, err := s.UsesPostgres()
	if err != nil {
		return nil, nil, err
	}
	if postgres {
		db, err := openPostgresOrCreate(ctx, s.Database)
		return db, func() error { return nil }, err
	}
	if err := makeDataDir(s.DataDir); err != nil {
		return nil, nil, err
	}
	if unlock, err = lockDataDir(s.DataDir); err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(s.DataDir, "muster.db"), Migrate: true, Logger: onlyWarnings()})
	if err != nil {
		return nil, nil, errors.Join(err, unlock())
	}
	return db, unlock, nil
}

// openPostgresOrCreate gives a database that has nothing its schema. One with an older
// schema is somebody's: it is not migrated behind their back.
func openPostgresOrCreate(ctx context.Context, d config.Database) (*store.Store, error) {
	db, err := openPostgres(ctx, d, onlyWarnings())
	var old *store.SchemaTooOldError
	if !errors.As(err, &old) || old.Found > 0 {
		return db, err
	}
	return store.Open(ctx, store.Options{URL: d.DatabaseURL.Reveal(), Migrate: true, Logger: onlyWarnings()})
}
