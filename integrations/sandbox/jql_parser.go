package sandbox

import "strings"

// maxJQLDepth bounds nesting, so that no query can exhaust the stack.
const maxJQLDepth = 100

// jqlParser reads tokens by recursive descent. The last token is the empty end mark, and
// nothing moves past it.
type jqlParser struct {
	tokens []jqlToken
	depth  int
}

// parseJQL parses a query. The error is a jiraError.
func parseJQL(query string) (jqlQuery, error) {
	tokens, err := lexJQL(query)
	if err != nil {
		return jqlQuery{}, err
	}
	p := &jqlParser{tokens: tokens}
	var q jqlQuery
	if !p.peek().is("") && !p.peek().is("order") {
		if q.where, err = p.or(); err != nil {
			return jqlQuery{}, err
		}
	}
	if p.take("order") {
		if q.order, err = p.orderBy(); err != nil {
			return jqlQuery{}, err
		}
	}
	if end := p.peek(); !end.is("") {
		return jqlQuery{}, jqlSyntax(end.column, "Expecting either 'OR' or 'AND' but got '%s'.", end.text)
	}
	return q, nil
}

func (p *jqlParser) peek() jqlToken { return p.tokens[0] }

func (p *jqlParser) next() jqlToken {
	token := p.tokens[0]
	if len(p.tokens) > 1 {
		p.tokens = p.tokens[1:]
	}
	return token
}

// take moves past a word, or a mark, if it is next.
func (p *jqlParser) take(word string) bool {
	if !p.peek().is(word) {
		return false
	}
	p.next()
	return true
}

func (p *jqlParser) or() (jqlExpression, error) {
	left, err := p.and()
	for err == nil && p.take("or") {
		var right jqlExpression
		if right, err = p.and(); err == nil {
			left = jqlOr{left, right}
		}
	}
	return left, err
}

func (p *jqlParser) and() (jqlExpression, error) {
	left, err := p.not()
	for err == nil && p.take("and") {
		var right jqlExpression
		if right, err = p.not(); err == nil {
			left = jqlAnd{left, right}
		}
	}
	return left, err
}

func (p *jqlParser) not() (jqlExpression, error) {
	if p.depth++; p.depth > maxJQLDepth {
		return nil, jqlSyntax(p.peek().column, "The query is nested too deeply.")
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not"):
		inner, err := p.not()
		return jqlNot{inner}, err
	case p.take("("):
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = jqlSyntax(p.peek().column, "Expecting ')' before the end of the query.")
		}
		return inner, err
	default:
		return p.clause()
	}
}

func (p *jqlParser) clause() (jqlExpression, error) {
	name := p.next()
	if name.is("") || isJQLMark(name) {
		return nil, jqlSyntax(name.column, "Expecting a field name but got '%s'.", name.text)
	}
	field, ok := jqlFields[strings.ToLower(name.text)]
	if !ok {
		return nil, jqlUnsupported("Field '%s' does not exist or you do not have permission to view it.", name.text)
	}
	clause := jqlClause{field: field, spelling: name.text}
	operator := p.next()
	var err error
	switch {
	case operator.is("="), operator.is("!="):
		clause.negated = operator.is("!=")
		var value string
		value, err = p.value()
		clause.values = []string{value}
	case operator.is("in"):
		clause.values, err = p.values()
	case operator.is("not") && p.take("in"):
		clause.negated = true
		clause.values, err = p.values()
	case operator.is("is"):
		clause.negated = p.take("not")
		if !p.take("empty") && !p.take("null") {
			return nil, jqlSyntax(p.peek().column, "Expecting 'EMPTY' or 'NULL' but got '%s'.", p.peek().text)
		}
		if field != "assignee" && field != "labels" {
			return nil, jqlUnsupported("The operator 'is' is not supported by the '%s' field.", name.text)
		}
	case isJQLMark(operator) && !operator.is("(") && !operator.is(")") && !operator.is(","):
		return nil, jqlUnsupported("The operator '%s' is not supported by the '%s' field.", operator.text, name.text)
	default:
		return nil, jqlSyntax(operator.column, "Expecting operator but got '%s'. The valid operators are '=', '!=', 'in', 'not in', 'is' and 'is not'.", operator.text)
	}
	if err != nil {
		return nil, err
	}
	return clause, nil
}

func isJQLMark(t jqlToken) bool {
	return !t.quoted && t.text != "" && strings.Trim(t.text, "=~<>(),!") == ""
}

func (p *jqlParser) value() (string, error) {
	value := p.next()
	if !value.quoted && (value.is("") || isJQLMark(value)) {
		return "", jqlSyntax(value.column, "Expecting either a value, list or function but got '%s'.", value.text)
	}
	if !value.quoted && p.peek().is("(") {
		return "", jqlUnsupported("Unable to find JQL function '%s()'.", value.text)
	}
	if value.is("empty") || value.is("null") {
		return "", jqlSyntax(value.column, "Expecting a value but got '%s'; ask with 'is' or 'is not'.", value.text)
	}
	return value.text, nil
}

func (p *jqlParser) values() ([]string, error) {
	if !p.take("(") {
		return nil, jqlSyntax(p.peek().column, "Expecting '(' but got '%s'.", p.peek().text)
	}
	var values []string
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		switch {
		case p.take(","):
		case p.take(")"):
			return values, nil
		default:
			return nil, jqlSyntax(p.peek().column, "Expecting ',' or ')' but got '%s'.", p.peek().text)
		}
	}
}

func (p *jqlParser) orderBy() ([]jqlOrder, error) {
	if !p.take("by") {
		return nil, jqlSyntax(p.peek().column, "Expecting 'by' but got '%s'.", p.peek().text)
	}
	var orders []jqlOrder
	for {
		name := p.next()
		order := jqlOrder{field: strings.ToLower(name.text)}
		if order.field == "due" {
			order.field = "duedate"
		}
		if _, ok := jqlOrders[order.field]; !ok {
			return nil, jqlUnsupported("Not able to sort using field '%s'.", name.text)
		}
		if order.descending = p.take("desc"); !order.descending {
			p.take("asc")
		}
		orders = append(orders, order)
		if !p.take(",") {
			return orders, nil
		}
	}
}
