package sandbox

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed pagerduty.html
var pagerDutySource string

// The part of the page that shows PagerDuty is a template of its own.
var _ = template.Must(pageTemplate.New("pagerduty.html").Funcs(template.FuncMap{"doneInPagerDuty": doneInPagerDuty}).Parse(pagerDutySource))

// doneInPagerDuty is an entry of an incident's log in words, without who did it.
func doneInPagerDuty(kind string) string {
	words := map[string]string{
		"acknowledge": "Acknowledged", "unacknowledge": "Not acknowledged any more", "resolve": "Resolved", "reopen": "Reopened",
		"assign": "Reassigned", "escalate": "Escalated", "priority": "Priority set", "annotate": "Note", "status_update": "Status update",
		"responder_request": "Asked to help", "responder_reply": "Reply to the request",
	}
	if text, ok := words[kind]; ok {
		return text
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// pagePerson is somebody who can act on the page.
type pagePerson struct{ Name, Email, State string }

// People are those who can act.
func (incidentView) People() []pagePerson {
	var all []pagePerson
	for _, p := range responders {
		all = append(all, pagePerson{Name: p.name, Email: p.email})
	}
	return all
}

// FirstEmail is the address of who is to answer the incident first.
func (v incidentView) FirstEmail() string { return v.AssignedTo[0] }

// Names are those whom it is assigned to.
func (v incidentView) Names() []string {
	var names []string
	for _, email := range v.AssignedTo {
		names = append(names, nameOf(email))
	}
	return names
}

// Helpers are those who were asked to help, with what they said to it.
func (v incidentView) Helpers() []pagePerson {
	var all []pagePerson
	for _, r := range v.Responders {
		all = append(all, pagePerson{Name: nameOf(r.Person), Email: r.Person, State: r.State})
	}
	return all
}

func nameOf(email string) string {
	if p, ok := pagerDutyUser(func(p person) bool { return p.email == email }); ok {
		return p.name
	}
	return email
}
