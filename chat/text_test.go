package chat_test

import (
	"strings"
	"testing"
	"time"

	"muster/chat"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestBoldIsWhatStandsBetweenAsterisks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]chat.Text{
		"":                      nil,
		"plain":                 {chat.Plain("plain")},
		"*bold*":                {chat.Bold("bold")},
		"a *bold one*, and *b*": {chat.Plain("a "), chat.Bold("bold one"), chat.Plain(", and "), chat.Bold("b")},
		"“*bold*”":              {chat.Plain("“"), chat.Bold("bold"), chat.Plain("”")},
		"2*3*4 is 24":           {chat.Plain("2*3*4 is 24")},
		"a * b * c":             {chat.Plain("a * b * c")},
		"*not\nover lines*":     {chat.Plain("*not\nover lines*")},
		"*\n*bold*":             {chat.Plain("*\n"), chat.Bold("bold")},
		"**twice**":             {chat.Plain("**twice**")},
		"****":                  {chat.Plain("****")},
		"é*x*":                  {chat.Plain("é*x*")},
		"*one* * *two*":         {chat.Bold("one"), chat.Plain(" * "), chat.Bold("two")},
		"_it_ `code` <!here>":   {chat.Plain("_it_ `code` <!here>")},
		"*<!channel>* & *a":     {chat.Bold("<!channel>"), chat.Plain(" & *a")},
	} {
		require.Equal(t, want, chat.Marked(text), text)
	}
}

func FuzzMarked(f *testing.F) {
	for _, text := range []string{"*a* b", "**", "a*b*c", "*a\n* *b", "\xff*\xfe*", strings.Repeat("* ", 50)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back strings.Builder
		for _, span := range chat.Marked(text) {
			require.NotEmpty(t, span.Text)
			require.Equal(t, chat.Span{Text: span.Text, Bold: span.Bold}, span, "no other markup comes of it")
			if span.Bold {
				require.NotContains(t, span.Text, "\n")
				back.WriteString("*" + span.Text + "*")
				continue
			}
			back.WriteString(span.Text)
		}
		require.Equal(t, text, back.String(), "nothing is lost")
	})
}

func TestACardCanBeReadAsText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.FixedZone("CET", 3600))
	card := chat.Card{Summary: "shown elsewhere", Parts: []chat.Part{
		{Heading: "Checkout fails"},
		{Body: chat.Text{chat.Bold("Now"), chat.Plain(" at "), chat.Moment(at), chat.Plain(", "), chat.Since(at), chat.Plain(" by "), chat.Mention(incident.Person{Name: "Sample Responder"})}},
		{Body: chat.Text{chat.Code("make"), chat.Plain(" "), chat.Linked("more", "https://example.com")}, Beside: &chat.Control{Label: "Do"}},
		{Fields: []chat.Field{{Label: "Severity", Text: chat.Line("SEV1")}, {Label: "Status", Text: chat.Line("identified")}}},
		{Aside: chat.Line("two\nlines")},
		{Controls: []chat.Control{{Label: "Press"}, {Label: "Choose", Options: []chat.Option{{Label: "a"}, {Label: "b"}}}}},
		{Divider: true},
		{Image: "https://example.com/a.png", ImageAlt: "a graph"},
		{},
	}}
	require.Equal(t, `# Checkout fails
*Now* at 2026-03-02 13:00 UTC, since 2026-03-02T13:00:00Z by @Sample Responder
`+"`make`"+` more <https://example.com>  [Do]
Severity: SEV1
Status: identified
> two
> lines
[Press] [Choose: a | b]
---
![a graph](https://example.com/a.png)`, card.String())
	require.Equal(t, "Now at 2026-03-02 13:00 UTC, 2026-03-02 13:00 UTC by Sample Responder", card.Parts[1].Body.String())
}
