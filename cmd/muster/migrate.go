package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"muster/config"
	"muster/internal/telemetry"
	"muster/store"
)

type migrateCommand struct {
	config.Database
	Refold bool                  `help:"Make lists and pages anew from the journal too, after an upgrade whose notes ask for it; servers and workers may go on."`
	Log    telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (migrateCommand) Help() string {
	return "Brings the schema of the Postgres database in MUSTER_DATABASE_URL up to date. Run it before the first start and before each new version's; " +
		"servers and workers refuse a schema that is older than they are. It may be repeated, and run by several at once: they take turns."
}

// migrateTimeout bounds the whole command. A migration of millions of rows takes minutes.
const migrateTimeout = time.Hour

// Run migrates the database.
func (cmd *migrateCommand) Run(ctx context.Context, c *console) error {
	if err := cmd.RequirePostgres(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	var from, to int64
	err := c.step("database", func() (err error) {
		from, to, err = store.Migrate(ctx, store.Options{URL: cmd.DatabaseURL.Reveal(), Refold: cmd.Refold, Logger: cmd.Log.Logger(os.Stderr)})
		return err
	})
	if cmd.Refold && err == nil {
		c.printf("Lists and pages were made anew from the journal.\n")
	}
	switch {
	case err != nil:
		return err
	case from == to:
		c.printf("The database was up to date already: schema version %d.\n", to)
	default:
		c.printf("The database has schema version %d now%s.\n", to, beforeText(from))
	}
	return nil
}

func beforeText(version int64) string {
	if version == 0 {
		return "; it was empty"
	}
	return fmt.Sprintf("; it had %d", version)
}
