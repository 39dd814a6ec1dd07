package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/activities"
	"muster/api"
	"muster/api/dispatch"
	"muster/api/ui"
	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/incident/postmortem"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/mail"
	"muster/integrations/pagerduty"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	fallback "muster/integrations/webhook"
	"muster/internal/health"
	"muster/playbooks"
	"muster/store"
	"muster/worker"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.temporal.io/sdk/client"
)

type appOptions struct {
	settings  config.Settings
	catalogue *config.Catalogue
	playbooks playbooks.Library
	logger    *slog.Logger
	// store is closed by whoever opened it, after the app.
	store     *store.Store
	temporal  client.Client
	namespace string
	// temporalUIURL is empty where there is no web UI to link to.
	temporalUIURL string
	// baseURL is where people and vendors reach this process.
	baseURL string
}

// app is Muster without its engine: store, sandbox, API with its pages, dispatcher and
// worker, joined.
type app struct {
	baseURL string
	store   *store.Store
	// sandbox is nil where every vendor is real; sandboxed names those that are not.
	sandbox   *sandbox.Sandbox
	sandboxed string

	server     *api.Server
	dispatcher *dispatch.Dispatcher
	worker     *worker.Worker
	monitor    *health.Monitor
	// heartbeat is nil where nobody outside is to be told.
	heartbeat *health.Heartbeat
	// recovered says what had lost its workflow before this start.
	recovered dispatch.Recovered
	logger    *slog.Logger

	// failed receives why the app cannot go on.
	failed chan error
	// stopServing, stopDispatching and stopWatching end what served, dispatched and watched
	// are closed by.
	stopServing, stopDispatching, stopWatching context.CancelFunc
	served, dispatched, watched                chan struct{}
}

func newApp(ctx context.Context, o appOptions) (_ *app, err error) {
	a := &app{baseURL: o.baseURL, store: o.store, logger: o.logger, failed: make(chan error, 2)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeSandbox())
		}
	}()
	if err := o.settings.CheckFallback(o.catalogue); err != nil {
		return nil, err
	}
	if err := a.openSandbox(ctx, o); err != nil {
		return nil, err
	}
	a.dispatcher = dispatch.New(dispatch.Options{
		Temporal: o.temporal, Store: a.store, Catalogue: o.catalogue, Library: o.playbooks, Logger: o.logger,
	})
	pages, err := a.newPages(o)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.newMonitor(o, registry); err != nil {
		return nil, err
	}
	if a.server, err = a.newServer(o, pages, registry); err != nil {
		return nil, err
	}
	chat, pager, tracker, err := a.vendors(o.settings.Vendors)
	if err != nil {
		return nil, err
	}
	mailer, notifier, err := a.secondWay(o.settings.Vendors)
	if err != nil {
		return nil, err
	}
	a.worker = worker.New(o.temporal, &activities.Activities{
		Chat: chat, Pager: pager, Tracker: tracker, Mailer: mailer, Notifier: notifier,
		Journal: journal{a.store}, Inbox: a.store,
		Installation: a.store.Installation(), PublicURL: o.baseURL,
	}, func(err error) { a.failed <- err })
	return a, nil
}

