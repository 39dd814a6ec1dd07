package ui_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

// contextThatTimedOut is a context of a request whose time is over, which a database
// answers with an error.
func contextThatTimedOut(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithDeadline(r.Context(), time.Unix(0, 0))
}

// listen opens a stream and returns a function that waits for its next event, and says
// which sections it names; it returns none when the stream has ended.
func (s *site) listen(t *testing.T, path string) (next func() []string) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	require.NoError(t, err)
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, response.Body.Close()) })
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	return func() []string {
		for lines.Scan() {
			if sections, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return strings.Split(sections, ",")
			}
			if lines.Text() == ": connected" {
				return []string{"connected"}
			}
		}
		return nil
	}
}

// liveAddress is where a page says its stream is.
func (a answer) liveAddress(t testing.TB) string {
	t.Helper()
	body := find(a.root, func(n *html.Node) bool { return n.Data == "body" })
	require.NotNil(t, body)
	return attribute(body, "data-live")
}

func TestTheStreamNamesTheSectionsThatChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	next := s.listen(t, s.get(t, "/incidents/INC-1").liveAddress(t))
	require.Equal(t, []string{"connected"}, next(), "the page is up to date")

	s.do(t, id, incident.PersonActor(responder), incident.AddNote{Text: "odd"})
	require.Equal(t, []string{"timeline"}, next())
	s.do(t, id, incident.PersonActor(responder), incident.AssignRole{Role: "scribe", User: responder})
	require.Equal(t, []string{"timeline", "people"}, next())
	s.do(t, id, incident.PersonActor(responder), incident.Acknowledge{})
	require.Equal(t, []string{"header", "next", "timeline", "people"}, next())
}

func TestTheStreamMakesUpForWhatHappenedBeforeItWasOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	address := s.get(t, "/incidents/INC-1").liveAddress(t)
	s.do(t, id, incident.PersonActor(responder), incident.AddNote{Text: "odd"})

	require.Contains(t, s.listen(t, address)(), "timeline")
}

func TestTheListFollowsAllIncidents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	next := s.listen(t, s.get(t, "/").liveAddress(t))
	require.Equal(t, []string{"connected"}, next())

	id := s.begin(t, "Checkout fails", "SEV2")
	require.Equal(t, []string{"open"}, next())
	s.do(t, id, muster, incident.Resolve{})
	require.Equal(t, []string{"open", "past"}, next())
}

func TestClosingEndsTheStreams(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	next := s.listen(t, "/incidents/live?seq=0")
	require.Equal(t, []string{"connected"}, next())
	s.Close()
	s.Close()
	require.Nil(t, next())
}

func TestSectionsAreSentToReplaceTheirNamesakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")

	answer := s.get(t, "/incidents/INC-1/sections?want=timeline,people,nonsense")

	require.Equal(t, http.StatusOK, answer.StatusCode)
	for _, id := range []string{"timeline", "people"} {
		require.Equal(t, "outerHTML", attribute(answer.element(t, id), "hx-swap-oob"))
	}
	require.NotContains(t, answer.body, `id="header"`)
	require.Contains(t, s.get(t, "/incidents/sections?want=open").text(t, "open"), "Checkout fails")
}
