package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"muster/api"
	"muster/incident"
)

const (
	// sampleResponder acts where no role does.
	sampleResponder = "Sample Responder"
	// reactionTime is how long Muster gets to hand out steps before people think
	// that there are no more. It takes a few milliseconds.
	reactionTime = 300 * time.Millisecond
	// followupDays is when the follow-up is due.
	followupDays = 14
)

// player plays the people of an incident, by the API as people's tools would. What
// Muster refuses, say because somebody was faster on the page, is told and passed over.
type player struct {
	*follower
	pace time.Duration
	// tried are the steps that were dealt with, whether Muster took it or not.
	tried map[string]bool
	// skipped says that a step was decided against, which shows enough.
	skipped bool
	// exercise says that no alert began it, and that it files no tickets.
	exercise bool
}

// play plays an incident from the first look to its end.
func (p *player) play(ctx context.Context) error {
	for _, scene := range []struct {
		title string
		play  func(context.Context) error
	}{
		{"Somebody takes it", p.takeIt},
		{"People find out what is wrong", p.investigate},
		{"They stop the impact", p.mitigate},
		{"It is over", p.resolveIt},
	} {
		p.heading(scene.title)
		if err := scene.play(ctx); err != nil {
			return err
		}
	}
	if p.exercise {
		return p.workSteps(ctx, 0)
	}
	p.heading("What remains is work")
	closed, err := p.followUp(ctx)
	if err != nil {
		return err
	}
	in, err := p.catchUp(ctx)
	if err != nil {
		return err
	}
	p.summarize(in, closed)
	return nil
}

func (p *player) takeIt(ctx context.Context) error {
	if err := p.give(ctx, playedCommand{sampleResponder, "acknowledge", commandBody{"note": "looking at it"}}); err != nil {
		return err
	}
	for _, role := range p.last.RoleDetails {
		if role.Holder != "" {
			continue
		}
		name := sampleHolder(role.ID)
		if err := p.act(ctx, name, http.MethodPut, p.muster.incident(p.id, "roles", role.ID), commandBody{"user": name}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) investigate(ctx context.Context) error {
	if err := p.workSteps(ctx, 1); err != nil {
		return err
	}
	lead := p.holder("commander")
	return p.give(ctx,
		playedCommand{lead, "severity", commandBody{"severity": "critical", "reason": "more people are affected than it seemed"}},
		playedCommand{p.holder("scribe"), "notes", commandBody{"text": "The first errors came two minutes after the last release"}},
		playedCommand{p.holder("communications"), "updates", commandBody{"text": "Some requests fail. We have an idea why, and say more in 30 minutes."}},
		playedCommand{lead, "status", commandBody{"status": "identified", "note": "the last release fails under load"}},
	)
}

func (p *player) mitigate(ctx context.Context) error {
	if err := p.workSteps(ctx, 0); err != nil {
		return err
	}
	err := p.give(ctx, playedCommand{p.holder("commander"), "status", commandBody{"status": "monitoring", "note": "rolled back, and errors become fewer"}})
	if err != nil {
		return err
	}
	if !p.exercise {
		if err := p.alertEnds(ctx); err != nil {
			return err
		}
	}
	return p.workSteps(ctx, 0)
}

// alertEnds lets the alert resolve, as it does once its cause is gone.
func (p *player) alertEnds(ctx context.Context) error {
	if _, err := p.sendResolved(ctx, p.last); err != nil {
		return err
	}
	if _, err := p.untilCleared(ctx); err != nil {
		return err
	}
	return p.pause(ctx, p.pace)
}

func (p *player) resolveIt(ctx context.Context) error {
	err := p.give(ctx, playedCommand{p.holder("commander"), "resolve", commandBody{"summary": "the last release failed under load, and was rolled back"}})
	if err != nil {
		return err
	}
	_, err = p.until(ctx, "the draft of the postmortem", func(in api.Incident) bool { return in.PostmortemAt != nil })
	return err
}

// followUp adds a follow-up and sees it through. It says whether the incident has
// closed itself; without a sandbox it cannot, since a person must do the work.
func (p *player) followUp(ctx context.Context) (closed bool, err error) {
	var added api.Followup
	err = p.act(ctx, p.holder("commander"), http.MethodPost, p.muster.incident(p.id, "followups"), commandBody{
		"title": "Try a release under load before everybody gets it", "owner": "responder@example.com",
		"due": p.now().UTC().AddDate(0, 0, followupDays).Format(time.DateOnly),
	}, &added)
	if err != nil {
		return false, err
	}
	if err := p.workSteps(ctx, 0); err != nil {
		return false, err
	}
	in, err := p.until(ctx, "the follow-up's ticket", func(in api.Incident) bool { return ticketOf(in, added.ID).Key != "" })
	if err != nil {
		return false, err
	}
	ticket := ticketOf(in, added.ID)
	if err := p.pause(ctx, p.pace); err != nil {
		return false, err
	}
	p.findSandbox(ctx, ticket.URL)
	moved, err := p.moveInSandbox(ctx, ticket.Key)
	if err != nil {
		return false, err
	}
	if !moved {
		why := "The ticket is in a Jira that no sandbox plays"
		if sandboxRoot(ticket.URL) != nil {
			why = "A sandbox plays Jira that cannot be reached from here (--sandbox-url says where it is)"
		}
		p.console.printf("\n  %s, so the drill stops. Move %s to Done there,\n  and %s closes itself: %s\n",
			why, ticket.Key, in.ID, p.muster.resolve(ticket.URL))
		return false, nil
	}
	_, err = p.until(ctx, "the incident to close itself", func(in api.Incident) bool { return incident.Status(in.Status) == incident.Closed })
	return err == nil, err
}

// moveInSandbox lets somebody finish a ticket, and says whether there is a sandbox that has
// it.
func (p *player) moveInSandbox(ctx context.Context, key string) (bool, error) {
	if p.sandbox == nil {
		return false, nil
	}
	err := p.muster.send(ctx, http.MethodPost, p.sandbox.JoinPath(sandboxPath, "jira", "issues", url.PathEscape(key), "status"), commandBody{"status": "Done"}, nil)
	if refusedWith(err, http.StatusNotFound) {
		return false, nil
	}
	return err == nil, err
}

// ticketOf returns the follow-up with this id, or the zero one.
func ticketOf(in api.Incident, followup string) api.Followup {
	i := slices.IndexFunc(in.Followups, func(f api.Followup) bool { return f.ID == followup })
	if i < 0 {
		return api.Followup{}
	}
	return in.Followups[i]
}

// stepNotes are what people say of the steps that the default playbook has.
var stepNotes = map[string]string{
	"assess":            "seen from outside: one request in twelve fails, all over",
	"stop-the-impact":   "rolled back the last release",
	"approve-statement": "good as it is",
	"verify":            "seen from outside: all is well again",
	"review":            "read, and a follow-up added",
}

// workSteps deals with the steps that wait for people, as they come: at most so many,
// or all for 0. The first one for communications is decided against.
func (p *player) workSteps(ctx context.Context, atMost int) error {
	for done, patient := 0, true; ; {
		in, err := p.catchUp(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(in.Steps, func(s api.Step) bool {
			return incident.StepState(s.State) == incident.Waiting && !p.tried[s.ID]
		})
		switch {
		case i >= 0:
			if err := p.workStep(ctx, in.Steps[i]); err != nil {
				return err
			}
			if done, patient = done+1, true; done == atMost {
				return nil
			}
		case patient:
			patient = false
			if err := p.pause(ctx, reactionTime); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (p *player) workStep(ctx context.Context, step api.Step) error {
	p.tried[step.ID] = true
	verb, body := "complete", commandBody{"note": stepNotes[step.ID]}
	switch {
	case incident.StepKind(step.Kind) == incident.Decision && len(step.Options) > 0:
		verb, body["option"] = "choose", step.Options[0].ID
	case incident.StepKind(step.Kind) == incident.Approval:
		return p.approve(ctx, step)
	case step.Role == "communications" && !p.skipped:
		p.skipped = true
		verb, body["note"] = "skip", "this is a drill, and nobody outside needs to hear of it"
	}
	return p.act(ctx, cmp.Or(step.Assignee, sampleResponder), http.MethodPost,
		p.muster.incident(p.id, "steps", step.ID, verb), body, nil)
}

// approve has as many people approve as the step needs: those who may.
func (p *player) approve(ctx context.Context, step api.Step) error {
	people := []string{}
	for _, role := range step.Approvers {
		people = append(people, p.holder(role))
	}
	if len(step.Approvers) == 0 {
		people = append(people, cmp.Or(step.Assignee, sampleResponder))
		for _, role := range p.last.RoleDetails {
			people = append(people, p.holder(role.ID))
		}
	}
	slices.Sort(people[min(1, len(people)):])
	people = slices.Compact(people)
	for _, who := range people[:min(len(people), max(step.Quorum, 1))] {
		err := p.act(ctx, who, http.MethodPost, p.muster.incident(p.id, "steps", step.ID, "approve"), commandBody{"note": stepNotes[step.ID]}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// commandBody is the body of a command.
type commandBody map[string]any

// playedCommand is one that has a path of its own below the incident.
type playedCommand struct {
	actor, name string
	with        commandBody
}

// give gives commands, one after the other.
func (p *player) give(ctx context.Context, commands ...playedCommand) error {
	for _, c := range commands {
		if err := p.act(ctx, c.actor, http.MethodPost, p.muster.incident(p.id, c.name), c.with, nil); err != nil {
			return err
		}
	}
	return nil
}

// act does something in somebody's name, prints what comes of it, and pauses. Into may
// be nil where the answer is the incident.
func (p *player) act(ctx context.Context, actor, method string, address *url.URL, with commandBody, into any) error {
	with["actor"] = actor
	var answer api.Incident
	if into == nil {
		into = &answer
	}
	err := p.muster.send(ctx, method, address, with, into)
	var refused *refusedError
	if errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
		p.console.printf("            %-*s  %s\n", actorWidth, actor, p.console.style(dim, "was refused: "+oneLine(refused.detail)))
		err = nil
	}
	if err != nil {
		return err
	}
	_, err = p.until(ctx, "what was just done to be recorded", func(in api.Incident) bool { return in.Seq >= answer.Seq })
	if err != nil {
		return err
	}
	return p.pause(ctx, p.pace)
}

// holder is who acts for a role: who holds it, or else somebody.
func (p *player) holder(role string) string { return cmp.Or(p.last.Roles[role], sampleResponder) }

// sampleHolder names who takes a role: "Sample Tech Lead" takes tech-lead.
func sampleHolder(role string) string {
	words := strings.FieldsFunc(role, func(r rune) bool { return r == '-' || r == '_' || unicode.IsSpace(r) })
	for i, word := range words {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return "Sample " + strings.Join(words, " ")
}

func (p *player) heading(title string) {
	p.console.printf("\n  %s\n", p.console.style(bold, title))
}

// summarize says how it went.
func (p *player) summarize(in api.Incident, closed bool) {
	c := p.console
	if closed {
		c.printf("\n%s %s\n\n", c.style(green, in.ID+" is closed."), "This is how it went:")
	} else {
		c.printf("\n%s %s\n\n", c.style(yellow, fmt.Sprintf("%s is %s.", in.ID, in.Status)), "This is how it went:")
	}
	for _, span := range []struct {
		name    string
		seconds *float64
	}{
		{"Acknowledged after", in.SecondsToAcknowledge},
		{"Mitigated after", in.SecondsToMitigate},
		{"Resolved after", in.SecondsToResolve},
	} {
		if span.seconds != nil {
			p.item(span.name, time.Duration(*span.seconds*float64(time.Second)).Round(100*time.Millisecond).String())
		}
	}
	p.item("Events", strconv.Itoa(in.Seq))
	if in.PostmortemURL != "" {
		p.item("Postmortem", p.page(in)+"/postmortem")
	}
	p.item("Page", p.page(in))
	c.printf("\n")
}
