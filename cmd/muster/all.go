package main

import (
	"context"
	"errors"
	"os"

	"muster/config"
	"muster/internal/telemetry"
	"muster/store"
)

type allCommand struct {
	config.HTTP
	config.EmbeddedTemporal
	config.Production
	Log telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (allCommand) Help() string {
	return "Runs all of Muster in one process, with the Temporal server in it, on one Postgres database: for a team that wants one binary and one database. " +
		"It brings the database up to date when it starts. A second one on the same database is refused, so that there is no stand-by; " +
		"whoever needs that runs muster server and muster worker with a Temporal cluster, which take over the incidents where they are."
}

// Validate is called by kong before Run.
func (cmd *allCommand) Validate() error {
	return errors.Join(cmd.HTTP.Validate(), cmd.EmbeddedTemporal.Validate(), cmd.Production.Validate())
}

// Run runs everything until ctx ends.
func (cmd *allCommand) Run(ctx context.Context, c *console) (err error) {
	logger := cmd.Log.Logger(os.Stderr)
	var closing closers
	defer func() { err = errors.Join(err, closing.close()) }()
	catalogue, library, err := loadCatalogue(cmd.CatalogueFile)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, cmd.Listen)
	if err != nil {
		return err
	}
	closing.add(func() error { return ignoreClosed(listener.Close()) })
	measured, err := startTelemetry(ctx, "all", logger, &closing)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{URL: cmd.DatabaseURL.Reveal(), Migrate: true, Logger: logger})
	if err != nil {
		return err
	}
	closing.add(db.Close)
	engine := &engine{embedded: cmd.EmbeddedTemporal, postgresURL: cmd.DatabaseURL, installation: db.Installation(), logger: logger, telemetry: measured}
	if err := c.step("Temporal", func() error { return engine.start(ctx) }); err != nil {
		return err
	}
	closing.add(engine.stop)
	p := production{name: "all", role: role{serves: true, works: true}, settings: cmd.Production, logger: logger}
	app, err := newApp(ctx, appOptions{
		role: p.role, vendors: cmd.Vendors, heartbeat: cmd.Heartbeat, catalogue: catalogue, playbooks: library, logger: logger, telemetry: measured,
		store: db, temporal: engine.client, namespace: engine.namespace, temporalUIURL: engine.uiURL(),
		baseURL: cmd.BaseURL(listener.Addr().String()),
	})
	if err != nil {
		return err
	}
	closing.add(app.close)
	p.warnOfMissingVendors(ctx)
	if err := app.start(ctx, listener); err != nil {
		return err
	}
	p.logRunning(ctx, db, listener.Addr().String())
	return runUntilStopped(ctx, c, app, engine)
}
