package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"muster/config"
	"muster/internal/telemetry"
	"muster/store"
	"muster/worker"
)

// production runs a part of Muster, or all of it, on Postgres.
type production struct {
	name      string
	role      role
	listen    string
	publicURL string
	// temporalUIURL is where people find Temporal's web UI; empty where they are not told.
	temporalUIURL string
	// embedded says how Temporal is to run in this process, which then also brings the
	// database up to date, since nobody else does; nil where Temporal runs elsewhere.
	embedded *config.EmbeddedTemporal
	// deployment is the version of a worker, for a process that works.
	deployment worker.Deployment
	// drainDelay is how long a process that serves goes on after it was told to stop, for
	// load balancers to notice.
	drainDelay time.Duration
	settings   config.Production
	logger     *slog.Logger
}

// run runs it until ctx ends, and stops it in an order in which nothing under way is lost.
// The database has to be there; Temporal may come later, or go away for a while.
func (p production) run(ctx context.Context, c *console) (err error) {
	var closing closers
	defer func() { err = errors.Join(err, closing.close()) }()
	catalogue, folder, err := openCatalogue(p.settings.CatalogueFile)
	switch {
	case err != nil && folder == nil:
		return err
	case err != nil:
		// A process that is begun anew at night must not stay away for a typing mistake of
		// the day.
		p.logger.ErrorContext(ctx, "the playbooks have a mistake; new incidents follow those that have none", "error", err)
	}
	listener, err := listen(ctx, p.listen)
	if err != nil {
		return err
	}
	closing.add(func() error { return ignoreClosed(listener.Close()) })
	measured, err := startTelemetry(ctx, p.name, p.logger, &closing)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{URL: p.settings.DatabaseURL.Reveal(), Migrate: p.embedded != nil, Logger: p.logger})
	if err != nil {
		return err
	}
	closing.add(db.Close)
	engine, err := p.engine(ctx, c, db, measured)
	if err != nil {
		return err
	}
	closing.add(engine.stop)
	baseURL := config.HTTP{Listen: p.listen, PublicURL: p.publicURL}.BaseURL(listener.Addr().String())
	app, err := newApp(ctx, appOptions{
		role: p.role, deployment: p.deployment, vendors: p.settings.Vendors, heartbeat: p.settings.Heartbeat, catalogue: catalogue, playbooks: folder,
		logger: p.logger, telemetry: measured, store: db,
		temporal: engine.client, namespace: engine.namespace, temporalUIURL: cmp.Or(p.temporalUIURL, engine.uiURL()), baseURL: baseURL, drainDelay: p.drainDelay,
	})
	if err != nil {
		return err
	}
	closing.add(app.close)
	p.warnOfMissingVendors(ctx)
	if err := app.start(ctx, listener); err != nil {
		return err
	}
	p.logger.InfoContext(ctx, "muster is running", "process", p.name, "version", musterVersion(),
		"address", listener.Addr().String(), "installation", db.Installation())
	return runUntilStopped(ctx, c, app, engine)
}

// engine starts Temporal, or makes ready to reach the one elsewhere.
func (p production) engine(ctx context.Context, c *console, db *store.Store, measured *telemetry.Telemetry) (*engine, error) {
	e := &engine{logger: p.logger, telemetry: measured}
	if p.embedded == nil {
		return e, e.connectLater(ctx)
	}
	e.embedded, e.postgresURL, e.installation = *p.embedded, p.settings.DatabaseURL, db.Installation()
	return e, c.step("Temporal", func() error { return e.start(ctx) })
}

// warnOfMissingVendors says once what cannot be done.
func (p production) warnOfMissingVendors(ctx context.Context) {
	if !p.role.works {
		return
	}
	v := p.settings.Vendors
	for _, vendor := range []struct {
		name, variable string
		missing        bool
	}{
		{"PagerDuty", "MUSTER_PAGERDUTY_TOKEN", v.PagerDutySandboxed()},
		{"Slack", "MUSTER_SLACK_TOKEN", v.SlackSandboxed()},
		{"Jira", "MUSTER_JIRA_TOKEN", v.JiraSandboxed()},
	} {
		if vendor.missing {
			p.logger.WarnContext(ctx, "a vendor is not connected: steps that need it will fail", "vendor", vendor.name, "set", vendor.variable)
		}
	}
}

// openPostgres opens the database with the schema that it has.
func openPostgres(ctx context.Context, d config.Database, logger *slog.Logger) (*store.Store, error) {
	if err := d.RequirePostgres(); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{URL: d.DatabaseURL.Reveal(), Logger: logger})
}

// runUntilStopped waits for a signal, or for what cannot go on.
func runUntilStopped(ctx context.Context, c *console, app *app, engine *engine) error {
	select {
	case <-ctx.Done():
		c.printf("\n%s %s\n", c.style(yellow, "Stopping."), c.style(dim, "All that is under way goes on at the next start."))
		app.withdraw(context.WithoutCancel(ctx))
		return nil
	case err := <-app.failed:
		return fmt.Errorf("stopped by a failure: %w", err)
	case <-engine.done():
		return fmt.Errorf("the Temporal server broke down: %w", engine.failure())
	}
}
