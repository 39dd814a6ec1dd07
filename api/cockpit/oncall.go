package cockpit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/api/oncall"
	"muster/chat"
	"muster/incident"
)

// onCallFor is how long the pager may take to say who is on call. People hear within the
// time that a chat waits for an answer, be it that there is none.
const onCallFor = 2500 * time.Millisecond

// planOnCall shows who is on call for what is named, or for the incident's service.
func planOnCall(ctx context.Context, t *turn, rest line) (plan, error) {
	rest = rest.past("for", "the", "of", "in")
	if rest.empty() {
		return t.onCallHere(ctx)
	}
	n := t.named(rest)
	if !n.isService && !n.isTeam {
		return plan{}, t.askOnCall(n.wanted)
	}
	asked := t.askedFor(n)
	// In the channel of an incident, whoever is on call can be asked to help with it.
	if id, err := t.onCallIncident(ctx); err == nil && id != "" {
		if s, err := t.reader.Incident(ctx, id); err == nil {
			asked.helping = s
		}
	}
	return t.showOnCall(ctx, asked)
}

// asked is whose on-call is shown.
type asked struct {
	title string
	find  []func(ctx context.Context) ([]oncall.Duty, error)
	// again is the command that asks once more.
	again string
	// helping is the incident that they can be asked to help with; zero for none. Who says
	// them as the command that asks for help does.
	helping incident.State
	who     []string
}

// askedFor is the service, the team, or both, where both have the name.
func (t *turn) askedFor(n paged) asked {
	a := asked{title: quoted(n.wanted), again: "oncall " + t.wording.after(1).tidy()}
	if n.isService {
		a.title = "the service " + n.service.Name
		a.add("service "+asWord(n.service.Name), func(ctx context.Context) ([]oncall.Duty, error) {
			return oncall.OfService(ctx, t.pager, n.service.Name, n.service.PagerDuty.Service)
		})
	}
	if n.isTeam {
		a.title = "the team " + n.team.Name
		who := ""
		if policy, service := t.catalogue.PagedBy(n.team); policy != "" || service.PagerDuty.Service != "" {
			who = "team " + asWord(n.team.Name)
		}
		a.add(who, func(ctx context.Context) ([]oncall.Duty, error) {
			return oncall.OfTeam(ctx, t.pager, t.catalogue, n.team)
		})
	}
	if n.isService && n.isTeam {
		a.title = n.service.Name
	}
	return a
}

// add shows more. Who is empty for those whom nobody can ask for help.
func (a *asked) add(who string, find func(ctx context.Context) ([]oncall.Duty, error)) {
	if a.find = append(a.find, find); who != "" {
		a.who = append(a.who, who)
	}
}

// asWord is a name as a command line takes it for one word.
func asWord(name string) string {
	if strings.ContainsAny(name, " \t") {
		return `"` + name + `"`
	}
	return name
}

// onCallIncident is the incident that the act names, or that its channel is of.
func (t *turn) onCallIncident(ctx context.Context) (incident.ID, error) {
	if t.target != "" {
		return t.target, nil
	}
	return t.channels(ctx, t.act.Channel)
}

// onCallHere shows who is on call for the incident's service, as the incident knows it, or
// for the team whose channel it is.
func (t *turn) onCallHere(ctx context.Context) (plan, error) {
	id, err := t.onCallIncident(ctx)
	if err != nil {
		return plan{}, err
	}
	if id != "" {
		t.target = id
		s, err := t.incident(ctx)
		if err != nil {
			return plan{}, err
		}
		a := asked{title: "the service " + s.Service.Name, again: string(s.ID) + " oncall", helping: s}
		a.add("service "+asWord(s.Service.Name), func(ctx context.Context) ([]oncall.Duty, error) {
			return oncall.OfService(ctx, t.pager, s.Service.Name, s.Service.PagerService)
		})
		return t.showOnCall(ctx, a)
	}
	for _, team := range t.catalogue.Teams() {
		if team.SlackChannel != "" && team.SlackChannel == t.act.Channel {
			return t.showOnCall(ctx, t.askedFor(paged{team: team, isTeam: true, wanted: team.Name}))
		}
	}
	return plan{}, t.askOnCall("")
}

