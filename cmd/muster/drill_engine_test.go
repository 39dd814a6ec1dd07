package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/playbooks"
	"muster/store"
)

// drillTime is when the drills of the tests take place.
var drillTime = time.Date(2026, 3, 2, 9, 30, 0, 123456789, time.UTC)

// drillHouse is Muster with its real API, store and agenda over an engine that does
// everything at once and at the first attempt. It holds one incident.
type drillHouse struct {
	*store.Store
	t      *testing.T
	url    string
	client *http.Client
	// token is what Alertmanager must prove itself with; fault, if set, answers
	// requests first and says whether it did.
	token      string
	fault      func(http.ResponseWriter, *http.Request) bool
	trackerURL string
	// failing is an action that never works, deaf an inbox whose alerts nobody takes.
	failing string
	deaf    bool

	playbook *playbooks.Playbook

	mu     sync.Mutex
	now    time.Time
	state  incident.State
	agenda *playbooks.Agenda
}

func newDrillHouse(t *testing.T, change ...func(*drillHouse)) *drillHouse {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	text, err := os.ReadFile(filepath.Join("testdata", "drill_playbook.yaml"))
	require.NoError(t, err)
	short, err := playbooks.Parse("drill_playbook.yaml", text)
	require.NoError(t, err)
	h := &drillHouse{Store: db, t: t, now: drillTime, playbook: short, trackerURL: "https://jira.example.com"}
	for _, f := range change {
		f(h)
	}
	h.agenda = playbooks.NewAgenda(h.playbook, nil)
	server, err := api.New(api.Options{
		Commander: h, Reader: db, Inbox: h, Catalogue: config.Sample(), Postmortems: postmortems{},
		Logger: slog.New(slog.DiscardHandler), Secrets: webhook.Secrets{AlertmanagerToken: config.NewSecret(h.token)},
		Mounts: []api.Mount{{Path: "/sandbox", Handler: h.sandbox()}},
	})
	require.NoError(t, err)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.fault == nil || !h.fault(w, r) {
			server.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(web.Close)
	t.Cleanup(server.Close)
	h.url, h.client = web.URL, web.Client()
	return h
}

// builtInPlaybook makes the house follow the playbook that incidents follow by default.
// None of its automatic steps waits for people.
func builtInPlaybook(h *drillHouse) {
	library, err := playbooks.BuiltIn()
	require.NoError(h.t, err)
	h.playbook = library["default"]
}

// drill returns a drill of this house, and what it prints.
func (h *drillHouse) drill(change ...func(*drill)) (*drill, *drillOutput) {
	h.t.Helper()
	client, err := newMusterClient(h.url, config.NewSecret(h.token))
	require.NoError(h.t, err)
	client.http = h.client // The shared one loses its connections when another test's server ends.
	out := &drillOutput{house: h.url}
	d := &drill{
		console: &console{out: out}, muster: client, program: "muster drill",
		newID: func() string { return "k7mq2xzd" },
		now:   func() time.Time { return drillTime },
		after: impatient,
	}
	for _, f := range change {
		f(d)
	}
	return d, out
}

// impatient makes every pause short and every limit endless.
func impatient(d time.Duration) <-chan time.Time {
	if d >= waitLimit {
		return nil
	}
	return hasty(d)
}

// hasty makes every pause and every limit short.
func hasty(time.Duration) <-chan time.Time {
	now := make(chan time.Time, 1)
	now <- drillTime
	return now
}

// drillOutput collects what a drill prints, with the house at its usual address.
type drillOutput struct {
	house string
	// printed is called with every text.
	printed func(string)

	mu   sync.Mutex
	text bytes.Buffer
}

func (o *drillOutput) Write(text []byte) (int, error) {
	o.mu.Lock()
	o.text.Write(text)
	o.mu.Unlock()
	if o.printed != nil {
		o.printed(string(text))
	}
	return len(text), nil
}

func (o *drillOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.ReplaceAll(o.text.String(), o.house, defaultURL)
}

// Accept implements [webhook.Inbox].
func (h *drillHouse) Accept(ctx context.Context, items []store.Item) (store.Accepted, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, item := range items {
		var report webhook.AlertReport
		if err := json.Unmarshal(item.Body, &report); err != nil {
			return store.Accepted{}, err
		}
		if h.deaf {
			continue
		}
		if err := h.take(ctx, report.Alert); err != nil {
			return store.Accepted{}, err
		}
	}
	return store.Accepted{New: len(items)}, nil
}

func (h *drillHouse) take(ctx context.Context, alert incident.Alert) error {
	sender := incident.VendorActor("Alertmanager")
	if !h.state.Declared() {
		route := config.Sample().Route(alert.Labels)
		id, _, err := h.NewIncident(ctx, "drill", "")
		if err != nil {
			return err
		}
		if err := h.decide(ctx, incident.Command{Incident: id, Actor: sender, Source: alert.Source, Intent: incident.Declare{
			Title: alert.Name + ": " + alert.Summary(), Summary: alert.Annotations["description"],
			Severity: incident.Severity(route.Severity.Name), Scale: sampleScale(),
			Service: incident.Service{Name: route.Service.Name, Team: route.Service.Team, ChannelPrefix: route.Service.Chat.Prefix},
		}}); err != nil {
			return err
		}
		attach, err := h.playbook.Attach(h.state)
		if err != nil {
			return err
		}
		if err := h.decide(ctx, h.own(attach)); err != nil {
			return err
		}
	}
	err := h.decide(ctx, incident.Command{Incident: h.state.ID, Actor: sender, Source: alert.Source, Intent: incident.ReportAlerts{Alerts: []incident.Alert{alert}}})
	if err != nil {
		return err
	}
	return h.work(ctx)
}

// Declare implements [api.Commander].
func (h *drillHouse) Declare(ctx context.Context, _ string, d api.Declaration) (incident.State, error) {
	if d.Exercise == nil || d.Playbook != h.playbook.Name {
		return incident.State{}, &incident.InvalidError{Field: "playbook", Message: "a drill declares exercises of " + h.playbook.Name + " by hand, and nothing else"}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id, _, err := h.NewIncident(ctx, "", "")
	if err != nil {
		return incident.State{}, err
	}
	declare := incident.Declare{
		Title: d.Title, Severity: d.Severity, Scale: sampleScale(), Service: incident.Service{Name: d.Service, ChannelPrefix: "inc"}, Exercise: d.Exercise,
	}
	if err := h.decide(ctx, incident.Command{Incident: id, Actor: d.Actor, Source: d.Source, Intent: declare}); err != nil {
		return incident.State{}, err
	}
	attach, err := h.playbook.Attach(h.state)
	if err != nil {
		return incident.State{}, err
	}
	if err := h.decide(ctx, h.own(attach)); err != nil {
		return incident.State{}, err
	}
	return h.state, h.work(ctx)
}

func sampleScale() (scale []incident.SeverityLevel) {
	for _, s := range config.Sample().Scale() {
		scale = append(scale, incident.SeverityLevel{Name: incident.Severity(s.Name)})
	}
	return scale
}

// Do implements [api.Commander].
func (h *drillHouse) Do(ctx context.Context, c incident.Command) (incident.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.decide(ctx, c); err != nil {
		return incident.State{}, err
	}
	return h.state, h.work(ctx)
}

// incident returns the incident as it is now.
func (h *drillHouse) incident() incident.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

func (h *drillHouse) own(i incident.Intent) incident.Command {
	return incident.Command{Incident: h.state.ID, Actor: incident.MusterActor(), Source: "playbook", Intent: i}
}

// decide is the only way in which the incident changes. Every command takes a second.
func (h *drillHouse) decide(ctx context.Context, c incident.Command) error {
	h.now = h.now.Add(time.Second)
	events, err := incident.Decide(h.state, c, h.now)
	if err != nil || len(events) == 0 {
		return err
	}
	for _, e := range events {
		h.state = incident.Apply(h.state, e)
		h.agenda.Observe(h.state, e)
	}
	return h.Append(ctx, events)
}

// work does all that the playbook asks for now.
func (h *drillHouse) work(ctx context.Context) error {
	for {
		due := h.agenda.Due(h.state, nil, h.now)
		if len(due.Commands)+len(due.Work) == 0 {
			return nil
		}
		for _, intent := range due.Commands {
			if err := h.decide(ctx, h.own(intent)); err != nil {
				return err
			}
		}
		for _, w := range due.Work {
			var intent incident.Intent = incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: h.outcome(w)}
			if w.Do == h.failing {
				intent = incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: "the vendor said no"}
			}
			if err := h.decide(ctx, h.own(intent)); err != nil {
				return err
			}
		}
	}
}

