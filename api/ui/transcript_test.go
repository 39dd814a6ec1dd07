package ui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// says keeps a message in the incident's channel.
func (s *site) says(t testing.TB, id incident.ID, number int, change func(*store.Said)) {
	t.Helper()
	m := store.Said{
		Incident: id, Ref: incident.MessageRef{ChannelID: "C1", ID: fmt.Sprintf("1700000000.%06d", number), URL: "https://chat.example.com/C1/p17"},
		Account: "U1", By: responder, At: s.clock.Now().Add(time.Duration(number) * time.Second), Text: fmt.Sprintf("message %d", number),
	}
	m.ChangedAt = m.At
	if change != nil {
		change(&m)
	}
	require.NoError(t, s.store.KeepSaid(t.Context(), m))
}

// talks has people talk in a channel, in words that are hard to show.
func (s *site) talks(t testing.TB, id incident.ID) {
	t.Helper()
	s.do(t, id, muster, incident.ReportPresence{Person: incident.Person{Name: responder, Email: "responder@example.com"}},
		incident.ReportPresence{Person: incident.Person{Name: "Second Responder"}})
	s.says(t, id, 1, nil)
	s.says(t, id, 2, func(m *store.Said) {
		m.Thread, m.Account, m.By = "1700000000.000001", "U2", "Second Responder"
		m.Text = "<@U1> see <#C2> and <@U9>: " + strings.Repeat("averylongword", 40) + "\n<script>alert(1)</script>"
		m.Files = []incident.File{
			{Name: strings.Repeat("graph", 30) + ".png", MediaType: "image/png", URL: "https://chat.example.com/files/graph.png"}, {Name: "notes.txt", URL: "javascript:alert(1)"},
		}
	})
	s.says(t, id, 3, func(m *store.Said) { m.Edited, m.Text = true, "mended" })
	s.says(t, id, 4, func(m *store.Said) { m.Deleted = true })
}

func TestAPageShowsWhatWasSaidInTheChannelAndWhoIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	quiet := s.get(t, "/incidents/INC-1")
	require.Empty(t, quiet.text(t, "transcript"), "nothing is kept")
	require.NotContains(t, quiet.text(t, "people"), "In the channel")

	s.talks(t, id)
	shown := s.get(t, "/incidents/INC-1")
	text := shown.text(t, "transcript")
	require.Contains(t, shown.text(t, "people"), "In the channel: Sample Responder, Second Responder")
	require.Contains(t, text, "@Sample Responder see #C2 and @U9:", "who is known is named")
	require.Contains(t, text, "<script>alert(1)</script>", "as text")
	require.Contains(t, text, "edited")
	require.Contains(t, text, "Deleted in the chat.")
	require.NotContains(t, text, "message 4")
	require.Contains(t, shown.body, `href="https://chat.example.com/files/graph.png"`)
	require.NotContains(t, shown.body, "javascript:")
}

func TestAPageShowsTheEndOfALongTranscriptUnlessAskedForAllOfIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	for n := range store.MaxSaid + 1 {
		s.says(t, id, n+1, nil)
	}
	text := s.get(t, "/incidents/INC-1").text(t, "transcript")
	require.Contains(t, text, "message 501")
	require.NotContains(t, text, "message 470 ")
	require.Contains(t, text, "Show what was said before")
	text = s.get(t, "/incidents/INC-1?transcript=all").text(t, "transcript")
	require.Contains(t, text, "message 470")
	require.Contains(t, text, "message 1")
	require.NotContains(t, text, "Show what was said before")
}
