package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Load reads the catalogue at path. The error is Findings when the file has
// mistakes, and otherwise says why the file cannot be read.
func Load(path string) (*Catalogue, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the catalogue cannot be read: %w", err)
	}
	return Parse(path, content)
}

// Parse reads a catalogue from data. The name is the file's path: it stands in
// findings, and a folder of playbooks is looked for beside it. The error is
// always Findings.
func Parse(name string, data []byte) (*Catalogue, error) {
	r, root := newReader(name, data)
	p := &catalogueParser{reader: r, catalogue: &Catalogue{source: r.source}}
	p.parse(root)
	if err := r.err(); err != nil {
		return nil, err
	}
	return p.catalogue, nil
}

// catalogueParser fills a catalogue section by section. Entries with mistakes
// are kept, so that references to them do not count as mistakes as well.
type catalogueParser struct {
	*reader
	catalogue *Catalogue

	severities, teams, services names
}

func (p *catalogueParser) parse(root ast.Node) {
	top, ok := p.mapping(root, "the catalogue", "severities", "teams", "services", "routes", "defaults", "fallback", "chat", "announcements", "people",
		"http", "playbooks")
	if !ok {
		if len(p.findings) == 0 {
			p.report(place{}, "begin with the sample: muster config sample > muster.yaml", "the catalogue is empty")
		}
		return
	}
	top.at = place{} // what is missing at the top is missing from the file as a whole
	// Each section may refer to those before it.
	p.parseSeverities(p.section(top, "severities", true))
	p.parseTeams(p.section(top, "teams", true))
	p.parseServices(p.section(top, "services", true))
	p.parseDefaults(top)
	p.inheritFromDefault()
	p.parseFallback(top.get("fallback"))
	p.parseChat(top.get("chat"))
	p.parseAnnouncements(p.section(top, "announcements", false))
	p.parsePeople(p.section(top, "people", false))
	p.parseHTTP(top.get("http"))
	for _, node := range p.section(top, "routes", false) {
		p.parseRoute(node)
	}
	p.parsePlaybooks(top.get("playbooks"))
}

// section returns the entries of a list at the top of the file.
func (p *catalogueParser) section(top mapping, key string, required bool) []ast.Node {
	if required && p.lacks(top, key) {
		p.report(top.at, "add "+key+": with at least one entry; muster config sample shows how",
			"the catalogue has no %s", key)
	}
	return p.list(top.get(key), key)
}

// required reads a text that must be there.
func (p *catalogueParser) required(m mapping, key, subject, hint string) text {
	if p.lacks(m, key) {
		p.report(m.at, hint, "%s has no %s", subject, key)
	}
	return p.text(m.get(key), key+" of "+subject)
}

func (p *catalogueParser) parseDefaults(top mapping) {
	const subject, hint = "defaults", "add defaults: with a service and a severity for alerts that name none"
	if p.lacks(top, "defaults") {
		p.report(top.at, hint, "the catalogue has no defaults")
		return
	}
	m, ok := p.mapping(top.get("defaults"), subject, "service", "severity", "playbook")
	if !ok {
		return
	}
	defaults := &p.catalogue.defaults
	if i, ok := p.refer(p.services, p.required(m, "service", subject, hint)); ok {
		defaults.Service = p.catalogue.services[i].Name
	}
	if i, ok := p.refer(p.severities, p.required(m, "severity", subject, hint)); ok {
		defaults.Severity = p.catalogue.severities[i].Name
	}
	defaults.Playbook = DefaultPlaybook
	if playbook := p.text(m.get("playbook"), "playbook of defaults"); playbook.given() {
		defaults.Playbook = playbook.value
		p.catalogue.playbooks = append(p.catalogue.playbooks, playbook)
	}
}

// inheritFromDefault gives the default service's pager and project to the
// services that have none: somebody is paged for each of them.
func (p *catalogueParser) inheritFromDefault() {
	fallback, ok := lookup(p.catalogue.services, p.services.index, p.catalogue.defaults.Service)
	if !ok {
		return
	}
	for i := range p.catalogue.services {
		service := &p.catalogue.services[i]
		if service.PagerDuty == (PagerDuty{}) {
			service.PagerDuty = fallback.PagerDuty
		}
		if service.Jira == (Jira{}) {
			service.Jira = fallback.Jira
		}
	}
}

func (p *catalogueParser) parsePlaybooks(node ast.Node) {
	folder := p.text(node, "playbooks")
	if !folder.given() {
		return
	}
	path := folder.value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(p.name), path)
	}
	const hint = "make the folder or mend the path, which starts at the folder of this file; without playbooks: the built-in ones serve"
	switch info, err := os.Stat(path); {
	case err != nil:
		p.report(folder.at, hint, "the playbooks folder %q cannot be read", folder.value)
	case !info.IsDir():
		p.report(folder.at, hint, "playbooks must be a folder, and %q is a file", folder.value)
	}
	p.catalogue.playbooksDir = path
}

// names are the names and aliases of one section, each with where it was given.
type names struct {
	kind, plural string
	index        index
	places       map[string]place
	main         []string // names without aliases, for hints
}

func newNames(kind, plural string) names {
	return names{kind: kind, plural: plural, index: index{}, places: map[string]place{}}
}

// claim takes a name and its aliases for entry i; each may be taken once.
func (p *catalogueParser) claim(n *names, i int, name text, aliases []text) []string {
	var kept []string
	for k, t := range slices.Concat([]text{name}, aliases) {
		if !t.given() {
			continue
		}
		key := fold(t.value)
		if first, taken := n.places[key]; taken {
			p.report(t.at, "choose another: names and aliases must differ by more than upper and lower case",
				"%q is already the name or alias of a %s, in line %d", t.value, n.kind, first.line)
			continue
		}
		n.places[key], n.index[key] = t.at, i
		if k == 0 {
			n.main = append(n.main, t.value)
			continue
		}
		kept = append(kept, t.value)
	}
	return kept
}

// refer returns the entry that a reference means. An absent reference is
// nobody's mistake here; an unknown one is.
func (p *catalogueParser) refer(n names, reference text) (i int, ok bool) {
	if !reference.given() {
		return 0, false
	}
	i, ok = n.index[fold(reference.value)]
	if !ok {
		p.report(reference.at, didYouMean(reference.value, n.plural, n.main),
			"there is no %s %q in the catalogue", n.kind, reference.value)
	}
	return i, ok
}
