package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"muster/config"
	"muster/internal/telemetry"
	"muster/playbooks"
	"muster/store"

	"go.temporal.io/sdk/client"
)

// Options are what a dispatcher works with. All but Logger are required.
type Options struct {
	Temporal  client.Client
	Store     *store.Store
	Catalogue *config.Catalogue
	// Library gives the playbooks that new incidents follow.
	Library playbooks.Source
	Logger  *slog.Logger
	// Telemetry is told of what is handed on. It may be nil.
	Telemetry *telemetry.Telemetry
}

// Dispatcher carries commands and news to the workflows. It may be used by many
// goroutines, but only one may call [Dispatcher.Run].
type Dispatcher struct {
	temporal  client.Client
	store     *store.Store
	catalogue *config.Catalogue
	playbooks playbooks.Source
	telemetry *telemetry.Telemetry
	logger    *slog.Logger
	// handlers are by the kind of what they carry out.
	handlers map[string]Handler

	passes passes
}

// ReopenWindow is how long after its resolution an incident takes up again when an
// alert of its group fires. Later it is another incident.
const ReopenWindow = 15 * time.Minute

const (
	// pollInterval is how often the inbox is looked at when nobody says that
	// something arrived: another process may have accepted it.
	pollInterval = 2 * time.Second
	// remembered is how long the inbox knows a delivery again: longer than any sender
	// repeats itself (Alertmanager every repeat_interval, four hours unless set).
	remembered    = 90 * 24 * time.Hour
	pruneInterval = time.Hour
)

// New returns a dispatcher.
func New(o Options) *Dispatcher {
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Dispatcher{
		temporal: o.Temporal, store: o.Store, catalogue: o.Catalogue, playbooks: o.Library, telemetry: o.Telemetry, logger: logger,
		handlers: map[string]Handler{},
	}
}

// Run hands on what the inbox holds, as it arrives, until ctx ends. Failures are
// logged and tried again; nothing leaves the inbox before its incident has it. Any number
// of servers may run it over one database: they share the subjects among them.
func (d *Dispatcher) Run(ctx context.Context) {
	d.passes.begin()
	// What people did waits neither for alerts nor for what the pager, which may be slow or
	// away, has to be asked about pages.
	sending, acting, paging := d.sendingLanes(), d.handlingLanes(store.KindAct), d.handlingLanes(store.KindPage)
	all := []*lanes{sending, acting, paging}
	defer func() {
		for _, l := range all {
			l.close()
		}
	}()
	pruning := make(chan struct{})
	go func() {
		defer close(pruning)
		d.prune(ctx)
	}()
	defer func() { <-pruning }()
	for {
		for _, l := range all {
			l.endAll(ctx)
		}
		woken := d.store.Wake()
		arrived, only := d.store.Arrived()
		wait, failing, err := pollInterval, 0, error(nil)
		for _, l := range all {
			l.hear(arrived, only)
			soon, failed := l.fill(ctx)
			wait, err = min(wait, soon), errors.Join(err, failed)
			if l.allFail() {
				failing++
			}
		}
		if ctx.Err() != nil {
			return
		}
		if d.passes.ended(err) != nil && failing == len(all) {
			// New arrivals would only run into the same failure.
			woken = nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-woken:
		case ended := <-sending.ended:
			sending.end(ctx, ended)
		case ended := <-acting.ended:
			acting.end(ctx, ended)
		case ended := <-paging.ended:
			paging.end(ctx, ended)
		}
		timer.Stop()
	}
}

// prune forgets what was settled long ago, now and then, until ctx ends. Of several servers
// one does so at a time.
func (d *Dispatcher) prune(ctx context.Context) {
	tick := time.NewTicker(pruneInterval)
	defer tick.Stop()
	for {
		release, ours, err := d.store.Claim(ctx, "prune")
		if err == nil && ours {
			_, err = d.store.Prune(ctx, time.Now().Add(-remembered))
			release()
		}
		if err != nil && ctx.Err() == nil {
			d.logger.WarnContext(ctx, "the inbox was not pruned", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
