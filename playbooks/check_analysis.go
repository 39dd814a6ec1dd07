package playbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// analysis is what can be said about an expression without knowing the playbook that it
// stands in. Offsets are characters of the expression.
type analysis struct {
	output *cel.Type
	// problems say why it cannot be used; then there is nothing else.
	problems   []problem
	references []reference
	// constant is the value of a condition that always has the same; nil for others.
	constant *bool
}

type problem struct {
	offset              int
	rule, message, hint string
}

// analyses keeps the analyses of one run: playbooks have many expressions in common.
type analyses struct {
	known sync.Map // of analysed, by analysisKey
}

type analysisKey struct {
	selection  bool
	expression string
}

func (a *analyses) of(kind expressionKind, expression string) *analysis {
	key := analysisKey{kind == selection, expression}
	if found, ok := a.known.Load(key); ok {
		if known, ok := found.(*analysis); ok {
			return known
		}
	}
	made := analyse(kind, expression)
	a.known.Store(key, made)
	return made
}

// analyse checks the types of an expression and reads what it refers to. It prepares
// nothing for an evaluation, which is what takes the time.
func analyse(kind expressionKind, expression string) *analysis {
	see := environment
	if kind == selection {
		see = selectionEnvironment
	}
	env, err := see()
	if err != nil {
		return &analysis{problems: []problem{{rule: ruleExpression, message: err.Error()}}}
	}
	compiled, issues := env.Compile(expression)
	if issues.Err() != nil {
		return &analysis{problems: explain(env, expression, issues)}
	}
	if found := costly(env, expression, compiled); found != nil {
		return &analysis{problems: []problem{*found}}
	}
	tree := compiled.NativeRep()
	r := referenceReader{info: tree.SourceInfo()}
	r.walk(tree.Expr())
	return &analysis{output: compiled.OutputType(), references: r.found, constant: constant(env, compiled, r)}
}

// constant evaluates a condition that looks at nothing.
func constant(env *cel.Env, compiled *cel.Ast, r referenceReader) *bool {
	if r.looks || !compiled.OutputType().IsExactType(cel.BoolType) {
		return nil
	}
	program, err := env.Program(compiled, cel.CostLimit(costLimit))
	if err != nil {
		return nil
	}
	value, _, err := program.Eval(cel.NoVars())
	if err != nil {
		return nil
	}
	holds := value == types.True
	return &holds
}

var (
	undefinedField = regexp.MustCompile(`^undefined field '(.+)'$`)
	undeclaredName = regexp.MustCompile(`^undeclared reference to '([^']+)'`)
	noOverload     = regexp.MustCompile(`^found no matching overload for '(.+)' applied to '(.+)'$`)
	badInput       = regexp.MustCompile(`(?s)^Syntax error: .*?(?:input|at:) '(.*?)'( expecting|$)`)
)

// syntaxHint is what most who cannot yet write CEL need.
const syntaxHint = `and is &&, or is ||, not is !, equal is ==, and texts stand in quotes`