func (h *drillHouse) outcome(w playbooks.Work) incident.Outcome {
	onCall := []incident.Person{{Name: "Sample On-Call"}}
	switch w.Do {
	case playbooks.PagerDutyPage:
		return incident.Outcome{Page: &incident.Page{Key: string(h.state.ID)}, Responders: onCall}
	case playbooks.SlackCreateChannel:
		return incident.Outcome{Channel: &incident.Channel{ID: "C1", Name: w.With["name"]}}
	case playbooks.SlackInvite:
		return incident.Outcome{Responders: onCall}
	case playbooks.JiraCreateIssue:
		return incident.Outcome{Followup: w.Followup, Ticket: &incident.Ticket{Key: "SHOP-1", URL: h.trackerURL + "/browse/SHOP-1", Status: "To Do"}}
	case playbooks.PostmortemDraft:
		return incident.Outcome{Postmortem: true}
	default:
		return incident.Outcome{}
	}
}

// sandbox is as much of the sandbox as drills use.
func (h *drillHouse) sandbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sandbox/state", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	mux.HandleFunc("POST /sandbox/jira/issues/{key}/status", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		jira := incident.VendorActor("Jira")
		ticket := incident.Ticket{Key: r.PathValue("key"), Status: "Done", Done: true}
		err := h.decide(r.Context(), incident.Command{Incident: h.state.ID, Actor: jira, Source: "jira", Intent: incident.ReportTicket{Followup: "F1", Ticket: ticket}})
		if err == nil {
			err = h.work(r.Context())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}
