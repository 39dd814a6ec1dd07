package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/chat"
	"muster/config"
	"muster/incident"
	"muster/store"
)

// harness is a server over a real store, with a Commander that decides as the workflow
// would but without Temporal.
type harness struct {
	t         *testing.T
	server    *api.Server
	store     *store.Store
	commander *commander
	router    routers.Router
	log       *logBuffer
}

const publicURL = "https://muster.example.com"

// The library that checks answers knows JSON and plain text only.
func init() {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/markdown", openapi3filter.FileBodyDecoder)
}

// newHarness starts a server; the functions change its options first.
func newHarness(t *testing.T, change ...func(*api.Options)) *harness {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	h := &harness{t: t, store: db, commander: newCommander(db), log: &logBuffer{}}
	options := api.Options{
		Commander: h.commander, Reader: db, Inbox: db, Catalogue: testCatalogue(t), Postmortems: postmortems{},
		Logger:    slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		PublicURL: publicURL, Version: "1.2.3", Installation: "cad6d1c7",
		Chats: map[string]chat.Deliveries{"slack": &deliveries{}},
	}
	for _, f := range change {
		f(&options)
	}
	h.server, err = api.New(options)
	require.NoError(t, err)
	t.Cleanup(h.server.Close)

	document, err := openapi3.NewLoader().LoadFromData(h.server.OpenAPI())
	require.NoError(t, err)
	h.router, err = gorillamux.NewRouter(document)
	require.NoError(t, err)
	return h
}

// request is what to send; the zero method is GET.
type request struct {
	method, path, body string
	header             map[string]string
}

// answer is what came back. Its JSON, if any, is decoded.
type answer struct {
	*httptest.ResponseRecorder
	request *http.Request
	json    map[string]any
}

// send serves a request and checks the answer against the API's own description.
func (h *harness) send(r request) answer {
	h.t.Helper()
	got := h.sendUnchecked(r)
	h.conforms(got)
	return got
}

// sendUnchecked serves a request, be it described or not.
func (h *harness) sendUnchecked(r request) answer {
	h.t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
	}
	req := httptest.NewRequestWithContext(h.t.Context(), r.method, r.path, strings.NewReader(r.body))
	if r.body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	got := answer{ResponseRecorder: httptest.NewRecorder(), request: req}
	h.server.ServeHTTP(got, req)
	if strings.Contains(got.Header().Get("Content-Type"), "json") {
		require.NoError(h.t, json.Unmarshal(got.Body.Bytes(), &got.json), "%s", got.Body)
	}
	return got
}

// conforms checks an answer against the description, where that has the route.
func (h *harness) conforms(got answer) {
	h.t.Helper()
	req := got.request
	route, parameters, err := h.router.FindRoute(req)
	if err != nil {
		require.GreaterOrEqual(h.t, got.Code, 400, "%s %s is served but not described", req.Method, req.URL)
		return
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, PathParams: parameters, Route: route,
		},
		Status: got.Code, Header: got.Header(), Body: io.NopCloser(strings.NewReader(got.Body.String())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	require.NoError(h.t, err, "%s %s answered %d, not as described: %s", req.Method, req.URL, got.Code, got.Body)
}

func (h *harness) get(path string) answer { h.t.Helper(); return h.send(request{path: path}) }

func (h *harness) post(path, body string) answer {
	h.t.Helper()
	return h.send(request{method: http.MethodPost, path: path, body: body})
}

// declare begins an incident and returns the path of it.
func (h *harness) declare() string {
	h.t.Helper()
	got := h.post("/api/v1/incidents", `{"title": "Checkout fails", "service": "checkout", "severity": "SEV2", "actor": "Sample Responder"}`)
	require.Equal(h.t, http.StatusCreated, got.Code, "%s", got.Body)
	return "/api/v1/incidents/" + got.json["id"].(string)
}

// command carries out what no route does: Muster's own work.
func (h *harness) command(path string, intent incident.Intent) {
	h.t.Helper()
	_, err := h.commander.Do(h.t.Context(), incident.Command{
		Incident: incident.ID(filepath.Base(path)), Actor: incident.MusterActor(), Source: "playbook", Intent: intent,
	})
	require.NoError(h.t, err)
}

// lookup follows keys and indexes into decoded JSON.
func lookup(t *testing.T, in any, path ...any) any {
	t.Helper()
	for _, part := range path {
		switch part := part.(type) {
		case string:
			object, ok := in.(map[string]any)
			require.True(t, ok, "no object at %v of %v", part, path)
			require.Contains(t, object, part)
			in = object[part]
		case int:
			list, ok := in.([]any)
			require.True(t, ok, "no list at %v of %v", part, path)
			require.Greater(t, len(list), part)
			in = list[part]
		}
	}
	return in
}

// commander decides and records, as the workflow does.
type commander struct {
	store *store.Store
	// fail, if set, is returned instead.
	fail error

	mu       sync.Mutex
	now      time.Time
	seen     map[string]bool
	commands []incident.Command
	declared []api.Declaration
}

func newCommander(db *store.Store) *commander {
	return &commander{store: db, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), seen: map[string]bool{}}
}

