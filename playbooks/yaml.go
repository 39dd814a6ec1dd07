package playbooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// UnmarshalYAML takes one trigger or a list of them.
func (t *Triggers) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		*t = Triggers{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*t = many
	return nil
}

// UnmarshalYAML takes texts, numbers and booleans, all as texts, and mappings of them, whose
// keys are appended to the parameter's name: "headers.Accept".
func (p *Parameters) UnmarshalYAML(unmarshal func(any) error) error {
	var raw map[string]any
	if err := unmarshal(&raw); err != nil {
		return err
	}
	*p = make(Parameters, len(raw))
	for name, value := range raw {
		if nested, ok := value.(map[string]any); ok {
			for key, value := range nested {
				if err := p.set(name+"."+key, value); err != nil {
					return err
				}
			}
		} else if err := p.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (p Parameters) set(name string, value any) error {
	if _, twice := p[name]; twice {
		return fmt.Errorf("the parameter %q is there twice", name)
	}
	switch v := value.(type) {
	case string, bool, int, int64, uint64:
		p[name] = fmt.Sprint(v)
	case float64:
		p[name] = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Errorf("the parameter %q must be a text", name)
	}
	return nil
}

// UnmarshalYAML takes "true", for an approval by anybody, or the keys of an [Approval].
func (a *Approval) UnmarshalYAML(unmarshal func(any) error) error {
	var plain bool
	if unmarshal(&plain) == nil {
		if !plain {
			return errors.New("approval is true, or says who approves (quorum, by); leave it out where nobody has to")
		}
		*a = Approval{}
		return nil
	}
	type keys Approval
	return unmarshal((*keys)(a))
}

// MarshalJSON writes an approval by anybody as true, as it always was.
func (a Approval) MarshalJSON() ([]byte, error) {
	if a.Quorum == 0 && len(a.By) == 0 {
		return []byte("true"), nil
	}
	type keys Approval
	return json.Marshal(keys(a))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Approval) UnmarshalJSON(text []byte) error {
	if string(text) == "true" {
		*a = Approval{}
		return nil
	}
	type keys Approval
	return json.Unmarshal(text, (*keys)(a))
}

func sortedKeys(m Parameters) []string { return slices.Sorted(maps.Keys(m)) }

// sheltered does something with the YAML library, which panics on some files that hardly
// anybody writes. A file must not end the process that reads it.
func sheltered(do func() error) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("this cannot be read as YAML: %v", caught)
		}
	}()
	return do()
}

// durations are the keys whose values are durations, wherever they stand outside of an
// action's parameters.
var durations = []string{"close_after", "after", "every", "for", "nudge", "escalate", "limit", "pause"}

// wrongValues finds what is no duration where one is needed, and parameters that are neither
// a text nor a mapping of texts. The decoder would find the first of them as well, but does
// not say where it is.
func wrongValues(d *document, body ast.Node) Findings {
	search := &valueSearch{document: d, anchors: map[string]ast.Node{}}
	search.visit(body)
	return search.findings
}

type valueSearch struct {
	*document
	anchors  map[string]ast.Node
	findings Findings
}

func (v *valueSearch) visit(node ast.Node) {
	switch n := v.resolve(node).(type) {
	case ast.MapNode:
		for entries := n.MapRange(); entries.Next(); {
			key, value := entries.Key().GetToken().Value, entries.Value()
			switch {
			case key == "with":
				v.parameters(value)
			case slices.Contains(durations, key):
				v.duration(value)
			case value.Type() != ast.AliasType:
				v.visit(value)
			}
		}
	case ast.ArrayNode:
		for entries := n.ArrayRange(); entries.Next(); {
			if entries.Value().Type() != ast.AliasType {
				v.visit(entries.Value())
			}
		}
	}
}

// resolve returns what stands behind anchors and aliases.
func (v *valueSearch) resolve(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		v.anchors[n.Name.GetToken().Value] = n.Value
		return v.resolve(n.Value)
	case *ast.AliasNode:
		return v.anchors[n.Value.GetToken().Value]
	default:
		return node
	}
}

func (v *valueSearch) duration(value ast.Node) {
	var written string
	switch n := v.resolve(value).(type) {
	case nil:
		return
	case ast.ScalarNode:
		written = fmt.Sprint(n.GetValue())
	default:
		written = n.String()
	}
	parsed, err := ParseDuration(written)
	if err != nil {
		v.findings = append(v.findings, nodeFinding(v.document, value, err.Error()))
		return
	}
	// The decoder knows Go's durations only. To be asked about each, as it offers, it would
	// write out the whole document every time.
	switch n := v.resolve(value).(type) {
	case *ast.StringNode:
		n.Value = parsed.String()
	case *ast.IntegerNode:
		n.Value = parsed.String()
	case *ast.LiteralNode:
		n.Value.Value = parsed.String()
	}
}

func (v *valueSearch) parameters(with ast.Node) {
	parameters, ok := v.resolve(with).(ast.MapNode)
	if !ok {
		return
	}
	for entries := parameters.MapRange(); entries.Next(); {
		name := entries.Key().GetToken().Value
		nested, ok := v.resolve(entries.Value()).(ast.MapNode)
		if !ok {
			v.parameter(name, entries.Key(), entries.Value())
			continue
		}
		for inner := nested.MapRange(); inner.Next(); {
			v.parameter(name+"."+inner.Key().GetToken().Value, inner.Key(), inner.Value())
		}
	}
}

func (v *valueSearch) parameter(name string, key, value ast.Node) {
	switch v.resolve(value).(type) {
	case nil, *ast.StringNode, *ast.LiteralNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
	case *ast.NullNode:
		v.findings = append(v.findings, nodeFinding(v.document, key, fmt.Sprintf("the parameter %q has no value; write \"\" for an empty text", name)))
	default:
		v.findings = append(v.findings, nodeFinding(v.document, value, fmt.Sprintf("the parameter %q must be a text", name)))
	}
}

// tokenFinding is one about a token.
func tokenFinding(d *document, at *token.Token, format string, args ...any) Finding {
	place := position{1, 1}
	if at != nil && at.Position != nil {
		place = position{at.Position.Line, max(at.Position.Column, 1)}
	}
	return d.finding(ruleInvalidValue, place, "", fmt.Sprintf(format, args...))
}
