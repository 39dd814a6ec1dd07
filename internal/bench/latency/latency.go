// Package latency measures how long it takes from an alert to the request at PagerDuty,
// through the real server, Temporal and the real worker, beside the floor: a workflow of one
// activity on the same Temporal. It does so while all is calm, and in the middle of a storm
// of alerts about something else.
package latency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"muster/internal/bench/floor"
	"muster/internal/bench/load"
	"muster/internal/bench/report"
	"muster/internal/bench/rig"
	"muster/internal/bench/sample"
	"muster/internal/bench/vendors"
)

const (
	// pace is the time from one alert to the next. Each opens an incident of its own.
	pace = 300 * time.Millisecond
	// patience is how long the last page is waited for.
	patience = time.Minute
	// warmUps is how many times each way is gone before anything counts.
	warmUps = 10
	// services is among how many services the alerts are divided, so that no pager's service
	// comes near the 120 pages a minute that PagerDuty takes for one.
	services = 20
	// headerLimit is how long the head of a request may take.
	headerLimit = 10 * time.Second
)

// The storm: deliveries of one group of a service that nothing else is about.
const (
	stormRate    = 100.0
	stormAlerts  = 50
	stormSenders = 32
	stormService = "storm"
	// stormHead is how long it has been blowing when the measurement begins, and stormLimit
	// when it ends if nobody ends it.
	stormHead  = 5 * time.Second
	stormLimit = time.Hour
)

// Aims: how many times the floor a page may take.
const (
	atMedian = 2.0
	atP99    = 3.0
)

// Options say how much to measure.
type Options struct {
	// Pages and Floors are how many times each of the two is measured, calm and in the storm.
	Pages, Floors int
	// Say is told what is being done.
	Say func(string)
}

// condition is what was measured under one condition.
type condition struct {
	name                  string
	stormy                bool
	floor, page, accepted sample.Distribution
	// missing counts pages that did not arrive.
	missing int
	storm   load.Result
	// cores are how many processors were busy with each part while pages were measured.
	cores []float64
}

// Measure measures both conditions, each with everything fresh.
func Measure(ctx context.Context, r *rig.Rig, o Options) (report.Section, error) {
	conditions := []*condition{{name: "calm"}, {name: "in a storm", stormy: true}}
	for _, c := range conditions {
		m := &measuring{rig: r, options: o, condition: c, pages: newArrivals()}
		if err := errors.Join(m.measure(ctx), r.Clear()); err != nil {
			return report.Section{}, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return section(o, conditions), nil
}

type measuring struct {
	*condition
	rig     *rig.Rig
	options Options
	stack   *rig.Stack
	bottom  *floor.Floor
	pages   *arrivals
}

func (m *measuring) say(what string) { m.options.Say("latency, " + m.name + ": " + what) }

func (m *measuring) measure(ctx context.Context) (err error) {
	m.say("starting everything")
	standIns, stop, err := serve(ctx, vendors.Handler(m.pages.note))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	names := []string{stormService}
	for i := range services {
		names = append(names, serviceName(i))
	}
	if m.stack, err = m.rig.Stack(ctx, rig.Muster{VendorsURL: standIns, Catalogue: rig.Catalogue(names, "default")}); err != nil {
		return err
	}
	if m.bottom, err = floor.Start(ctx, m.stack.Temporal.Address); err != nil {
		return err
	}
	defer m.bottom.Close()
	// What is done for the first time takes longer, at both.
	if _, err := m.floors(ctx, "warm-up", warmUps); err != nil {
		return err
	}
	if _, err := m.alerts(ctx, "warm-up", warmUps); err != nil {
		return err
	}
	if m.stormy {
		end := m.blow(ctx)
		defer func() { err = errors.Join(err, end()) }()
		if err := wait(ctx, stormHead); err != nil {
			return err
		}
	}
	// The floor comes first: what Muster still does for incidents that it has paged for would
	// make it look higher than it is.
	m.say("the floor")
	if m.floor, err = m.floors(ctx, "floor", m.options.Floors); err != nil {
		return err
	}
	m.say("from alert to page")
	postgres, err := m.rig.Postgres(ctx)
	if err != nil {
		return err
	}
	watch, err := m.rig.Watch("latency "+m.name, m.stack.Server.PID(), m.stack.Worker.PID(), m.stack.Temporal.PID(), postgres.PID())
	if err != nil {
		return err
	}
	if m.page, err = m.alerts(ctx, "page", m.options.Pages); err != nil {
		return err
	}
	m.cores, err = watch.Cores(ctx)
	return err
}

// blow begins the storm. The function ends it and keeps what became of it.
func (m *measuring) blow(ctx context.Context) (end func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		var err error
		m.storm, err = m.rig.Load(ctx, load.Plan{
			Kind: load.Webhook, Address: m.stack.Server.Address, Path: webhook, Alerts: stormAlerts, Senders: stormSenders,
			Service: stormService, Run: "storm", Seed: 1, StartsAt: time.Now(), Rate: stormRate, WarmUp: stormHead, Duration: stormLimit,
		})
		ended <- err
	}()
	return func() error {
		cancel()
		return <-ended
	}
}

// floors measures the floor so many times, at the pace.
func (m *measuring) floors(ctx context.Context, name string, times int) (sample.Distribution, error) {
	took := make([]time.Duration, times)
	err := atPace(ctx, times, func(ctx context.Context, i int) (err error) {
		took[i], err = m.bottom.Measure(ctx, fmt.Sprintf("%s-%d", name, i))
		return err
	})
	return sample.Summarize(took), err
}

// serve serves the stand-ins until stop is called.
func serve(ctx context.Context, handler http.Handler) (url string, stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() error {
		if err := server.Close(); err != nil {
			return err
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
