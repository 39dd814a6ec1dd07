package config

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxSizeBytes bounds a catalogue file. A thousand services take less than half
// of it; anything larger is some other file.
const maxSizeBytes = 1 << 20

// reader walks a YAML document and takes it apart by the shape that the caller
// expects, noting every mistake. A decoder into structs would stop at the first
// one and forget where the values stood.
type reader struct {
	*source
	aliases map[*ast.AliasNode]ast.Node
}

// text is a scalar and where it stands. The zero value means that it is absent.
type text struct {
	value string
	at    place
}

func (t text) given() bool { return t.at.line > 0 }

// newReader parses content and returns a reader and the document's root, which
// is nil when the document is empty or could not be parsed.
func newReader(name string, content []byte) (*reader, ast.Node) {
	// Line ends and the byte order mark are an editor's business, not a mistake.
	plain := strings.TrimPrefix(strings.ReplaceAll(string(content), "\r\n", "\n"), "\ufeff")
	r := &reader{source: newSource(name, plain), aliases: map[*ast.AliasNode]ast.Node{}}
	if len(content) > maxSizeBytes {
		r.report(place{}, "check that this is the right file", "the file is larger than %d MiB", maxSizeBytes>>20)
		return r, nil
	}
	for i, line := range r.lines {
		if !utf8.ValidString(line) {
			at := place{line: i + 1, column: utf8.RuneCountInString(strings.ToValidUTF8(line, "")) + 1}
			r.report(at, "save the file as UTF-8", "the line is not valid UTF-8")
			return r, nil
		}
	}
	// Duplicate keys are found while reading, so that one does not hide the rest.
	file, err := parser.ParseBytes([]byte(plain), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.reportSyntax(err)
		return r, nil
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		r.report(placeOf(file.Docs[1].Body), "keep one document: remove what follows the line ---",
			"a catalogue is one YAML document, and here a second one begins")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return r, nil
	}
	root := file.Docs[0].Body
	ast.Walk(&anchorVisitor{reader: r, anchors: map[string]ast.Node{}}, root)
	return r, root
}

func (r *reader) reportSyntax(err error) {
	const hint = "check the indentation, the colons, the brackets and the quotes here and above"
	var located yaml.Error
	if !errors.As(err, &located) || located.GetToken() == nil {
		r.report(place{}, hint, "this is not valid YAML: %v", err)
		return
	}
	position := located.GetToken().Position
	at := place{position.Line, position.Column}
	if strings.Contains(located.GetMessage(), "\t") {
		r.report(at, "indent with spaces", "this is not valid YAML: a tab cannot stand here")
		return
	}
	r.report(at, hint, "this is not valid YAML: %s", located.GetMessage())
}

// anchorVisitor finds what each alias stands for: the nearest anchor of that
// name that is complete before it. An anchor is thus never part of itself, and
// following aliases always comes to an end.
type anchorVisitor struct {
	*reader
	anchors map[string]ast.Node
}

// Visit implements ast.Visitor.
func (v *anchorVisitor) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.AnchorNode:
		ast.Walk(v, n.Value)
		v.anchors[nameOf(n.Name)] = n.Value
		return nil
	case *ast.AliasNode:
		target, ok := v.anchors[nameOf(n.Value)]
		if !ok {
			v.report(placeOf(n), "define it with & above this line, or write the value itself",
				"no anchor is named %q before this place", nameOf(n.Value))
			return nil
		}
		v.aliases[n] = target
		return nil
	}
	return v
}

// nameOf returns the name in an anchor or an alias.
func nameOf(node ast.Node) string {
	if node == nil || node.GetToken() == nil {
		return ""
	}
	return node.GetToken().Value
}

// placeOf returns where a node begins. A mapping's own token is its first colon,
// so for that the first key tells.
func placeOf(node ast.Node) place {
	if mapping, ok := node.(ast.MapNode); ok {
		if entries := mapping.MapRange(); entries.Next() && entries.Key() != nil {
			node = entries.Key()
		}
	}
	if node == nil || node.GetToken() == nil {
		return place{}
	}
	position := node.GetToken().Position
	return place{position.Line, position.Column}
}

// resolve takes anchors, aliases and comments away from a node. It returns nil
// for nothing and for a null, which is how YAML reads a key without a value.
func (r *reader) resolve(node ast.Node) ast.Node {
	for {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			node = r.aliases[n]
		case *ast.TagNode:
			r.report(placeOf(n), "remove the tag; put a text in quotes where its type matters", "YAML tags have no meaning here")
			node = n.Value
		case *ast.NullNode, nil:
			return nil
		default:
			return node
		}
	}
}

// entry is a key of a mapping and its value.
type entry struct {
	key   text
	value ast.Node
}

// mapping is a YAML mapping whose keys are all known and different.
type mapping struct {
	at      place
	entries []entry
	// misspelt are the known keys that unknown ones were taken for. They do not
	// count as missing.
	misspelt []string
}

// get returns the value of a key, or nil.
func (m mapping) get(key string) ast.Node {
	for _, e := range m.entries {
		if e.key.value == key {
			return e.value
		}
	}
	return nil
}