// explain says what CEL found wrong as a person would, the first of several that follow
// from each other.
func explain(env *cel.Env, expression string, issues *cel.Issues) []problem {
	var problems []problem
	for _, found := range issues.Errors() {
		p := problem{rule: ruleExpression, message: found.Message, offset: offsetIn(expression, found.Location.Line(), found.Location.Column())}
		if m := undefinedField.FindStringSubmatch(found.Message); m != nil {
			p.rule = ruleUnknownName
			p.offset = nameAfter(expression, p.offset)
			p.message, p.hint = "there is no "+m[1], didYouMean(m[1], "fields", nil)
			if of, fields := fieldsOf(env, expression, found.ExprID); of != "" {
				p.message = fmt.Sprintf("%s has no %s", of, m[1])
				p.hint = didYouMean(m[1], "it has", fields)
			}
		} else if m := undeclaredName.FindStringSubmatch(found.Message); m != nil {
			p.rule, p.message = ruleUnknownName, "nothing is called "+m[1]
			if strings.HasPrefix(after(expression, p.offset), "(") {
				p.offset -= utf8.RuneCountInString(m[1])
				p.message, p.hint = "there is no function "+m[1], "the functions are those of CEL and of its extension for texts"
			} else {
				p.hint = didYouMean(m[1], "names", variablesOf(env))
			}
		} else if m := noOverload.FindStringSubmatch(found.Message); m != nil {
			p.message, p.hint = explainOverload(m[1], m[2])
		} else if strings.HasPrefix(found.Message, "Syntax error") {
			p.message, p.hint = "the expression cannot be understood", syntaxHint
			if m := badInput.FindStringSubmatch(found.Message); m != nil && m[1] == "<EOF>" {
				p.message = "the expression ends too early"
			} else if m != nil {
				p.message = fmt.Sprintf("the expression cannot be understood at %q", m[1])
			}
			return append(problems, p)
		}
		problems = append(problems, p)
	}
	if len(problems) == 0 {
		problems = append(problems, problem{rule: ruleExpression, message: issues.Err().Error()})
	}
	return problems
}

func explainOverload(function, arguments string) (message, hint string) {
	name := strings.Trim(strings.ReplaceAll(strings.ReplaceAll(function, "@", ""), "_", " "), " ")
	arguments = strings.ReplaceAll(arguments, "playbooks.", "")
	switch function {
	case operators.Equals, operators.NotEquals, operators.In,
		operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return fmt.Sprintf("%s cannot compare %s", name, arguments), "both sides must be of one type: string(…), int(…) and double(…) turn one into another"
	case operators.Add:
		return fmt.Sprintf("+ cannot join %s", arguments), "both sides must be of one type: string(…) makes a text of a number"
	}
	return fmt.Sprintf("%s cannot be used with %s", name, arguments), ""
}

// fieldsOf names what a missing field was looked for in, and the fields there are.
func fieldsOf(env *cel.Env, expression string, id int64) (of string, fields []string) {
	parsed, issues := env.Parse(expression)
	if issues.Err() != nil {
		return "", nil
	}
	tree := parsed.NativeRep()
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.ID() != id || e.Kind() != ast.SelectKind {
			return
		}
		operand, err := cel.ExprToString(e.AsSelect().Operand(), tree.SourceInfo())
		if err != nil {
			return
		}
		compiled, issues := env.Compile(operand)
		if issues.Err() != nil {
			return
		}
		of = operand
		fields, _ = env.CELTypeProvider().FindStructFieldNames(compiled.OutputType().TypeName())
	}))
	return of, fields
}

// variablesOf names what expressions can see.
func variablesOf(env *cel.Env) []string {
	var names []string
	for _, v := range env.Variables() {
		if v.Type().Kind() != types.TypeKind {
			names = append(names, v.Name())
		}
	}
	return names
}

// offsetIn turns CEL's position, whose lines count from 1 and columns from 0, into a
// number of characters.
func offsetIn(expression string, line, column int) int {
	offset := 0
	for rest := expression; line > 1; line-- {
		first, others, found := strings.Cut(rest, "\n")
		if !found {
			break
		}
		offset, rest = offset+utf8.RuneCountInString(first)+1, others
	}
	return max(0, offset+column)
}

// nameAfter is the offset of the name behind a dot.
func nameAfter(expression string, offset int) int {
	rest := after(expression, offset)
	return offset + utf8.RuneCountInString(rest) - utf8.RuneCountInString(strings.TrimLeft(rest, ".? \n\t"))
}

func after(expression string, offset int) string {
	runes := []rune(expression)
	return string(runes[min(offset, len(runes)):])
}

// gives says whether an expression's result is of one of the types that its place takes.
// What only the incident can tell is taken everywhere.
func (a *analysis) gives(wanted ...*cel.Type) bool {
	return a.output.IsExactType(cel.DynType) || slices.ContainsFunc(wanted, a.output.IsExactType)
}
