package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"muster/activities"
	"muster/api"
	"muster/api/cockpit"
	"muster/api/dispatch"
	"muster/api/webhook"
	"muster/chat"
	"muster/config"
	"muster/integrations"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	"muster/internal/health"
	"muster/internal/telemetry"
	"muster/internal/temporalsetup"
	"muster/playbooks"
	"muster/store"
	"muster/worker"
	"muster/workflows"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// role is what a process does of all that Muster does.
type role struct {
	// serves says that it serves API and pages and hands on what the inbox holds, works that
	// it carries out workflows and activities.
	serves, works bool
}

type appOptions struct {
	role role
	// deployment is the version of the worker.
	deployment worker.Deployment
	vendors    config.Vendors
	heartbeat  config.Heartbeat
	catalogue  *config.Catalogue
	playbooks  *playbooks.Folder
	logger     *slog.Logger
	telemetry  *telemetry.Telemetry
	// sandboxDir is where stand-ins for vendors without credentials keep their state; empty
	// where nobody stands in.
	sandboxDir string
	// store is closed by whoever opened it, after the app.
	store     *store.Store
	temporal  client.Client
	namespace string
	// temporalUIURL is empty where there is no web UI to link to.
	temporalUIURL string
	// baseURL is where people and vendors reach the pages and the API.
	baseURL string
	// drainDelay is how long it goes on serving after it was told to stop.
	drainDelay time.Duration
}

// app is Muster without its engine: store, sandbox, API with its pages, dispatcher and
// worker, joined, as far as its role goes.
type app struct {
	role       role
	baseURL    string
	drainDelay time.Duration
	store      *store.Store
	// sandbox is nil where nobody stands in for a vendor; sandboxed names those that are not
	// real.
	sandbox   *sandbox.Sandbox
	sandboxed string

	// server is nil unless the process serves, and probes if it does.
	server     *api.Server
	probes     *api.Probes
	dispatcher *dispatch.Dispatcher
	playbooks  *playbooks.Folder
	// chat is never nil. What is below is, unless the process serves; socket is where Slack
	// connects to Muster.
	chat    chatPort
	cockpit *cockpit.Cockpit
	inbound *slack.Inbound
	socket  *slack.Socket
	// pagerNews knows more of pages than their news; nil where PagerDuty is not connected.
	pagerNews dispatch.Pager
	pager     pagerPort
	// worker is nil unless the process works.
	worker    *worker.Worker
	temporal  client.Client
	namespace string
	monitor   *health.Monitor
	// told is nil where nobody outside is to be told.
	told *health.Heartbeat
	// recovered says what had lost its workflow before this start.
	recovered dispatch.Recovered
	logger    *slog.Logger

	// failed receives why the app cannot go on.
	failed chan error
	// What runs beside each other, and is ended in order.
	serving, working, dispatching, watching, following, listening *background
}

func newApp(ctx context.Context, o appOptions) (_ *app, err error) {
	a := &app{role: o.role, baseURL: o.baseURL, drainDelay: o.drainDelay, store: o.store, temporal: o.temporal, namespace: o.namespace, logger: o.logger, failed: make(chan error, 3)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeSandbox())
		}
	}()
	if err := o.vendors.CheckFallback(o.catalogue); err != nil {
		return nil, err
	}
	if o.sandboxDir != "" {
		signedBySandbox(&o.vendors)
		if err := a.openSandbox(ctx, o); err != nil {
			return nil, err
		}
	}
	a.connect(o)
	registry := o.telemetry.Registry()
	if err := o.telemetry.Watch(a.store); err != nil {
		return nil, err
	}
	if o.role.serves {
		if err := o.telemetry.WatchPlaybooks(o.playbooks); err != nil {
			return nil, err
		}
		a.playbooks = o.playbooks
		a.dispatcher = dispatch.New(dispatch.Options{
			Temporal: o.temporal, Store: a.store, Catalogue: o.catalogue, Library: o.playbooks, Logger: o.logger, Telemetry: o.telemetry,
		})
		if err := a.newCockpit(o); err != nil {
			return nil, err
		}
	}
	if err := a.newMonitor(o, registry); err != nil {
		return nil, err
	}
	if o.role.serves {
		a.server, err = a.newServer(o, registry)
	} else {
		a.probes, err = api.NewProbes(api.ProbeOptions{Monitor: a.monitor, Registry: registry, Version: musterVersion(), Installation: a.store.Installation(), Logger: o.logger})
	}
	if err != nil || !o.role.works {
		return a, err
	}
	return a, a.newWorker(o)
}

