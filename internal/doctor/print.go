package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Paint gives a text the look of a status, as colours on a terminal do. Nil leaves it as it
// is.
type Paint func(status Status, text string) string

// signs stand before findings.
var signs = map[Status]string{Fine: "✓", Note: "·", Warning: "!", Problem: "✗"}

// Print writes a report for people: a line for each finding with the sign of its status,
// below it what to mend, and at the end what it comes to. The error is the writer's.
func Print(w io.Writer, r Report, paint Paint) error {
	if paint == nil {
		paint = func(_ Status, text string) string { return text }
	}
	width := 0
	for _, section := range r.Sections {
		width = max(width, utf8.RuneCountInString(section.Area))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\nmuster doctor, version %s, %s\n\n", r.Version, r.CheckedAt.Format("2006-01-02 15:04:05 MST"))
	for _, section := range r.Sections {
		name := section.Area
		for _, finding := range section.Findings {
			fmt.Fprintf(&text, "  %s %-*s  %s\n", paint(finding.Status, signs[finding.Status]), width, name, finding.Text)
			if finding.Mend != "" {
				fmt.Fprintf(&text, "    %-*s  → %s\n", width, "", finding.Mend)
			}
			name = ""
		}
	}
	fmt.Fprintf(&text, "\n%s\n", verdict(r, paint))
	_, err := io.WriteString(w, text.String())
	return err
}

// verdict is what a report comes to.
func verdict(r Report, paint Paint) string {
	problems, warnings := r.Count(Problem), r.Count(Warning)
	switch {
	case problems > 0 && warnings > 0:
		return paint(Problem, counted(problems, "problem")+" to mend") + ", " + paint(Warning, counted(warnings, "warning")) + "."
	case problems > 0:
		return paint(Problem, counted(problems, "problem")+" to mend") + "."
	case warnings > 0:
		verb := "are"
		if warnings == 1 {
			verb = "is"
		}
		return "Nothing has to be mended; there " + verb + " " + paint(Warning, counted(warnings, "warning")) + " to look at."
	default:
		return paint(Fine, "All is well.")
	}
}
