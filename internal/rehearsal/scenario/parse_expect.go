package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"

	"github.com/goccy/go-yaml/ast"
)

// stateKeys are the keys of an expectation that ask how the incident stands.
var stateKeys = []string{"playbook", "status", "severity", "acknowledged", "alerts_firing", "steps", "choices", "roles", "followups"}

func (p *parsing) parseExpectation(node ast.Node) {
	const what = "an expectation"
	keys := slices.Concat([]string{"at", "by", "after", "between", "never", "times", "in_order"}, stateKeys, lineKinds)
	f, ok := p.mapping(node, what, keys...)
	if !ok {
		return
	}
	e := Expectation{Place: placeOf(node), Times: -1}
	p.parseSpan(f, &e)
	body := f
	if f.has("never") {
		e.Never = true
		for _, name := range f.names {
			if name != "never" && !slices.Contains([]string{"at", "by", "after", "between"}, name) {
				p.report(f.keys[name], "put %s into never: {…}, or into an expectation of its own", name)
			}
		}
		body, _ = p.mapping(f.get("never"), "never", slices.Concat(stateKeys, lineKinds)...)
	}
	if times := f.get("times"); times != nil {
		e.Times = int(p.number(times, "times"))
		if e.Times < 0 || e.Times > 10_000 {
			p.report(times, "times must be a number from 0")
		}
	}
	for _, name := range body.names {
		if slices.Contains(lineKinds, name) {
			e.Lines = append(e.Lines, p.matchers(name, body.values[name])...)
		}
	}
	for _, item := range p.list(f.get("in_order"), "in_order") {
		entry, _ := p.mapping(item, "an entry of in_order", lineKinds...)
		for _, name := range entry.names {
			e.InOrder = append(e.InOrder, p.matchers(name, entry.values[name])...)
		}
	}
	p.parseStates(body, &e)
	switch {
	case len(e.Lines)+len(e.InOrder)+len(e.States) == 0:
		p.report(node, "%s must ask for something: %s", what, strings.Join(slices.Concat(stateKeys, lineKinds), ", "))
	case e.Times >= 0 && len(e.Lines) == 0:
		p.report(f.keys["times"], "times counts pages, messages and the like; there is none here")
	case len(e.States) > 0 && !f.has("at") && !f.has("by") && !f.has("after") && !f.has("between") && !e.Never:
		p.report(node, "say when the state is asked for: at, by, after or between")
	}
	p.scenario.Expect = append(p.scenario.Expect, e)
}

// parseSpan reads when something is expected.
func (p *parsing) parseSpan(f fields, e *Expectation) {
	given := 0
	for _, name := range []string{"at", "by", "after", "between"} {
		if f.has(name) {
			given++
		}
	}
	if given > 1 {
		p.report(f.node, "an expectation has at most one of at, by, after and between")
	}
	switch {
	case f.has("at"):
		e.From = p.duration(f.values["at"], "at")
		e.To, e.Instant = e.From, true
	case f.has("by"):
		e.To = p.duration(f.values["by"], "by")
	case f.has("after"):
		e.From, e.Open = p.duration(f.values["after"], "after"), true
		e.To = e.From
	case f.has("between"):
		bounds := p.list(f.values["between"], "between")
		if len(bounds) != 2 {
			p.report(f.values["between"], "between takes two times: [5m, 10m]")
			return
		}
		e.From, e.To = p.duration(bounds[0], "between"), p.duration(bounds[1], "between")
		if e.To < e.From {
			p.report(f.values["between"], "between begins after it ends")
		}
	default:
		e.Open = true
	}
}