// lacks tells whether a mapping has nothing under a key, neither a value nor a
// mistake: no entry, or an empty list or mapping.
func (r *reader) lacks(m mapping, key string) bool {
	if slices.Contains(m.misspelt, key) {
		return false
	}
	if alias, ok := m.get(key).(*ast.AliasNode); ok && r.aliases[alias] == nil {
		return false // told already, as an anchor that is missing
	}
	switch n := r.resolve(m.get(key)).(type) {
	case nil:
		return true
	case *ast.SequenceNode:
		return len(n.Values) == 0
	case ast.MapNode:
		return !n.MapRange().Next()
	}
	return false
}

// mapping reads a mapping with the known keys; without any, all keys are good.
// The subject names it in messages, as in "a service".
func (r *reader) mapping(node ast.Node, subject string, known ...string) (mapping, bool) {
	node = r.resolve(node)
	if node == nil {
		return mapping{}, false
	}
	m := mapping{at: placeOf(node)}
	if _, ok := node.(ast.MapNode); !ok {
		r.report(m.at, "write it as key: value lines", "%s must be a mapping, not %s", subject, kindOf(node))
		return mapping{}, false
	}
	r.collect(&m, node, subject, known, false)
	return m, true
}

// collect adds the entries of node to m. Those that come by a merge key (<<)
// yield to those that are there already.
func (r *reader) collect(m *mapping, node ast.Node, subject string, known []string, merged bool) {
	var merges []ast.Node
	own := map[string]place{}
	entries := node.(ast.MapNode).MapRange()
	for entries.Next() {
		if entries.Key().IsMergeKey() {
			merges = append(merges, entries.Value())
			continue
		}
		key, ok := r.key(entries.Key())
		if !ok {
			continue
		}
		if first, twice := own[key.value]; twice {
			r.report(key.at, "remove one of the two", "%q is here a second time; the first is in line %d", key.value, first.line)
			continue
		}
		own[key.value] = key.at
		if len(known) > 0 && !slices.Contains(known, key.value) {
			r.report(key.at, didYouMean(key.value, "known keys", known), "%s has no key %q", subject, key.value)
			if meant, ok := nearest(key.value, known); ok {
				m.misspelt = append(m.misspelt, meant)
			}
			continue
		}
		if merged && slices.ContainsFunc(m.entries, func(e entry) bool { return e.key.value == key.value }) {
			continue
		}
		m.entries = append(m.entries, entry{key: key, value: entries.Value()})
	}
	for _, merge := range merges {
		r.merge(m, merge, subject, known)
	}
}

func (r *reader) merge(m *mapping, node ast.Node, subject string, known []string) {
	switch n := r.resolve(node).(type) {
	case nil:
	case ast.MapNode:
		r.collect(m, n.(ast.Node), subject, known, true)
	case *ast.SequenceNode:
		for _, value := range n.Values {
			r.merge(m, value, subject, known)
		}
	default:
		r.report(placeOf(n), "write <<: *anchor, where the anchor is a mapping", "only a mapping can be merged, not %s", kindOf(n))
	}
}

func (r *reader) key(node ast.MapKeyNode) (text, bool) {
	if scalar, ok := node.(ast.ScalarNode); ok {
		switch scalar.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			return text{value: scalar.GetToken().Value, at: placeOf(node)}, true
		}
	}
	r.report(placeOf(node), "write the key as plain text", "a key must be a plain text")
	return text{}, false
}

// list reads a list and returns what is in it. An entry with nothing in it is a
// mistake: something was about to be written there.
func (r *reader) list(node ast.Node, subject string) []ast.Node {
	node = r.resolve(node)
	if node == nil {
		return nil
	}
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		r.report(placeOf(node), "begin each entry with a dash, or write [one, two]", "%s must be a list, not %s", subject, kindOf(node))
		return nil
	}
	return slices.DeleteFunc(slices.Clone(sequence.Values), func(value ast.Node) bool {
		if _, null := value.(*ast.NullNode); !null {
			return false
		}
		r.report(placeOf(value), "write the entry or remove its dash", "the list of %s has an empty entry", subject)
		return true
	})
}

// text reads a text that is not empty, without white space around it. A number
// or a truth value is refused, since YAML would change how it is written.
func (r *reader) text(node ast.Node, subject string) text {
	t := r.scalar(node, subject)
	switch n := r.resolve(node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		r.report(t.at, `write it in quotes: "`+t.value+`"`, "%s must be a text, not %s", subject, kindOf(n))
		return text{}
	}
	t.value = strings.TrimSpace(t.value)
	if t.given() && t.value == "" {
		r.report(t.at, "write a value or remove the key", "%s is empty", subject)
		return text{}
	}
	return t
}

// scalar reads any single value as it is written in the file.
func (r *reader) scalar(node ast.Node, subject string) text {
	node = r.resolve(node)
	switch n := node.(type) {
	case nil:
		return text{}
	case *ast.LiteralNode:
		return text{value: n.Value.Value, at: placeOf(n)}
	case *ast.StringNode:
		return text{value: n.Value, at: placeOf(n)}
	case ast.ScalarNode:
		return text{value: n.GetToken().Value, at: placeOf(n)}
	}
	r.report(placeOf(node), "write a single value", "%s must be a single value, not %s", subject, kindOf(node))
	return text{}
}

// truth reads true or false; absent is false.
func (r *reader) truth(node ast.Node, subject string) bool {
	switch n := r.resolve(node).(type) {
	case nil:
		return false
	case *ast.BoolNode:
		return n.Value
	default:
		r.report(placeOf(n), "write true or false", "%s must be true or false, not %s", subject, kindOf(n))
		return false
	}
}

// kindOf names what a node is, in words.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return "a text"
}
