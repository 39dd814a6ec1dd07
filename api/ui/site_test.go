package ui_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/api/ui"
	"muster/incident"
	"muster/playbooks"
	"muster/store"
)

// site is Muster's pages over a real store, at a time that stands still.
type site struct {
	*ui.UI
	http.Handler
	store *store.Store
	desk  *desk
	clock *clock
	// files are the operator's playbooks, and folder follows them when it is refreshed.
	files  fstest.MapFS
	folder *playbooks.Folder
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newSite(t testing.TB) *site {
	t.Helper()
	gin.SetMode(gin.TestMode)
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	c := &clock{now: time.Date(2026, 11, 22, 3, 12, 0, 0, time.UTC)}
	s := &site{store: db, clock: c, desk: &desk{store: db, now: c.Now}}
	s.files = fstest.MapFS{"checkout.yaml": {Data: []byte(checkoutPlaybook)}}
	s.folder, err = playbooks.NewFolder(s.files, nil, c.Now)
	require.NoError(t, err)
	s.UI, err = ui.New(ui.Options{
		Commander: s.desk, Reader: db, Now: c.Now, Sandbox: true, Version: "v0-test",
		TemporalUIURL: "http://127.0.0.1:8233/", Namespace: "default",
		Services:   []ui.Choice{{Name: "checkout", Hint: "Takes orders"}, {Name: "search"}},
		Severities: []ui.Choice{{Name: "SEV1", Hint: "Most are affected"}, {Name: "SEV2"}, {Name: "SEV3"}, {Name: "SEV4"}},
		Logger:     slog.New(slog.DiscardHandler), Playbooks: s.folder,
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	engine := gin.New()
	engine.NoRoute(s.NotFound)
	s.Register(engine)
	s.Handler = engine
	return s
}

// checkoutPlaybook is an operator's own.
const checkoutPlaybook = `name: checkout
description: What to do when people cannot pay.
roles:
  - {id: commander, title: incident commander, duties: Decides.}
steps:
  - id: look
    title: Look at the payment provider's page
    role: commander
    instructions: Is it them or us?
  - id: switch
    title: Switch to the other provider
    needs: [look]
    approval: true
hooks:
  - id: nag
    on: unacknowledged
    after: 5m
    every: 10m
    times: 6
    remind: Nobody has acknowledged
    title: Ask in the channel
    do: slack.post
    with: {text: Who takes it?}
`

// attachedPlaybook is what the incidents of the site follow.
var attachedPlaybook = playbooks.Playbook{
	Name: "default", Version: "abc123", Source: "name: default\n",
	Steps: []playbooks.Step{
		{ID: "page", Title: "Page the on-call", Do: "pagerduty.page"},
		{ID: "assess", Title: "Confirm the severity", Needs: []string{"page"}},
		{ID: "statement", Title: "Approve the statement", Needs: []string{"assess"}, Approval: &playbooks.Approval{Quorum: 1}},
	},
}

const responder = "Sample Responder"

var muster = incident.MusterActor()

// do carries out commands, by a person or by Muster as they are due.
func (s *site) do(t testing.TB, id incident.ID, actor incident.Actor, intents ...incident.Intent) incident.State {
	t.Helper()
	var state incident.State
	for _, i := range intents {
		var err error
		state, err = s.desk.Do(context.Background(), incident.Command{Incident: id, Actor: actor, Source: "test", Intent: i})
		require.NoError(t, err)
	}
	return state
}

// begin declares an incident with a firing alert and a small playbook, whose first two
// steps Muster has started.
func (s *site) begin(t testing.TB, title string, severity incident.Severity) incident.ID {
	t.Helper()
	id, _, err := s.store.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	s.do(t, id, incident.VendorActor("Alertmanager"),
		incident.Declare{Title: title, Severity: severity, Scale: scale, Service: incident.Service{
			Name: "checkout", Team: "shop", Fallback: incident.Fallback{Emails: []string{"oncall@example.com"}}, Runbooks: []incident.Link{{Title: "Checkout runbook", URL: "https://runbooks.example.com/checkout"}},
		}},
		incident.ReportAlerts{Alerts: []incident.Alert{s.alert(id)}},
	)
	document, err := json.Marshal(attachedPlaybook)
	require.NoError(t, err)
	s.do(t, id, muster,
		incident.AttachPlaybook{
			Playbook: incident.PlaybookRef{Name: "default", Version: "abc123"}, Document: document,
			Roles: []incident.Role{
				{ID: "commander", Title: "incident commander", Duties: "Decides."},
				{ID: "scribe", Title: "scribe"},
			},
			Steps: []incident.Step{
				{ID: "page", Title: "Page the on-call", Kind: incident.Automatic, State: incident.Pending, Do: "pagerduty.page"},
				{ID: "assess", Title: "Confirm the severity", Kind: incident.Manual, State: incident.Pending},
				{ID: "statement", Title: "Approve the statement", Kind: incident.Approval, State: incident.Pending},
			},
		},
		incident.StartStep{Step: "page"}, incident.StartStep{Step: "assess"},
	)
	return id
}

func (s *site) alert(id incident.ID) incident.Alert {
	return incident.Alert{
		Fingerprint: "f-" + string(id), Name: "CheckoutErrors", StartsAt: s.clock.Now().Add(-time.Minute),
		Labels: map[string]string{"region": "eu-1"}, URL: "https://prometheus.example.com/graph",
	}
}

// request changes a request before it is sent.
type request func(*http.Request)

func by(name string) request {
	return func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "muster_you", Value: url.QueryEscape(name)})
	}
}

// fromSection is a request as htmx sends it from a section.
func fromSection(section string) request {
	return func(r *http.Request) {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Target", section)
	}
}

func header(name, value string) request {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// answer is what came back, parsed.
type answer struct {
	*http.Response
	body string
	root *html.Node
}

func (s *site) get(t testing.TB, path string, changes ...request) answer {
	t.Helper()
	return s.send(t, httptest.NewRequest(http.MethodGet, path, nil), changes...)
}

func (s *site) post(t testing.TB, path string, form url.Values, changes ...request) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(t, r, changes...)
}

func (s *site) send(t testing.TB, r *http.Request, changes ...request) answer {
	t.Helper()
	for _, change := range changes {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	response := w.Result()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	root, err := html.Parse(strings.NewReader(string(body)))
	require.NoError(t, err)
	return answer{response, string(body), root}
}

// element finds the element with an id.
func (a answer) element(t testing.TB, id string) *html.Node {
	t.Helper()
	found := find(a.root, func(n *html.Node) bool { return attribute(n, "id") == id })
	require.NotNil(t, found, "no element has the id %q in:\n%s", id, a.body)
	return found
}

// text is what a person reads in the element with an id.
func (a answer) text(t testing.TB, id string) string {
	t.Helper()
	return textOf(a.element(t, id))
}

func textOf(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// form reads a form as a browser would send it untouched, and where it is sent.
func (a answer) form(t testing.TB, id string) (action string, fields url.Values) {
	t.Helper()
	form := a.element(t, id)
	require.Equal(t, "form", form.Data)
	require.Equal(t, "post", attribute(form, "method"))
	fields = url.Values{}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		switch {
		case name == "" || n.Data == "button":
		case n.Data == "textarea":
			fields.Set(name, textOf(n))
		case attribute(n, "type") != "radio" || has(n, "checked"):
			fields.Set(name, attribute(n, "value"))
		}
	}
	return attribute(form, "action"), fields
}

func find(n *html.Node, matches func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && matches(d) {
			return d
		}
	}
	return nil
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
