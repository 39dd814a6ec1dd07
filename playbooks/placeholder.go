package playbooks

import (
	"strings"
	"unicode/utf8"
)

// Placeholders returns a text of a playbook as people read it before it is filled in: each
// ${…} is replaced by what shown makes of its expression. A text whose ${ is not closed
// stays as it is.
func Placeholders(text string, shown func(expression string) string) string {
	parts, err := splitText(text)
	if err != nil {
		return text
	}
	var b strings.Builder
	for _, part := range parts {
		if part.expression {
			b.WriteString(shown(part.text))
		} else {
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// shortExpression is how many characters of an expression are shown within a text.
const shortExpression = 48

// ShortPlaceholder stands for an expression within a text: ‹incident.service.name›. One that
// computes, or is long, is an ellipsis.
func ShortPlaceholder(expression string) string {
	expression = strings.TrimSpace(expression)
	if utf8.RuneCountInString(expression) > shortExpression || strings.ContainsAny(expression, "?&|\n") {
		return "‹…›"
	}
	return "‹" + strings.TrimPrefix(expression, "incident.") + "›"
}
