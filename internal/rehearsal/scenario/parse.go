package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a file of scenarios, so that a wrong file is refused at once.
const (
	// MaxBytes is how long a file may be, maxTokens of how many words, marks and texts it may
	// consist, maxDepth how deep its parts may be nested.
	MaxBytes  = 256 << 10
	maxTokens = 30_000
	maxDepth  = 40
)

// defaultStart is when incidents are declared where a scenario says nothing: a Monday morning.
var defaultStart = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// Parse reads a file of scenarios. The error is [Findings]: every key that does not exist,
// every value that makes no sense. Whether the steps and roles it names exist is found out by
// [Scenario.Check], once it is known which playbook is followed.
func Parse(name string, text []byte) (*File, error) {
	r := &reader{file: name, lines: strings.Split(string(text), "\n")}
	if len(text) > MaxBytes {
		r.reportAt(Place{1, 1}, "the file has %d bytes; %d are allowed: split it", len(text), MaxBytes)
		return nil, r.findings
	}
	if at, deep := tooDeep(r.lines); deep {
		r.reportAt(at, "this is nested too deeply for a scenario")
		return nil, r.findings
	}
	tokens := lexer.Tokenize(string(text))
	if len(tokens) > maxTokens {
		r.reportAt(Place{1, 1}, "the file says too much for one; split it")
		return nil, r.findings
	}
	tree, err := parser.Parse(tokens, 0)
	if err != nil {
		r.syntax(err)
		return nil, r.findings
	}
	var root ast.Node
	for _, document := range tree.Docs {
		switch {
		case document.Body == nil:
		case root != nil:
			r.report(document.Body, "a file holds one document; remove the --- before this")
		default:
			root = document.Body
		}
	}
	if root == nil {
		r.reportAt(Place{1, 1}, "the file is empty; it needs scenarios:")
		return nil, r.findings
	}
	ast.Walk(anchors{r}, root)
	if len(r.findings) > 0 {
		return nil, r.findings
	}
	p := &parsing{reader: r, file: &File{Name: name}}
	p.parse(root)
	if err := r.findings.err(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// tooDeep finds text that would take the parser long, before it sees it. Brackets in texts
// count as well; nobody has that many of them open.
func tooDeep(lines []string) (Place, bool) {
	const most = 4 * maxDepth
	open := 0
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		open += strings.Count(line, "[") + strings.Count(line, "{") - strings.Count(line, "]") - strings.Count(line, "}")
		open = max(open, 0)
		if indent > most || open > most || strings.Count(line, "- ") > most || strings.Count(line, "? ") > most {
			return Place{i + 1, 1}, true
		}
	}
	return Place{}, false
}

// syntax reports what the YAML parser says.
func (r *reader) syntax(err error) {
	at, message := Place{1, 1}, err.Error()
	var placed yaml.Error
	if errors.As(err, &placed) {
		message = placed.GetMessage()
		if token := placed.GetToken(); token != nil && token.Position != nil {
			at = Place{token.Position.Line, token.Position.Column}
		}
	}
	r.reportAt(at, "this is not YAML: %s", message)
}

// anchors refuses what would have a file say more than can be read in it.
type anchors struct{ r *reader }

// Visit implements [ast.Visitor].
func (a anchors) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		a.r.report(node, "anchors and aliases (&, *, <<) are not taken here; incident: and given: at the top of the file hold for all its scenarios")
		return nil
	case *ast.TagNode:
		a.r.report(node, "tags (!…) are not taken here")
		return nil
	}
	return a
}

type parsing struct {
	*reader
	file *File
	// scenario is the one being read.
	scenario *Scenario
}

func (p *parsing) parse(root ast.Node) {
	top, ok := p.mapping(root, "a file of scenarios", "playbook", "incident", "given", "scenarios")
	if !ok {
		return
	}
	p.file.Playbook = p.text(top.get("playbook"), "playbook")
	scenarios := p.list(top.get("scenarios"), "scenarios")
	if len(scenarios) == 0 {
		p.report(root, "the file needs scenarios: a list with at least one")
	}
	names := map[string]bool{}
	for _, node := range scenarios {
		s := p.parseScenario(node, top)
		if names[s.Name] {
			p.reportAt(s.Place, "two scenarios are called %q", s.Name)
		}
		names[s.Name] = true
		p.file.Scenarios = append(p.file.Scenarios, s)
	}
}

