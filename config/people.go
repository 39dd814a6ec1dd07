package config

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Person is somebody whose accounts a common e-mail address does not join. Apart from the name,
// all but one may be empty.
type Person struct {
	Name  string
	Email string
	// Slack, PagerDuty and Jira are the ids of the accounts there.
	Slack, PagerDuty, Jira string
}

// parsePeople reads the exceptions to joining people by their e-mail addresses. A name, an
// address and an account belong to one person each.
func (p *catalogueParser) parsePeople(nodes []ast.Node) {
	claimed := map[string]place{}
	for _, node := range nodes {
		m, ok := p.mapping(node, "a person", "name", "email", "slack", "pagerduty", "jira")
		if !ok {
			continue
		}
		name := p.entryName(m, "person")
		subject := describe("person", name)
		person := Person{
			Name: name.value, Email: p.email(m.get("email"), "email of "+subject),
			Slack:     p.matching(p.text(m.get("slack"), "slack of "+subject), slackUser),
			PagerDuty: p.matching(p.text(m.get("pagerduty"), "pagerduty of "+subject), pagerDutyUser),
			Jira:      p.matching(p.text(m.get("jira"), "jira of "+subject), jiraUser),
		}
		if !slices.ContainsFunc([]string{"email", "slack", "pagerduty", "jira"}, func(key string) bool { return !p.lacks(m, key) }) {
			p.report(m.at, "add email:, slack:, pagerduty: or jira:", "%s has no account that would be theirs", subject)
		}
		for _, one := range []struct{ key, value string }{
			{"name", person.Name}, {"email", person.Email}, {"slack", person.Slack}, {"pagerduty", person.PagerDuty}, {"jira", person.Jira},
		} {
			p.claimPart(claimed, m, one.key, one.value)
		}
		p.catalogue.people = append(p.catalogue.people, person)
	}
}

// claimPart reports what is another person's already.
func (p *catalogueParser) claimPart(claimed map[string]place, m mapping, key, value string) {
	if value == "" {
		return
	}
	at := placeOf(m.get(key))
	if first, taken := claimed[key+" "+fold(value)]; taken {
		p.report(at, "write down each person once, with all their accounts", "the %s %q is another person's, in line %d", key, value, first.line)
		return
	}
	claimed[key+" "+fold(value)] = at
}

// People returns those of the file, in its order.
func (c *Catalogue) People() []Person { return slices.Clone(c.people) }