// openSandbox opens stand-ins for the vendors without credentials.
func (a *app) openSandbox(ctx context.Context, o appOptions) error {
	v := o.settings.Vendors
	var names []string
	for _, vendor := range []struct {
		name      string
		sandboxed bool
	}{
		{"Slack", v.SlackSandboxed()}, {"PagerDuty", v.PagerDutySandboxed()}, {"Jira", v.JiraSandboxed()},
		{"e-mail", v.MailSandboxed()}, {"the webhook", v.WebhookSandboxed()},
	} {
		if vendor.sandboxed {
			names = append(names, vendor.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	a.sandboxed = strings.Join(names, ", ")
	options := sandbox.Options{
		Path: filepath.Join(o.settings.DataDir, "sandbox.db"), PublicURL: o.baseURL, Logger: o.logger,
		JiraWebhookURL: o.baseURL + "/webhooks/jira", JiraWebhookSecret: v.Jira.WebhookSecret.Reveal(),
	}
	for _, s := range o.catalogue.Services() {
		if id := s.PagerDuty.Service; id != "" && !slices.ContainsFunc(options.PagerDutyServices, func(s sandbox.Service) bool { return s.ID == id }) {
			options.PagerDutyServices = append(options.PagerDutyServices, sandbox.Service{ID: id, Name: s.Name})
		}
		if key := s.Jira.Project; key != "" && !slices.Contains(options.JiraProjects, key) {
			options.JiraProjects = append(options.JiraProjects, key)
		}
		if channel := s.Fallback.SlackChannel; channel != "" && !slices.Contains(options.SlackChannels, channel) {
			options.SlackChannels = append(options.SlackChannels, channel)
		}
	}
	var err error
	a.sandbox, err = sandbox.Open(ctx, options)
	return err
}

// sandboxToken is what the stand-ins are given where a vendor wants a token. It opens
// nothing.
const sandboxToken integrations.Secret = "sandbox"

// vendors connects to the real vendors, or to the stand-ins of those without
// credentials.
func (a *app) vendors(v config.Vendors) (activities.Chat, activities.Pager, activities.Tracker, error) {
	chat := slack.Options{Token: integrations.Secret(v.Slack.Token.Reveal()), APIURL: v.Slack.APIURL}
	if v.SlackSandboxed() {
		chat = slack.Options{Token: sandboxToken, APIURL: a.sandbox.SlackURL(), Unshaped: true}
	}
	pager := pagerduty.Options{
		Token: integrations.Secret(v.PagerDuty.Token.Reveal()), From: v.PagerDuty.From,
		APIURL: v.PagerDuty.APIURL, EventsURL: v.PagerDuty.EventsURL,
	}
	if v.PagerDutySandboxed() {
		pager = pagerduty.Options{
			Token: sandboxToken, From: "muster@example.com",
			APIURL: a.sandbox.PagerDutyURL(), EventsURL: a.sandbox.PagerDutyEventsURL(), Unshaped: true,
		}
	}
	tracker := jira.Options{URL: v.Jira.URL, User: v.Jira.User, Token: integrations.Secret(v.Jira.Token.Reveal())}
	if v.JiraSandboxed() {
		tracker = jira.Options{URL: a.sandbox.JiraURL(), User: "muster@example.com", Token: sandboxToken, Unshaped: true}
	}
	tickets, err := jira.New(tracker)
	return slack.New(chat), pagerduty.New(pager), tickets, err
}

// secondWay connects to the mail server and the webhook, or to their stand-ins. What is
// not configured is nil.
func (a *app) secondWay(v config.Vendors) (mailer activities.Mailer, notifier activities.Notifier, err error) {
	server := mail.Options{URL: integrations.Secret(v.Mail.URL.Reveal()), From: v.Mail.From}
	if v.MailSandboxed() {
		server = mail.Options{URL: integrations.Secret(a.sandbox.SMTPURL()), From: "muster@example.com"}
	}
	if server.URL != "" {
		if mailer, err = mail.New(server); err != nil {
			return nil, nil, err
		}
	}
	hook := fallback.Options{URL: integrations.Secret(v.Webhook.URL.Reveal()), Secret: integrations.Secret(v.Webhook.Secret.Reveal())}
	if v.WebhookSandboxed() {
		hook = fallback.Options{URL: integrations.Secret(a.sandbox.WebhookURL())}
	}
	if hook.URL != "" {
		if notifier, err = fallback.New(hook); err != nil {
			return nil, nil, err
		}
	}
	return mailer, notifier, nil
}

func (a *app) newPages(o appOptions) (*ui.UI, error) {
	options := ui.Options{
		Commander: pageCommander{a.dispatcher, a.draining}, Reader: a.store,
		TemporalUIURL: o.temporalUIURL, Namespace: o.namespace,
		Sandbox: a.sandbox != nil, Version: musterVersion(), Logger: o.logger,
	}
	for _, s := range o.catalogue.Services() {
		options.Services = append(options.Services, ui.Choice{Name: s.Name, Hint: s.Description})
	}
	for _, s := range o.catalogue.Scale() {
		options.Severities = append(options.Severities, ui.Choice{Name: s.Name, Hint: s.Description})
	}
	for _, name := range o.playbooks.Names() {
		options.Playbooks = append(options.Playbooks, ui.Choice{Name: name, Hint: o.playbooks[name].Description})
	}
	return ui.New(options)
}

func (a *app) newServer(o appOptions, pages *ui.UI, registry *prometheus.Registry) (*api.Server, error) {
	options := api.Options{
		Commander: a.dispatcher, Reader: a.store, Inbox: a.store, Catalogue: o.catalogue,
		Postmortems: postmortems{o.baseURL}, Registry: registry, Logger: o.logger, Pages: pages,
		Secrets: webhook.Secrets{AlertmanagerToken: o.settings.Alertmanager.Token, Jira: o.settings.Jira.WebhookSecret},
		Version: musterVersion(), PublicURL: o.baseURL, Monitor: a.monitor,
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
	var serving, dispatching context.Context
	serving, a.stopServing = context.WithCancel(running)
	a.served = make(chan struct{})
	go func() {
		defer close(a.served)
		if err := a.server.Serve(serving, listener); err != nil {
			a.failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
		}
	}()
	// Before anybody works on them: what an earlier version began is not to be replayed.
	if a.recovered, err = a.dispatcher.Recover(ctx); err != nil {
		// What could not be started again is, when a command or an alert needs it.
		a.logger.ErrorContext(ctx, "not every workflow that is gone was started again", "error", err)
	}
	if err := a.worker.Start(ctx); err != nil {
		return err
	}
	dispatching, a.stopDispatching = context.WithCancel(running)
	a.dispatched = make(chan struct{})
	go func() {
		defer close(a.dispatched)
		var running sync.WaitGroup
		running.Go(func() { a.dispatcher.Run(dispatching) })
		running.Go(func() { a.dispatcher.LookAfter(dispatching) })
		running.Wait()
	}()
	a.startWatching(running)
	return nil
}

// drainTimeout is how long commands under way may take when Muster stops; it is what they
// are given at most.
const drainTimeout = 15 * time.Second

// close first takes nothing more in and answers what is under way, as long as everything
// runs that an answer needs, and then stops in the opposite order of start: the worker
// needs the sandbox, which is served until the end. It may be called whether or not start
// succeeded.
func (a *app) close() error {
	var errs []error
	if a.stopWatching != nil {
		a.stopWatching()
		errs = append(errs, waitStopped(a.watched, 10*time.Second, "the watch over the parts"))
	}
	if a.stopServing != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		if err := a.server.Drain(ctx); err != nil {
			a.logger.WarnContext(ctx, "commands are cut off; they may still take effect", "error", err)
		}
	}
	if a.stopDispatching != nil {
		a.stopDispatching()
		errs = append(errs, waitStopped(a.dispatched, 10*time.Second, "the dispatcher"))
		a.worker.Stop()
	}
	if a.stopServing != nil {
		a.stopServing()
		errs = append(errs, waitStopped(a.served, 20*time.Second, "the server"))
	}
	return errors.Join(append(errs, a.closeSandbox())...)
}

func (a *app) closeSandbox() error {
	if a.sandbox == nil {
		return nil
	}
	return a.sandbox.Close()
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

// pageCommander lets the pages use the dispatcher without knowing the API. While Muster
// stops it refuses, so that people are shown their form again with all they typed.
type pageCommander struct {
	*dispatch.Dispatcher
	draining func() bool
}

var errStopping = fmt.Errorf("%w: Muster is stopping", api.ErrUnavailable)

func (a *app) draining() bool { return a.server.Draining() }

// Do implements [ui.Commander].
func (p pageCommander) Do(ctx context.Context, c incident.Command) (incident.State, error) {
	if p.draining() {
		return incident.State{}, errStopping
	}
	return p.Dispatcher.Do(ctx, c)
}

// Declare implements [ui.Commander].
func (p pageCommander) Declare(ctx context.Context, d ui.Declaration) (incident.State, error) {
	if p.draining() {
		return incident.State{}, errStopping
	}
	return p.Dispatcher.Declare(ctx, d.Key, api.Declaration{
		Title: d.Title, Summary: d.Summary, Service: d.Service, Severity: incident.Severity(d.Severity),
		Playbook: d.Playbook, Actor: d.Actor, Source: cmp.Or(d.Source, "page"),
	})
}

// postmortems renders postmortems for the API.
type postmortems struct{ baseURL string }

func (p postmortems) draft(events []incident.Event) postmortem.Document {
	links := postmortem.Links{}
	if len(events) > 0 {
		links.Incident = p.baseURL + "/incidents/" + string(events[0].Incident)
	}
	return postmortem.Draft(events, links)
}

// Markdown implements [api.Postmortems].
func (p postmortems) Markdown(events []incident.Event) ([]byte, error) {
	return []byte(postmortem.Markdown(p.draft(events))), nil
}

// HTML implements [api.Postmortems].
func (p postmortems) HTML(events []incident.Event) ([]byte, error) {
	html, err := postmortem.HTML(p.draft(events))
	return []byte(html), err
}

// JSON implements [api.Postmortems].
func (p postmortems) JSON(events []incident.Event) ([]byte, error) {
	return json.Marshal(p.draft(events))
}
