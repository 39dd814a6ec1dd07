package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"

	"github.com/goccy/go-yaml/ast"
)

// happenings are the keys of an event that say what happens; each has one.
var happenings = []string{"alert", "alert_resolved", "do", "vendor", "metrics", "http", "ticket", "pager"}

func (p *parsing) parseEvent(node ast.Node) {
	const what = "an event"
	f, ok := p.mapping(node, what, append([]string{"at", "by", "refused", "fails", "works", "until", "status", "done", "deleted"}, happenings...)...)
	if !ok {
		return
	}
	if !f.has("at") {
		p.report(node, "%s needs at: how long after the declaration it happens", what)
	}
	e := Event{Place: placeOf(node), At: p.duration(f.get("at"), "at")}
	var said []string
	for _, name := range f.names {
		if slices.Contains(happenings, name) {
			said = append(said, name)
		}
	}
	if len(said) != 1 {
		p.report(node, "%s is exactly one of %s", what, strings.Join(happenings, ", "))
		return
	}
	if !f.has("pager") {
		p.belongs(f, "do", "by")
	}
	p.belongs(f, "do", "refused")
	p.belongs(f, "vendor", "fails", "works", "until")
	p.belongs(f, "ticket", "status", "done", "deleted")
	switch said[0] {
	case "alert":
		for _, n := range p.some(f.get("alert")) {
			e.What.Alerts = append(e.What.Alerts, p.alert(n, e.At))
		}
		p.add(e)
	case "alert_resolved":
		for _, n := range p.some(f.get("alert_resolved")) {
			e.What.Alerts = append(e.What.Alerts, p.resolved(n, e.At))
		}
		p.add(e)
	case "do":
		p.parseCommands(f, e)
	case "vendor":
		p.parseFault(f, e)
	case "metrics":
		for _, m := range p.metrics(f.get("metrics")) {
			e.What.Metric = &m
			p.add(e)
		}
	case "http":
		for _, n := range p.some(f.get("http")) {
			answer := p.answer(n)
			e.What.Answer = &answer
			p.add(e)
		}
	case "pager":
		p.parsePager(f, e)
	case "ticket":
		e.What.Ticket = &rehearsal.TicketMove{
			Followup: p.text(f.get("ticket"), "ticket"), Status: p.text(f.get("status"), "status"),
			Done: p.truth(f.get("done"), "done"), Deleted: p.truth(f.get("deleted"), "deleted"),
		}
		if e.What.Ticket.Status == "" {
			e.What.Ticket.Status = "In Progress"
			if e.What.Ticket.Done {
				e.What.Ticket.Status = "Done"
			}
		}
		p.add(e)
	}
}

// pagerStatuses are what people can do with a page in the pager.
var pagerStatuses = []string{string(incident.PageAcknowledged), string(incident.PageResolved)}

func (p *parsing) parsePager(f fields, e Event) {
	by := strings.TrimSpace(p.text(f.get("by"), "by"))
	if by == "" {
		p.report(f.node, "pager: needs by: the name of whoever does it there")
	}
	status := strings.TrimSpace(p.text(f.get("pager"), "pager"))
	if !slices.Contains(pagerStatuses, status) {
		p.report(f.values["pager"], "pager is %s, not %q", strings.Join(pagerStatuses, " or "), status)
	}
	e.What.Page = &rehearsal.PageMove{By: incident.PersonActor(by), Status: incident.PageStatus(status)}
	p.add(e)
}

func (p *parsing) add(e Event) { p.scenario.Events = append(p.scenario.Events, e) }

// belongs reports keys that say more about something that the event is not.
func (p *parsing) belongs(f fields, owner string, names ...string) {
	for _, name := range names {
		if f.has(name) && !f.has(owner) {
			p.report(f.keys[name], "%s belongs to an event with %s:", name, owner)
		}
	}
}

// alert reads an alert that fires: its name, or all it says.
func (p *parsing) alert(node ast.Node, at time.Duration) incident.Alert {
	a := p.alertSaid(node)
	a.StartsAt = p.scenario.Incident.At.Add(at)
	return a
}

