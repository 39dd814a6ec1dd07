package playbooks

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of a playbook. They are far above what people write and read, and keep what
// nobody wrote by hand from taking a process with it. A playbook travels with its incident
// as one Temporal payload, of which two megabytes are allowed.
const (
	// MaxFileBytes bounds a file.
	MaxFileBytes = 256 << 10
	// MaxSteps, MaxHooks and MaxRoles bound a playbook, put together from all of its parts.
	MaxSteps = 200
	MaxHooks = 200
	MaxRoles = 30
	// MaxExpressionBytes bounds one condition, and one ${…}.
	MaxExpressionBytes = 4 << 10

	maxTokens      = 50_000
	maxNodes       = 50_000
	maxNesting     = 32
	maxExpressions = 2_000
	maxTitleRunes  = 200
	maxTextRunes   = 10_000
	maxListed      = 50
)

// readYAML takes a file as one YAML document of a bearable size.
func readYAML(d *document) (*ast.File, Findings) {
	if finding, ok := unreadable(d); ok {
		return nil, Findings{finding}
	}
	tokens := lexer.Tokenize(d.source)
	if finding, ok := tangled(d, tokens); ok {
		return nil, Findings{finding}
	}
	var tree *ast.File
	err := sheltered(func() (err error) {
		tree, err = parser.Parse(tokens, 0)
		return err
	})
	if err != nil {
		return nil, Findings{syntaxFinding(d, err)}
	}
	switch bodies := withBody(tree); {
	case len(bodies) == 0:
		return nil, Findings{d.finding(ruleSyntax, position{1, 1}, "one begins with its name: “name: …”", "the file holds no playbook")}
	case len(bodies) > 1:
		return nil, Findings{nodeFinding(d, bodies[1].Body, "a file holds one playbook, and here a second one begins; give it a file of its own")}
	default:
		tree.Docs = bodies
	}
	expansion := expansion{document: d, anchors: map[string]int{}, open: map[string]bool{}}
	expansion.size(tree.Docs[0].Body)
	return tree, expansion.findings
}

func withBody(tree *ast.File) []*ast.DocumentNode {
	var bodies []*ast.DocumentNode
	for _, document := range tree.Docs {
		if document.Body != nil && document.Body.Type() != ast.CommentType && document.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, document)
		}
	}
	return bodies
}

// unreadable says why a file is not looked into at all.
func unreadable(d *document) (Finding, bool) {
	finding := Finding{File: d.file, Line: 1, Column: 1, Severity: Error, Rule: ruleSyntax}
	if len(d.source) > MaxFileBytes {
		finding.Rule, finding.Hint = ruleLimit, "move long texts to where a link leads"
		finding.Message = fmt.Sprintf("the file has more than the %d KiB that a playbook may have", MaxFileBytes>>10)
		return finding, true
	}
	for i, r := range d.source {
		what := ""
		switch {
		case r == utf8.RuneError && strings.HasPrefix(d.source[i:], "\uFFFD"):
		case r == utf8.RuneError:
			what = "the file is not UTF-8 from here on; save it as UTF-8"
		case r == '\uFEFF', unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r):
			what = fmt.Sprintf("the character U+%04X cannot stand in a playbook", r)
		}
		if what != "" {
			before := d.source[:i]
			finding.Line = 1 + strings.Count(before, "\n")
			finding.Column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
			finding.Message = what
			return finding, true
		}
	}
	return finding, false
}

// tangled says that a file has more to it than anybody could follow: YAML is read by
// recursion, so this is asked before. The depth is that of flow brackets, and of the columns
// in which lists and mappings begin.
func tangled(d *document, tokens token.Tokens) (Finding, bool) {
	if len(tokens) > maxTokens {
		return tokenFinding(d, tokens[maxTokens], "the file has more than %d words and marks; that is no playbook for people", maxTokens), true
	}
	flow := 0
	var columns []int
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.DocumentHeaderType, token.DocumentEndType:
			columns = nil
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if flow > 0 {
				continue
			}
			column := t.Position.Column
			if t.Type == token.MappingValueType && i > 0 && tokens[i-1].Position.Line == t.Position.Line {
				column = tokens[i-1].Position.Column
			}
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, column)
		}
		if flow+len(columns) > maxNesting {
			return tokenFinding(d, t, "lists and mappings are nested more than %d deep here", maxNesting), true
		}
	}
	return Finding{}, false
}

// expansion counts what a document amounts to once every alias stands for its anchor.
type expansion struct {
	*document
	anchors  map[string]int
	open     map[string]bool
	findings Findings
}

