package guide

import (
	"embed"
	"html/template"
	"strings"

	"muster/playbooks/diagram"
)

//go:embed guide.html guide.css
var files embed.FS

var page = template.Must(template.New("guide.html").Funcs(template.FuncMap{"count": count}).ParseFS(files, "guide.html"))

// HTML writes the guide as a page of its own, which loads nothing from anywhere: with the
// drawing, which [muster/playbooks/diagram.SVG] made, and the YAML of each part.
func HTML(g Guide, drawing string, sources ...Source) (string, error) {
	style, err := files.ReadFile("guide.css")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = page.Execute(&b, struct {
		Guide
		Style   template.CSS
		Drawing template.HTML
		Sources []Source
	}{
		g,
		//nolint:gosec // our own files
		template.CSS(string(style) + diagram.Tokens() + diagram.Stylesheet()),
		//nolint:gosec // package diagram escapes what is not its own
		template.HTML(drawing),
		sources,
	})
	return b.String(), err
}

// Source is the YAML of one playbook.
type Source struct {
	Name  string
	Lines [][]Token
}
