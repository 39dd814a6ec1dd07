package sandbox

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"
)

// The part of JQL that the sandbox understands:
//
//	query    = [ or ] [ "ORDER" "BY" field [ "ASC" | "DESC" ] { "," … } ]
//	or       = and { "OR" and }
//	and      = not { "AND" not }
//	not      = "NOT" not | "(" or ")" | clause
//	clause   = field ( "=" | "!=" ) value
//	         | field [ "NOT" ] "IN" "(" value { "," value } ")"
//	         | field "IS" [ "NOT" ] ( "EMPTY" | "NULL" )
//
// over the fields assignee, key, labels, project, status and statusCategory. Everything
// else is an error, in Jira's words where it has some: a query that was not understood
// must not look like one that found nothing, or everything.

// jqlQuery is a parsed query. where is nil where there is no restriction.
type jqlQuery struct {
	where jqlExpression
	order []jqlOrder
}

type jqlOrder struct {
	field      string
	descending bool
}

type jqlExpression interface{ matches(jiraIssue) bool }

type (
	jqlAnd struct{ left, right jqlExpression }
	jqlOr  struct{ left, right jqlExpression }
	jqlNot struct{ inner jqlExpression }
)

func (e jqlAnd) matches(i jiraIssue) bool { return e.left.matches(i) && e.right.matches(i) }
func (e jqlOr) matches(i jiraIssue) bool  { return e.left.matches(i) || e.right.matches(i) }
func (e jqlNot) matches(i jiraIssue) bool { return !e.inner.matches(i) }

// jqlClause compares a field with values. field is in lower case and one of jqlFields;
// spelling is how the query wrote it. With no values it asks whether the field is empty.
type jqlClause struct {
	field, spelling string
	negated         bool
	values          []string
}

// jqlFields maps every name of a field to the one that the code uses.
var jqlFields = map[string]string{
	"assignee": "assignee", "id": "key", "issue": "key", "issuekey": "key", "key": "key", "labels": "labels",
	"project": "project", "status": "status", "statuscategory": "statuscategory",
}

// matches has Jira's rule that a field without a value matches neither = nor !=.
func (c jqlClause) matches(i jiraIssue) bool {
	var has []string
	switch c.field {
	case "assignee":
		if i.assignee != "" {
			has = []string{i.assignee}
		}
	case "key":
		has = []string{i.key(), fmt.Sprint(i.id)}
	case "labels":
		has = i.labelList()
	case "project":
		has = []string{i.project}
	case "status":
		has = []string{i.status}
	case "statuscategory":
		status, _ := statusNamed(i.status)
		return c.negated != slices.ContainsFunc(c.values, status.inCategory)
	}
	if len(c.values) == 0 || len(has) == 0 {
		return len(c.values) == 0 && c.negated == (len(has) > 0)
	}
	return c.negated != slices.ContainsFunc(has, func(value string) bool {
		return slices.ContainsFunc(c.values, func(wanted string) bool { return strings.EqualFold(wanted, value) })
	})
}

// clauses yields the leaves of the query.
func (q jqlQuery) clauses() iter.Seq[jqlClause] {
	return func(yield func(jqlClause) bool) {
		var walk func(jqlExpression) bool
		walk = func(e jqlExpression) bool {
			switch e := e.(type) {
			case jqlAnd:
				return walk(e.left) && walk(e.right)
			case jqlOr:
				return walk(e.left) && walk(e.right)
			case jqlNot:
				return walk(e.inner)
			case jqlClause:
				return yield(e)
			}
			return true
		}
		walk(q.where)
	}
}

// jqlOrders says how to compare two tickets by a field.
var jqlOrders = map[string]func(a, b jiraIssue) int{
	"created": func(a, b jiraIssue) int { return cmp.Compare(a.createdAt, b.createdAt) },
	"duedate": func(a, b jiraIssue) int { return cmp.Compare(a.due, b.due) },
	"key": func(a, b jiraIssue) int {
		return cmp.Or(cmp.Compare(a.project, b.project), cmp.Compare(a.number, b.number))
	},
	"priority": func(a, b jiraIssue) int {
		return cmp.Compare(slices.Index(jiraPriorities, b.priority), slices.Index(jiraPriorities, a.priority))
	},
	"updated": func(a, b jiraIssue) int { return cmp.Compare(a.updatedAt, b.updatedAt) },
}

func (q jqlQuery) sort(issues []jiraIssue) {
	slices.SortStableFunc(issues, func(a, b jiraIssue) int {
		for _, order := range q.order {
			c := jqlOrders[order.field](a, b)
			if order.descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// jqlToken is a word, a quoted string or a mark; end of input is the empty mark.
type jqlToken struct {
	text   string
	quoted bool
	column int // counted from 1
}

func (t jqlToken) is(word string) bool { return !t.quoted && strings.EqualFold(t.text, word) }

// jqlSyntax is Jira's refusal of a query that cannot be parsed.
func jqlSyntax(column int, format string, args ...any) error {
	return jiraBadRequest(fmt.Sprintf("Error in the JQL Query: %s (line 1, character %d)", fmt.Sprintf(format, args...), column))
}

// jqlUnsupported is Jira's refusal of a query that parses and means nothing here.
func jqlUnsupported(format string, args ...any) error {
	return jiraBadRequest(fmt.Sprintf(format, args...))
}

func lexJQL(query string) ([]jqlToken, error) {
	var tokens []jqlToken
	text := []rune(query)
	for at := 0; at < len(text); {
		begin, column := at, at+1
		switch r := text[at]; {
		case unicode.IsSpace(r):
			at++
		case r == '"' || r == '\'':
			var value strings.Builder
			for at++; at < len(text) && text[at] != r; at++ {
				if text[at] == '\\' && at+1 < len(text) {
					at++
				}
				value.WriteRune(text[at])
			}
			if at >= len(text) {
				return nil, jqlSyntax(column, "The quoted string '%s' has not been completed.", value.String())
			}
			at++
			tokens = append(tokens, jqlToken{text: value.String(), quoted: true, column: column})
		case r == '!' && at+1 < len(text) && (text[at+1] == '=' || text[at+1] == '~'),
			(r == '<' || r == '>') && at+1 < len(text) && text[at+1] == '=':
			at += 2
			tokens = append(tokens, jqlToken{text: string(text[begin:at]), column: column})
		case strings.ContainsRune("=~<>(),!", r):
			at++
			tokens = append(tokens, jqlToken{text: string(r), column: column})
		default:
			for at < len(text) && !unicode.IsSpace(text[at]) && !strings.ContainsRune("\"'=~<>(),!", text[at]) {
				at++
			}
			tokens = append(tokens, jqlToken{text: string(text[begin:at]), column: column})
		}
	}
	return append(tokens, jqlToken{column: len(text) + 1}), nil
}