func (p *parsing) parseScenario(node ast.Node, top fields) *Scenario {
	const what = "a scenario"
	s := &Scenario{Place: placeOf(node), file: p.file, Playbook: p.file.Playbook}
	p.scenario = s
	f, ok := p.mapping(node, what, "name", "playbook", "incident", "given", "events", "expect", "until")
	if !ok {
		return s
	}
	s.Name = p.required(f, "name", what)
	if f.has("playbook") {
		s.Playbook = p.text(f.get("playbook"), "playbook")
	}
	s.Incident.At = defaultStart
	p.parseIncident(top.get("incident"))
	p.parseIncident(f.get("incident"))
	p.parseGiven(f.get("given"))
	p.parseGiven(top.get("given"))
	for _, event := range p.list(f.get("events"), "events") {
		p.parseEvent(event)
	}
	slices.SortStableFunc(s.Events, func(a, b Event) int { return int(a.At - b.At) })
	for _, expectation := range p.list(f.get("expect"), "expect") {
		p.parseExpectation(expectation)
	}
	if len(s.Expect) == 0 {
		p.reportAt(s.Place, "the scenario %q expects nothing; add expect:", s.Name)
	}
	if _, fired := s.alertOf(); s.Incident.Service == "" && !fired {
		p.reportAt(s.Place, "the scenario %q says neither incident: {service: …} nor which alert begins it", s.Name)
	}
	s.Until = p.duration(f.get("until"), "until")
	p.endWith(f)
	return s
}

// endWith sees to it that the rehearsal lasts as long as the scenario speaks of.
func (p *parsing) endWith(f fields) {
	s := p.scenario
	var last time.Duration
	for _, e := range s.Events {
		last = max(last, e.At)
	}
	for _, e := range s.Expect {
		last = max(last, e.To)
	}
	switch {
	case s.Until == 0:
		s.Until = max(last, time.Minute)
	case s.Until < last:
		p.report(f.get("until"), "the scenario speaks of %s, which is after its end", FormatDuration(last))
	}
}

// parseIncident reads what is declared; what is said last counts.
func (p *parsing) parseIncident(node ast.Node) {
	const what = "incident"
	if node == nil {
		return
	}
	f, ok := p.mapping(node, what, "service", "team", "severity", "title", "summary", "at", "by", "zone")
	if !ok {
		return
	}
	into := &p.scenario.Incident
	for name, target := range map[string]*string{
		"service": &into.Service, "team": &into.Team, "severity": &into.Severity, "title": &into.Title,
		"summary": &into.Summary, "by": &into.By, "zone": &into.Zone,
	} {
		if f.has(name) {
			*target = strings.TrimSpace(p.text(f.get(name), name+" of "+what))
		}
	}
	if at := f.get("at"); at != nil {
		moment, err := parseMoment(p.text(at, "at of incident"))
		if err != nil {
			p.report(at, "at of incident must be a time such as 2026-03-02T03:04:00Z")
			return
		}
		into.At = moment
	}
	if _, err := time.LoadLocation(into.Zone); err != nil {
		p.report(f.get("zone"), "there is no time zone %q; zones are called Europe/Berlin, UTC", into.Zone)
	}
}

func parseMoment(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1970 && at.Year() < 2200 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text)
}

// parseGiven reads how things stand at the beginning; what was said before goes first.
func (p *parsing) parseGiven(node ast.Node) {
	const what = "given"
	if node == nil {
		return
	}
	f, ok := p.mapping(node, what, "on_call", "fallback", "announcements", "followers", "metrics", "http", "workflows")
	if !ok {
		return
	}
	s := p.scenario
	if on := f.get("on_call"); on != nil && s.OnCall == nil {
		s.OnCall = []incident.Person{}
		for _, n := range p.some(on) {
			s.OnCall = append(s.OnCall, p.person(n))
		}
	}
	if n := f.get("followers"); n != nil && s.Followers == nil {
		s.Followers = p.texts(n, "followers")
	}
	if n := f.get("announcements"); n != nil && s.Announcements == nil {
		s.Announcements = p.announcements(n)
	}
	if n := f.get("fallback"); n != nil && s.Fallback == nil {
		s.Fallback = p.fallback(n)
	}
	s.Metrics = append(s.Metrics, p.metrics(f.get("metrics"))...)
	for _, n := range p.some(f.get("http")) {
		s.Answers = append(s.Answers, p.answer(n))
	}
	if n := f.get("workflows"); n != nil {
		s.Workflows = append(s.Workflows, p.workflows(n)...)
	}
}

