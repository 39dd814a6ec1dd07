package scenario

import (
	"maps"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"

	"github.com/goccy/go-yaml/ast"
)

// verb is something that people do: a command of the API by a shorter name.
type verb struct {
	// extras are the keys that may stand beside it.
	extras []string
	// bare says that it may stand alone, without a value.
	bare bool
	// intent makes the command; value is what stands behind the verb.
	intent func(p *parsing, f fields, value string) incident.Intent
}

// verbs are what people can do. The first key of do: is one of them.
var verbs = map[string]verb{
	"acknowledge": {bare: true, intent: func(_ *parsing, _ fields, note string) incident.Intent { return incident.Acknowledge{Note: note} }},
	"resolve":     {bare: true, intent: func(_ *parsing, _ fields, summary string) incident.Intent { return incident.Resolve{Summary: summary} }},
	"reopen":      {bare: true, intent: func(_ *parsing, _ fields, reason string) incident.Intent { return incident.Reopen{Reason: reason} }},
	"cancel":      {bare: true, intent: func(_ *parsing, _ fields, reason string) incident.Intent { return incident.Cancel{Reason: reason} }},
	"merge": {extras: []string{"reason"}, intent: func(p *parsing, f fields, into string) incident.Intent {
		return incident.Merge{Into: incident.ID(into), Reason: p.extra(f, "reason")}
	}},
	"status": {extras: []string{"note"}, intent: func(p *parsing, f fields, to string) incident.Intent {
		if !incident.Status(to).Active() {
			p.report(f.values["status"], "status is investigating, identified or monitoring, not %q; resolve, cancel and merge are verbs of their own", to)
		}
		return incident.ChangeStatus{Status: incident.Status(to), Note: p.extra(f, "note")}
	}},
	"severity": {extras: []string{"reason"}, intent: func(p *parsing, f fields, to string) incident.Intent {
		return incident.ChangeSeverity{Severity: incident.Severity(to), Reason: p.extra(f, "reason")}
	}},
	"confirm_severity": {bare: true, intent: func(*parsing, fields, string) incident.Intent { return incident.ConfirmSeverity{} }},
	"snooze": {bare: true, extras: []string{"step", "for"}, intent: func(p *parsing, f fields, hook string) incident.Intent {
		return incident.SnoozeReminder{Hook: hook, Subject: p.extra(f, "step"), For: p.snooze(f)}
	}},
	"ask": {extras: []string{"service", "message"}, intent: func(p *parsing, f fields, who string) incident.Intent {
		ask := incident.RequestHelp{Who: who, PagerService: p.extra(f, "service"), Message: p.extra(f, "message")}
		if ask.PagerService == "" {
			ask.Person.Name = who
		}
		return ask
	}},
	"take": {extras: []string{"brief"}, intent: func(p *parsing, f fields, role string) incident.Intent {
		return incident.AssignRole{Role: p.role(f, "take", role), User: p.actor(f), Brief: p.extra(f, "brief")}
	}},
	"release": {intent: func(p *parsing, f fields, role string) incident.Intent {
		return incident.AssignRole{Role: p.role(f, "release", role)}
	}},
	"assign": {extras: []string{"to", "brief"}, intent: func(p *parsing, f fields, role string) incident.Intent {
		return incident.AssignRole{Role: p.role(f, "assign", role), User: p.required(f, "to", "assign"), Brief: p.extra(f, "brief")}
	}},
	"update": {intent: func(_ *parsing, _ fields, text string) incident.Intent { return incident.PostUpdate{Text: text} }},
	"note":   {intent: func(_ *parsing, _ fields, text string) incident.Intent { return incident.AddNote{Text: text} }},
	"decision": {intent: func(_ *parsing, _ fields, text string) incident.Intent {
		return incident.AddNote{Text: text, Decision: true}
	}},
	"complete": {extras: []string{"note"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		return incident.CompleteStep{Step: p.step(f, "complete", step), Note: p.extra(f, "note")}
	}},
	"choose": {extras: []string{"option", "note"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		option := p.required(f, "option", "choose")
		p.refer("option", step+"/"+option, f.values["choose"])
		return incident.ChooseOption{Step: step, Option: option, Note: p.extra(f, "note")}
	}},
	"skip": {extras: []string{"reason"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		return incident.SkipStep{Step: p.step(f, "skip", step), Reason: p.extra(f, "reason")}
	}},
	"approve": {extras: []string{"note"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		return incident.ApproveStep{Step: p.step(f, "approve", step), Note: p.extra(f, "note")}
	}},
	"reject": {extras: []string{"note"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		return incident.RejectStep{Step: p.step(f, "reject", step), Note: p.extra(f, "note")}
	}},
	"retry": {extras: []string{"note"}, intent: func(p *parsing, f fields, step string) incident.Intent {
		return incident.RetryStep{Step: p.step(f, "retry", step), Note: p.extra(f, "note")}
	}},
	"add_step": {extras: []string{"for"}, intent: func(p *parsing, f fields, title string) incident.Intent {
		return incident.AddStep{Title: title, Assignee: p.extra(f, "for")}
	}},
	"followup": {extras: []string{"owner", "due"}, intent: func(p *parsing, f fields, title string) incident.Intent {
		return incident.AddFollowup{Title: title, Owner: p.extra(f, "owner"), Due: p.due(f)}
	}},
	"complete_followup": {extras: []string{"note"}, intent: func(p *parsing, f fields, id string) incident.Intent {
		return incident.CompleteFollowup{Followup: id, Note: p.extra(f, "note")}
	}},
}

