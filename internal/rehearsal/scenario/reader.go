package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/rehearsal"

	"github.com/goccy/go-yaml/ast"
)

// reader reads parts of a YAML tree and remembers what is wrong with them. What cannot be
// read is reported once and comes back as the zero value.
type reader struct {
	file     string
	lines    []string
	findings Findings
}

func (r *reader) report(node ast.Node, format string, args ...any) {
	r.reportAt(placeOf(node), format, args...)
}

func (r *reader) reportAt(at Place, format string, args ...any) {
	f := Finding{File: r.file, Place: at, Message: fmt.Sprintf(format, args...)}
	if at.Line >= 1 && at.Line <= len(r.lines) {
		f.Excerpt = excerpt(r.lines[at.Line-1], at)
	}
	r.findings = append(r.findings, f)
}

// placeOf is where a node begins: a mapping at its first key.
func placeOf(node ast.Node) Place {
	switch n := node.(type) {
	case nil:
		return Place{Line: 1, Column: 1}
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return placeOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(n.Key)
	}
	if token := node.GetToken(); token != nil && token.Position != nil {
		return Place{Line: token.Position.Line, Column: token.Position.Column}
	}
	return Place{Line: 1, Column: 1}
}

// fields are the entries of a mapping, in their order.
type fields struct {
	node   ast.Node
	names  []string
	keys   map[string]ast.Node
	values map[string]ast.Node
}

func (f fields) has(name string) bool { return slices.Contains(f.names, name) }

// get returns the value of a key; nil where it is missing or empty.
func (f fields) get(name string) ast.Node {
	if _, empty := f.values[name].(*ast.NullNode); empty {
		return nil
	}
	return f.values[name]
}

// mapping reads a mapping whose keys are among those allowed; any, where none are given.
func (r *reader) mapping(node ast.Node, what string, allowed ...string) (fields, bool) {
	f := fields{node: node, keys: map[string]ast.Node{}, values: map[string]ast.Node{}}
	for _, entry := range r.entries(node) {
		name := r.text(entry.Key, "a key of "+what)
		switch {
		case f.has(name):
			r.report(entry.Key, "%s has %q twice", what, name)
		case len(allowed) > 0 && !slices.Contains(allowed, name):
			r.report(entry.Key, "%s has no %q; it takes %s", what, name, strings.Join(allowed, ", "))
		default:
			f.names = append(f.names, name)
			f.keys[name], f.values[name] = entry.Key, entry.Value
		}
	}
	if node != nil && len(r.entries(node)) == 0 {
		if _, empty := node.(*ast.MappingNode); !empty {
			r.report(node, "%s must be a mapping (key: value)", what)
			return f, false
		}
	}
	return f, node != nil
}

func (r *reader) entries(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	default:
		return nil
	}
}

// list reads a list; one that is missing is empty.
func (r *reader) list(node ast.Node, what string) []ast.Node {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		return n.Values
	default:
		r.report(node, "%s must be a list (- …)", what)
		return nil
	}
}

// some reads a list, or what stands in the place of a list of one.
func (r *reader) some(node ast.Node) []ast.Node {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		return n.Values
	default:
		return []ast.Node{node}
	}
}

// text reads a text; numbers, truths and times are taken as they are written.
func (r *reader) text(node ast.Node, what string) string {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value
	case *ast.MappingKeyNode:
		return r.text(n.Value, what)
	default:
		r.report(node, "%s must be a text", what)
		return ""
	}
}

func (r *reader) texts(node ast.Node, what string) []string {
	var all []string
	for _, n := range r.some(node) {
		all = append(all, r.text(n, what))
	}
	return all
}

// required reads a text that must be there.
func (r *reader) required(f fields, name, what string) string {
	text := strings.TrimSpace(r.text(f.get(name), name+" of "+what))
	if text == "" {
		r.report(f.node, "%s needs %s", what, name)
	}
	return text
}

func (r *reader) truth(node ast.Node, what string) bool {
	if b, ok := node.(*ast.BoolNode); ok {
		return b.Value
	}
	if node != nil {
		r.report(node, "%s must be true or false", what)
	}
	return false
}

func (r *reader) number(node ast.Node, what string) float64 {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		if n, err := strconv.ParseFloat(strings.ReplaceAll(node.GetToken().Value, "_", ""), 64); err == nil {
			return n
		}
	}
	r.report(node, "%s must be a number", what)
	return 0
}

func (r *reader) pattern(node ast.Node, what string) rehearsal.Pattern {
	p, err := rehearsal.NewPattern(strings.TrimSpace(r.text(node, what)))
	if err != nil {
		r.report(node, "%s", err)
	}
	return p
}

// weeksAndDays is what people write that Go's durations do not have.
var weeksAndDays = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`)

// maxDuration bounds a rehearsal: a year, and some days to look at what came of it.
const maxDuration = 400 * 24 * time.Hour

// ParseDuration reads "90s", "1h30m", "3d", "2w1d12h"; false if it is none of that kind.
func ParseDuration(text string) (time.Duration, bool) {
	parts := weeksAndDays.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} {
		if parts[i+1] != "" {
			n, err := strconv.Atoi(parts[i+1])
			if err != nil {
				return 0, false
			}
			d += time.Duration(n) * unit
		}
	}
	if parts[3] == "" {
		return d, true
	}
	rest, err := time.ParseDuration(parts[3])
	if err != nil || rest > maxDuration {
		return 0, false
	}
	return d + rest, true
}

// duration reads how long after the declaration something is, or how long it lasts.
func (r *reader) duration(node ast.Node, what string) time.Duration {
	if node == nil {
		return 0
	}
	text := strings.TrimSpace(r.text(node, what))
	d, ok := ParseDuration(text)
	switch {
	case !ok:
		r.report(node, "%s: %q is no duration; write 30s, 5m, 1h30m, 3d or 2w", what, text)
	case d < 0:
		r.report(node, "%s must not be negative", what)
	case d > maxDuration:
		r.report(node, "%s: %s is longer than a rehearsal may be, which is %s", what, text, FormatDuration(maxDuration))
	default:
		return d
	}
	return 0
}
