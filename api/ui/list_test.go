package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

// listed are the titles within a section, in order.
func (a answer) listed(t testing.TB, section string) []string {
	t.Helper()
	var titles []string
	for n := range a.element(t, section).Descendants() {
		if attribute(n, "class") == "row-title" {
			titles = append(titles, textOf(n))
		}
	}
	return titles
}

func TestTheListBeginsWithWhatIsMostPressing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	person := incident.PersonActor(responder)
	mild := s.begin(t, "acknowledged, mild", "SEV3")
	s.do(t, mild, person, incident.Acknowledge{})
	severe := s.begin(t, "acknowledged, severe", "SEV1")
	s.do(t, severe, person, incident.Acknowledge{}, incident.AssignRole{Role: "commander", User: responder})
	s.begin(t, "waiting, mild", "SEV4")
	s.clock.advance(90 * time.Second)
	s.begin(t, "waiting, severe", "SEV2")
	over := s.begin(t, "over", "SEV1")
	s.do(t, over, person, incident.Resolve{}, incident.AddFollowup{Title: "Fix"})

	list := s.get(t, "/")

	require.Equal(t, []string{"waiting, severe", "waiting, mild", "acknowledged, severe", "acknowledged, mild"}, list.listed(t, "open"))
	require.Equal(t, []string{"over"}, list.listed(t, "past"))
	text := list.text(t, "open")
	require.Contains(t, text, "4 open incidents 2 unacknowledged")
	require.Contains(t, text, "Nobody has it checkout 1 firing")
	require.Contains(t, text, "1:30", "the age of the older ones")
	require.Contains(t, text, responder)
	require.Contains(t, list.text(t, "past"), "1 follow-up open")
	title := find(list.root, func(n *html.Node) bool { return n.Data == "title" })
	require.Equal(t, "(2) Incidents · Muster", textOf(title))
}

func TestTheListFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV1")
	s.begin(t, "Checkout is slow", "SEV3")
	s.do(t, s.begin(t, "Search fails", "SEV1"), muster, incident.Resolve{})
	cases := []struct {
		query      string
		open, past []string
	}{
		{"", []string{"Checkout fails", "Checkout is slow"}, []string{"Search fails"}},
		{"q=fails", []string{"Checkout fails"}, []string{"Search fails"}},
		{"severity=SEV3", []string{"Checkout is slow"}, nil},
		{"status=resolved", nil, []string{"Search fails"}},
		{"status=investigating&severity=SEV1", []string{"Checkout fails"}, nil},
		{"service=search", nil, nil},
		{"status=nonsense", nil, nil},
	}
	for _, test := range cases {
		list := s.get(t, "/incidents?"+test.query)
		require.Equal(t, http.StatusOK, list.StatusCode)
		require.Equal(t, test.open, list.listed(t, "open"), test.query)
		require.Equal(t, test.past, list.listed(t, "past"), test.query)
	}
	list := s.get(t, "/incidents?status=resolved&q=fails")
	require.NotNil(t, find(list.root, func(n *html.Node) bool { return has(n, "selected") && textOf(n) == "resolved" }), "the choice stays visible")
	require.NotNil(t, find(list.root, func(n *html.Node) bool { return attribute(n, "value") == "fails" }))
}

func TestTheListHasPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range 45 {
		s.do(t, s.begin(t, fmt.Sprintf("incident %d", n+1), "SEV1"), muster, incident.Resolve{})
	}
	s.begin(t, "still open", "SEV1")

	var pages [][]string
	for path := "/"; path != ""; {
		page := s.get(t, path)
		pages = append(pages, page.listed(t, "past"))
		next := find(page.root, func(n *html.Node) bool { return attribute(n, "rel") == "next" })
		if len(pages) > 1 {
			require.NotContains(t, page.body, "still open", "later pages show what is over")
		}
		path = ""
		if next != nil {
			path = attribute(next, "href")
		}
	}

	require.Len(t, pages, 3)
	require.Equal(t, "incident 45", pages[0][0])
	require.Equal(t, "incident 1", pages[2][4])
}

func TestAnEmptyListTellsANewcomerWhereToBegin(t *testing.T) {
	t.Parallel()
	list := newSite(t).get(t, "/")
	require.Contains(t, list.text(t, "main"), "bin/muster drill")
	require.NotNil(t, find(list.root, func(n *html.Node) bool { return attribute(n, "href") == "/incidents/new" }))
}

func TestABrokenCursorIsAFriendlyPage(t *testing.T) {
	t.Parallel()
	answer := newSite(t).get(t, "/incidents?cursor=nonsense")
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	require.Contains(t, answer.text(t, "main"), "leave it out to start from the newest")
}

func TestAnIncidentIsDeclaredByHand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	action, fields := s.get(t, "/incidents/new").form(t, "declare")
	fields["title"], fields["service"], fields["severity"] = []string{"Checkout fails"}, []string{"checkout"}, []string{"SEV2"}
	fields["summary"], fields["you"] = []string{"Since three"}, []string{responder}

	for range 2 { // sent twice, declared once
		answer := s.post(t, action, fields)
		require.Equal(t, http.StatusSeeOther, answer.StatusCode, answer.body)
		require.Equal(t, "/incidents/INC-1", answer.Header.Get("Location"))
	}

	page := s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "header"), "Checkout fails Since three")
	require.Contains(t, page.text(t, "header"), "by Sample Responder")
	require.Equal(t, http.StatusNotFound, s.get(t, "/incidents/INC-2").StatusCode)
}

func TestARefusedDeclarationKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cases := []struct {
		name   string
		fields url.Values
		says   string
	}{
		{"no title", url.Values{"title": {" "}, "service": {"search"}, "severity": {"SEV3"}, "summary": {"Since three"}}, "Title must not be empty."},
		{"no severity", url.Values{"title": {"Odd"}, "service": {"search"}, "summary": {"Since three"}}, "is not one of SEV1"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			test.fields.Set("form", "declare")
			answer := s.post(t, "/incidents/new", test.fields, by(responder))
			require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode)
			require.Contains(t, answer.text(t, "main"), test.says)
			_, kept := answer.form(t, "declare")
			require.Equal(t, "Since three", kept.Get("summary"))
			require.Equal(t, test.fields.Get("severity"), kept.Get("severity"))
			selected := find(answer.root, func(n *html.Node) bool { return has(n, "selected") })
			require.Equal(t, "search", attribute(selected, "value"))
		})
	}
	nameless := s.post(t, "/incidents/new", url.Values{"form": {"declare"}, "title": {"Odd"}})
	require.Contains(t, nameless.text(t, "main"), "Say who you are")
	require.Contains(t, nameless.body, `value="Odd"`)
}
