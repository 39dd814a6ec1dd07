package rehearsal

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern matches texts: a part of the text, or "/…/", a regular expression (RE2). The empty
// pattern matches everything.
type Pattern struct {
	text       string
	expression *regexp.Regexp
}

// NewPattern reads a pattern. The error says what is wrong with the expression.
func NewPattern(text string) (Pattern, error) {
	if len(text) < 2 || !strings.HasPrefix(text, "/") || !strings.HasSuffix(text, "/") {
		return Pattern{text: text}, nil
	}
	expression, err := regexp.Compile("(?s)" + text[1:len(text)-1])
	if err != nil {
		return Pattern{}, fmt.Errorf("%s is no regular expression: %s", text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return Pattern{text: text, expression: expression}, nil
}

// Matches says whether the text matches.
func (p Pattern) Matches(text string) bool {
	if p.expression != nil {
		return p.expression.MatchString(text)
	}
	return strings.Contains(text, p.text)
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }
