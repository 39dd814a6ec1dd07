package playbooks

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// costLimit bounds one evaluation, in CEL's cost units. It is far above what a
// condition needs and stops an expression that loops over loops.
const costLimit = 100_000

// shareable makes an environment fit to be used by several goroutines at once: cel-go 0.33
// completes it, for its suggestions, when it first finds an unknown name, while others may be
// reading it.
func shareable(env *cel.Env, err error) (*cel.Env, error) {
	if err != nil {
		return nil, err
	}
	if _, issues := env.Compile("unknown"); issues.Err() == nil {
		return nil, errors.New("the environment of expressions knows the name “unknown”")
	}
	return env, nil
}

// environment is what all expressions are checked against.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return shareable(cel.NewEnv(
		ext.Strings(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
		ext.NativeTypes(ext.ParseStructTags(true),
			reflect.TypeFor[IncidentView](), reflect.TypeFor[ServiceView](), reflect.TypeFor[FallbackView](),
			reflect.TypeFor[EventView](), reflect.TypeFor[StepView](), reflect.TypeFor[FollowupView]()),
		cel.Variable("incident", cel.ObjectType("playbooks.IncidentView")),
		cel.Variable("event", cel.ObjectType("playbooks.EventView")),
		cel.Variable("step", cel.ObjectType("playbooks.StepView")),
		cel.Variable("followup", cel.ObjectType("playbooks.FollowupView")),
		cel.Variable("outputs", cel.MapType(cel.StringType, cel.MapType(cel.StringType, cel.DynType))),
		cel.Function("secret", cel.Overload("secret_name", []*cel.Type{cel.StringType}, cel.StringType, cel.UnaryBinding(placeholder))),
	))
})

func placeholder(name ref.Val) ref.Val {
	text, ok := name.Value().(string)
	if !ok {
		return types.NewErr("secret takes a text")
	}
	return types.String(SecretReference(text))
}

// onlySecrets removes from a text every reference to a secret but those to the ones that the
// expression itself names: no alert can ask for one by what it calls itself.
func onlySecrets(text string, named []string) string {
	if len(named) == 0 {
		return WithoutSecretReferences(text)
	}
	return secretReference.ReplaceAllStringFunc(text, func(reference string) string {
		if slices.Contains(named, secretReference.FindStringSubmatch(reference)[1]) {
			return reference
		}
		return WithoutSecretReferences(reference)
	})
}

// secretsIn names the secrets that an expression asks for, each of which must be written
// out.
func secretsIn(checked *cel.Ast) ([]string, error) {
	var names []string
	var err error
	celast.PostOrderVisit(checked.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.CallKind || e.AsCall().FunctionName() != "secret" {
			return
		}
		name, ok := e.AsCall().Args()[0].AsLiteral().(types.String)
		if !ok || !secretName.MatchString(string(name)) {
			err = errors.New("secret takes the name of a secret in quotes, of lower-case letters, digits and _")
			return
		}
		names = append(names, string(name))
	}))
	return names, err
}

var secretName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (s Scope) variables() map[string]any {
	return map[string]any{"incident": s.Incident, "event": s.Event, "step": s.Step, "followup": s.Followup, "outputs": s.Outputs}
}

// programs are the compiled expressions of a playbook, by their text.
type programs map[string]*program

// program is a compiled expression, with the secrets that it names.
type program struct {
	cel.Program
	secrets []string
	// lasting says that it gives the same from the declaration to the end.
	lasting bool
}

// compile checks one expression against the wanted kinds of result.
func (p programs) compile(expression string, wanted ...*cel.Type) error {
	key := compiledKey{expression, typeNames(wanted)}
	if program, known := compiled.get(key); known {
		p[expression] = program
		return nil
	}
	program, err := compileProgram(expression, wanted)
	if err != nil {
		return err
	}
	compiled.put(key, program)
	p[expression] = program
	return nil
}

// compiled remembers programs, which never change and keep nothing of an evaluation: a
// playbook is compiled for every incident that begins and whenever one is replayed, and
// compiling the built-in one takes ten milliseconds.
var compiled = compiledPrograms{programs: map[compiledKey]*program{}}

// compiledAtMost bounds the memory, some kB for each program: a hundred playbooks as long as
// the built-in one. Beyond it, all are forgotten, and compiled again when they are needed.
const compiledAtMost = 10_000

type compiledKey struct{ expression, wanted string }

type compiledPrograms struct {
	mu       sync.Mutex
	programs map[compiledKey]*program
}

func (c *compiledPrograms) get(key compiledKey) (*program, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	program, known := c.programs[key]
	return program, known
}

