package cockpit

import (
	"cmp"
	"context"
	"fmt"
	"strings"

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
		return open(t.pageForm(s, "", ""))
	}
	if w := rest.first(); w.kind == accountWord {
		return t.asksFor(ctx, s, t.helperPerson(ctx, w.id, w.text), rest.from(1))
	}
	wanted, after := rest.first().fold(), 1
	kind := ""
	if (wanted == "service" || wanted == "team") && len(rest.words) > 1 {
		kind, wanted, after = wanted, rest.words[1].fold(), 2
	}
	service, isService := t.catalogue.Service(wanted)
	team, isTeam := t.catalogue.Team(wanted)
	isService, isTeam = isService && kind != "team" && wanted != "", isTeam && kind != "service" && wanted != ""
	switch {
	case isService && isTeam:
		return plan{}, ask(fmt.Sprintf("There are a service and a team “%s”. Which one shall be paged?", wanted), append(
			say("The service", fmt.Sprintf("%s page service %s %s", s.ID, wanted, rest.tail(after))),
			say("The team", fmt.Sprintf("%s page team %s %s", s.ID, wanted, rest.tail(after)))...)...)
	case isService:
		return t.asksFor(ctx, s, helperService(service), rest.from(after))
	case isTeam:
		helping, err := t.helperTeam(team)
		if err != nil {
			return plan{}, err
		}
		return t.asksFor(ctx, s, helping, rest.from(after))
	}
	return plan{}, t.askHelper(s, rest, wanted, after)
}

func (t *turn) asksFor(ctx context.Context, s incident.State, h helper, message string) (plan, error) {
	h.intent.Message = t.plain(ctx, message)
	return do(s, fmt.Sprintf("Asking %s for help with %s. The channel hears when they answer.", h.name, s.ID), h.intent)
}

func (t *turn) helperPerson(ctx context.Context, id, name string) helper {
	person := t.person(ctx, id, name)
	return helper{intent: incident.RequestHelp{Who: person.Name, Person: person}, name: person.Name}
}

func helperService(s config.Service) helper {
	return helper{
		intent: incident.RequestHelp{Who: "service " + s.Name, PagerService: s.PagerDuty.Service},
		name:   "whoever is on call for " + s.Name,
	}
}

// askHelper asks who is meant, where nobody is known by that name.
func (t *turn) askHelper(s incident.State, rest line, wanted string, after int) error {
	var known []string
	for _, service := range t.catalogue.Services() {
		known = append(known, namesOf(service)...)
	}
	for _, team := range t.catalogue.Teams() {
		known = append(known, strings.ToLower(team.Name))
	}
	written := incident.CutText(cmp.Or(wanted, rest.first().text), 40)
	if name, like := nearest(wanted, known); like {
		return ask(fmt.Sprintf("There is no service and no team “%s”. Did you mean “%s”?", written, name),
			append(say("Yes: page "+name, strings.TrimSpace(fmt.Sprintf("%s page %s %s", s.ID, name, rest.tail(after)))), declareAs(t.wording)...)...)
	}
	return ask(fmt.Sprintf("There is no service and no team “%s”. Mention a person with @, or name a service or a team.", written),
		append([]chat.Control{{Act: "page", Label: "Choose…", Value: string(s.ID)}}, declareAs(t.wording)...)...)
}
