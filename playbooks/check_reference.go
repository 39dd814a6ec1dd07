package playbooks

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// referenceKind says what an expression refers to.
type referenceKind int

const (
	// toStep, toRole and toChoice look something up by the id in key.
	toStep referenceKind = iota
	toRole
	toChoice
	// toOutput takes the output called value from the step in key.
	toOutput
	// toValue compares what subject names with the text in value.
	toValue
	// toName uses the variable in key.
	toName
	// toSecret asks for the secret called key; an empty one is computed.
	toSecret
)

// reference is something that an expression relies on and the playbook has to have.
type reference struct {
	kind    referenceKind
	key     string
	subject string
	value   string
	offset  int
}

// lookups are the maps of the incident, by ids that a playbook gives.
var lookups = map[string]referenceKind{
	"incident.steps": toStep, "incident.roles": toRole, "incident.choices": toChoice, "outputs": toOutput,
}

// referenceReader reads the references out of a checked expression.
type referenceReader struct {
	info  *ast.SourceInfo
	found []reference
	// looks is true once the expression looks at anything outside of itself.
	looks bool
}

func (r *referenceReader) add(kind referenceKind, key string, at ast.Expr) {
	r.found = append(r.found, reference{kind: kind, key: key, offset: r.start(at)})
}

// start is where an expression begins. Of one that selects a field, CEL says where the dot
// is.
func (r *referenceReader) start(e ast.Expr) int {
	switch e.Kind() {
	case ast.SelectKind:
		return r.start(e.AsSelect().Operand())
	case ast.CallKind:
		if call := e.AsCall(); len(call.Args()) > 0 && isOperator(call.FunctionName()) {
			return r.start(call.Args()[0])
		}
	}
	span, _ := r.info.GetOffsetRange(e.ID())
	return int(span.Start)
}

func isOperator(function string) bool {
	return function == operators.Index || function == operators.OptIndex || function == operators.OptSelect
}

func (r *referenceReader) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		r.looks = true
		if name := e.AsIdent(); name == "event" || name == "step" || name == "followup" {
			r.add(toName, name, e)
		}
	case ast.SelectKind:
		r.readLookup(e)
		r.walk(e.AsSelect().Operand())
	case ast.CallKind:
		call := e.AsCall()
		r.readLookup(e)
		r.readCall(call)
		if call.IsMemberFunction() {
			r.walk(call.Target())
		}
		r.walkAll(call.Args())
	case ast.ListKind:
		r.walkAll(e.AsList().Elements())
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walkAll([]ast.Expr{entry.AsMapEntry().Key(), entry.AsMapEntry().Value()})
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		r.walkAll([]ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()})
	}
}

func (r *referenceReader) walkAll(all []ast.Expr) {
	for _, e := range all {
		r.walk(e)
	}
}

// readLookup notes a lookup by an id that stands there as a text. What is looked up by
// something computed cannot be judged.
func (r *referenceReader) readLookup(e ast.Expr) {
	of, key, ok := member(e)
	if !ok {
		return
	}
	name := literal(key)
	if kind, known := lookups[chain(of)]; known && kind != toOutput {
		r.found = append(r.found, reference{kind: kind, key: name, offset: r.keyStart(e, key)})
		return
	}
	if outer, step, ok := member(of); ok && lookups[chain(outer)] == toOutput && chain(outer) != "" {
		r.found = append(r.found, reference{kind: toOutput, key: literal(step), value: name, offset: r.keyStart(e, key)})
	}
}

// keyStart is where the key of a lookup stands: a text, or a field behind its dot.
func (r *referenceReader) keyStart(e, key ast.Expr) int {
	span, found := r.info.GetOffsetRange(key.ID())
	if key.ID() == e.ID() || !found {
		span, _ = r.info.GetOffsetRange(e.ID())
		return int(span.Start) + 1
	}
	return int(span.Start)
}

// readCall notes comparisons with texts, and secrets.
func (r *referenceReader) readCall(call ast.CallExpr) {
	args := call.Args()
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		r.compare(args[0], args[1])
		r.compare(args[1], args[0])
	case operators.In:
		if kind, known := lookups[chain(args[1])]; known && isLiteral(args[0]) && kind != toOutput {
			r.add(kind, literal(args[0]), args[0])
		}
		if args[1].Kind() == ast.ListKind {
			for _, element := range args[1].AsList().Elements() {
				r.compare(args[0], element)
			}
		}
	case secretFunction:
		r.looks = true
		if len(args) == 1 && isLiteral(args[0]) {
			r.add(toSecret, literal(args[0]), args[0])
		} else if len(args) == 1 {
			r.add(toSecret, "", args[0])
		}
	}
}

func (r *referenceReader) compare(subject, with ast.Expr) {
	if !isLiteral(with) {
		return
	}
	found := reference{kind: toValue, subject: chain(subject), value: literal(with), offset: r.start(with)}
	if of, key, ok := member(subject); ok {
		if _, known := lookups[chain(of)]; known {
			found.subject, found.key = chain(of), literal(key)
		}
	}
	if found.subject != "" {
		r.found = append(r.found, found)
	}
}

// member takes apart x["key"], x[?"key"], x.key and x.?key. For a plain field, the key is
// the expression itself.
func member(e ast.Expr) (of, key ast.Expr, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		return e.AsSelect().Operand(), e, true
	case ast.CallKind:
		if call := e.AsCall(); isOperator(call.FunctionName()) && isLiteral(call.Args()[1]) {
			return call.Args()[0], call.Args()[1], true
		}
	}
	return nil, nil, false
}

// chain is what an expression names, "incident.service.name"; empty for others.
func chain(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if of := chain(e.AsSelect().Operand()); of != "" {
			return of + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

func isLiteral(e ast.Expr) bool {
	if e.Kind() != ast.LiteralKind {
		return false
	}
	_, text := e.AsLiteral().(types.String)
	return text
}

// literal is the text that an expression stands for: itself, or the field it selects.
func literal(e ast.Expr) string {
	if e.Kind() == ast.SelectKind {
		return e.AsSelect().FieldName()
	}
	if text, ok := e.AsLiteral().(types.String); ok {
		return string(text)
	}
	return ""
}