func (c *compiledPrograms) put(key compiledKey, program *program) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.programs) >= compiledAtMost {
		clear(c.programs)
	}
	c.programs[key] = program
}

func compileProgram(expression string, wanted []*cel.Type) (*program, error) {
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, celError(issues)
	}
	if !isOneOf(ast.OutputType(), wanted) {
		return nil, fmt.Errorf("the expression %q gives %s where %s is needed", expression, ast.OutputType(), typeNames(wanted))
	}
	secrets, err := secretsIn(ast)
	if err != nil {
		return nil, err
	}
	planned, err := env.Program(ast, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize), inOrder(ast), withinBounds())
	if err != nil {
		return nil, err
	}
	return &program{Program: planned, secrets: secrets, lasting: lasting(ast)}, nil
}

// compileCondition compiles an expression that must be true or false. None is always fine.
func (p programs) compileCondition(expression string) error {
	if expression == "" {
		return nil
	}
	return p.compile(expression, cel.BoolType)
}

// compileText compiles every ${…} of a text.
func (p programs) compileText(text string) error {
	parts, err := splitText(text)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.expression {
			if err := p.compile(part.text, cel.StringType, cel.IntType, cel.BoolType, cel.DoubleType); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds evaluates a condition; an empty one holds.
func (p programs) holds(expression string, scope Scope) (bool, error) {
	if expression == "" {
		return true, nil
	}
	value, err := p.eval(expression, scope)
	if err != nil {
		return false, err
	}
	holds, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("the expression %q gives %s where true or false is needed", expression, value.Type().TypeName())
	}
	return holds, nil
}

// text fills in every ${…}.
func (p programs) text(text string, scope Scope) (string, error) {
	parts, err := splitText(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, part := range parts {
		if !part.expression {
			b.WriteString(WithoutSecretReferences(part.text))
			continue
		}
		value, err := p.eval(part.text, scope)
		if err != nil {
			return "", err
		}
		filled, ok := value.ConvertToType(types.StringType).Value().(string)
		if !ok {
			return "", fmt.Errorf("the expression %q gives %s, which is no text", part.text, value.Type().TypeName())
		}
		b.WriteString(onlySecrets(filled, p[part.text].secrets))
	}
	return b.String(), nil
}

func (p programs) eval(expression string, scope Scope) (ref.Val, error) {
	program, ok := p[expression]
	if !ok {
		return nil, fmt.Errorf("the expression %q was not compiled", expression)
	}
	value, _, err := program.Eval(scope.variables())
	if err != nil {
		return nil, fmt.Errorf("evaluate %q: %w", expression, err)
	}
	return value, nil
}

type textPart struct {
	text       string
	expression bool
	// at is where an expression begins in the text, in bytes.
	at int
}

// splitText takes a text apart into what stands as it is and what stands in ${…}.
// Braces and quotes inside an expression are respected; $${ is a literal ${.
func splitText(text string) ([]textPart, error) {
	var parts []textPart
	var literal strings.Builder
	for rest := text; rest != ""; {
		start := strings.Index(rest, "${")
		if start < 0 {
			literal.WriteString(rest)
			break
		}
		if start > 0 && rest[start-1] == '$' {
			literal.WriteString(rest[:start-1] + "${")
			rest = rest[start+2:]
			continue
		}
		literal.WriteString(rest[:start])
		end := expressionEnd(rest[start+2:])
		if end < 0 {
			return nil, fmt.Errorf("the ${ in %q is not closed by a }", text)
		}
		if literal.Len() > 0 {
			parts = append(parts, textPart{text: literal.String()})
			literal.Reset()
		}
		parts = append(parts, textPart{text: rest[start+2 : start+2+end], expression: true, at: len(text) - len(rest) + start + 2})
		rest = rest[start+2+end+1:]
	}
	if literal.Len() > 0 {
		parts = append(parts, textPart{text: literal.String()})
	}
	return parts, nil
}

// expressionEnd finds the brace that closes an expression.
func expressionEnd(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}':
			return i
		}
	}
	return -1
}

// isOneOf also takes what only the evaluation can tell, such as a part of an output.
func isOneOf(t *cel.Type, wanted []*cel.Type) bool {
	if t.IsExactType(cel.DynType) {
		return true
	}
	for _, w := range wanted {
		if w.IsExactType(t) {
			return true
		}
	}
	return false
}

func typeNames(wanted []*cel.Type) string {
	names := make([]string, len(wanted))
	for i, w := range wanted {
		names[i] = w.String()
	}
	return strings.Join(names, " or ")
}

// celError keeps the first thing that CEL found wrong, in one line.
func celError(issues *cel.Issues) error {
	for _, found := range issues.Errors() {
		return errors.New(found.Message)
	}
	return issues.Err()
}
