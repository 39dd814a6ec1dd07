package config

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// parseFallback reads the second way to page, and gives each service its own.
func (p *catalogueParser) parseFallback(node ast.Node) {
	const subject = "fallback"
	fallback := &p.catalogue.fallback
	if m, ok := p.mapping(node, subject, "after", "email", "slack_channel", "webhook"); ok {
		fallback.After = p.duration(m.get("after"), "after of "+subject, shortestFallbackAfter)
		fallback.Emails = p.emails(m.get("email"), "email of "+subject)
		fallback.SlackChannel = p.slackChannel(m.get("slack_channel"), "slack_channel of "+subject)
		fallback.Webhook = p.truth(m.get("webhook"), "webhook of "+subject)
	}
	for i := range p.catalogue.services {
		service := &p.catalogue.services[i]
		service.Fallback = *fallback
		team, ok := lookup(p.catalogue.teams, p.teams.index, service.Team)
		if !ok {
			continue
		}
		if len(fallback.Emails) == 0 && team.Email != "" {
			service.Fallback.Emails = []string{team.Email}
		}
		if fallback.SlackChannel == "" {
			service.Fallback.SlackChannel = team.SlackChannel
		}
	}
}

func (p *catalogueParser) emails(node ast.Node, subject string) []string {
	var emails []string
	for _, node := range p.list(node, subject) {
		email := p.email(node, "an entry in "+subject)
		switch {
		case email == "":
		case slices.Contains(emails, email):
			p.report(placeOf(node), "remove it here", "%q is in %s already", email, subject)
		default:
			emails = append(emails, email)
		}
	}
	return emails
}

// CheckFallback returns Problems if a setting is for a way to page that the catalogue does
// not use: nobody should find that out while PagerDuty is down.
func (v Vendors) CheckFallback(c *Catalogue) error {
	var problems Problems
	if v.Webhook.URL.IsSet() && !c.fallback.Webhook {
		problems.add(webhookURL, "is set, but %s does not say that it is to be used; add webhook: true below fallback:, or unset it", c.source.name)
	}
	return problems.err()
}
