package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

func (p *catalogueParser) parseSeverities(nodes []ast.Node) {
	p.severities = newNames("severity", "severities")
	var milder text // the mildest pager severity so far
	for _, node := range nodes {
		m, ok := p.mapping(node, "a severity", "name", "description", "aliases", "pager", "update_every")
		if !ok {
			continue
		}
		name := p.entryName(m, "severity")
		subject := describe("severity", name)
		severity := Severity{
			Name:        name.value,
			Description: p.text(m.get("description"), "description of "+subject).value,
			Aliases:     p.claim(&p.severities, len(p.catalogue.severities), name, p.aliases(m, subject)),
			UpdateEvery: p.duration(m.get("update_every"), "update_every of "+subject, shortestUpdateEvery),
		}
		pager := p.required(m, "pager", subject, "pager: is one of critical, error, warning and info")
		switch {
		case !pager.given():
		case !slices.Contains(pagerSeverities, pager.value):
			p.report(pager.at, didYouMean(pager.value, "PagerDuty's severities", pagerSeverities),
				"%q is not a severity of PagerDuty", pager.value)
		case milder.given() && slices.Index(pagerSeverities, pager.value) < slices.Index(pagerSeverities, milder.value):
			p.report(pager.at, "list the severities from the most to the least severe",
				"%s pages as %s, but a severity above it only as %s", subject, pager.value, milder.value)
		default:
			milder = pager
		}
		severity.Pager = PagerSeverity(pager.value)
		p.catalogue.severities = append(p.catalogue.severities, severity)
	}
	p.catalogue.severityIndex = p.severities.index
}

func (p *catalogueParser) parseTeams(nodes []ast.Node) {
	p.teams = newNames("team", "teams")
	for _, node := range nodes {
		m, ok := p.mapping(node, "a team", "name", "slack_channel", "email", "timezone", "pagerduty")
		if !ok {
			continue
		}
		name := p.entryName(m, "team")
		subject := describe("team", name)
		p.claim(&p.teams, len(p.catalogue.teams), name, nil)
		p.catalogue.teams = append(p.catalogue.teams, Team{
			Name:         name.value,
			SlackChannel: p.slackChannel(m.get("slack_channel"), "slack_channel of "+subject),
			Email:        p.email(m.get("email"), "email of "+subject),
			Timezone:     p.timezone(m.get("timezone"), "timezone of "+subject),
			PagerDuty:    p.teamPagerDuty(m.get("pagerduty"), "pagerduty of "+subject),
		})
	}
	p.catalogue.teamIndex = p.teams.index
}

// teamPagerDuty reads who of a team is on call. At least one of its keys is given.
func (p *catalogueParser) teamPagerDuty(node ast.Node, subject string) TeamPagerDuty {
	m, ok := p.mapping(node, subject, "escalation_policy", "schedule")
	if !ok {
		return TeamPagerDuty{}
	}
	policy, schedule := p.text(m.get("escalation_policy"), "escalation_policy in "+subject), p.text(m.get("schedule"), "schedule in "+subject)
	if len(m.misspelt) == 0 && m.get("escalation_policy") == nil && m.get("schedule") == nil {
		p.report(m.at, "add an escalation_policy, a schedule, or both, or leave pagerduty out", "%s says nothing", subject)
	}
	return TeamPagerDuty{EscalationPolicy: p.matching(policy, pagerDutyPolicy), Schedule: p.matching(schedule, pagerDutySchedule)}
}

func (p *catalogueParser) parseServices(nodes []ast.Node) {
	p.services = newNames("service", "services")
	for _, node := range nodes {
		m, ok := p.mapping(node, "a service", "name", "aliases", "description", "team",
			"pagerduty", "jira", "chat", "runbooks", "dashboards")
		if !ok {
			continue
		}
		name := p.entryName(m, "service")
		subject := describe("service", name)
		service := Service{
			Name:        name.value,
			Aliases:     p.claim(&p.services, len(p.catalogue.services), name, p.aliases(m, subject)),
			Description: p.text(m.get("description"), "description of "+subject).value,
			PagerDuty:   PagerDuty{Service: p.within(m, subject, "pagerduty", "service", pagerDutyService)},
			Jira:        Jira{Project: p.within(m, subject, "jira", "project", jiraProject)},
			Chat:        Chat{Prefix: p.within(m, subject, "chat", "prefix", chatPrefix)},
			Runbooks:    p.links(m.get("runbooks"), "runbooks of "+subject),
			Dashboards:  p.links(m.get("dashboards"), "dashboards of "+subject),
		}
		if service.Chat.Prefix == "" {
			service.Chat.Prefix = DefaultChatPrefix
		}
		owner := p.required(m, "team", subject, "name the team that owns it")
		if i, ok := p.refer(p.teams, owner); ok {
			service.Team = p.catalogue.teams[i].Name
		}
		p.catalogue.services = append(p.catalogue.services, service)
	}
	p.catalogue.serviceIndex = p.services.index
}

// within reads the one key of a vendor's block in a service.
func (p *catalogueParser) within(m mapping, subject, block, key string, want syntax) string {
	subject = block + " of " + subject
	inner, ok := p.mapping(m.get(block), subject, key)
	if !ok {
		return ""
	}
	return p.matching(p.required(inner, key, subject, want.hint), want)
}

func (p *catalogueParser) links(node ast.Node, subject string) []Link {
	var links []Link
	for _, node := range p.list(node, subject) {
		m, ok := p.mapping(node, "an entry in "+subject, "title", "url")
		if !ok {
			continue
		}
		links = append(links, Link{
			Title: p.required(m, "title", "an entry in "+subject, "add a title: that says what it leads to").value,
			URL:   p.url(p.required(m, "url", "an entry in "+subject, "add a url: that it leads to")),
		})
	}
	return links
}

// longestName bounds the names and aliases in a catalogue, in characters; they
// stand in channel topics and in the titles of pages.
const longestName = 64

// entryName reads the name of a severity, a team or a service.
func (p *catalogueParser) entryName(m mapping, kind string) text {
	return p.shortLine(p.required(m, "name", "a "+kind, "add a name:"))
}

// aliases reads the other names of a severity or a service.
func (p *catalogueParser) aliases(m mapping, subject string) []text {
	var aliases []text
	for _, node := range p.list(m.get("aliases"), "aliases of "+subject) {
		if alias := p.shortLine(p.text(node, "an entry in aliases of "+subject)); alias.given() {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

func (p *catalogueParser) shortLine(t text) text {
	if utf8.RuneCountInString(t.value) > longestName || strings.ContainsFunc(t.value, unicode.IsControl) {
		p.report(t.at, "shorten it and put the rest into the description",
			"a name must be at most %d characters long, without line breaks or control characters", longestName)
		return text{}
	}
	return t
}

// describe names an entry in messages.
func describe(kind string, name text) string {
	if !name.given() {
		return "a " + kind
	}
	return fmt.Sprintf("%s %q", kind, name.value)
}
