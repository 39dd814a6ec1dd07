package main

import (
	"context"
	"sync"
	"time"

	"muster/internal/health"
	"muster/worker"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// newMonitor makes what says how the parts do, and tells the outside where there is one.
func (a *app) newMonitor(o appOptions, registry prometheus.Registerer) (err error) {
	inbox := health.Inbox(a.backlog)
	a.monitor, err = health.NewMonitor(health.Options{
		Registry: registry, Logger: o.logger,
		Probes: []health.Probe{
			{Part: "database", Check: a.store.Check},
			{Part: "inbox", Check: inbox.Check},
			{Part: "dispatcher", Check: a.dispatcher.Check},
			{Part: "temporal", Check: func(ctx context.Context) error {
				_, err := o.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
				return err
			}},
			{Part: "worker", Limit: worker.PulseLimit, Check: func(ctx context.Context) error {
				return worker.Check(ctx, o.temporal)
			}},
		},
	})
	if err != nil {
		return err
	}
	if err := inbox.RegisterMetrics(registry); err != nil {
		return err
	}
	if !o.settings.Heartbeat.URL.IsSet() {
		return nil
	}
	a.heartbeat, err = health.NewHeartbeat(health.HeartbeatOptions{
		URL: o.settings.Heartbeat.URL.Reveal(), Every: o.settings.Heartbeat.Every,
		Monitor: a.monitor, Registry: registry, Logger: o.logger,
	})
	return err
}

// backlog is what was accepted and is not in the journal of an incident yet, whether or not
// the incident was told.
func (a *app) backlog(ctx context.Context) (health.Backlog, error) {
	status, err := a.store.InboxStatus(ctx)
	if err != nil {
		return health.Backlog{}, err
	}
	return health.Backlog{
		Pending: status.Pending + status.Sent, Oldest: earliest(status.OldestPendingAt, status.OldestSentAt),
	}, nil
}

// earliest returns the earlier of two times, of which a zero one counts for nothing.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// startWatching begins to look after the parts, and to tell the outside, until stopWatching
// is called; watched is closed when both have ended.
func (a *app) startWatching(running context.Context) {
	var watching context.Context
	watching, a.stopWatching = context.WithCancel(running)
	a.watched = make(chan struct{})
	var watchers sync.WaitGroup
	watchers.Go(func() { a.monitor.Watch(watching) })
	if a.heartbeat != nil {
		watchers.Go(func() { a.heartbeat.Run(watching) })
	}
	go func() {
		defer close(a.watched)
		watchers.Wait()
	}()
}
