package cockpit

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"muster/api/oncall"
	"muster/chat"
	"muster/config"
	"muster/incident"
)

// helper is somebody who can be asked for help: a person, or whoever is on call for a
// service or a team.
type helper struct {
	intent incident.RequestHelp
	// name is how people name it.
	name string
}

// planPage asks for help.
func planPage(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	rest = rest.past("the", "in")
	if rest.empty() {
		return open(t.pageForm(s))
	}
	if w := rest.first(); w.kind == accountWord {
		return t.asksFor(ctx, s, t.helperPerson(ctx, w.id, w.text), rest.from(1))
	}
	n := t.named(rest)
	wanted, after := n.wanted, n.words
	switch {
	case n.isService && n.isTeam:
		return plan{}, ask(fmt.Sprintf("There are a service and a team “%s”. Which one shall be paged?", wanted), append(
			say("The service", fmt.Sprintf("%s page service %s %s", s.ID, wanted, rest.tail(after))),
			say("The team", fmt.Sprintf("%s page team %s %s", s.ID, wanted, rest.tail(after)))...)...)
	case n.isService:
		helping, err := helperService(n.service)
		if err != nil {
			return plan{}, err
		}
		return t.asksFor(ctx, s, helping, rest.from(after))
	case n.isTeam:
		helping, err := t.helperTeam(n.team)
		if err != nil {
			return plan{}, err
		}
		return t.asksFor(ctx, s, helping, rest.from(after))
	}
	return plan{}, t.askHelper(s, rest, wanted, after)
}

// paged is what a line begins with: a service, a team, or both where they have one name.
type paged struct {
	service           config.Service
	team              config.Team
	isService, isTeam bool
	// wanted is the name as it was written, in so many words of the line.
	wanted string
	words  int
}

// named reads whom the pager is to be asked about, "checkout" or "team payments".
func (t *turn) named(l line) paged {
	n := paged{wanted: l.first().fold(), words: 1}
	kind := ""
	if (n.wanted == "service" || n.wanted == "team") && len(l.words) > 1 {
		kind, n.wanted, n.words = n.wanted, l.words[1].fold(), 2
	}
	if n.wanted == "" {
		return n
	}
	if kind != "team" {
		n.service, n.isService = t.catalogue.Service(n.wanted)
	}
	if kind != "service" {
		n.team, n.isTeam = t.catalogue.Team(n.wanted)
	}
	return n
}

func (t *turn) asksFor(ctx context.Context, s incident.State, h helper, message string) (plan, error) {
	h.intent.Message = t.plain(ctx, message)
	return do(s, fmt.Sprintf("Asking %s for help with %s. The timeline tells when they answer.", h.name, s.ID), h.intent)
}

func (t *turn) helperPerson(ctx context.Context, id, name string) helper {
	person := t.person(ctx, id, name)
	return helper{intent: incident.RequestHelp{Who: person.Name, Person: person}, name: person.Name}
}

func helperService(s config.Service) (helper, error) {
	if s.PagerDuty.Service == "" {
		return helper{}, &incident.InvalidError{
			Field: serviceEntry, Message: fmt.Sprintf("the pager does not know %s: mention a person, name another service, or give it pagerduty: {service: …} in muster.yaml", s.Name),
		}
	}
	return helper{
		intent: incident.RequestHelp{Who: "service " + s.Name, PagerService: s.PagerDuty.Service},
		name:   "whoever is on call for " + s.Name,
	}, nil
}

// askHelper asks who is meant, where nobody is known by that name.
func (t *turn) askHelper(s incident.State, rest line, wanted string, after int) error {
	written := quoted(cmp.Or(wanted, rest.first().text))
	if name, like := nearest(wanted, t.pagedNames()); like {
		return ask(fmt.Sprintf("There is no service and no team “%s”. Did you mean “%s”?", written, name),
			append(say("Yes: page "+name, strings.TrimSpace(fmt.Sprintf("%s page %s %s", s.ID, name, rest.tail(after)))), declareAs(t.wording)...)...)
	}
	return ask(fmt.Sprintf("There is no service and no team “%s”. Mention a person with @, or name a service or a team.", written),
		append([]chat.Control{{Act: "page", Label: "Choose…", Value: string(s.ID)}}, declareAs(t.wording)...)...)
}

