package scenario

import (
	"fmt"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Expectation is what must come of an incident, within a span of its time.
type Expectation struct {
	Place
	// From and To bound the span, both included. Instant says that they are one moment, of
	// which a state is asked; Open that the scenario names no end.
	From, To      time.Duration
	Instant, Open bool
	// Never says that none of it may come.
	Never bool
	// Times is how often each of Lines must come; -1 for at least once.
	Times int
	// Lines must come, in any order; InOrder one after another.
	Lines   []Matcher
	InOrder []Matcher
	// States must hold: at the instant, or at some moment of the span.
	States []StateMatcher
}

// Matcher matches a line of what happened.
type Matcher struct {
	Place
	// Kind is what sort of line it is: "page", "message", "timeline".
	Kind string
	// Text, To and By match parts of the line.
	Text, To, By rehearsal.Pattern
	// Event is the kind of event, where Kind is "timeline".
	Event incident.Kind
}

func (m Matcher) matches(l Line) bool {
	return m.Kind == l.Kind && (m.Event == "" || m.Event == l.Event) &&
		(m.Text.Matches(l.Text) || m.Text.Matches(onOneLine(l.Text))) && m.To.Matches(l.To) && m.By.Matches(l.By)
}

// onOneLine is a text as a diff shows it, from which people copy.
func onOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// String says what is matched: page "SEV2 storage" to "POPS".
func (m Matcher) String() string {
	var b strings.Builder
	b.WriteString(m.Kind)
	if m.Event != "" {
		fmt.Fprintf(&b, " %s", m.Event)
	}
	for _, part := range []struct {
		word    string
		pattern rehearsal.Pattern
	}{{"", m.Text}, {"to ", m.To}, {"by ", m.By}} {
		if part.pattern.String() != "" {
			fmt.Fprintf(&b, " %s%q", part.word, part.pattern.String())
		}
	}
	return b.String()
}

// StateMatcher matches how the incident stands at a moment.
type StateMatcher struct {
	Place
	// Subject is what is looked at: "status", "step check".
	Subject string
	// Want is what it should be.
	Want string
	// Step is the step or decision meant; empty for other subjects.
	Step string
	// look returns what it is.
	look func(s incident.State) string
}

func (m StateMatcher) holds(s incident.State) bool { return m.look(s) == m.Want }

// when says what span is meant, as people say it.
func (e Expectation) when() string {
	switch {
	case e.Instant:
		return "at " + FormatDuration(e.From)
	case e.Open && e.From == 0:
		return ""
	case e.Open:
		return "after " + FormatDuration(e.From)
	case e.From == 0:
		return "by " + FormatDuration(e.To)
	default:
		return fmt.Sprintf("between %s and %s", FormatDuration(e.From), FormatDuration(e.To))
	}
}
