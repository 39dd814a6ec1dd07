package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"muster/store"
)

const (
	// littleDiskBytes is what a busy day may need, and noDiskBytes what is left when writes
	// are about to fail.
	littleDiskBytes = 1 << 30
	noDiskBytes     = 100 << 20
)

// database examines the database that the settings name.
func (e *examination) database(ctx context.Context, n *notes) {
	if e.Settings.DatabaseURL.IsSet() {
		e.postgres(ctx, n)
		return
	}
	dir := e.Settings.DataDir
	path := filepath.Join(dir, "muster.db")
	switch _, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		n.note("there is no database in %s yet", dir).
			mend("muster dev makes one when it starts; for Postgres, set MUSTER_DATABASE_URL and run muster migrate")
	case err != nil:
		n.wrong("%s cannot be examined: %s", path, err).mend("run muster doctor as the user that Muster runs as, or name the folder with --data-dir")
	default:
		e.open(ctx, n, store.Options{Path: path}, "SQLite in "+path)
	}
	e.disk(n, dir)
}

// open opens the database as Muster does, without migrating it, and proves that it can be
// read and written.
func (e *examination) open(ctx context.Context, n *notes, options store.Options, what string) {
	db, err := store.Open(ctx, options)
	var old *store.SchemaTooOldError
	var young *store.SchemaTooNewError
	switch {
	case errors.As(err, &old) && old.Found == 0:
		n.wrong("%s is empty: it has no schema yet", what).mend("%s", migrateBy(options))
		return
	case errors.As(err, &old):
		n.wrong("%s has a schema that is older than this Muster: version %d, while this Muster needs %d", what, old.Found, old.Known).
			mend("%s", migrateBy(options))
		return
	case errors.As(err, &young):
		n.wrong("%s has a schema that is newer than this Muster: version %d, while this Muster knows versions up to %d", what, young.Found, young.Known).
			mend("run the Muster that migrated it, or a newer one")
		return
	case err != nil:
		n.wrong("Muster cannot %s", err).mend("mend what the message says, and examine it again")
		return
	}
	// Whatever closing says, the examination is over.
	defer func() { _ = db.Close() }()
	if err := db.Check(ctx); err != nil {
		n.wrong("%s: %s", what, err).
			mend("give Muster's user the right to write, make room on the disk, or name the primary rather than a replica")
		return
	}
	n.fine("%s can be read and written, with the schema that this Muster wants (installation %s)", what, db.Installation())
}

// withDatabase does something with the database that the settings name, unless it cannot be
// opened; why not is said where the database is examined.
func (e *examination) withDatabase(ctx context.Context, do func(*store.Store)) {
	options := store.Options{URL: e.Settings.DatabaseURL.Reveal()}
	if options.URL == "" {
		options.Path = filepath.Join(e.Settings.DataDir, "muster.db")
		if _, err := os.Stat(options.Path); err != nil {
			return
		}
	}
	db, err := store.Open(ctx, options)
	if err != nil {
		return
	}
	do(db)
	// Whatever closing says, the examination is over.
	_ = db.Close()
}

// migrateBy says how a schema is brought up to date.
func migrateBy(options store.Options) string {
	if options.URL == "" {
		return "start muster dev, which migrates its own database"
	}
	return "run muster migrate"
}

// disk looks at the room that is left for the embedded state.
func (e *examination) disk(n *notes, dir string) {
	if _, err := os.Stat(dir); err != nil {
		dir = "." // which it will be made in
	}
	free, err := freeBytes(dir)
	const mend = "make room on that disk, or choose another with --data-dir: without room nothing is accepted"
	switch {
	case err != nil:
		n.note("how much room the disk has cannot be seen: %s", err)
	case free < noDiskBytes:
		n.wrong("the disk of %s is full: %s are left", dir, mebibytes(free)).mend(mend)
	case free < littleDiskBytes:
		n.warn("the disk of %s is nearly full: %s are left", dir, mebibytes(free)).mend(mend)
	default:
		n.fine("the disk of %s has room", dir)
	}
}
