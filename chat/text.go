package chat

import (
	"strings"
	"time"

	"muster/incident"
)

// Text is what is shown to people, in spans. A line break within a span is one on the
// screen.
type Text []Span

// Span is a piece of text of one kind. Just one of its kinds is set; a span with none but
// Text is plain.
type Span struct {
	// Text is what is written; for the other kinds, what is shown where a chat cannot show
	// them.
	Text string `json:"text"`
	// Bold and Code say how it is written.
	Bold bool `json:"bold,omitzero"`
	Code bool `json:"code,omitzero"`
	// Person is mentioned, and notified. Who is unknown to the chat is shown by name.
	Person incident.Person `json:"person,omitzero"`
	// URL makes the text a link. One that is no web address is left out, and the text stays.
	URL string `json:"url,omitzero"`
	// At is a moment, shown in the reader's own time zone.
	At time.Time `json:"at,omitzero"`
	// Ago shows At as how long ago it is, or how long until then, and goes on doing so
	// without being edited.
	Ago bool `json:"ago,omitzero"`
}

// Plain is text as it stands.
func Plain(text string) Span { return Span{Text: text} }

// Bold is text that stands out.
func Bold(text string) Span { return Span{Text: text, Bold: true} }

// Code is text in the type of machines.
func Code(text string) Span { return Span{Text: text, Code: true} }

// Mention names a person and notifies them.
func Mention(person incident.Person) Span { return Span{Text: person.Name, Person: person} }

// Linked is a link.
func Linked(title, url string) Span { return Span{Text: title, URL: url} }

// Moment is a time of day, with the date where that is not today.
func Moment(at time.Time) Span { return Span{Text: at.UTC().Format("2006-01-02 15:04 UTC"), At: at} }

// Since is how long ago a moment is.
func Since(at time.Time) Span {
	span := Moment(at)
	span.Ago = true
	return span
}

// Line is plain text as a whole.
func Line(text string) Text { return Text{Plain(text)} }

// String is the text without its markup.
func (t Text) String() string {
	var b strings.Builder
	for _, span := range t {
		b.WriteString(span.Text)
	}
	return b.String()
}