func verbNames() string { return strings.Join(slices.Sorted(maps.Keys(verbs)), ", ") }

// parseCommands reads what people do: a verb, a mapping that begins with one, or a list.
func (p *parsing) parseCommands(f fields, e Event) {
	by := strings.TrimSpace(p.text(f.get("by"), "by"))
	if by == "" {
		p.report(f.node, "do: needs by: the name of whoever does it")
	}
	if refused := f.get("refused"); refused != nil {
		pattern := rehearsal.Pattern{}
		if b, plain := refused.(*ast.BoolNode); !plain {
			pattern = p.pattern(refused, "refused")
		} else if !b.Value {
			p.report(refused, "refused is true, or a part of the reason; leave it out where the command is accepted")
		}
		e.Refused = &pattern
	}
	for _, node := range p.some(f.get("do")) {
		intent, ok := p.command(node, by)
		if !ok {
			continue
		}
		one := e
		one.Place = placeOf(node)
		one.What.Command = &rehearsal.Command{Actor: incident.PersonActor(by), Intent: intent}
		p.add(one)
	}
}

// actorField carries who acts to the verbs that need it.
const actorField = "\x00by"

func (p *parsing) command(node ast.Node, by string) (incident.Intent, bool) {
	entries := p.entries(node)
	first := node
	if len(entries) > 0 {
		first = entries[0].Key
	}
	name := strings.TrimSpace(p.text(first, "do"))
	v, known := verbs[name]
	if !known {
		p.report(node, "nobody can %q; people can %s", name, verbNames())
		return nil, false
	}
	if len(entries) == 0 && !v.bare {
		p.report(node, "%s: needs a value; write do: {%s: …}", name, name)
		return nil, false
	}
	f := fields{node: node, keys: map[string]ast.Node{}, values: map[string]ast.Node{}}
	value := ""
	if len(entries) > 0 {
		f, _ = p.mapping(node, name, append([]string{name}, v.extras...)...)
		value = strings.TrimSpace(p.text(f.get(name), name))
		if value == "" && !v.bare {
			p.report(node, "%s: needs a value", name)
			return nil, false
		}
	}
	f.keys[actorField] = &ast.StringNode{Value: by}
	return v.intent(p, f, value), true
}

func (p *parsing) extra(f fields, name string) string {
	return strings.TrimSpace(p.text(f.get(name), name))
}

func (p *parsing) actor(f fields) string { return p.text(f.keys[actorField], "by") }

// snooze reads for how long people want no reminders: half an hour if it is left out.
func (p *parsing) snooze(f fields) time.Duration {
	if !f.has("for") {
		return 30 * time.Minute
	}
	return p.duration(f.get("for"), "for")
}

// due reads the day of a follow-up: so long after the declaration, or a date.
func (p *parsing) due(f fields) time.Time {
	node := f.get("due")
	if node == nil {
		return time.Time{}
	}
	text := strings.TrimSpace(p.text(node, "due"))
	if d, ok := ParseDuration(text); ok && d >= 0 {
		return p.scenario.Incident.At.Add(d).Truncate(24 * time.Hour)
	}
	day, err := parseMoment(text)
	if err != nil {
		p.report(node, "due is a date such as 2026-03-16, or how long after the declaration, such as 14d")
	}
	return day
}

func (p *parsing) step(f fields, key, step string) string {
	p.refer("step", step, f.values[key])
	return step
}

func (p *parsing) role(f fields, key, role string) string {
	p.refer("role", role, f.values[key])
	return role
}

// refer remembers a name that the playbook must have.
func (p *parsing) refer(kind, name string, node ast.Node) {
	p.scenario.references = append(p.scenario.references, reference{Place: placeOf(node), kind: kind, name: name})
}
