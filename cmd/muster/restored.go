package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muster/config"
	"muster/incident"
	"muster/store"
)

type restoredCommand struct {
	config.Storage
	Force bool   `help:"Do it although somebody else has the database open."`
	Above string `placeholder:"INC-42" help:"The highest incident that anybody has seen, as in a channel or a ticket: new ones get higher numbers."`
}

// Help is shown below the usage.
func (restoredCommand) Help() string {
	return "Run this once after a database was restored from a backup or imported from an older export, before Muster is started on it. What happened since the backup is not in the database, " +
		"but Temporal, the vendors and people know of it: so no number that may have been given out is given out again, and every open incident begins anew from its journal, with a line on its timeline. " +
		"Without --above, a thousand numbers are left out. docs/backup.md says what is lost and what is not."
}

// numbersSkipped is how many numbers of incidents are left out where nobody says which were
// given out: more than are declared between two backups.
const numbersSkipped = 1000

// Run makes the database fit to be used.
func (cmd *restoredCommand) Run(ctx context.Context, c *console) (err error) {
	above, skip := int64(0), int64(numbersSkipped)
	if cmd.Above != "" {
		id, err := incident.ParseID(cmd.Above)
		if err != nil {
			return misuse(fmt.Errorf("--above: %w", err))
		}
		above, skip = id.Number(), 0
	}
	db, unlock, err := openStopped(ctx, cmd.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), unlock()) }()
	others, err := db.Others(ctx)
	if err != nil {
		return err
	}
	if others > 0 && !cmd.Force {
		return fmt.Errorf("other processes of Muster have this database open (%d): stop all servers and workers first, or say --force", others)
	}
	done, err := db.Reenter(ctx, above, skip)
	if err != nil {
		return err
	}
	c.printf("Installation %s, %s, is fit to be started.\n", db.Installation(), db.Where())
	c.printf("  To begin anew from the journal, with a line on the timeline: %s.\n", counted(done.Incidents, "open incident"))
	c.printf("  To be handed on again: %s of the inbox. Dropped: %s of incidents that had not begun.\n",
		counted(done.Pending, "item"), counted(done.Forgotten, "reservation"))
	c.printf("  The next incident will be %s.\n", done.Next)
	return nil
}

// openStopped opens the database of an installation that does not run.
func openStopped(ctx context.Context, s config.Storage) (_ *store.Store, unlock func() error, err error) {
	postgres, err := s.UsesPostgres()
	if err != nil {
		return nil, nil, err
	}
	if postgres {
		db, err := openPostgres(ctx, s.Database, onlyWarnings())
		return db, func() error { return nil }, err
	}
	if _, err := os.Stat(filepath.Join(s.DataDir, "muster.db")); err != nil {
		return nil, nil, fmt.Errorf("there is no database: %w; name its folder with --data-dir, or Postgres with MUSTER_DATABASE_URL", err)
	}
	return openAlone(ctx, s)
}
