// Package ui is Muster's pages: the list of incidents, one incident, its postmortem, the
// playbooks.
// They are for somebody who was woken a minute ago, so each page answers first what is
// going on, then whether Muster did its part, then what to do next.
//
// A page is a Go struct of small views (the files view_*.go), each shown by one template
// of the same name in templates/. The parts of a page that change while somebody looks
// are sections. A section is rendered in the page at first, then again whenever its view
// has changed: the stream (live.go) compares views and names the ones to fetch. To add a
// section, write its view, its template, and its line in the page's sections method.
//
// Everything a person can do is a form that posts to the incident's address followed by
// the command's name (forms.go). With JavaScript, htmx sends it and swaps the section
// it stands in; without, the browser does and is sent back to the page. Each form
// carries a key made when it was rendered, so that sending it twice takes effect once.
//
// No script and no style stands in the HTML, and nothing comes from another host, so a
// strict Content-Security-Policy holds (secure.go).
package ui

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"muster/incident"
)

// Options are what the pages need from the program they run in. Commander and Reader
// must be set; everything else has a meaning when empty.
type Options struct {
	Commander Commander
	Reader    Reader

	// Services and Severities (most severe first) are offered where an incident is declared
	// and where incidents are filtered.
	Services   []Choice
	Severities []Choice
	// Playbooks are shown, and offered where an incident is declared; with at most one,
	// nobody is asked to choose. Nil stands for none.
	Playbooks Playbooks

	// TemporalUIURL is where Temporal's web UI is, such as "http://127.0.0.1:8233", and
	// Namespace the namespace of Muster's workflows there. Without a URL no page links
	// to it.
	TemporalUIURL string
	Namespace     string

	// Sandbox says that stand-ins take the place of vendors; every page then says so.
	Sandbox bool
	// Version is shown at the foot of each page.
	Version string
	// Ailing says what of Muster does not work, a sentence about each part; every page shows
	// it, because nobody must wonder whether Muster did its part. It must answer at once. Nil
	// says nothing.
	Ailing func() []string

	// Logger gets what went wrong behind a page. Default: slog.Default().
	Logger *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Choice is one entry to choose from. Hint, which may be empty, says what it means.
type Choice struct {
	Name string
	Hint string
}

// UI serves the pages. It is made by [New], may be used by many goroutines, and holds
// no state of any incident.
type UI struct {
	Options
	templates *template.Template
	assets    *assets
	crossSite *http.CrossOriginProtection

	stop     sync.Once
	stopping chan struct{}
}

// New prepares the pages. The error says which option is missing.
func New(o Options) (*UI, error) {
	if o.Commander == nil || o.Reader == nil {
		return nil, errors.New("ui: Commander and Reader must be set")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.TemporalUIURL = strings.TrimRight(o.TemporalUIURL, "/")
	assets, err := newAssets()
	if err != nil {
		return nil, fmt.Errorf("ui: static files: %w", err)
	}
	templates, err := parseTemplates(assets)
	if err != nil {
		return nil, fmt.Errorf("ui: templates: %w", err)
	}
	return &UI{
		Options: o, templates: templates, assets: assets,
		crossSite: http.NewCrossOriginProtection(), stopping: make(chan struct{}),
	}, nil
}

// Register adds the pages to a router, whose root they are written for. Besides the
// pages it serves /static.
func (u *UI) Register(router gin.IRouter) {
	pages := router.Group("", u.secure, u.recover)
	pages.GET("/static/*file", u.assets.serve)
	pages.POST("/you", u.setPerson)
	pages.GET("/ailing", u.showAiling)

	pages.GET("/", u.showList)
	pages.GET("/incidents", u.showList)
	pages.GET("/incidents/sections", u.listSections)
	pages.GET("/incidents/live", u.listLive)
	pages.GET("/incidents/new", u.showDeclare)
	pages.POST("/incidents/new", u.declare)

	pages.GET(playbooksPath, u.showPlaybooks)
	pages.GET(playbooksPath+"/:name", u.showPlaybook)

	pages.GET("/incidents/:id", u.showIncident)
	pages.GET("/incidents/:id/playbook", u.showIncidentPlaybook)
	pages.GET("/incidents/:id/playbook/sections", u.incidentPlaybookSections)
	pages.GET("/incidents/:id/playbook/live", u.incidentPlaybookLive)
	pages.GET("/incidents/:id/sections", u.incidentSections)
	pages.GET("/incidents/:id/live", u.incidentLive)
	pages.GET("/incidents/:id/postmortem", u.showPostmortem)
	pages.GET("/incidents/:id/postmortem.md", u.postmortemMarkdown)
	pages.POST("/incidents/:id/:command", u.command)
}

// NotFound shows that nothing is at an address. It is meant for gin's NoRoute.
func (u *UI) NotFound(c *gin.Context) {
	u.secure(c)
	if !c.IsAborted() {
		u.problem(c, http.StatusNotFound, "There is nothing at this address.")
	}
}

// Close ends the live streams, which would otherwise keep a server from shutting down;
// give it to http.Server.RegisterOnShutdown. The browsers connect again by themselves.
// Closing again does nothing.
func (u *UI) Close() { u.stop.Do(func() { close(u.stopping) }) }

// workflowURL leads to the incident's workflow in Temporal's web UI, or is empty.
func (u *UI) workflowURL(id incident.ID) string {
	if u.TemporalUIURL == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s", u.TemporalUIURL, u.Namespace, id)
}
