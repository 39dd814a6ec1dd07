package playbooks

import (
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// document is a file that playbooks are written in.
type document struct {
	file, source string
	// tree is the file as YAML. It is read again when a finding needs it, so that sound
	// playbooks do not keep it.
	tree func() *ast.File
	// layout is where its values stand, likewise.
	layout func() *layout
	// lines are for excerpts, also of a file that is too tangled for a layout.
	lines func() []string
}

// newDocument takes a file's text. The mark that some editors put at the beginning of UTF-8
// is no part of it.
func newDocument(file, text string) *document {
	text = strings.TrimPrefix(text, "\uFEFF")
	tree := sync.OnceValue(func() *ast.File {
		tree, err := parser.Parse(lexer.Tokenize(text), 0)
		if err != nil {
			return &ast.File{}
		}
		return tree
	})
	return &document{
		file: file, source: text, tree: tree,
		layout: sync.OnceValue(func() *layout { return newLayout(text, tree()) }),
		lines:  sync.OnceValue(func() []string { return strings.Split(text, "\n") }),
	}
}

// place is where something was written; the zero value for what was read back from JSON.
type place struct {
	in *document
	// path leads there in the file, as YAML paths do: "$.steps[2].when".
	path string
}

func (p place) key(name string) place { return place{p.in, p.path + "." + name} }

func (p place) at(key string, index int) place {
	return place{p.in, fmt.Sprintf("%s.%s[%d]", p.path, key, index)}
}

// breaks says which rule is broken at the place, and what to do.
func (p place) breaks(rule, hint, format string, args ...any) Finding {
	return p.in.finding(rule, p.in.layout().at(p.path), hint, fmt.Sprintf(format, args...))
}

// finding is one about a position.
func (d *document) finding(rule string, at position, hint, message string) Finding {
	return Finding{
		File: d.file, Line: at.line, Column: at.column, Severity: severityOf(rule), Rule: rule,
		Message: message, Hint: hint, Excerpt: excerpt(d.lines(), at),
	}
}

// origin is where a step was written, and what it has from its group.
type origin struct {
	place
	// group is where the group stands, groupWhen its condition, when the step's own.
	group           place
	groupWhen, when string
	// needs counts the step's own needs, which stand before those of its group.
	needs int
	// ownRole says that the role is not the group's.
	ownRole bool
}

// roleAt is the place of the step's role.
func (o origin) roleAt() place {
	if o.ownRole || o.group.in == nil {
		return o.key("role")
	}
	return o.group.key("role")
}

// need is the place of one of the step's needs.
func (o origin) need(n int) place {
	switch {
	case n < o.needs:
		return o.at("needs", n)
	case o.group.in != nil:
		return o.group.at("needs", n-o.needs)
	default:
		return o.place
	}
}
