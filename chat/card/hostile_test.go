package card_test

import (
	"strings"
	"testing"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

// hostile is what an alert or a person may have written.
var hostile = []string{
	"<!channel> <@U0123456789> <https://evil.example.com|click>", "*bold* _italic_ `code` ~gone~ > quote",
	"\u202eright to left\u202c", strings.Repeat("long ", 5000), "", "\x00\xff\xfe", "line\nbreak\n\n\n# heading", "|||", "&amp;&lt;",
}

// possessed has a text wherever one can come from outside.
func possessed(text string) incident.State {
	s := underway()
	s.Title, s.Summary, s.Update, s.Resolution = text, text, text, text
	s.Service.Name, s.Service.Team, s.DeclaredBy.Name, s.AcknowledgedBy.Name = text, text, text, text
	s.Service.Runbooks = []incident.Link{{Title: text, URL: "javascript:" + text}}
	s.Channel.Name = text
	for i := range s.Alerts {
		s.Alerts[i].Name, s.Alerts[i].Annotations, s.Alerts[i].URL = text, map[string]string{"summary": text + "!"}, text
	}
	for i := range s.Steps {
		s.Steps[i].Title, s.Steps[i].Error, s.Steps[i].Instructions, s.Steps[i].Assignee, s.Steps[i].Until = text, text, text, text, text
	}
	for i := range s.Roles {
		s.Roles[i].Title = text
	}
	for i := range s.Followups {
		s.Followups[i].Title, s.Followups[i].Owner, s.Followups[i].Ticket.Status = text, text, text
	}
	return s
}

func TestWhatOthersHaveWrittenIsPlainAndBounded(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		s := possessed(text)
		all := events()
		for i := range all {
			all[i].Fact, all[i].Actor.Name = incident.NoteAdded{Body: text}, text
		}
		require.Less(t, len(card.Draft(s, all)), 12_000)
		for _, c := range []chat.Card{
			card.Brief(s, s.Outlook(), pages, links), card.Announcement(s, pages), card.Status(s, pages), card.Steps(s, pages),
			card.List("Open "+text, []incident.State{s}, true, pages), card.Followups(s, began, pages), card.Timeline(s, all, 0, pages),
			card.Digest(card.Day{Since: began, Until: began, Open: []incident.State{s}, Resolved: []incident.State{s}, Overdue: []card.OverdueFollowup{{Incident: s.ID, Followup: s.Followups[1]}}}, pages),
			card.Help("/incident", text, []card.Topic{{Usage: text, Does: text}}),
			card.Private(s, "Severity changed", pages),
		} {
			require.NotEmpty(t, c.Summary)
			require.NotContains(t, c.Summary, "\n")
			for _, part := range c.Parts {
				requireHarmless(t, part, text)
			}
		}
	}
}

// requireHarmless makes sure that a part has just one thing in it, and mentions nobody but who
// holds a role or is on call.
func requireHarmless(t *testing.T, part chat.Part, text string) {
	t.Helper()
	set := 0
	for _, there := range []bool{
		part.Heading != "", len(part.Body) > 0, len(part.Fields) > 0, len(part.Aside) > 0, len(part.Controls) > 0, part.Divider, part.Image != "",
	} {
		if there {
			set++
		}
	}
	require.Equal(t, 1, set, "%+v", part)
	require.NotContains(t, part.Heading, "\n")
	spans := append(part.Body, part.Aside...)
	for _, f := range part.Fields {
		require.NotEmpty(t, f.Label)
		spans = append(spans, f.Text...)
	}
	for _, span := range spans {
		if !span.Person.IsZero() {
			require.Contains(t, []incident.Person{one, two}, span.Person, "for %q", text)
		}
	}
	for _, c := range part.Controls {
		require.NotEmpty(t, c.Act)
		require.LessOrEqual(t, len([]rune(c.Label)), 250)
	}
}
