package scenario

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"muster/config"
	"muster/incident"
	"muster/internal/declaration"
	"muster/internal/rehearsal"
	"muster/playbooks"
	"muster/workflows"
)

// rehearsed is the id of every incident that is rehearsed.
const rehearsed incident.ID = "INC-1"

// Script returns what is to be played: the scenario with the playbook that is followed, as the
// catalogue has it. Without a catalogue (nil) every service exists, and the severities are
// those of the sample.
func (s *Scenario) Script(playbook *playbooks.Playbook, declare incident.Command) rehearsal.Script {
	script := rehearsal.Script{
		Declare: declare, Playbook: playbook, Start: s.Incident.At, End: s.Until,
		OnCall: s.OnCall, Followers: s.Followers, Metrics: s.Metrics, Answers: s.Answers, Workflows: s.Workflows,
	}
	if script.OnCall == nil {
		script.OnCall = []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}}
	}
	for _, e := range s.Events {
		h := e.What
		h.After = e.At
		if h.Command != nil {
			command := *h.Command
			command.Label = e.label()
			h.Command = &command
		}
		if h.Ticket != nil {
			ticket := *h.Ticket
			ticket.Label = e.label()
			h.Ticket = &ticket
		}
		script.Happenings = append(script.Happenings, h)
	}
	return script
}

// Declaration is the command that begins the scenario's incident, and what led to it.
type Declaration struct {
	Command incident.Command
	// Playbook is the one that a route names; empty for most.
	Playbook string
	// Alert is the alert that declares it; its name is empty where a person does.
	Alert incident.Alert
}

// Declare says how the scenario's incident is declared. The error says what the catalogue does
// not have.
func (s *Scenario) Declare(catalogue *config.Catalogue) (Declaration, error) {
	said := s.Incident
	declare := incident.Declare{Title: said.Title, Summary: said.Summary}
	d := Declaration{Command: incident.Command{Incident: rehearsed, Source: "api", Actor: incident.PersonActor(cmp.Or(said.By, "Sample Responder"))}}
	if alert, ok := s.alertOf(); ok && said.By == "" {
		d.Alert = alert
		d.Command.Actor, d.Command.Source = incident.VendorActor(workflows.AlertActor(alert)), alert.Source
		declare.Title = cmp.Or(declare.Title, declaration.Title(alert))
		declare.Summary = cmp.Or(declare.Summary, alert.Annotations["description"])
		if catalogue != nil {
			command, route := declaration.OfAlert(catalogue, alert)
			routed, _ := command.Intent.(incident.Declare)
			said.Service, said.Severity = cmp.Or(said.Service, routed.Service.Name), cmp.Or(said.Severity, string(routed.Severity))
			declare.Title = cmp.Or(s.Incident.Title, routed.Title)
			declare.Notes, d.Playbook = routed.Notes, route.Playbook
		}
		said.Service, said.Severity = cmp.Or(said.Service, alert.Labels["service"]), cmp.Or(said.Severity, alert.Labels["severity"])
	}
	known := catalogue
	if known == nil {
		known = config.Sample()
	}
	level, ok := known.Severity(cmp.Or(said.Severity, "SEV2"))
	if !ok {
		return Declaration{}, fmt.Errorf("there is no severity %q; there are %s", said.Severity, severityNames(known))
	}
	declare.Severity, declare.Scale = incident.Severity(level.Name), declaration.Scale(known.Scale())
	declare.Service = madeUp(cmp.Or(said.Service, "storefront"), said.Team)
	if catalogue != nil {
		service, ok := catalogue.Service(said.Service)
		if !ok {
			return Declaration{}, fmt.Errorf("the catalogue has no service %q", said.Service)
		}
		declare.Service = declaration.Service(service)
	}
	if s.Announcements != nil {
		declare.Service.Announcements = s.Announcements
	}
	if s.Fallback != nil {
		declare.Service.Fallback = *s.Fallback
	}
	declare.Title = cmp.Or(declare.Title, s.Name)
	d.Command.Intent = declare
	_, err := incident.Decide(incident.State{}, d.Command, time.Now())
	return d, err
}

// madeUp is a service that exists for a rehearsal only.
func madeUp(name, team string) incident.Service {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(name))
	return incident.Service{
		Name: name, Team: cmp.Or(team, name), PagerService: "P" + letters, TrackerProject: cmp.Or(letters, "OPS"), ChannelPrefix: config.DefaultChatPrefix,
		Runbooks: []incident.Link{{Title: "Runbook of " + name, URL: "https://runbooks.example.com/" + strings.ToLower(letters)}},
	}
}

func severityNames(c *config.Catalogue) string {
	var names []string
	for _, s := range c.Scale() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}
