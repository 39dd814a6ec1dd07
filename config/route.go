package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The labels of an alert that name its service and severity where no route does.
const (
	serviceLabel  = "service"
	severityLabel = "severity"
)

// Route is what an alert's labels mean.
type Route struct {
	Service  Service
	Severity Severity
	// Playbook is the name of the playbook that the matching route names, or empty.
	Playbook string
	// Title is what the matching route calls the incident, or empty.
	Title string
	// Ignore says that the alert is to start nothing. The rest is filled in
	// nonetheless.
	Ignore bool
	// Notes say where a default stands in for something that the labels do not
	// tell, one sentence each, for the incident's timeline.
	Notes []string
}

// Route finds what an alert with these labels means. The first route of the
// catalogue that matches counts, as a whole; what it leaves out comes from the
// labels service and severity, and what those do not tell from the defaults. A
// label that is missing counts as empty. The same labels always give the same
// answer, and there always is one.
func (c *Catalogue) Route(labels map[string]string) Route {
	matched := rule{}
	if i := slices.IndexFunc(c.rules, func(r rule) bool { return r.matches(labels) }); i >= 0 {
		matched = c.rules[i]
	}
	route := Route{Playbook: matched.playbook, Title: matched.title, Ignore: matched.ignore}
	var note string
	route.Service, note = choose(c.Service, matched.service, labels, serviceLabel, c.defaults.Service)
	if note != "" {
		route.Notes = append(route.Notes, note)
	}
	route.Severity, note = choose(c.Severity, matched.severity, labels, severityLabel, c.defaults.Severity)
	if note != "" {
		route.Notes = append(route.Notes, note)
	}
	return route
}

// choose looks up what a route names, or else what the label names, or else the
// default, and in that last case returns a note.
func choose[T any](find func(string) (T, bool), routed string, labels map[string]string, label, fallback string) (chosen T, note string) {
	if chosen, ok := find(routed); ok {
		return chosen, ""
	}
	value := strings.TrimSpace(labels[label])
	if chosen, ok := find(value); ok {
		return chosen, ""
	}
	chosen, _ = find(fallback) // Parse made sure that the default exists.
	if value == "" {
		return chosen, fmt.Sprintf("the alert has no label %s; using %s", label, fallback)
	}
	return chosen, fmt.Sprintf("label %s=%s is not in the catalogue; using %s", label, quote(value), fallback)
}

// quotedLength is how many characters of a label's value a note shows.
const quotedLength = 80

func quote(value string) string {
	if shown := []rune(value); len(shown) > quotedLength {
		value = string(shown[:quotedLength]) + "…"
	}
	return fmt.Sprintf("%q", value)
}

// rule is a route as the file has it; what it leaves out is empty.
type rule struct {
	exact    map[string]string
	patterns map[string]*regexp.Regexp

	service, severity, playbook, title string
	ignore                             bool
}

func (r rule) matches(labels map[string]string) bool {
	for label, value := range r.exact {
		if labels[label] != value {
			return false
		}
	}
	for label, pattern := range r.patterns {
		if !pattern.MatchString(labels[label]) {
			return false
		}
	}
	return true
}

// sameMatch tells whether two rules match by the same words.
func (r rule) sameMatch(other rule) bool {
	return maps.Equal(r.exact, other.exact) &&
		maps.EqualFunc(r.patterns, other.patterns, func(a, b *regexp.Regexp) bool { return a.String() == b.String() })
}

func (p *catalogueParser) parseRoute(node ast.Node) {
	const subject = "a route"
	m, ok := p.mapping(node, subject, "match", "service", "severity", "playbook", "title", "ignore")
	if !ok {
		return
	}
	parsed := rule{
		title:  p.text(m.get("title"), "title of "+subject).value,
		ignore: p.truth(m.get("ignore"), "ignore of "+subject),
	}
	if i, ok := p.refer(p.services, p.text(m.get("service"), "service of "+subject)); ok {
		parsed.service = p.catalogue.services[i].Name
	}
	if i, ok := p.refer(p.severities, p.text(m.get("severity"), "severity of "+subject)); ok {
		parsed.severity = p.catalogue.severities[i].Name
	}
	if playbook := p.text(m.get("playbook"), "playbook of "+subject); playbook.given() {
		parsed.playbook = playbook.value
		p.catalogue.playbooks = append(p.catalogue.playbooks, playbook)
	}
	p.checkEffect(m, parsed.ignore)
	if !p.parseMatch(&parsed, m) {
		return
	}
	if slices.ContainsFunc(p.catalogue.rules, parsed.sameMatch) {
		p.report(m.at, "the first route that matches counts; join the two", "this route never applies: one above it matches the same alerts")
	}
	p.catalogue.rules = append(p.catalogue.rules, parsed)
}

// checkEffect refuses routes that say nothing or contradict themselves.
func (p *catalogueParser) checkEffect(m mapping, ignore bool) {
	var effects []string
	for _, e := range m.entries {
		if e.key.value != "match" && e.key.value != "ignore" {
			effects = append(effects, e.key.value)
		}
	}
	switch {
	case ignore && len(effects) > 0:
		p.report(m.at, "remove ignore: or the rest", "a route cannot both ignore alerts and set their %s", strings.Join(effects, " and "))
	case len(effects) == 0 && m.get("ignore") == nil && len(m.misspelt) == 0:
		p.report(m.at, "add service, severity, playbook or title; ignore: false keeps later routes away and changes nothing",
			"a route says what matches but not what to do")
	}
}

// parseMatch reads what a route matches and returns whether all of it is good.
func (p *catalogueParser) parseMatch(parsed *rule, route mapping) bool {
	const hint = `match: needs at least one label, as in {alertname: Watchdog} or {job: "~pay-.*"}; what is for all alerts belongs under defaults:`
	if p.lacks(route, "match") {
		p.report(route.at, hint, "a route has no match")
		return false
	}
	before := len(p.findings)
	m, ok := p.mapping(route.get("match"), "match of a route")
	if !ok {
		return false
	}
	parsed.exact, parsed.patterns = map[string]string{}, map[string]*regexp.Regexp{}
	for _, e := range m.entries {
		p.parseMatcher(parsed, e)
	}
	return len(p.findings) == before
}

func (p *catalogueParser) parseMatcher(parsed *rule, e entry) {
	label := e.key.value
	want := p.scalar(e.value, fmt.Sprintf("label %q", label))
	if p.resolve(e.value) == nil {
		p.report(e.key.at, `write the value; "" matches alerts without the label`, "label %q has no value to match", label)
		return
	}
	expression, isPattern := strings.CutPrefix(want.value, "~")
	if !isPattern {
		parsed.exact[label] = want.value
		return
	}
	// Compiled on its own first: only then is it safe to put it in brackets.
	if _, err := regexp.Compile(expression); err != nil {
		p.report(want.at, "see https://github.com/google/re2/wiki/Syntax", "label %q has a pattern that does not compile: %s",
			label, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	// As in Alertmanager's matchers, the whole value must match.
	pattern, err := regexp.Compile("^(?s:" + expression + ")$")
	if err != nil {
		p.report(want.at, "make the pattern simpler", "label %q has a pattern that is nested too deeply", label)
		return
	}
	parsed.patterns[label] = pattern
}