// workflows reads how a team's own workflows go: {Rollback: {takes: 5m, result: …}}.
func (p *parsing) workflows(node ast.Node) []rehearsal.Workflow {
	const what = "a workflow"
	types, _ := p.mapping(node, "workflows")
	var all []rehearsal.Workflow
	for _, name := range types.names {
		w := rehearsal.Workflow{Type: name}
		if n := types.get(name); n != nil {
			f, _ := p.mapping(n, what, "takes", "result", "fails")
			w.Takes, w.Fails = p.duration(f.get("takes"), "takes"), p.text(f.get("fails"), "fails")
			w.Result = p.document(f.get("result"))
		}
		all = append(all, w)
	}
	return all
}

// document reads anything as JSON.
func (p *parsing) document(node ast.Node) string {
	if node == nil {
		return ""
	}
	var value any
	err := yaml.NodeToValue(node, &value)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(value); err == nil {
			return string(text)
		}
	}
	p.report(node, "this cannot be written as JSON: %s", err)
	return ""
}

// person reads a name, or a name with an address.
func (p *parsing) person(node ast.Node) incident.Person {
	if len(p.entries(node)) == 0 {
		name := p.text(node, "a person")
		return incident.Person{Name: name, Email: addressOf(name)}
	}
	f, _ := p.mapping(node, "a person", "name", "email")
	return incident.Person{Name: p.required(f, "name", "a person"), Email: p.text(f.get("email"), "email")}
}

// addressOf makes up an address: "Sample Responder" is sample.responder@example.com.
func addressOf(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), ".")) + "@example.com"
}

// announcements reads where others than the responders are told.
func (p *parsing) announcements(node ast.Node) []incident.Announcement {
	var all []incident.Announcement
	for _, n := range p.some(node) {
		f, _ := p.mapping(n, "an announcement", "channel", "severities")
		a := incident.Announcement{Channel: strings.TrimPrefix(p.text(f.get("channel"), "channel"), "#")}
		for _, severity := range p.texts(f.get("severities"), "severities") {
			a.Severities = append(a.Severities, incident.Severity(severity))
		}
		all = append(all, a)
	}
	return all
}

func (p *parsing) fallback(node ast.Node) *incident.Fallback {
	f, _ := p.mapping(node, "fallback", "after", "email", "slack_channel", "webhook")
	return &incident.Fallback{
		After: p.duration(f.get("after"), "after of fallback"), Emails: p.texts(f.get("email"), "email"),
		Channel: strings.TrimPrefix(p.text(f.get("slack_channel"), "slack_channel"), "#"),
		Webhook: p.truth(f.get("webhook"), "webhook"),
	}
}

// metrics reads what queries give: {part of the query: value}, or values by series.
func (p *parsing) metrics(node ast.Node) []rehearsal.Metric {
	if node == nil {
		return nil
	}
	f, _ := p.mapping(node, "metrics")
	var all []rehearsal.Metric
	for _, query := range f.names {
		m := rehearsal.Metric{Query: p.pattern(f.keys[query], "a query"), Values: map[string]float64{}}
		value := f.get(query)
		if len(p.entries(value)) > 0 {
			series, _ := p.mapping(value, "values of a metric")
			for _, name := range series.names {
				m.Values[name] = p.number(series.get(name), "the value of "+name)
			}
		} else if value != nil {
			m.Values[""] = p.number(value, "the value of "+query)
		}
		all = append(all, m)
	}
	return all
}

// answer reads what a web server says: {request: "POST https://…", status: 200, body: "…"}.
func (p *parsing) answer(node ast.Node) rehearsal.Answer {
	const what = "http"
	f, ok := p.mapping(node, what, "request", "status", "body")
	if !ok {
		return rehearsal.Answer{}
	}
	request := p.required(f, "request", what)
	method, url, both := strings.Cut(request, " ")
	if !both {
		method, url = "", request
	}
	pattern, err := rehearsal.NewPattern(strings.TrimSpace(url))
	if err != nil {
		p.report(f.get("request"), "%s", err)
	}
	answer := rehearsal.Answer{Method: strings.ToUpper(method), URL: pattern, Status: 200, Body: p.text(f.get("body"), "body")}
	if n := f.get("status"); n != nil {
		answer.Status = int(p.number(n, "status"))
		if answer.Status < 100 || answer.Status > 599 {
			p.report(n, "status must be between 100 and 599")
		}
	}
	return answer
}
