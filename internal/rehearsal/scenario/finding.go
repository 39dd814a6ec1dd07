package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Place is a position in a file; both numbers count from 1, a column is a character.
type Place struct{ Line, Column int }

// Finding is one mistake in a file of scenarios.
type Finding struct {
	File string
	Place
	// Message says what is wrong and what would be right.
	Message string
	// Excerpt is the line in question with a caret below the column; empty where the finding
	// is about no line.
	Excerpt string
}

// String returns the finding as a block of text: place and message, then the excerpt.
func (f Finding) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
	if f.Excerpt != "" {
		text += "\n" + f.Excerpt
	}
	return text
}

// Findings are what is wrong with a file of scenarios, in the order of its text.
type Findings []Finding

// Error lists every finding.
func (f Findings) Error() string {
	blocks := make([]string, len(f))
	for i, finding := range f {
		blocks[i] = finding.String()
	}
	return strings.Join(blocks, "\n\n")
}

// err returns the findings in the order of the text; nil if there are none.
func (f Findings) err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(f, func(a, b Finding) bool { return a == b })
}

// excerptWidth is how many characters of a long line an excerpt shows.
const excerptWidth = 100

// excerpt shows a line with a caret below the column. Characters that a terminal would act
// upon are replaced, each by one other.
func excerpt(line string, at Place) string {
	shown := []rune(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, line))
	caret := min(max(at.Column-1, 0), len(shown))
	if len(shown) > excerptWidth {
		from := min(max(caret-excerptWidth/2, 0), len(shown)-excerptWidth)
		shown, caret = shown[from:from+excerptWidth], caret-from
	}
	number := fmt.Sprint(at.Line)
	return fmt.Sprintf("  %s | %s\n  %s | %s^", number, strings.TrimRight(string(shown), " "),
		strings.Repeat(" ", len(number)), strings.Repeat(" ", caret))
}
