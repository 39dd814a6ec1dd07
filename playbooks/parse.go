package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// identifier is what roles, steps and hooks may be called: they are part of URLs, of
// keys at vendors and of expressions.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// Parse reads a playbook and checks all of it: unknown keys, every expression with
// its type, actions and their parameters, references between steps and to roles,
// cycles. The error is [Findings]. The same text always gives the same version.
//
// What a playbook refers to in others, because it extends or runs them or joins them, is
// checked when it is put together with them: by [Library.Load].
func Parse(file string, text []byte) (*Playbook, error) {
	p, findings := read(newDocument(file, string(text)))
	if len(findings) > 0 {
		return nil, findings
	}
	if err := p.check(surroundings{analyses: &analyses{}}).err(); err != nil {
		return nil, err
	}
	if err := p.Compile(); err != nil {
		return nil, Findings{p.origin.breaks(ruleExpression, "", "%s", err)}
	}
	return p, nil
}

// read takes a file as a playbook, without asking whether it makes sense.
func read(d *document) (*Playbook, Findings) {
	tree, findings := readYAML(d)
	if len(findings) > 0 {
		return nil, findings
	}
	body := tree.Docs[0].Body
	if findings := wrongValues(d, body); len(findings) > 0 {
		return nil, findings
	}
	// The parser has refused keys that stand there twice. What a merged mapping (<<) brings
	// may be written again after it.
	var p Playbook
	if err := sheltered(func() error {
		return yaml.NodeToValue(body, &p, yaml.Strict(), yaml.AllowDuplicateMapKey())
	}); err != nil {
		return nil, Findings{syntaxFinding(d, err)}
	}
	sum := sha256.Sum256([]byte(d.source))
	p.Version, p.Source = hex.EncodeToString(sum[:6]), d.source
	p.origin = place{d, "$"}
	for i := range p.Roles {
		p.Roles[i].origin = p.origin.at("roles", i)
	}
	for i := range p.Hooks {
		p.Hooks[i].origin = p.origin.at("hooks", i)
	}
	if p.Steps, findings = ungroup(d, p.Steps); len(findings) > 0 {
		return nil, findings
	}
	if findings := p.oversized(); len(findings) > 0 {
		return nil, findings
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
// be repeated. The condition for choosing the playbook is left out: it has been chosen.
func (p *Playbook) Compile() error {
	p.programs = programs{}
	var errs []error
	for _, e := range p.expressions() {
		if e.kind != selection {
			errs = append(errs, e.compile(p.programs))
		}
	}
	return errors.Join(errs...)
}

// expression is one place of a playbook that holds CEL.
type expression struct {
	place
	text string
	kind expressionKind
	// parts are what the author wrote, where the expression was put together from several.
	parts []expression
}

type expressionKind int

const (
	// condition is true or false: when, until, while.
	condition expressionKind = iota
	// text holds ${…}.
	text
	// selection is the condition for choosing a playbook.
	selection
)

func (e expression) compile(p programs) error {
	switch e.kind {
	case condition:
		return p.compileCondition(e.text)
	case selection:
		_, err := compileSelection(e.text)
		return err
	default:
		return p.compileText(e.text)
	}
}

// expressions returns every place that may hold CEL, without the empty ones.
func (p *Playbook) expressions() []expression {
	var all expressions
	all.add(p.origin.key("when"), p.When, selection)
	for _, s := range p.Steps {
		all.step(s)
	}
	for _, h := range p.Hooks {
		all.add(h.origin.key("title"), h.Title, text)
		all.add(h.origin.key("remind"), h.Remind, text)
		all.add(h.origin.key("when"), h.When, condition)
		all.parameters(h.origin, h.With)
	}
	return all
}

type expressions []expression

func (e *expressions) add(at place, written string, kind expressionKind) {
	if written != "" {
		*e = append(*e, expression{place: at, text: written, kind: kind})
	}
}

func (e *expressions) parameters(at place, with Parameters) {
	for _, name := range sortedKeys(with) {
		e.add(at.key("with").key(name), with[name], text)
	}
}

func (e *expressions) step(s Step) {
	at := s.origin.place
	e.add(at.key("title"), s.Title, text)
	e.add(at.key("instructions"), s.Instructions, text)
	e.add(at.key("expect"), s.Expect, text)
	for i, link := range s.Links {
		e.add(at.at("links", i).key("url"), link.URL, text)
	}
	if s.When != "" {
		var parts expressions
		parts.add(s.origin.group.key("when"), s.origin.groupWhen, condition)
		parts.add(at.key("when"), s.origin.when, condition)
		*e = append(*e, expression{place: at.key("when"), text: s.When, kind: condition, parts: parts})
	}
	e.parameters(at, s.With)
	if s.Wait != nil {
		e.add(at.key("wait").key("until"), s.Wait.Until, condition)
		if s.Wait.Metric != nil {
			e.add(at.key("wait").key("metric").key("query"), s.Wait.Metric.Query, text)
		}
	}
	if s.Repeat != nil {
		e.add(at.key("repeat").key("while"), s.Repeat.While, condition)
	}
}

func syntaxFinding(d *document, err error) Finding {
	at, message := position{1, 1}, err.Error()
	var placed yaml.Error
	if errors.As(err, &placed) && placed.GetToken() != nil {
		at = position{placed.GetToken().Position.Line, max(placed.GetToken().Position.Column, 1)}
		message = placed.GetMessage()
	}
	if m := unknownKey.FindStringSubmatch(message); m != nil {
		hint := didYouMean(m[1], "keys", keys())
		if slices.Contains(keys(), m[1]) {
			hint = "the language has such a key, in another place"
		}
		return d.finding(ruleUnknownKey, at, hint, fmt.Sprintf("there is no key %s here", m[1]))
	}
	if message, hint, ok := wrongType(message); ok {
		return d.finding(ruleInvalidValue, at, hint, message)
	}
	hint := ""
	if strings.Contains(message, "not allowed in this context") {
		hint = "a text with quotes, : or # in it stands best in '…', or below |-"
	}
	return d.finding(ruleSyntax, at, hint, message)
}

// wrongType says in people's words what the decoder says in Go's and YAML's: that a value is
// of another type than is needed at its place.
func wrongType(message string) (said, hint string, ok bool) {
	m := unmarshalled.FindStringSubmatch(message)
	if m == nil {
		m = usedWhere.FindStringSubmatch(message)
	}
	if m == nil {
		return "", "", false
	}
	is, needed := typeWords[m[1]], typeWords[strings.TrimPrefix(m[2], "*")]
	if is == "" || needed == "" {
		return "", "", false
	}
	return fmt.Sprintf("this is %s, and %s is needed here", is, needed), typeHints[needed], true
}

// How the decoder says it.
var (
	unmarshalled = regexp.MustCompile(`^cannot unmarshal (.+) into Go (?:struct field \S+|value) of type (\S+)$`)
	usedWhere    = regexp.MustCompile(`^(\w+) was used where (\w+) is expected$`)
)

var typeWords = map[string]string{
	"string": "a text", "bool": "true or false", "null": "nothing",
	"int": "a whole number", "int64": "a number", "uint64": "a number", "float64": "a number", "integer": "a number", "float": "a number",
	"[]interface": "a list", "[]interface {}": "a list", "sequence": "a list",
	"map[string]interface {}": "a mapping", "map[string]interface": "a mapping", "mapping": "a mapping",
}

var typeHints = map[string]string{
	"a list":         "write it in brackets, [one, two], or one to a line with a hyphen in front",
	"a mapping":      "write its keys: {key: value}; the reference of the language says which there are",
	"a whole number": "write digits alone: 10",
	"true or false":  "write true or false, without quotes",
}

// unknownKey is how the decoder says it.
var unknownKey = regexp.MustCompile(`^unknown field "(.+)"$`)

// keys are all keys that playbooks have, wherever.
func keys() []string {
	var all []string
	for _, t := range []reflect.Type{
		reflect.TypeFor[Playbook](), reflect.TypeFor[Role](), reflect.TypeFor[Step](), reflect.TypeFor[Hook](),
		reflect.TypeFor[Approval](), reflect.TypeFor[Option](), reflect.TypeFor[Wait](), reflect.TypeFor[Metric](),
		reflect.TypeFor[Repeat](), reflect.TypeFor[Timeout](), reflect.TypeFor[Retry](),
	} {
		for field := range t.Fields() {
			if key := field.Tag.Get("yaml"); key != "" && key != "-" && !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
	}
	return append(all, "url")
}
