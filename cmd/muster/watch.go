package main

import (
	"context"
	"time"

	"muster/internal/health"
	"muster/internal/temporalsetup"
	"muster/worker"
	"muster/workflows"

	"github.com/prometheus/client_golang/prometheus"
)

// newMonitor makes what says how the parts do, and tells the outside where there is one.
func (a *app) newMonitor(o appOptions, registry prometheus.Registerer) (err error) {
	probes := []health.Probe{{Part: "database", Check: a.store.Check}}
	inbox := health.Inbox(a.backlog)
	if o.role.serves {
		if err := inbox.RegisterMetrics(registry); err != nil {
			return err
		}
		probes = append(probes, health.Probe{Part: "inbox", Check: inbox.Check}, health.Probe{Part: "dispatcher", Check: a.dispatcher.Check})
	}
	probes = append(probes,
		health.Probe{Part: "temporal", Check: temporalsetup.NewReadiness(o.temporal, o.namespace, workflows.SearchAttributes()).Check},
		health.Probe{Part: "worker", Limit: worker.PulseLimit, Check: func(ctx context.Context) error {
			return worker.Check(ctx, o.temporal, o.namespace)
		}},
	)
	if a.monitor, err = health.NewMonitor(health.Options{Registry: registry, Logger: o.logger, Probes: probes}); err != nil {
		return err
	}
	if !o.role.serves || !o.heartbeat.URL.IsSet() {
		return nil
	}
	a.told, err = health.NewHeartbeat(health.HeartbeatOptions{
		URL: o.heartbeat.URL.Reveal(), Every: o.heartbeat.Every,
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

// watchers look after the parts, and tell the outside.
func (a *app) watchers() []func(context.Context) {
	watchers := []func(context.Context){a.monitor.Watch}
	if a.told != nil {
		watchers = append(watchers, a.told.Run)
	}
	return watchers
}
