package card

import (
	"fmt"
	"strings"

	"muster/chat"
	"muster/incident"
)

// Steps is what is to be done now, each with its buttons, and how far the response has come.
func Steps(s incident.State, pages Pages) chat.Card {
	o := s.Outlook()
	card := chat.Card{Summary: fmt.Sprintf("%s: %s", s.ID, progress(o))}
	card.Parts = append(card.Parts, chat.Part{Heading: string(s.ID) + " · steps"})
	if len(o.Steps) == 0 {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("Nothing waits for anybody.")})
	}
	for _, step := range o.Steps {
		card.Parts = append(card.Parts, stepParts(s, step, true)...)
	}
	if next := ahead(s); next != "" {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Text{chat.Bold("Later"), chat.Plain(next)}})
	}
	card.Parts = append(card.Parts, chat.Part{Aside: chat.Line(capitalized(progress(o)) + moreSteps(o) + ".")})
	card.Parts = append(card.Parts, linked(pages.Links(s, []string{IncidentLink}, ""))...)
	return card
}

// laterShown is how many steps that have not begun are named.
const laterShown = 5

// ahead names the steps that wait for others.
func ahead(s incident.State) string {
	var text string
	pending := 0
	for _, step := range s.Steps {
		if step.State != incident.Pending || step.Hook != "" {
			continue
		}
		if pending++; pending <= laterShown {
			text += "\n• " + line(step.Title)
		}
	}
	if pending > laterShown {
		text += fmt.Sprintf("\nand %d more", pending-laterShown)
	}
	return text
}

// open is what is to be done now, as the brief tells it.
func open(s incident.State, o incident.Outlook, pages Pages) []chat.Part {
	if len(o.Steps) == 0 || s.Status.Ended() {
		return nil
	}
	parts := []chat.Part{{Divider: true}}
	for _, step := range o.Steps {
		parts = append(parts, stepParts(s, step, false)...)
	}
	aside := chat.Line(capitalized(progress(o)) + moreSteps(o) + ".")
	if page := pages.Incident(s.ID); page != "" && o.More > 0 {
		aside = append(aside, chat.Plain(" "), chat.Linked("See them all", page))
	}
	return append(parts, chat.Part{Aside: aside})
}

func progress(o incident.Outlook) string {
	return fmt.Sprintf("%d of %d steps done", o.Settled, o.Total)
}

func moreSteps(o incident.Outlook) string {
	if o.More == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more are open", o.More)
}

// stepParts is a step with its buttons. Inside says to tell how it is done as well.
func stepParts(s incident.State, step incident.Step, inside bool) []chat.Part {
	body := chat.Text{chat.Plain(mark(step) + " "), chat.Bold(line(step.Title))}
	body = append(body, whose(s, step)...)
	switch {
	case step.State == incident.Failed:
		body = append(body, chat.Plain("\nFailed: "+line(step.Error)))
		if !step.RetryAt.IsZero() {
			body = append(body, chat.Plain(" Muster tries again "), chat.Since(step.RetryAt))
		}
	case step.Kind == incident.Wait && step.Until != "":
		body = append(body, chat.Plain("\nMuster waits until "+line(step.Until)))
	case step.Kind == incident.Approval && step.Needed() > 1:
		body = append(body, chat.Plain(fmt.Sprintf("\n%d of %d have approved", len(step.Approvals), step.Needed())))
	}
	if inside && step.Instructions != "" {
		body = append(body, chat.Plain("\n"+strings.TrimSpace(step.Instructions)))
	}
	if inside {
		for _, link := range step.Links {
			body = append(body, chat.Plain("\n"), chat.Linked(line(link.Title), link.URL))
		}
	}
	return append([]chat.Part{{Body: body}}, controls(stepControls(s.ID, step)...)...)
}

// mark shows at a glance what is wanted.
func mark(step incident.Step) string {
	switch {
	case step.State == incident.Failed:
		return "✗"
	case step.Kind == incident.Wait:
		return "…"
	case step.Kind == incident.Approval, step.Kind == incident.Decision:
		return "?"
	default:
		return "☐"
	}
}

// whose says who is to do a step, and since when it waits.
func whose(s incident.State, step incident.Step) chat.Text {
	var text chat.Text
	role, known := s.Role(step.Role)
	switch {
	case step.Assignee != "":
		text = chat.Text{chat.Plain(" · "), chat.Plain(line(step.Assignee))}
	case known && role.Holder != "":
		text = chat.Text{chat.Plain(" · "), chat.Mention(s.HolderPerson(role.ID))}
	case known:
		text = chat.Text{chat.Plain(" · " + line(role.Title))}
	}
	if step.State == incident.Waiting && !step.StartedAt.IsZero() {
		text = append(text, chat.Plain(" · "), chat.Since(step.StartedAt))
	}
	return text
}

// stepControls are what people can do about a step as it is.
func stepControls(id incident.ID, step incident.Step) []chat.Control {
	skip := button(StepSkipAct, "Skip…", id, step.ID)
	switch {
	case step.State == incident.Failed && step.Kind == incident.Approval:
		return []chat.Control{button(StepRetryAct, "Ask again", id, step.ID), skip}
	case step.State == incident.Failed:
		return []chat.Control{button(StepRetryAct, "Try again", id, step.ID), skip}
	case step.Kind == incident.Approval:
		return []chat.Control{
			styled(chat.Primary, button(StepApproveAct, "Approve", id, step.ID)),
			styled(chat.Danger, button(StepRejectAct, "Reject…", id, step.ID)), skip,
		}
	case step.Kind == incident.Decision:
		return []chat.Control{choice(id, step), skip}
	case step.Kind == incident.Wait:
		return []chat.Control{skip}
	default:
		return []chat.Control{styled(chat.Primary, button(StepCompleteAct, "Done", id, step.ID)), skip}
	}
}

// choice is the menu of the ways that can be taken.
func choice(id incident.ID, step incident.Step) chat.Control {
	options := make([]chat.Option, len(step.Options))
	for i, option := range step.Options {
		options[i] = chat.Option{Value: Value(id, step.ID, option.ID), Label: line(option.Title)}
	}
	return menu(StepChooseAct, "Choose…", options)
}