func (a *app) newWorker(o appOptions) error {
	tracker, err := a.tracker(o.vendors, o.catalogue.People())
	if err != nil {
		return err
	}
	mailer, notifier, err := a.secondWay(o.vendors)
	if err != nil {
		return err
	}
	metrics, err := a.metrics(o.vendors)
	if err != nil {
		return err
	}
	a.worker, err = worker.New(o.temporal, &activities.Activities{
		Chat: a.chat, Pager: a.pager, Tracker: tracker, Mailer: mailer, Notifier: notifier,
		Requester: requester(o.catalogue), Metrics: metrics, Automation: worker.Automation(o.temporal, o.namespace), Secrets: o.vendors.PlaybookSecrets,
		Journal: journal{a.store}, Inbox: a.store, Followers: followers{a.store}, Register: register{a.store},
		Installation: a.store.Installation(), PublicURL: o.baseURL, TemporalURL: temporalPages(o.temporalUIURL, o.namespace),
	}, worker.Options{Digest: digestOf(o.catalogue.Cockpit().Digest), Deployment: o.deployment, Fatal: func(err error) { a.failed <- err }})
	return err
}

func (a *app) newServer(o appOptions, registry *prometheus.Registry) (*api.Server, error) {
	pages, err := a.newPages(o)
	if err != nil {
		return nil, err
	}
	options := api.Options{
		Commander: a.dispatcher, Reader: a.store, Inbox: a.store, Catalogue: o.catalogue, Playbooks: o.playbooks,
		Postmortems: postmortems{o.baseURL}, Registry: registry, Logger: o.logger, Pages: pages, Pager: a.pager,
		Secrets: webhook.Secrets{
			AlertmanagerToken: o.vendors.Alertmanager.Token, Jira: o.vendors.Jira.WebhookSecret,
			PagerDuty: o.vendors.PagerDuty.WebhookSecret, PagerDutyConnected: !o.vendors.PagerDutySandboxed(),
		},
		Chats:   map[string]chat.Deliveries{integrations.Slack: a.inbound},
		Version: musterVersion(), Installation: a.store.Installation(), PublicURL: o.baseURL, Monitor: a.monitor, TracerProvider: o.telemetry.TracerProvider(),
	}
	if a.sandbox != nil {
		options.Mounts = append(options.Mounts, api.Mount{Path: "/sandbox", Handler: a.sandbox})
	}
	return api.New(options)
}

// start begins to serve, to work and to dispatch, in this order: the worker may need the
// sandbox, which is served here, and alerts are handed on once somebody works on them.
func (a *app) start(ctx context.Context, listener net.Listener) (err error) {
	// What runs here ends by close, in order, not all at once with ctx.
	running := context.WithoutCancel(ctx)
	a.serving = inBackground(running, func(ctx context.Context) {
		if err := a.serve(ctx, listener); err != nil {
			a.failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
		}
	})
	a.watching = inBackground(running, a.watchers()...)
	if a.role.serves {
		a.following = inBackground(running, a.followPlaybooks)
	}
	if a.socket != nil {
		a.listening = inBackground(running, a.socket.Run)
	}
	switch {
	case a.role.serves && a.role.works:
		// Before anybody works on them: what an earlier version began is not to be replayed.
		if a.recovered, err = a.dispatcher.Recover(ctx); err != nil {
			// What could not be started again is, when a command or an alert needs it.
			a.logger.ErrorContext(ctx, "not every workflow that is gone was started again", "error", err)
		}
		if err := a.worker.Start(ctx); err != nil {
			return err
		}
		a.working = inBackground(running)
		a.dispatching = inBackground(running, a.dispatcher.Run, a.dispatcher.LookWhetherBehind,
			func(ctx context.Context) { a.dispatcher.LookAfter(ctx, dispatch.LookInterval) })
	case a.role.serves:
		a.dispatching = inBackground(running, a.dispatcher.Run, a.dispatcher.LookWhetherBehind,
			func(ctx context.Context) { a.dispatcher.LookAfter(ctx, 0) }, a.sayWhetherTemporalIsReady)
	case a.role.works:
		a.working = inBackground(running, a.workOnceTemporalAnswers)
	}
	return nil
}

func (a *app) serve(ctx context.Context, listener net.Listener) error {
	if a.server != nil {
		return a.server.Serve(ctx, listener)
	}
	return a.probes.Serve(ctx, listener)
}

// temporalPause is how long a process waits before it looks again whether Temporal answers.
const temporalPause = 2 * time.Second

