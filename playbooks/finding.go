package playbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is.
type Severity string

// The severities of findings.
const (
	// Error keeps a playbook from being followed: something in it cannot work.
	Error Severity = "error"
	// Warning is about something that works, but most likely not as was meant.
	Warning Severity = "warning"
	// Note is worth a look.
	Note Severity = "note"
)

// Finding is one mistake, with its place.
type Finding struct {
	File string `json:"file"`
	// Line and Column count from 1; a column is a character, not a byte.
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	Severity Severity `json:"severity"`
	// Rule is the id of the [Rule] that was broken.
	Rule string `json:"rule"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Hint says what to do; it may be empty.
	Hint string `json:"hint,omitzero"`
	// Excerpt shows the lines around the place with a caret. It is empty where the place
	// is no line of the file.
	Excerpt string `json:"excerpt,omitzero"`
}

// String returns the finding as a block of text: place and message, the excerpt, the hint.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Severity != Error {
		fmt.Fprintf(&b, "%s: ", f.Severity)
	}
	fmt.Fprintf(&b, "%s [%s]", f.Message, f.Rule)
	if f.Excerpt != "" {
		b.WriteString("\n" + f.Excerpt)
	}
	if f.Hint != "" {
		b.WriteString("\n  hint: " + f.Hint)
	}
	return b.String()
}

// Findings are what is wrong with a playbook, in the order of its text, or with several
// files, one file after another.
type Findings []Finding

// Error lists every finding, each with its place and an excerpt.
func (f Findings) Error() string {
	blocks := make([]string, len(f))
	for i, finding := range f {
		blocks[i] = finding.String()
	}
	return strings.Join(blocks, "\n\n")
}

// Count says how many findings have a severity.
func (f Findings) Count(severity Severity) int {
	n := 0
	for _, finding := range f {
		if finding.Severity == severity {
			n++
		}
	}
	return n
}

// Errors are the findings that keep a playbook from being followed.
func (f Findings) Errors() Findings {
	return slices.DeleteFunc(slices.Clone(f), func(finding Finding) bool { return finding.Severity != Error })
}

// err returns the errors among the findings, or nil if there are none.
func (f Findings) err() error {
	if errs := f.Errors(); len(errs) > 0 {
		return errs
	}
	return nil
}

// sorted brings findings into the order of their texts, and drops what was said twice.
func (f Findings) sorted() Findings {
	slices.SortStableFunc(f, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(f)
}
