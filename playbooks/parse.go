package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/printer"
)

// identifier is what roles, steps and hooks may be called: they are part of URLs, of
// keys at vendors and of expressions.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// Parse reads a playbook and checks all of it: unknown keys, every expression with
// its type, actions and their parameters, references between steps and to roles,
// cycles. The error is [Findings]. The same text always gives the same version.
func Parse(file string, text []byte) (*Playbook, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, Findings{syntaxFinding(file, err)}
	}
	if findings := durationFindings(file, tree); len(findings) > 0 {
		return nil, findings
	}
	var p Playbook
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
		return nil, Findings{syntaxFinding(file, err)}
	}
	sum := sha256.Sum256(text)
	p.Version, p.Source = hex.EncodeToString(sum[:6]), string(text)
	c := checker{file: file, tree: tree, source: string(text), playbook: &p}
	c.check()
	if len(c.findings) > 0 {
		return nil, c.findings
	}
	return &p, nil
}

// Decode reads a playbook that was written as JSON, and compiles it.
func Decode(document []byte) (*Playbook, error) {
	var p Playbook
	if err := json.Unmarshal(document, &p); err != nil {
		return nil, fmt.Errorf("read playbook: %w", err)
	}
	if err := p.Compile(); err != nil {
		return nil, err
	}
	return &p, nil
}

// Compile prepares the expressions of a playbook that was read back from JSON. It may
// be repeated.
func (p *Playbook) Compile() error {
	p.programs = programs{}
	var errs []error
	for _, e := range p.expressions() {
		errs = append(errs, e.compile(p.programs))
	}
	return errors.Join(errs...)
}

// expression is one place of a playbook that holds CEL.
type expression struct {
	path string
	text string
	// condition is true for when:, false for a text with ${…}.
	condition bool
}

func (e expression) compile(p programs) error {
	if e.condition {
		return p.compileCondition(e.text)
	}
	return p.compileText(e.text)
}

func (p *Playbook) expressions() []expression {
	var all []expression
	add := func(path, text string, condition bool) {
		if text != "" {
			all = append(all, expression{path, text, condition})
		}
	}
	with := func(path string, parameters Parameters) {
		for _, name := range sortedKeys(parameters) {
			add(path+".with."+name, parameters[name], false)
		}
	}
	for i, s := range p.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		add(path+".title", s.Title, false)
		add(path+".instructions", s.Instructions, false)
		add(path+".when", s.When, true)
		with(path, s.With)
	}
	for i, h := range p.Hooks {
		path := fmt.Sprintf("$.hooks[%d]", i)
		add(path+".title", h.Title, false)
		add(path+".remind", h.Remind, false)
		add(path+".when", h.When, true)
		with(path, h.With)
	}
	return all
}

// durationFindings finds what is no duration where one is needed. The decoder would find
// the first as well, but does not say where it is.
func durationFindings(file string, tree *ast.File) Findings {
	search := &durationSearch{file: file}
	for _, document := range tree.Docs {
		if document.Body != nil {
			ast.Walk(search, document.Body)
		}
	}
	return search.findings
}

type durationSearch struct {
	file     string
	findings Findings
}

// Visit implements [ast.Visitor].
func (d *durationSearch) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if !ok || !slices.Contains([]string{"close_after", "after", "every"}, pair.Key.String()) {
		return d
	}
	token := pair.Value.GetToken()
	if _, err := time.ParseDuration(token.Value); err != nil {
		d.findings = append(d.findings, Finding{
			File: d.file, Line: token.Position.Line, Column: token.Position.Column,
			Message: fmt.Sprintf("%q is no duration; write 30s, 15m, 1h or 1h30m", token.Value),
			Excerpt: excerpt(pair.Value),
		})
	}
	return d
}

// excerpt shows the lines around a node with a caret.
func excerpt(node ast.Node) string {
	var printer printer.Printer
	return printer.PrintErrorToken(node.GetToken(), false)
}

func syntaxFinding(file string, err error) Finding {
	finding := Finding{File: file, Line: 1, Column: 1, Message: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		position := at.GetToken().Position
		finding.Line, finding.Column = position.Line, position.Column
		finding.Message = at.GetMessage()
		_, finding.Excerpt, _ = strings.Cut(yaml.FormatError(err, false, true), "\n")
	}
	return finding
}
