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
	"muster/integrations/pagerduty"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
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

	// failed receives why the app cannot go on.
	failed chan error
	// stopServing and stopDispatching end what served and dispatched are closed by.
	stopServing, stopDispatching context.CancelFunc
	served, dispatched           chan struct{}
}

func newApp(ctx context.Context, o appOptions) (_ *app, err error) {
	a := &app{baseURL: o.baseURL, failed: make(chan error, 2)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeStores())
		}
	}()
	if a.store, err = store.Open(ctx, store.Options{Path: filepath.Join(o.settings.DataDir, "muster.db"), Logger: o.logger}); err != nil {
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
	if a.server, err = a.newServer(o, pages); err != nil {
		return nil, err
	}
	chat, pager, tracker, err := a.vendors(o.settings.Vendors)
	if err != nil {
		return nil, err
	}
	a.worker = worker.New(o.temporal, &activities.Activities{
		Chat: chat, Pager: pager, Tracker: tracker,
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
	}{{"Slack", v.SlackSandboxed()}, {"PagerDuty", v.PagerDutySandboxed()}, {"Jira", v.JiraSandboxed()}} {
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
		chat = slack.Options{Token: sandboxToken, APIURL: a.sandbox.SlackURL()}
	}
	pager := pagerduty.Options{
		Token: integrations.Secret(v.PagerDuty.Token.Reveal()), From: v.PagerDuty.From,
		APIURL: v.PagerDuty.APIURL, EventsURL: v.PagerDuty.EventsURL,
	}
	if v.PagerDutySandboxed() {
		pager = pagerduty.Options{
			Token: sandboxToken, From: "muster@example.com",
			APIURL: a.sandbox.PagerDutyURL(), EventsURL: a.sandbox.PagerDutyEventsURL(),
		}
	}
	tracker := jira.Options{URL: v.Jira.URL, User: v.Jira.User, Token: integrations.Secret(v.Jira.Token.Reveal())}
	if v.JiraSandboxed() {
		tracker = jira.Options{URL: a.sandbox.JiraURL(), User: "muster@example.com", Token: sandboxToken}
	}
	tickets, err := jira.New(tracker)
	return slack.New(chat), pagerduty.New(pager), tickets, err
}

func (a *app) newPages(o appOptions) (*ui.UI, error) {
	options := ui.Options{
		Commander: pageCommander{a.dispatcher}, Reader: a.store,
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

func (a *app) newServer(o appOptions, pages *ui.UI) (*api.Server, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	options := api.Options{
		Commander: a.dispatcher, Reader: a.store, Inbox: a.store, Catalogue: o.catalogue,
		Postmortems: postmortems{o.baseURL}, Registry: registry, Logger: o.logger, Pages: pages,
		Secrets: webhook.Secrets{AlertmanagerToken: o.settings.Alertmanager.Token, Jira: o.settings.Jira.WebhookSecret},
		Version: musterVersion(), PublicURL: o.baseURL,
		Checks: []api.Check{
			{Name: "database", Check: a.store.Check},
			{Name: "temporal", Check: func(ctx context.Context) error {
				_, err := o.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
				return err
			}},
		},
	}
	if a.sandbox != nil {
		options.Mounts = append(options.Mounts, api.Mount{Path: "/sandbox", Handler: a.sandbox})
	}
	return api.New(options)
}

// start begins to serve, to work and to dispatch, in this order: the worker may need the
// sandbox, which is served here, and alerts are handed on once somebody works on them.
func (a *app) start(ctx context.Context, listener net.Listener) error {
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
	if err := a.worker.Start(ctx); err != nil {
		return err
	}
	dispatching, a.stopDispatching = context.WithCancel(running)
	a.dispatched = make(chan struct{})
	go func() {
		defer close(a.dispatched)
		a.dispatcher.Run(dispatching)
	}()
	return nil
}

// close stops in the opposite order. It may be called whether or not start succeeded.
func (a *app) close() error {
	var errs []error
	if a.stopDispatching != nil {
		a.stopDispatching()
		errs = append(errs, waitStopped(a.dispatched, 10*time.Second, "the dispatcher"))
		a.worker.Stop()
	}
	if a.stopServing != nil {
		a.stopServing()
		errs = append(errs, waitStopped(a.served, 20*time.Second, "the server"))
	}
	return errors.Join(append(errs, a.closeStores())...)
}

func (a *app) closeStores() error {
	var errs []error
	if a.sandbox != nil {
		errs = append(errs, a.sandbox.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
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

// pageCommander lets the pages use the dispatcher without knowing the API.
type pageCommander struct{ *dispatch.Dispatcher }

// Declare implements [ui.Commander].
func (p pageCommander) Declare(ctx context.Context, d ui.Declaration) (incident.State, error) {
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