// matchers reads what a line must say: a text, several, or a mapping.
func (p *parsing) matchers(kind string, node ast.Node) []Matcher {
	var all []Matcher
	for _, n := range p.some(node) {
		m := Matcher{Place: placeOf(n), Kind: kind}
		switch b, plain := n.(*ast.BoolNode); {
		case plain && b.Value:
		case plain:
			p.report(n, "%s is true for any, or says what it is like; what must not happen belongs into never:", kind)
		case len(p.entries(n)) == 0:
			m.Text = p.pattern(n, kind)
		default:
			p.parseMatcher(&m, n)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		p.report(node, "%s needs a text, a pattern /…/, or true for any", kind)
	}
	return all
}

// whereKeys are what the place of a line is called, for each kind.
var whereKeys = map[string]string{
	"page": "service", "help": "who", "page_note": "service", "message": "channel", "topic": "channel", "channel": "name", "invitation": "channel", "mail": "to",
	"ticket": "project", "http": "url", "workflow": "name", promptKind: "hook",
}

// matcherKeys are what can be asked of a line beside its text.
func matcherKeys(kind string) []string {
	switch where := whereKeys[kind]; {
	case where != "":
		return []string{where}
	case kind == timelineKind:
		return []string{"kind", "by"}
	case kind == string(rehearsal.CommandRefused):
		return []string{"by"}
	default:
		return nil
	}
}

func (p *parsing) parseMatcher(m *Matcher, node ast.Node) {
	f, _ := p.mapping(node, m.Kind, append([]string{"text"}, matcherKeys(m.Kind)...)...)
	where := whereKeys[m.Kind]
	m.Text = p.pattern(f.get("text"), "text")
	if n := f.get(where); n != nil {
		m.To = p.pattern(n, where)
		if m.Kind == promptKind {
			p.refer("prompt", m.To.String(), n)
		}
	}
	if n := f.get("by"); n != nil {
		m.By = p.pattern(n, "by")
	}
	if n := f.get("kind"); n != nil {
		m.Event = incident.Kind(p.text(n, "kind"))
		if !incident.KnownKind(m.Event) {
			p.report(n, "there is no kind of event %q; the timeline's are such as declared, acknowledged, step_completed, step_failed", m.Event)
		}
	}
}

// parseStates reads how the incident should stand.
func (p *parsing) parseStates(f fields, e *Expectation) {
	add := func(node ast.Node, subject, want, step string, look func(incident.State) string) {
		e.States = append(e.States, StateMatcher{Place: placeOf(node), Subject: subject, Want: want, Step: step, look: look})
	}
	if n := f.get("playbook"); n != nil {
		add(n, "playbook", p.text(n, "playbook"), "", func(s incident.State) string { return s.Playbook.Name })
	}
	if n := f.get("status"); n != nil {
		want := p.oneOf(n, "status", statusNames())
		add(n, "status", want, "", func(s incident.State) string { return string(s.Status) })
	}
	if n := f.get("severity"); n != nil {
		add(n, "severity", p.text(n, "severity"), "", func(s incident.State) string { return string(s.Severity) })
	}
	if n := f.get("acknowledged"); n != nil {
		want := strconv.FormatBool(p.truth(n, "acknowledged"))
		add(n, "acknowledged", want, "", func(s incident.State) string { return strconv.FormatBool(!s.AcknowledgedAt.IsZero()) })
	}
	if n := f.get("alerts_firing"); n != nil {
		want := strconv.Itoa(int(p.number(n, "alerts_firing")))
		add(n, "alerts firing", want, "", func(s incident.State) string { return strconv.Itoa(s.AlertsFiring()) })
	}
	p.eachOf(f, "steps", func(id string, key, value ast.Node) {
		p.refer("step", id, key)
		want := p.oneOf(value, "the state of a step", stepStates)
		add(key, "step "+id, want, id, func(s incident.State) string { return stepState(s, id) })
	})
	p.eachOf(f, "choices", func(id string, key, value ast.Node) {
		want := p.text(value, "a choice")
		p.refer("option", id+"/"+want, key)
		add(key, "choice of "+id, want, id, func(s incident.State) string {
			step, _ := s.Step(id)
			return step.Choice
		})
	})
	p.eachOf(f, "roles", func(id string, key, value ast.Node) {
		p.refer("role", id, key)
		want := p.text(value, "who has a role")
		add(key, "role "+id, holder(want), "", func(s incident.State) string {
			r, _ := s.Role(id)
			return holder(r.Holder)
		})
	})
	p.eachOf(f, "followups", func(id string, key, value ast.Node) {
		want := p.oneOf(value, "a follow-up", followupStates)
		add(key, "follow-up "+id, want, "", func(s incident.State) string { return followupState(s, id) })
	})
}

func (p *parsing) eachOf(f fields, name string, do func(id string, key, value ast.Node)) {
	n := f.get(name)
	if n == nil {
		return
	}
	entries, _ := p.mapping(n, name)
	for _, id := range entries.names {
		do(id, entries.keys[id], entries.values[id])
	}
}

func (p *parsing) oneOf(node ast.Node, what string, allowed []string) string {
	text := p.text(node, what)
	if !slices.Contains(allowed, text) {
		p.report(node, "%s is one of %s, not %q", what, strings.Join(allowed, ", "), text)
	}
	return text
}

func statusNames() []string {
	var names []string
	for _, s := range incident.Statuses() {
		names = append(names, string(s))
	}
	return names
}

// leftOut is what a scenario calls a step that the response took another way around.
const leftOut = "left_out"

var stepStates = []string{
	string(incident.Pending), string(incident.Running), string(incident.Waiting),
	string(incident.Done), string(incident.Skipped), leftOut, string(incident.Failed),
}

var followupStates = []string{"open", "done", "missing"}

func stepState(s incident.State, id string) string {
	step, ok := s.Step(id)
	switch {
	case !ok:
		return "missing"
	case step.LeftOut:
		return leftOut
	default:
		return string(step.State)
	}
}

func followupState(s incident.State, id string) string {
	f, ok := s.Followup(id)
	switch {
	case !ok:
		return "missing"
	case f.Done:
		return "done"
	default:
		return "open"
	}
}

func holder(name string) string {
	if name == "" {
		return "nobody"
	}
	return name
}

// instantWidth is how much later than "at" something may happen and still be at that moment:
// vendors are asked a moment after the event.
const instantWidth = time.Second

func (e Expectation) includes(at, end time.Duration) bool {
	to := e.To
	switch {
	case e.Open:
		to = end
	case e.Instant:
		to += instantWidth - 1
	}
	return at >= e.From && at <= to
}

// String says what is expected, in one line.
func (e Expectation) String() string {
	var parts []string
	for _, m := range e.Lines {
		parts = append(parts, m.String())
	}
	for _, m := range e.States {
		parts = append(parts, fmt.Sprintf("%s: %s", m.Subject, m.Want))
	}
	for _, m := range e.InOrder {
		parts = append(parts, m.String())
	}
	text := strings.Join(parts, ", ")
	if e.Never {
		text = "never " + text
	}
	return strings.TrimSpace(e.when() + " " + text)
}