// pagedNames are the names of all services and teams.
func (t *turn) pagedNames() []string {
	var known []string
	for _, service := range t.catalogue.Services() {
		known = append(known, namesOf(service)...)
	}
	for _, team := range t.catalogue.Teams() {
		known = append(known, strings.ToLower(team.Name))
	}
	return known
}

// helperTeam is whoever is on call for a team: by its escalation policy, or for the first of
// its services that the pager knows.
func (t *turn) helperTeam(team config.Team) (helper, error) {
	policy, service := t.catalogue.PagedBy(team)
	if policy == "" && service.PagerDuty.Service == "" {
		return helper{}, &incident.InvalidError{Field: teamEntry, Message: oncall.NotPaged(team)}
	}
	return helper{
		intent: incident.RequestHelp{Who: "team " + team.Name, Policy: policy, PagerService: service.PagerDuty.Service},
		name:   "whoever is on call for the team " + team.Name,
	}, nil
}

// Names of the fields of the form that asks for help.
const (
	personEntry  = "person"
	teamEntry    = "team"
	messageEntry = "message"
)

// pageForm asks who is wanted: a person, a service or a team.
func (t *turn) pageForm(s incident.State) chat.Form {
	teams := make([]chat.Option, 0, len(t.catalogue.Teams()))
	for _, team := range t.catalogue.Teams() {
		teams = append(teams, chat.Option{Value: team.Name, Label: team.Name})
	}
	fields := []chat.Entry{
		{ID: personEntry, Label: "A person", Kind: chat.PersonEntry, Optional: true},
		{ID: serviceEntry, Label: "or whoever is on call for a service", Kind: chat.ChoiceEntry, Options: t.serviceOptions(), Optional: true},
	}
	if len(teams) > 0 {
		fields = append(fields, chat.Entry{ID: teamEntry, Label: "or for a team", Kind: chat.ChoiceEntry, Options: teams, Optional: true})
	}
	fields = append(fields, chat.Entry{ID: messageEntry, Label: "What do you need from them?", Kind: chat.TextEntry, Optional: true, MaxRunes: maxFormText})
	return chat.Form{ID: pageFormID, Context: string(s.ID), Title: "Ask for help", Submit: "Ask", Fields: fields}
}

// submitPage asks for the one that was chosen.
func submitPage(ctx context.Context, t *turn, s incident.State, v values) (plan, error) {
	var asked []helper
	if id := v[personEntry]; id != "" {
		asked = append(asked, t.helperPerson(ctx, id, ""))
	}
	if name := v[serviceEntry]; name != "" {
		service, ok := t.catalogue.Service(name)
		if !ok {
			return plan{}, &incident.InvalidError{Field: serviceEntry, Message: "the catalogue has no such service any more"}
		}
		h, err := helperService(service)
		if err != nil {
			return plan{}, err
		}
		asked = append(asked, h)
	}
	if name := v[teamEntry]; name != "" {
		team, ok := t.catalogue.Team(name)
		if !ok {
			return plan{}, &incident.InvalidError{Field: teamEntry, Message: "the catalogue has no such team any more"}
		}
		h, err := t.helperTeam(team)
		if err != nil {
			return plan{}, err
		}
		asked = append(asked, h)
	}
	if len(asked) != 1 {
		return plan{}, &incident.InvalidError{Field: personEntry, Message: "choose one: a person, a service or a team"}
	}
	return t.asksFor(ctx, s, asked[0], v[messageEntry])
}