// awaitTemporal waits until Temporal answers, however long that takes, and says whether its
// namespace is as Muster needs it. The error is the context's if that ends first.
func (a *app) awaitTemporal(ctx context.Context) error {
	said := ""
	for {
		findings, err := temporalsetup.Check(ctx, a.temporal, a.namespace, workflows.SearchAttributes())
		if err == nil {
			return findings.Err(a.namespace)
		}
		if text := err.Error(); text != said && ctx.Err() == nil {
			a.logger.WarnContext(ctx, "waiting for Temporal, without which nothing is done; servers take alerts in meanwhile", "error", err)
			said = text
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(temporalPause):
		}
	}
}

// workOnceTemporalAnswers lets a worker be started before Temporal is: its readiness says
// what it waits for.
func (a *app) workOnceTemporalAnswers(ctx context.Context) {
	err := a.awaitTemporal(ctx)
	if err == nil {
		err = a.worker.Start(ctx)
	}
	if err != nil && ctx.Err() == nil {
		a.failed <- err
	}
}

// sayWhetherTemporalIsReady is for servers, which take alerts in whatever Temporal is like.
func (a *app) sayWhetherTemporalIsReady(ctx context.Context) {
	if err := a.awaitTemporal(ctx); err != nil && ctx.Err() == nil {
		a.logger.ErrorContext(ctx, "no incident can be started", "error", err)
	}
}

// withdraw has load balancers send what is new to other servers, and serves on until they
// have had the time to notice. It comes before close, and does nothing where there is no
// delay; a failure cuts it short.
func (a *app) withdraw(ctx context.Context) {
	if a.server == nil || a.drainDelay <= 0 {
		return
	}
	a.server.Withdraw()
	a.logger.InfoContext(ctx, "withdrawn: load balancers are told to look elsewhere, and what comes meanwhile is still taken", "for", a.drainDelay)
	delay := time.NewTimer(a.drainDelay)
	defer delay.Stop()
	select {
	case <-delay.C:
	case err := <-a.failed:
		a.logger.ErrorContext(ctx, "failed while it was stopping", "error", err)
	}
}

// drainTimeout is how long commands under way may take when Muster stops; it is what they
// are given at most.
const drainTimeout = 15 * time.Second

// close first takes nothing more in, neither by HTTP nor from Slack, and answers what is under
// way, as long as everything runs that an answer needs, and then stops in the opposite
// order of start: the worker needs the sandbox, which is served until the end. It may be
// called whether or not start succeeded.
func (a *app) close() error {
	errs := []error{
		a.watching.stop(10*time.Second, "the watch over the parts"), a.following.stop(10*time.Second, "the watch over the playbooks"),
		a.listening.stop(10*time.Second, "the connection to Slack"),
	}
	if a.serving != nil && a.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		if err := a.server.Drain(ctx); err != nil {
			a.logger.WarnContext(ctx, "commands are cut off; they may still take effect", "error", err)
		}
	}
	errs = append(errs, a.dispatching.stop(10*time.Second, "the dispatcher"))
	if a.cockpit != nil {
		a.cockpit.Close()
	}
	if a.working != nil {
		errs = append(errs, a.working.stop(10*time.Second, "the start of the worker"))
		a.worker.Stop()
	}
	return errors.Join(append(errs, a.serving.stop(20*time.Second, "the server"), a.closeSandbox())...)
}

func (a *app) closeSandbox() error {
	if a.sandbox == nil {
		return nil
	}
	return a.sandbox.Close()
}

// background is what runs until it is stopped. Nil is nothing.
type background struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// inBackground runs functions beside each other, each until its context ends.
func inBackground(ctx context.Context, run ...func(context.Context)) *background {
	ctx, cancel := context.WithCancel(ctx)
	b := &background{cancel: cancel, ended: make(chan struct{})}
	var running sync.WaitGroup
	for _, run := range run {
		running.Go(func() { run(ctx) })
	}
	go func() {
		defer close(b.ended)
		running.Wait()
	}()
	return b
}

// stop ends it and waits until it has ended. The error says what did not end in time. It
// may be repeated.
func (b *background) stop(atMost time.Duration, what string) error {
	if b == nil {
		return nil
	}
	b.cancel()
	return waitStopped(b.ended, atMost, what)
}

// journal lets activities use the store without knowing it.
type journal struct{ *store.Store }

// OpenFollowups implements [activities.Journal].
func (j journal) OpenFollowups(ctx context.Context) ([]activities.OpenFollowup, error) {
	open, err := j.Store.OpenFollowups(ctx)
	followups := make([]activities.OpenFollowup, len(open))
	for i, o := range open {
		followups[i] = activities.OpenFollowup(o)
	}
	return followups, err
}
