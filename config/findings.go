package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Finding is one mistake in a catalogue file.
type Finding struct {
	// File is the name of the file as it was given to Load or Parse.
	File string
	// Line and Column count from 1; a column is a character, not a byte.
	Line, Column int
	// Message says what is wrong.
	Message string
	// Hint says what to mend; it may be empty.
	Hint string
	// Excerpt is the line in question with a caret below the column, for a
	// terminal with a fixed-width font. It is empty when the finding is about the
	// file as a whole, which stands as line 1, column 1.
	Excerpt string
}

// String returns the finding as a block of text without a final newline:
// place and message, the excerpt, the hint.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
	if f.Excerpt != "" {
		b.WriteString("\n" + f.Excerpt)
	}
	if f.Hint != "" {
		b.WriteString("\n  hint: " + f.Hint)
	}
	return b.String()
}

// Findings are all the mistakes found in a catalogue, in the order of the file.
// As an error it is never empty.
type Findings []Finding

// findingsShown is how many findings Error prints. Whoever has more of them has
// the wrong file, or will mend these first.
const findingsShown = 30

// Error returns one block per finding, separated by an empty line.
func (f Findings) Error() string {
	var blocks []string
	for _, finding := range f[:min(len(f), findingsShown)] {
		blocks = append(blocks, finding.String())
	}
	if more := len(f) - findingsShown; more > 0 {
		blocks = append(blocks, fmt.Sprintf("%d more findings in %s are not shown", more, f[0].File))
	}
	return strings.Join(blocks, "\n\n")
}

// place is a position in a source; both numbers count from 1. The zero value is
// the file as a whole.
type place struct {
	line, column int
}

// source is a file that is being read, and what was found wrong with it.
type source struct {
	name     string
	lines    []string
	findings Findings
	noted    map[Finding]bool
}

func newSource(name, content string) *source {
	return &source{name: name, lines: strings.Split(content, "\n"), noted: map[Finding]bool{}}
}

// report notes a finding. The same mistake at the same place is noted once,
// since a block that is used through several YAML aliases is read several times.
func (s *source) report(at place, hint, format string, args ...any) {
	finding := s.finding(at, hint, fmt.Sprintf(format, args...))
	if !s.noted[finding] {
		s.noted[finding] = true
		s.findings = append(s.findings, finding)
	}
}

func (s *source) finding(at place, hint, message string) Finding {
	finding := Finding{File: s.name, Line: 1, Column: 1, Message: message, Hint: hint}
	if at != (place{}) {
		finding.Line, finding.Column = min(at.line, len(s.lines)), at.column
		finding.Excerpt = excerpt(s.lines[finding.Line-1], finding.Line, finding.Column)
	}
	return finding
}

// err returns the findings in the order of the file, or nil when there are none.
func (s *source) err() error {
	if len(s.findings) == 0 {
		return nil
	}
	slices.SortStableFunc(s.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return s.findings
}

// excerptWidth is how many characters of a long line an excerpt shows.
const excerptWidth = 100

// excerpt shows line with a caret below the column. Characters that a terminal
// would act upon are replaced, each by one other, so that the caret stays right.
func excerpt(line string, number, column int) string {
	if line == "" {
		return ""
	}
	shown := []rune(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, line))
	caret := min(column-1, len(shown))
	if len(shown) > excerptWidth {
		start := min(max(caret-excerptWidth/2, 0), len(shown)-excerptWidth)
		shown, caret = shown[start:start+excerptWidth], caret-start
	}
	return fmt.Sprintf("  %d | %s\n  %*s | %s^",
		number, strings.TrimRight(string(shown), " "),
		len(strconv.Itoa(number)), "", strings.Repeat(" ", caret))
}
