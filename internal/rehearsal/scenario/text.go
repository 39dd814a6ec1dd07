package scenario

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Style colours a text: '-' as what was expected, '+' as what happened, 'P' as passed, 'F' as
// failed, ' ' as unimportant. Nil leaves all as it is.
type Style func(as byte, text string) string

// WriteText writes the results of a file in the manner of go test. Verbose lists every
// scenario.
func WriteText(w io.Writer, r FileResult, verbose bool, style Style) error {
	if style == nil {
		style = func(_ byte, text string) string { return text }
	}
	t := &textReport{style: style}
	for _, s := range r.Scenarios {
		t.scenario(r, s, verbose)
	}
	took := formatTook(r.Took)
	switch {
	case r.Problem != nil:
		t.printf("%s\n%s\t%s\t[not run]\n", r.Problem, style('F', "FAIL"), r.Name)
	case r.Failed():
		t.printf("%s\n%s\t%s\t%s\n", style('F', "FAIL"), style('F', "FAIL"), r.Name, took)
	case len(r.Scenarios) == 0:
		t.printf("%s  \t%s\t%s\n", style('P', "ok"), r.Name, style(' ', "[no scenarios to run]"))
	default:
		t.printf("%s  \t%s\t%s\t%s\n", style('P', "ok"), r.Name, count(len(r.Scenarios), "scenario"), took)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

type textReport struct {
	strings.Builder
	style Style
}

func (t *textReport) printf(format string, args ...any) { fmt.Fprintf(&t.Builder, format, args...) }

func (t *textReport) scenario(file FileResult, r Result, verbose bool) {
	name := label(file, r.Scenario)
	if verbose {
		t.printf("=== RUN   %s\n", name)
	}
	switch {
	case r.Failed():
		t.printf("%s: %s (%s)\n", t.style('F', "--- FAIL"), name, formatTook(r.Took))
		if r.Problem != nil {
			t.printf("%s\n", indent(r.Problem.Error()))
		}
		for _, f := range r.Failures {
			t.printf("    %s:%d:%d: %s\n", file.Path, f.Line, f.Column, f.Message)
			t.diff(f.Diff)
		}
	case verbose:
		t.printf("%s: %s (%s in %s)\n", t.style('P', "--- PASS"), name, FormatDuration(r.Record.Length.Round(time.Second)), formatTook(r.Took))
	}
}

// diff writes the comparison, times aligned.
func (t *textReport) diff(lines []DiffLine) {
	if len(lines) == 0 {
		return
	}
	t.printf("        %s\n        %s\n", t.style('-', "--- expected"), t.style('+', "+++ what happened"))
	width := 0
	for _, l := range lines {
		width = max(width, len(l.At))
	}
	for _, l := range lines {
		t.printf("        %s\n", t.style(l.Sign, strings.TrimRight(fmt.Sprintf("%c %-*s  %s", l.Sign, width, l.At, l.Text), " ")))
	}
}

func indent(text string) string {
	return strings.ReplaceAll("    "+strings.ReplaceAll(text, "\n", "\n    "), "\n    \n", "\n\n")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func formatTook(d time.Duration) string { return d.Round(time.Millisecond).String() }
