package ui_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/api/ui"
	"muster/incident"
)

var everyPage = []string{
	"/", "/incidents", "/incidents?q=x&status=resolved", "/incidents/new", "/incidents/INC-1", "/incidents/INC-2",
	"/incidents/INC-1/postmortem", "/nowhere", "/playbooks", "/playbooks/default", "/playbooks/checkout", "/incidents/INC-1/playbook",
}

// full is a site with an incident under way and one that is over.
func full(t testing.TB) *site {
	t.Helper()
	s := newSite(t)
	first := s.begin(t, "Checkout fails", "SEV1")
	s.do(t, first, muster, incident.FailStep{Step: "page", Error: "refused"}, incident.StartStep{Step: "statement"})
	s.talks(t, first)
	second := s.begin(t, "Search fails", "SEV2")
	s.do(t, second, incident.PersonActor(responder), incident.Acknowledge{}, incident.Resolve{}, incident.AddFollowup{Title: "Fix"})
	return s
}

func TestEveryPageIsSentWithItsGuards(t *testing.T) {
	t.Parallel()
	s := full(t)
	for _, path := range append(everyPage, "/incidents/INC-1/postmortem.md", "/incidents/INC-1/sections?want=next") {
		h := s.get(t, path).Header
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'", path)
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "same-origin", h.Get("Referrer-Policy"))
		require.Equal(t, "no-store", h.Get("Cache-Control"))
	}
}

func TestNoPageHoldsAScriptAStyleOrAnythingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := full(t)
	for _, path := range everyPage {
		for n := range s.get(t, path).root.Descendants() {
			require.NotEqual(t, "style", n.Data)
			for _, a := range n.Attr {
				require.NotEqual(t, "style", a.Key, path)
				require.False(t, strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on"), path)
			}
			switch n.Data {
			case "script":
				require.True(t, strings.HasPrefix(attribute(n, "src"), "/static/"), path)
			case "link":
				require.True(t, strings.HasPrefix(attribute(n, "href"), "/static/"), path)
			}
		}
	}
}

func TestEveryIDIsUniqueAndEveryFieldHasALabel(t *testing.T) {
	t.Parallel()
	s := full(t)
	for _, path := range everyPage {
		seen := map[string]bool{}
		for n := range s.get(t, path).root.Descendants() {
			if id := attribute(n, "id"); id != "" {
				require.False(t, seen[id], "%s has two elements %q", path, id)
				seen[id] = true
			}
			field := n.Data == "textarea" || n.Data == "select" || n.Data == "input" && attribute(n, "type") != "hidden"
			if n.Type == html.ElementNode && field {
				require.True(t, within(n, "label"), "%s: the field %s has no label", path, attribute(n, "name"))
			}
			if n.Data == "button" && textOf(n) == "" {
				require.Equal(t, "true", attribute(n, "aria-hidden"), "%s has a button without words", path)
			}
		}
	}
}

func within(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

func TestAnotherSiteCannotSendForms(t *testing.T) {
	t.Parallel()
	s := full(t)
	fields := url.Values{"key": {"k"}, "you": {responder}}
	before := len(s.desk.commands)
	for name, foreign := range map[string]request{
		"by fetch metadata": header("Sec-Fetch-Site", "cross-site"),
		"by origin":         header("Origin", "https://elsewhere.example.com"),
	} {
		for _, path := range []string{"/incidents/INC-1/acknowledge", "/incidents/new", "/you"} {
			answer := s.post(t, path, fields, by(responder), foreign)
			require.Equal(t, http.StatusForbidden, answer.StatusCode, "%s to %s", name, path)
			require.Empty(t, answer.Cookies())
		}
	}
	require.Len(t, s.desk.commands, before)
	same := s.post(t, "/incidents/INC-1/acknowledge", fields, header("Sec-Fetch-Site", "same-origin"))
	require.Equal(t, http.StatusSeeOther, same.StatusCode)
}

func TestStaticFilesAreKeptForEverAndSentSmall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	style := find(s.get(t, "/").root, func(n *html.Node) bool { return attribute(n, "rel") == "stylesheet" })
	path := attribute(style, "href")

	small := s.get(t, path, header("Accept-Encoding", "gzip, br"))
	require.Equal(t, "public, max-age=31536000, immutable", small.Header.Get("Cache-Control"))
	require.Equal(t, "text/css; charset=utf-8", small.Header.Get("Content-Type"))
	require.Equal(t, "gzip", small.Header.Get("Content-Encoding"))
	plain := s.get(t, path)
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Greater(t, len(plain.body), 2*len(small.body))

	stale := s.get(t, "/static/000000000000/app.css")
	require.Equal(t, "no-cache", stale.Header.Get("Cache-Control"), "a page from before an update still looks right")
	require.Equal(t, plain.body, stale.body)
	require.Equal(t, http.StatusNotFound, s.get(t, "/static/000000000000/none.css").StatusCode)
}

// broken is a commander with a bug.
type broken struct{ ui.Commander }

func (broken) Do(context.Context, incident.Command) (incident.State, error) { panic("a bug") }

func TestABugIsAFriendlyPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	s.Commander = broken{}
	fields := url.Values{"form": {"next-acknowledge"}}

	answer := s.post(t, "/incidents/INC-1/acknowledge", fields, by(responder))
	require.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	require.Contains(t, answer.text(t, "main"), "Muster stumbled over this page")
	require.NotContains(t, answer.body, "a bug")

	scripted := s.post(t, "/incidents/INC-1/acknowledge", fields, by(responder), fromSection("next"))
	require.Equal(t, "Muster stumbled over this page. What happened is in its log.", scripted.body, "shown beside the page, which stays")
}

func TestWithoutACommanderOrReaderThereAreNoPages(t *testing.T) {
	t.Parallel()
	_, err := ui.New(ui.Options{})
	require.EqualError(t, err, "ui: Commander and Reader must be set")
}
