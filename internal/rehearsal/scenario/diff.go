package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// DiffLine is a line of the comparison between what was expected and what happened.
type DiffLine struct {
	// Sign is '-' for what was expected, '+' for what happened instead, and ' ' for what
	// happened around it.
	Sign byte
	// At is when, as people read it; Text what.
	At, Text string

	sort time.Duration
}

// shownLines bounds what a diff shows.
const shownLines = 14

// shownRunes bounds how much of a line's text a diff shows.
const shownRunes = 110

// row shows a line of what happened.
func row(sign byte, l Line) DiffLine {
	text := l.Kind
	if l.Event != "" {
		text = string(l.Event)
	}
	if l.To != "" && l.Kind != promptKind {
		text += " → " + l.To
	}
	text += ": " + oneLine(l.Text)
	if l.By != "" && l.By != "Muster" {
		text += " — " + l.By
	}
	return DiffLine{Sign: sign, At: FormatDuration(l.At), Text: text, sort: l.At}
}

func oneLine(text string) string {
	return incident.CutText(onOneLine(text), shownRunes)
}

// expected is the line that stands for what was expected.
func expected(e Expectation, what string) DiffLine {
	at := e.To
	if e.Open {
		at = e.From
	}
	return DiffLine{Sign: '-', At: strings.TrimPrefix(cmp.Or(e.when(), "any time"), "at "), Text: what, sort: at}
}

// assemble puts the lines in the order of their times, and leaves out what is far from what
// was expected if there are too many.
func assemble(lines []DiffLine, near time.Duration) []DiffLine {
	slices.SortStableFunc(lines, func(a, b DiffLine) int { return cmp.Compare(a.sort, b.sort) })
	for len(lines) > shownLines {
		// Whichever end is farther away goes, unless it was expected.
		first, last := lines[0], lines[len(lines)-1]
		if last.Sign == '-' || first.Sign != '-' && near-first.sort > last.sort-near {
			lines = lines[1:]
		} else {
			lines = lines[:len(lines)-1]
		}
	}
	return lines
}

// landmarks are the events by which people find their way in a timeline.
var landmarks = []incident.Kind{"declared", "acknowledged", "status_changed", "severity_changed", "resolved", "reopened", "cancelled", "merged", "closed", "step_failed"}

// around are the lines that explain what was or was not there.
func (j *judge) around(also func(Line) bool, isResult func(Line) bool) []DiffLine {
	var lines []DiffLine
	for _, l := range j.lines {
		switch {
		case isResult(l):
			lines = append(lines, row('+', l))
		case l.Kind == timelineKind && slices.Contains(landmarks, l.Event), l.Kind == string(rehearsal.VendorChanged),
			l.Kind == string(rehearsal.CommandRefused), also(l):
			lines = append(lines, row(' ', l))
		}
	}
	return lines
}

func never(Line) bool { return false }

// diffLine compares a line that was expected with those of its kind.
func (j *judge) diffLine(e Expectation, m Matcher) []DiffLine {
	lines := j.around(never, func(l Line) bool {
		return l.Kind == m.Kind && (m.Kind != timelineKind || m.Event != "" && l.Event == m.Event)
	})
	want := expected(e, m.String())
	return assemble(append(lines, want), want.sort)
}

// diffNever shows what must not have been.
func (j *judge) diffNever(e Expectation, m Matcher) []DiffLine {
	var first time.Duration
	lines := j.around(never, func(l Line) bool {
		found := m.matches(l) && e.includes(l.At, j.record.Length)
		if found && first == 0 {
			first = l.At
		}
		return found
	})
	return assemble(lines, first)
}

func (j *judge) diffOrder(e Expectation) []DiffLine {
	lines := j.around(never, func(l Line) bool {
		return slices.ContainsFunc(e.InOrder, func(m Matcher) bool { return m.matches(l) })
	})
	for i, m := range e.InOrder {
		lines = append(lines, DiffLine{Sign: '-', At: fmt.Sprintf("%d.", i+1), Text: m.String(), sort: -1})
	}
	return assemble(lines, 0)
}

// diffState compares a state with how it changed.
func (j *judge) diffState(e Expectation, m StateMatcher) []DiffLine {
	lines := j.around(func(l Line) bool { return m.Step != "" && l.Step == m.Step }, never)
	was := ""
	for i, s := range j.spans() {
		is := m.look(s.state)
		if is != was || i == 0 {
			lines = append(lines, DiffLine{Sign: '+', At: FormatDuration(s.at), Text: m.Subject + ": " + cmp.Or(is, "none"), sort: s.at})
		}
		was = is
	}
	want := expected(e, m.Subject+": "+negated(e, cmp.Or(m.Want, "none")))
	return assemble(append(lines, want), want.sort)
}

func (j *judge) aroundRefusal(entry rehearsal.Entry) []DiffLine {
	return assemble(j.around(never, never), entry.At)
}