func (p *parsing) alertSaid(node ast.Node) incident.Alert {
	const what = "an alert"
	a := incident.Alert{Source: "alertmanager", Labels: map[string]string{}}
	if len(p.entries(node)) == 0 {
		a.Name = strings.TrimSpace(p.text(node, what))
	} else {
		f, _ := p.mapping(node, what, "name", "labels", "annotations", "source", "url")
		a.Name, a.Labels = p.text(f.get("name"), "name"), p.words(f.get("labels"), "labels")
		a.Annotations, a.URL = p.words(f.get("annotations"), "annotations"), p.text(f.get("url"), "url")
		if source := p.text(f.get("source"), "source"); source != "" {
			a.Source = source
		}
	}
	if a.Name == "" {
		a.Name = a.Labels["alertname"]
	}
	if a.Name == "" {
		p.report(node, "%s needs a name, or a label alertname", what)
	}
	if a.Labels["alertname"] == "" {
		a.Labels["alertname"] = a.Name
	}
	a.Fingerprint = fingerprint(a)
	return a
}

// fingerprint tells alerts apart by their labels, as Alertmanager does.
func fingerprint(a incident.Alert) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		fmt.Fprintf(&b, "%s=%q,", name, a.Labels[name])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// words reads a mapping of texts.
func (p *parsing) words(node ast.Node, what string) map[string]string {
	words := map[string]string{}
	if node == nil {
		return words
	}
	f, _ := p.mapping(node, what)
	for _, name := range f.names {
		words[name] = p.text(f.get(name), name+" of "+what)
	}
	return words
}

// resolved finds the alert of an earlier event that fires no more.
func (p *parsing) resolved(node ast.Node, at time.Duration) incident.Alert {
	said := p.alertSaid(node)
	for i := len(p.scenario.Events) - 1; i >= 0; i-- {
		e := p.scenario.Events[i]
		for _, a := range e.What.Alerts {
			if e.At <= at && a.Firing() && a.Name == said.Name && includes(a.Labels, said.Labels) {
				a.ResolvedAt = p.scenario.Incident.At.Add(at)
				return a
			}
		}
	}
	p.report(node, "no alert %q fires in an event above this one", said.Name)
	return said
}

func includes(labels, some map[string]string) bool {
	for name, value := range some {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// parseFault reads how a vendor fails, and until when.
func (p *parsing) parseFault(f fields, e Event) {
	var vendors, modes []string
	for _, v := range rehearsal.Vendors() {
		vendors = append(vendors, string(v))
	}
	for _, m := range rehearsal.Modes() {
		modes = append(modes, string(m))
	}
	vendor, mode := p.text(f.get("vendor"), "vendor"), p.text(f.get("fails"), "fails")
	if !slices.Contains(vendors, vendor) {
		p.report(f.values["vendor"], "there is no vendor %q; the vendors are %s", vendor, strings.Join(vendors, ", "))
	}
	switch {
	case f.has("works") == f.has("fails"):
		p.report(f.node, "vendor: needs either fails: %s, or works: true", strings.Join(modes, " | "))
	case f.has("works"):
		if !p.truth(f.get("works"), "works") || f.has("until") {
			p.report(f.node, "write works: true, and nothing else, once the vendor works again")
		}
	case !slices.Contains(modes, mode):
		p.report(f.values["fails"], "a vendor cannot fail by %q; it fails by %s", mode, strings.Join(modes, ", "))
	}
	e.What.Fault = &rehearsal.Fault{Vendor: rehearsal.Vendor(vendor), Mode: rehearsal.Mode(mode)}
	p.add(e)
	if until := f.get("until"); until != nil {
		end := e
		end.At = p.duration(until, "until")
		end.What = rehearsal.Happening{Fault: &rehearsal.Fault{Vendor: rehearsal.Vendor(vendor)}}
		if end.At <= e.At {
			p.report(until, "until must be after at; both count from the declaration")
		}
		p.add(end)
	}
}