func (c *commander) Declare(ctx context.Context, key string, d api.Declaration) (incident.State, error) {
	if c.fail != nil {
		return incident.State{}, c.fail
	}
	if d.Playbook != "" && d.Playbook != "default" {
		return incident.State{}, &incident.InvalidError{Field: "playbook", Message: "there is no playbook " + d.Playbook}
	}
	id, fresh, err := c.store.NewIncident(ctx, key, "")
	if err != nil {
		return incident.State{}, err
	}
	if !fresh {
		return c.store.Incident(ctx, id)
	}
	c.mu.Lock()
	c.declared = append(c.declared, d)
	c.mu.Unlock()
	_, err = c.decide(ctx, incident.State{}, incident.Command{
		Incident: id, Key: key, Actor: d.Actor, Source: d.Source,
		Intent: incident.Declare{
			Title: d.Title, Summary: d.Summary, Severity: d.Severity,
			Scale:   []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}, {Name: "SEV3"}},
			Service: incident.Service{Name: d.Service, Team: "payments"},
		},
	})
	if err != nil {
		return incident.State{}, err
	}
	return c.Do(ctx, incident.Command{Incident: id, Actor: incident.MusterActor(), Source: "playbook", Intent: incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: "default", Version: "v1"},
		Document: json.RawMessage(`{"name": "default"}`),
		Roles:    []incident.Role{{ID: "commander", Title: "Incident commander"}, {ID: "scribe", Title: "Scribe"}},
		Steps: []incident.Step{
			{ID: "page", Title: "Page the people on call", Kind: incident.Automatic, State: incident.Pending, Do: "pager.page"},
			{ID: "look", Title: "Look at the dashboards", Kind: incident.Manual, State: incident.Waiting, Role: "scribe"},
			{ID: "rollback", Title: "Roll back", Kind: incident.Approval, State: incident.Waiting, Role: "commander"},
		},
	}})
}

func (c *commander) Do(ctx context.Context, command incident.Command) (incident.State, error) {
	if c.fail != nil {
		return incident.State{}, c.fail
	}
	state, err := c.store.Incident(ctx, command.Incident)
	if err != nil {
		return incident.State{}, err
	}
	return c.decide(ctx, state, command)
}

func (c *commander) decide(ctx context.Context, state incident.State, command incident.Command) (incident.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if command.Key != "" && c.seen[command.Key] {
		return state, nil
	}
	c.now = c.now.Add(time.Minute)
	events, err := incident.Decide(state, command, c.now)
	if err != nil {
		return incident.State{}, err
	}
	if err := c.store.Append(ctx, events); err != nil {
		return incident.State{}, err
	}
	c.seen[command.Key] = true
	c.commands = append(c.commands, command)
	for _, e := range events {
		state = incident.Apply(state, e)
	}
	return state, nil
}

// last is the command that was carried out last.
func (c *commander) last() incident.Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commands[len(c.commands)-1]
}

// postmortems renders so little that tests can tell the forms apart.
type postmortems struct{}

func (postmortems) Markdown(events []incident.Event) ([]byte, error) {
	return fmt.Appendf(nil, "# %s\n\n%d events\n", incident.Fold(events).Title, len(events)), nil
}

func (postmortems) HTML(events []incident.Event) ([]byte, error) {
	return fmt.Appendf(nil, "<h1>%s</h1>", incident.Fold(events).Title), nil
}

func (postmortems) JSON(events []incident.Event) ([]byte, error) {
	return json.Marshal(map[string]any{"title": incident.Fold(events).Title})
}

func testCatalogue(t testing.TB) *config.Catalogue {
	t.Helper()
	catalogue, err := config.Parse("muster.yaml", []byte(`
severities:
  - {name: SEV1, pager: critical, aliases: [critical, page]}
  - {name: SEV2, pager: error}
  - {name: SEV3, pager: warning}
teams:
  - name: payments
  - {name: platform, pagerduty: {escalation_policy: PPLATPO, schedule: PPLATSC}}
  - name: research
services:
  - {name: checkout, team: payments, aliases: [shop]}
  - {name: payments-api, team: payments, pagerduty: {service: PPAY123}}
defaults: {service: checkout, severity: SEV3}
`))
	require.NoError(t, err)
	return catalogue
}

// logBuffer collects log lines from many goroutines.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
