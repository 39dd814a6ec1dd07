package ui

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"muster/incident"
	"muster/store"
)

//go:embed templates
var templateFiles embed.FS

func parseTemplates(a *assets) (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"asset":  a.address,
		"icon":   icon,
		"key":    newKey,
		"clock":  runningClock,
		"moment": newMoment,
		"hidden": func(name, value string) hiddenField { return hiddenField{name, value} },
		"count":  count,
	}).ParseFS(templateFiles, "templates/*.html")
}

type hiddenField struct{ Name, Value string }

func itoa(n int) string { return strconv.Itoa(n) }

// show renders a page or section and sends it. Nothing is sent before all of it is
// rendered, so that a page is never cut off by an error.
func (u *UI) show(c *gin.Context, status int, name string, data any) {
	if body, ok := u.render(c, name, data); ok {
		u.sendHTML(c, status, body)
	}
}

// render executes a template. When it cannot, it has answered and returns false.
func (u *UI) render(c *gin.Context, name string, data any) ([]byte, bool) {
	var body bytes.Buffer
	if err := u.templates.ExecuteTemplate(&body, name, data); err != nil {
		u.Logger.ErrorContext(c.Request.Context(), "a page could not be rendered", "template", name, "error", err)
		c.String(http.StatusInternalServerError, "Muster could not draw this page. What happened is in its log.")
		c.Abort()
		return nil, false
	}
	return body.Bytes(), true
}

func (u *UI) sendHTML(c *gin.Context, status int, body []byte) {
	c.Header("Cache-Control", "no-store")
	c.Data(status, "text/html; charset=utf-8", body)
}

// problemPage is what a person sees where a page cannot be shown.
type problemPage struct {
	Layout  Layout
	Status  int
	Heading string
	Message string
}

// problem shows a page that says what went wrong. A script gets the message alone, to be
// shown in the page that it runs in.
func (u *UI) problem(c *gin.Context, status int, message string) {
	if byScript(c) {
		c.Data(status, "text/plain; charset=utf-8", []byte(message))
		c.Abort()
		return
	}
	heading := map[int]string{
		http.StatusNotFound:              "Not found",
		http.StatusForbidden:             "Not done",
		http.StatusRequestEntityTooLarge: "Too long",
		http.StatusServiceUnavailable:    "Not just now",
	}[status]
	if heading == "" {
		heading = "Something went wrong"
	}
	u.show(c, status, "page/problem", problemPage{u.layout(c, heading), status, heading, message})
	c.Abort()
}

// failed shows why a page has nothing to show.
func (u *UI) failed(c *gin.Context, err error) {
	var invalid *incident.InvalidError
	switch {
	case errors.Is(err, store.ErrNotFound), errors.As(err, &invalid):
		u.problem(c, http.StatusNotFound, sentenceCase(err.Error())+".")
	case errors.Is(err, context.Canceled):
		c.Abort()
	default:
		u.Logger.ErrorContext(c.Request.Context(), "a page could not be read", "path", c.Request.URL.Path, "error", err)
		u.problem(c, http.StatusServiceUnavailable,
			"Muster cannot read its database at the moment. Responses under way go on regardless; reload the page shortly.")
	}
}

// Layout is what every page has around it.
type Layout struct {
	Title   string
	You     string
	Here    string
	Sandbox bool
	Version string
	// Live is the address of the stream that tells which sections to fetch again, and
	// Sections that of the sections; empty on pages that do not change.
	Live     string
	Sections string
	// Refused says why a form was refused that the page no longer has, and Typed what
	// stood in it, so that it is not lost.
	Refused string
	Typed   []string
	// NowMillis is the server's clock, by which running clocks are set.
	NowMillis int64
	// Ailing says what of Muster does not work.
	Ailing []string
	// Area is the part of the pages that this one belongs to, "incidents" or "playbooks", and
	// Styles are its stylesheets beside that of all pages.
	Area   string
	Styles []string
}

// ailing is what of Muster does not work.
func (u *UI) ailing() []string {
	if u.Ailing == nil {
		return nil
	}
	return u.Ailing()
}

// showAiling answers with the banner alone, which pages that stay open ask for.
func (u *UI) showAiling(c *gin.Context) {
	if body, ok := u.render(c, "layout/ailing", u.ailing()); ok {
		u.sendHTML(c, http.StatusOK, body)
	}
}

func (u *UI) layout(c *gin.Context, title string) Layout {
	return Layout{
		Title: title, You: person(c), Here: c.Request.URL.RequestURI(),
		Sandbox: u.Sandbox, Version: u.Version, NowMillis: u.Now().UnixMilli(), Ailing: u.ailing(),
		Area: "incidents",
	}
}

// maxFormBytes admits the longest texts of package incident, percent-encoded.
const maxFormBytes = 256 << 10

// posted reads a form. When it cannot, it has answered and returns false.
func (u *UI) posted(c *gin.Context) (url.Values, bool) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxFormBytes)
	if err := c.Request.ParseForm(); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			u.problem(c, http.StatusRequestEntityTooLarge, "This is longer than an incident can hold. Link to longer text instead.")
		} else {
			u.problem(c, http.StatusBadRequest, "Muster could not read this form. Go back and send it again.")
		}
		return nil, false
	}
	return c.Request.PostForm, true
}

// byScript says whether htmx sent the request, which then wants sections and no page.
func byScript(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }

func sentenceCase(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
