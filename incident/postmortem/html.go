package postmortem

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed postmortem.html
var page string

var pageTemplate = template.Must(template.New("postmortem").Parse(page))

// HTML sets the document as a complete fragment, an article element, to be placed
// into a page. html/template escapes everything that comes from the incident. An
// error says that the template does not fit the document, which the tests of this
// package rule out.
func HTML(d Document) (template.HTML, error) {
	var out strings.Builder
	if err := pageTemplate.Execute(&out, compose(d)); err != nil {
		return "", fmt.Errorf("setting the postmortem of %s as HTML: %w", d.ID, err)
	}
	// The template has escaped all of it.
	return template.HTML(out.String()), nil
}
