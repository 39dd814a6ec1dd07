package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"muster/config"
	"muster/internal/telemetry"
	"muster/store"
)

type devCommand struct {
	config.Settings
	Verbose bool `help:"Log what happens inside, not only what goes wrong."`
}

// Validate is called by kong before Run.
func (cmd *devCommand) Validate() error {
	if cmd.DatabaseURL.IsSet() {
		return errors.New("MUSTER_DATABASE_URL is set, but muster dev keeps its state in SQLite; unset it, or run muster all, which uses Postgres")
	}
	return cmd.Settings.Validate()
}

// Run runs everything until ctx ends, and stops it in an order in which nothing under
// way is lost.
func (cmd *devCommand) Run(ctx context.Context, c *console) (err error) {
	logger := cmd.logger()
	var closing closers
	defer func() { err = errors.Join(err, closing.close()) }()

	c.printf("\n%s %s\n\n", c.style(bold, "Muster"), c.style(dim, musterVersion()))
	catalogue, folder, err := openCatalogue(cmd.CatalogueFile)
	if err != nil {
		return err
	}
	if err := makeDataDir(cmd.DataDir); err != nil {
		return err
	}
	unlock, err := lockDataDir(cmd.DataDir)
	if err != nil {
		return err
	}
	closing.add(unlock)
	listener, err := listen(ctx, cmd.Listen)
	if err != nil {
		return err
	}
	closing.add(func() error { return ignoreClosed(listener.Close()) })

	measured, err := startTelemetry(ctx, "dev", logger, &closing)
	if err != nil {
		return err
	}
	// The database comes before Temporal, whose store belongs to it.
	var db *store.Store
	err = c.step("database", func() (err error) {
		db, err = store.Open(ctx, store.Options{Path: filepath.Join(cmd.DataDir, "muster.db"), Migrate: true, Logger: logger})
		return err
	})
	if err != nil {
		return err
	}
	closing.add(db.Close)
	engine := &engine{embedded: cmd.EmbeddedTemporal, dataDir: cmd.DataDir, installation: db.Installation(), logger: logger, telemetry: measured}
	if err := c.step("Temporal", func() error { return engine.start(ctx) }); err != nil {
		return err
	}
	closing.add(engine.stop)

	var app *app
	err = c.step("vendors", func() (err error) {
		app, err = newApp(ctx, appOptions{
			role: role{serves: true, works: true}, vendors: cmd.Vendors, heartbeat: cmd.Heartbeat, sandboxDir: cmd.DataDir,
			catalogue: catalogue, playbooks: folder, logger: logger, telemetry: measured, store: db,
			temporal: engine.client, namespace: engine.namespace, temporalUIURL: engine.uiURL(),
			baseURL: cmd.BaseURL(listener.Addr().String()),
		})
		return err
	})
	if err != nil {
		return err
	}
	closing.add(app.close)
	if err := c.step("API, pages and worker", func() error { return app.start(ctx, listener) }); err != nil {
		return err
	}
	cmd.welcome(c, app, engine)

	return runUntilStopped(ctx, c, app, engine)
}

// welcome says where to look and what to try.
func (cmd *devCommand) welcome(c *console, app *app, engine *engine) {
	line := func(name, what, note string) {
		c.printf("  %-16s %-46s %s\n", c.style(bold, fmt.Sprintf("%-16s", name)), c.style(cyan, fmt.Sprintf("%-46s", what)), c.style(dim, note))
	}
	if dir := engine.replaced(); dir != "" {
		c.printf("\n  %s Temporal's store was set aside in %s, because %s.\n", c.style(yellow, "Note:"), dir, engine.server.ReplacedBecause())
	}
	if what := recoveredText(app.recovered); what != "" {
		c.printf("\n  %s\n", what)
	}
	c.printf("\n%s %s\n\n", c.style(green, "Muster is running."), c.style(dim, "State is kept in "+cmd.DataDir+"."))
	line("Incidents", app.baseURL+"/", "the pages")
	if app.sandbox != nil {
		line("Sandbox", app.baseURL+"/sandbox", "what reaches "+app.sandboxed)
	}
	if url := engine.uiURL(); url != "" {
		line("Temporal", url, "the workflows")
	}
	line("API", app.baseURL+"/openapi.json", "")
	line("Alertmanager", app.baseURL+"/webhooks/alertmanager", "point a webhook receiver here")
	drill := os.Args[0] + " drill"
	if app.baseURL != "http://127.0.0.1:8080" {
		drill += " --url " + app.baseURL
	}
	c.printf("\n")
	line("Try", drill, "in another terminal: a first incident")
	line("", drill+" --play", "… played to its end")
	line("Stop", "Ctrl-C", "")
	c.printf("\n")
}

// logger writes to standard error: problems, or everything.
func (cmd *devCommand) logger() *slog.Logger {
	level := slog.LevelWarn
	if cmd.Verbose {
		level = slog.LevelDebug
	}
	return telemetry.LogSettings{Level: level}.Logger(os.Stderr)
}

// listen opens the port of the API and the pages.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is already taken: is Muster running already? Otherwise choose another with --listen", address)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", address, err)
	}
	return listener, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// closers closes what was opened, the last first.
type closers []func() error

func (c *closers) add(closer func() error) { *c = append(*c, closer) }

func (c *closers) close() error {
	var errs []error
	for i := len(*c) - 1; i >= 0; i-- {
		errs = append(errs, (*c)[i]())
	}
	return errors.Join(errs...)
}

// waitStopped gives a goroutine time to end.
func waitStopped(done <-chan struct{}, atMost time.Duration, what string) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("%s did not stop within %s", what, atMost)
	}
}
