package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
)

// check says everything about a playbook that can be said in these surroundings.
func (p *Playbook) check(around surroundings) Findings {
	outline, complete := around.outline(p)
	c := checker{
		document: p.origin.in, surroundings: around, playbook: p,
		outline: outline, complete: complete, chosen: map[string]bool{},
	}
	c.checkPlaybook()
	c.checkRoles()
	c.checkSteps()
	c.checkHooks()
	c.checkWays()
	c.checkFallback()
	return c.findings.sorted()
}

type checker struct {
	*document
	surroundings
	playbook *Playbook
	findings Findings
	// outline has the roles, steps and hooks of everything that the playbook builds on, and
	// its own. If complete is false, there may be more, in playbooks that are not known here.
	outline  *Playbook
	complete bool
	// chosen are the decisions whose choice expressions look at.
	chosen map[string]bool
}

// report adds a finding about the value at a path.
func (c *checker) report(rule, path, hint, format string, args ...any) {
	c.reportAt(rule, c.layout().at(path), hint, format, args...)
}

// reportKey adds a finding about a key.
func (c *checker) reportKey(rule, path, hint, format string, args ...any) {
	c.reportAt(rule, c.layout().atKey(path), hint, format, args...)
}

func (c *checker) reportAt(rule string, at position, hint, format string, args ...any) {
	c.findings = append(c.findings, c.finding(rule, at, hint, fmt.Sprintf(format, args...)))
}

func (c *checker) checkPlaybook() {
	p := c.playbook
	switch {
	case p.Name == "":
		c.report(ruleMissing, "$", "name: what routes and people call it", "a playbook needs a name")
	case !identifier.MatchString(p.Name):
		c.report(ruleInvalidID, "$.name", identifierHint, "%q cannot be a playbook's name", p.Name)
	}
	c.atLeast("$.close_after", p.CloseAfter, 0)
	c.condition("$.when", p.When, selection, site{})
	if len(p.Remove) > 0 && p.Extends == "" {
		c.reportKey(ruleComposition, "$.remove", "extends names what it is removed from", "there is nothing to remove from")
	}
}

// identifierHint says what an id may be.
const identifierHint = "begin with a lower-case letter, go on with lower-case letters, digits, - and _, 40 characters at most"

func (c *checker) checkRoles() {
	seen := map[string]bool{}
	for i, r := range c.playbook.Roles {
		path := fmt.Sprintf("$.roles[%d]", i)
		c.identify(path, "role", r.ID, seen)
		if r.Title == "" {
			c.report(ruleMissing, path, "title: what people read", "the role %q needs a title", r.ID)
		}
		if r.Assign != "" {
			c.oneOf(ruleInvalidValue, path+".assign", r.Assign, "assign", OnCall, Acknowledger)
		}
	}
}

// identify checks an id, and that nothing of its kind has it already.
func (c *checker) identify(path, what, id string, seen map[string]bool) {
	switch {
	case id == "":
		c.report(ruleMissing, path, "id: "+identifierHint, "every %s needs an id", what)
		return
	case !identifier.MatchString(id):
		c.report(ruleInvalidID, path+".id", identifierHint, "%q cannot be an id", id)
	case seen[id]:
		c.report(ruleDuplicateID, path+".id", "give it an id of its own", "the id %q is used already", id)
	}
	seen[id] = true
}

// oneOf reports a value that is none of those allowed.
func (c *checker) oneOf(rule, path, value, key string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.report(rule, path, didYouMean(value, "values", allowed), "%s cannot be %q", key, value)
	}
}

// atLeast reports a duration below its bound.
func (c *checker) atLeast(path string, d, least time.Duration) {
	if d < least {
		message := "this cannot be less than " + formatBound(least)
		c.report(ruleInvalidValue, path, "", "%s", message)
	}
}

func formatBound(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	if text == "" {
		return d.String()
	}
	return text
}

// site is the place of an expression: the step or the hook, if it is in one, and whether a
// secret may stand there.
type site struct {
	step   *Step
	hook   *Hook
	secret bool
}

// condition checks an expression that must be true or false, and returns its analysis, or
// nil for none or one that cannot be used.
func (c *checker) condition(path, expression string, kind expressionKind, at site) *analysis {
	if expression == "" {
		return nil
	}
	if c.tooLong(path, 0, expression) {
		return nil
	}
	a := c.analyses.of(kind, expression)
	if !c.sound(path, 0, a) {
		return nil
	}
	if !a.gives(cel.BoolType) {
		c.report(ruleExpression, path, `compare it with something, as in incident.status == "monitoring"`,
			"this gives %s where true or false is needed", typeName(a.output))
		return nil
	}
	c.judge(path, 0, a, at)
	return a
}

// text checks every ${…} of a text.
func (c *checker) text(path, written string, at site) {
	if !strings.Contains(written, "${") {
		return
	}
	parts, err := splitText(written)
	if err != nil {
		at := c.layout().within(path, len([]rune(written[:max(0, strings.LastIndex(written, "${"))])))
		c.reportAt(ruleExpression, at, "an expression ends with }; write $${ for ${ itself", "this ${ is not closed by a }")
		return
	}
	for _, part := range parts {
		if !part.expression {
			continue
		}
		offset := len([]rune(written[:part.at]))
		if c.tooLong(path, offset, part.text) {
			continue
		}
		a := c.analyses.of(text, part.text)
		if !c.sound(path, offset, a) {
			continue
		}
		if !a.gives(cel.StringType, cel.IntType, cel.BoolType, cel.DoubleType) {
			hint := "a text takes texts, numbers and truth values"
			if a.output.Kind() == cel.ListType(cel.StringType).Kind() {
				hint = "join(', ') makes a text of a list"
			}
			c.reportAt(ruleExpression, c.layout().within(path, offset), hint, "this gives %s, which cannot stand in a text", typeName(a.output))
			continue
		}
		c.judge(path, offset, a, at)
	}
}

// tooLong reports an expression that is longer than may be.
func (c *checker) tooLong(path string, offset int, expression string) bool {
	if len(expression) <= MaxExpressionBytes {
		return false
	}
	c.reportAt(ruleLimit, c.layout().within(path, offset), "say it in fewer words, or in several steps",
		"the expression has %d bytes, and %d are allowed", len(expression), MaxExpressionBytes)
	return true
}

// sound reports what keeps an expression from being used.
func (c *checker) sound(path string, offset int, a *analysis) bool {
	for _, p := range a.problems {
		c.reportAt(p.rule, c.layout().within(path, offset+p.offset), p.hint, "%s", p.message)
	}
	return len(a.problems) == 0
}

func typeName(t *cel.Type) string {
	switch t.String() {
	case "string":
		return "a text"
	case "int", "uint", "double":
		return "a number"
	case "bool":
		return "true or false"
	}
	return strings.ReplaceAll(t.String(), "playbooks.", "")
}
