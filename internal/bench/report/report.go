// Package report tells what was measured: tables and what was aimed at, for a terminal or
// in Markdown for a document.
package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Report is one run.
type Report struct {
	// Command is the command line that makes the same run again.
	Command string
	// Began is when, and Took is how long.
	Began time.Time
	Took  time.Duration
	// Machine is where, as facts of a name and a text each.
	Machine  [][2]string
	Sections []Section
}

// Section is one part of the run.
type Section struct {
	Title string
	// About says what was measured, and how.
	About  []string
	Tables []Table
	Aims   []Aim
	// Notes are what the reader must know to trust the figures, or not to.
	Notes []string
}

// Table is figures. In each row the first cells are names, which stand left, and the others
// figures, which stand right.
type Table struct {
	Title string
	// Names counts the columns with names; 0 stands for one.
	Names   int
	Columns []string
	Rows    [][]string
}

// Aim is a figure that was promised, and what it is.
type Aim struct {
	What, Wanted, Measured string
	Reached                bool
}

// Missed counts aims that were not reached.
func (r Report) Missed() int {
	n := 0
	for _, section := range r.Sections {
		for _, aim := range section.Aims {
			if !aim.Reached {
				n++
			}
		}
	}
	return n
}

const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

// Text writes the report for a terminal, in colour where that is wanted.
func (r Report) Text(out io.Writer, colour bool) {
	style := func(code, text string) string {
		if !colour {
			return text
		}
		return code + text + plain
	}
	fmt.Fprintf(out, "\n%s\n\n", style(bold, "Muster under load"))
	for _, fact := range r.facts() {
		fmt.Fprintf(out, "  %-12s %s\n", fact[0], fact[1])
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\n%s\n", style(bold, s.Title))
		for _, line := range s.About {
			fmt.Fprintf(out, "%s\n", style(dim, line))
		}
		for _, table := range s.Tables {
			fmt.Fprintln(out)
			table.text(out, style)
		}
		if len(s.Aims) > 0 {
			fmt.Fprintln(out)
		}
		for _, aim := range s.Aims {
			mark := style(green, "✓")
			if !aim.Reached {
				mark = style(red, "✗")
			}
			fmt.Fprintf(out, "  %s %s: %s, aimed at %s\n", mark, aim.What, aim.Measured, aim.Wanted)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(out, "  %s\n", style(dim, note))
		}
	}
	fmt.Fprintf(out, "\n%s\n%s\n\n", style(dim, "Again: "+r.Command), r.verdict(style))
}

func (r Report) facts() [][2]string {
	return append([][2]string{
		{"Began", r.Began.UTC().Format("2006-01-02 15:04 MST")},
		{"Took", r.Took.Round(time.Second).String()},
	}, r.Machine...)
}

func (r Report) verdict(style func(code, text string) string) string {
	switch n := r.Missed(); n {
	case 0:
		return style(green, "Every aim is reached.")
	case 1:
		return style(red, "One aim is missed.")
	default:
		return style(red, fmt.Sprintf("%d aims are missed.", n))
	}
}

// text writes a table with its columns as wide as they need to be.
func (t Table) text(out io.Writer, style func(code, text string) string) {
	if t.Title != "" {
		fmt.Fprintf(out, "  %s\n", t.Title)
	}
	widths := make([]int, len(t.Columns))
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(row []string) string {
		cells := make([]string, len(row))
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < t.names() {
				cells[i] = cell + space
			} else {
				cells[i] = space + cell
			}
		}
		return strings.TrimRight("  "+strings.Join(cells, "  "), " ")
	}
	fmt.Fprintln(out, style(dim, line(t.Columns)))
	for _, row := range t.Rows {
		fmt.Fprintln(out, line(row))
	}
}

func (t Table) names() int { return cmp.Or(t.Names, 1) }

// Markdown writes the report for a document.
func (r Report) Markdown(out io.Writer) {
	fmt.Fprintf(out, "```sh\n%s\n```\n\n| | |\n| --- | --- |\n", r.Command)
	for _, fact := range r.facts() {
		fmt.Fprintf(out, "| %s | %s |\n", fact[0], fact[1])
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\n### %s\n", s.Title)
		if len(s.About) > 0 {
			fmt.Fprintf(out, "\n%s\n", strings.Join(s.About, "\n"))
		}
		for _, table := range s.Tables {
			fmt.Fprintln(out)
			table.markdown(out)
		}
		if len(s.Aims) > 0 {
			fmt.Fprint(out, "\n| aim | wanted | measured | |\n| --- | ---: | ---: | --- |\n")
		}
		for _, aim := range s.Aims {
			verdict := "reached"
			if !aim.Reached {
				verdict = "**missed**"
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", aim.What, aim.Wanted, aim.Measured, verdict)
		}
		if len(s.Notes) > 0 {
			fmt.Fprintln(out)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(out, "- %s\n", note)
		}
	}
}

func (t Table) markdown(out io.Writer) {
	if t.Title != "" {
		fmt.Fprintf(out, "%s:\n\n", t.Title)
	}
	fmt.Fprintf(out, "| %s |\n|", strings.Join(t.Columns, " | "))
	for i := range t.Columns {
		if i < t.names() {
			fmt.Fprint(out, " --- |")
		} else {
			fmt.Fprint(out, " ---: |")
		}
	}
	fmt.Fprintln(out)
	for _, row := range t.Rows {
		fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
	}
}