// askOnCall asks whose on-call is meant.
func (t *turn) askOnCall(wanted string) error {
	if wanted == "" {
		text := fmt.Sprintf("Whose on-call do you want to see? Name a service or a team: `%s oncall %s`.", t.command, t.catalogue.Services()[0].Name)
		return ask(text, t.onCallButtons()...)
	}
	if name, like := nearest(wanted, t.pagedNames()); like {
		return ask(fmt.Sprintf("There is no service and no team “%s”. Did you mean “%s”?", quoted(wanted), name), append(say("Yes: "+name, "oncall "+asWord(name)), declareAs(t.wording)...)...)
	}
	return ask(fmt.Sprintf("There is no service and no team “%s”. Which one?", quoted(wanted)), append(t.onCallButtons(), declareAs(t.wording)...)...)
}

// onCallButtons are the teams to choose from, as far as there is room for them.
func (t *turn) onCallButtons() []chat.Control {
	teams := t.catalogue.Teams()
	var buttons []chat.Control
	for _, team := range teams[:min(len(teams), offered)] {
		buttons = append(buttons, say("Team "+incident.CutText(team.Name, 40), "oncall team "+asWord(team.Name))...)
	}
	return buttons
}

// showOnCall asks the pager and shows what it says.
func (t *turn) showOnCall(ctx context.Context, a asked) (plan, error) {
	if t.pager == nil {
		return show(answer("This Muster has no pager that could be asked who is on call."))
	}
	ctx, cancel := context.WithTimeout(ctx, onCallFor)
	defer cancel()
	var duties []oncall.Duty
	var refused *incident.InvalidError
	for _, find := range a.find {
		found, err := find(ctx)
		switch {
		case errors.As(err, &refused):
		case err != nil:
			return t.onCallUnknown(ctx, a, err)
		}
		duties = append(duties, found...)
	}
	if len(duties) == 0 {
		return plan{}, refused
	}
	c := chat.Card{Summary: "On call for " + a.title + " now", Parts: []chat.Part{{Heading: "On call for " + a.title + " now"}}}
	shown := map[string]bool{}
	for _, duty := range duties {
		if !shown[string(duty.By)+duty.ID] {
			shown[string(duty.By)+duty.ID] = true
			c.Parts = append(c.Parts, chat.Part{Body: dutyText(duty)})
		}
	}
	if buttons := t.askThem(a); len(buttons) > 0 {
		c.Parts = append(c.Parts, chat.Part{Controls: buttons})
	}
	return show(c)
}

// askThem are the buttons that ask those who are on call for help, where that can be done.
func (t *turn) askThem(a asked) []chat.Control {
	var buttons []chat.Control
	for _, who := range a.who {
		if a.helping.Status.Active() {
			buttons = append(buttons, say("Ask the "+incident.CutText(strings.ReplaceAll(who, `"`, ""), 40)+" for help", string(a.helping.ID)+" page "+who)...)
		}
	}
	return buttons
}

// dutyText is who is on call by one thing of the pager, in the order in which they would be
// woken. They are named and not mentioned: to look is not to call.
func dutyText(d oncall.Duty) chat.Text {
	by := map[oncall.Means]string{oncall.ByPolicy: "By the escalation policy ", oncall.BySchedule: "By the schedule "}[d.By] + d.ID
	if d.By == oncall.ByService {
		by = "By the service " + d.Service
	}
	text := chat.Text{chat.Bold(by)}
	if len(d.People) == 0 {
		return append(text, chat.Plain("\nnobody"))
	}
	for i, p := range d.People {
		text = append(text, chat.Plain(fmt.Sprintf("\n%d. %s", i+1, strings.Join(slices.DeleteFunc([]string{incident.CutText(p.Name, incident.MaxNameRunes), p.Email}, func(s string) bool { return s == "" }), " · "))))
	}
	return text
}

// onCallUnknown is said where the pager does not answer.
func (t *turn) onCallUnknown(ctx context.Context, a asked, err error) (plan, error) {
	t.log().WarnContext(ctx, "the pager did not say who is on call", "error", err)
	text := "The pager does not say who is on call for " + a.title + ": " + incident.CutText(err.Error(), incident.MaxErrorRunes)
	if ctx.Err() != nil {
		text = "The pager has not said in time who is on call for " + a.title + "."
	}
	c := answer(strings.ReplaceAll(text, "`", "'"))
	c.Parts = append(c.Parts, chat.Part{Controls: say("Try again", strings.TrimSpace(a.again))})
	return show(c)
}