// size returns the number of nodes, and finds what is without bounds.
func (e *expansion) size(node ast.Node) int {
	total := 1
	add := func(child ast.Node) {
		if len(e.findings) == 0 {
			total += e.size(child)
		}
	}
	switch n := node.(type) {
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		e.open[name] = true
		add(n.Value)
		delete(e.open, name)
		e.anchors[name] = total
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		size, known := e.anchors[name]
		switch {
		case e.open[name]:
			e.report(node, fmt.Sprintf("*%s stands within &%s, so it would contain itself", name, name))
		case !known:
			e.report(node, fmt.Sprintf("there is no &%s before this *%s", name, name))
		}
		total += size
	case *ast.TagNode:
		e.report(node, fmt.Sprintf("%s is a YAML tag, which means nothing in a playbook; put a text that begins with ! into quotes", n.Start.Value))
	case ast.MapNode:
		for entries, first := n.MapRange(), true; entries.Next(); first = false {
			if entries.Key().IsMergeKey() && !first {
				e.report(entries.Key(), "<< must stand first in its mapping; what is written after it counts")
			}
			add(entries.Key())
			add(entries.Value())
		}
	case ast.ArrayNode:
		for entries := n.ArrayRange(); entries.Next(); {
			add(entries.Value())
		}
	}
	if total > maxNodes && len(e.findings) == 0 {
		e.report(node, fmt.Sprintf("with every alias (*) filled in, this has more than %d parts", maxNodes))
	}
	return total
}

func (e *expansion) report(node ast.Node, message string) {
	e.findings = append(e.findings, nodeFinding(e.document, node, message))
}

// oversized says which parts of a playbook are larger than may be.
func (p *Playbook) oversized() Findings {
	var b bounds
	b.text(p.origin.key("description"), p.Description, maxTextRunes)
	b.count(p.origin.key("roles"), "roles", len(p.Roles), MaxRoles)
	b.count(p.origin.key("steps"), "steps", len(p.Steps), MaxSteps)
	b.count(p.origin.key("hooks"), "hooks", len(p.Hooks), MaxHooks)
	b.count(p.origin.key("remove"), "ids", len(p.Remove), MaxSteps+MaxHooks+MaxRoles)
	b.count(p.origin, "expressions", len(p.expressions()), maxExpressions)
	for _, r := range p.Roles {
		b.text(r.origin.key("title"), r.Title, maxTitleRunes)
		b.text(r.origin.key("duties"), r.Duties, maxTextRunes)
	}
	for _, s := range p.Steps {
		b.step(s)
	}
	for _, h := range p.Hooks {
		b.text(h.origin.key("title"), h.Title, maxTextRunes)
		b.text(h.origin.key("remind"), h.Remind, maxTextRunes)
		b.count(h.origin.key("on"), "triggers", len(h.On), maxListed)
		b.parameters(h.origin, h.With)
	}
	b.document(p)
	return Findings(b)
}

type bounds Findings

func (b *bounds) step(s Step) {
	at := s.origin.place
	b.text(at.key("title"), s.Title, maxTextRunes)
	b.text(at.key("instructions"), s.Instructions, maxTextRunes)
	b.text(at.key("expect"), s.Expect, maxTextRunes)
	b.count(at.key("needs"), "steps", len(s.Needs), maxListed)
	b.count(at.key("links"), "links", len(s.Links), maxListed)
	b.count(at.key("decide"), "options", len(s.Decide), maxListed)
	for i, o := range s.Decide {
		b.text(at.at("decide", i).key("title"), o.Title, maxTitleRunes)
	}
	for i, l := range s.Links {
		b.text(at.at("links", i).key("title"), l.Title, maxTitleRunes)
		b.text(at.at("links", i).key("url"), l.URL, maxTextRunes)
	}
	b.parameters(at, s.With)
}

func (b *bounds) parameters(at place, with Parameters) {
	b.count(at.key("with"), "parameters", len(with), maxListed)
	for _, name := range sortedKeys(with) {
		b.text(at.key("with").key(name), with[name], maxTextRunes)
	}
}

// document bounds the whole, which aliases make much longer than its file.
func (b *bounds) document(p *Playbook) {
	size, err := p.documentSize()
	switch {
	case err != nil:
		*b = append(*b, p.origin.breaks(ruleLimit, "", "the playbook cannot be written as JSON: %s", err))
	case size > maxDocumentBytes:
		*b = append(*b, p.origin.breaks(ruleLimit, "move long texts to where a link leads",
			"with every alias (*) filled in, and its text kept beside it, the playbook has %d KiB, and %d are allowed", size>>10, maxDocumentBytes>>10))
	}
}

func (b *bounds) text(at place, text string, runes int) {
	if len(text) > runes && utf8.RuneCountInString(text) > runes {
		*b = append(*b, at.breaks(ruleLimit, "", "this has %d characters, and %d are allowed", utf8.RuneCountInString(text), runes))
	}
}

func (b *bounds) count(at place, what string, count, most int) {
	if count > most {
		*b = append(*b, at.breaks(ruleLimit, "", "there are %d %s here, and %d are allowed", count, what, most))
	}
}

func nodeFinding(d *document, node ast.Node, message string) Finding {
	return tokenFinding(d, node.GetToken(), "%s", message)
}
