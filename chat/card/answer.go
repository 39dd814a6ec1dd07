package card

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/incident/timeline"
)

// Status answers how things stand. The state has its steps.
func Status(s incident.State, pages Pages) chat.Card {
	o := s.Outlook()
	parts := []chat.Part{{Heading: line(string(s.ID) + " · " + s.Title)}}
	if s.Exercise != nil {
		parts = append(parts, exerciseAside())
	}
	parts = append(parts, chat.Part{Fields: standing(s, o)})
	if roles := roleFields(s); len(roles) > 0 {
		parts = append(parts, chat.Part{Fields: roles})
	}
	parts = append(parts, firing(s)...)
	parts = append(parts, lastWord(s)...)
	if len(o.Steps) > 0 {
		text := chat.Text{chat.Bold("To do")}
		for _, step := range o.Steps {
			text = append(text, chat.Plain("\n"+mark(step)+" "+line(step.Title)))
			text = append(text, whose(s, step)...)
		}
		parts = append(parts, chat.Part{Body: text})
	}
	links := pages.Links(s, []string{IncidentLink}, "")
	if s.Channel.URL != "" {
		links = append(links, incident.Link{Title: "#" + s.Channel.Name, URL: s.Channel.URL})
	}
	return chat.Card{Summary: oneLine(s), Parts: append(parts, linked(links)...)}
}

// ListMost is how many incidents a list shows.
const ListMost = 15

// List is the incidents, in the order given, [ListMost] at most. More says that there are
// others; title says what they have in common: "Open incidents".
func List(title string, incidents []incident.State, more bool, pages Pages) chat.Card {
	title = line(title)
	card := chat.Card{Summary: fmt.Sprintf("%s: %d", title, len(incidents)), Parts: []chat.Part{{Heading: title}}}
	if len(incidents) == 0 {
		card.Summary = title + ": none"
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("There are none.")})
		return card
	}
	for _, s := range incidents[:min(len(incidents), ListMost)] {
		card.Parts = append(card.Parts, chat.Part{Body: row(s, pages)})
	}
	if more = more || len(incidents) > ListMost; more {
		aside := chat.Line("There are more")
		if page := pages.page(); page != "" {
			aside = append(aside, chat.Plain(": "), chat.Linked("all incidents", page))
		}
		card.Parts = append(card.Parts, chat.Part{Aside: aside})
	}
	return card
}

// row is an incident among others. Of a restricted one it says no more than that there is one.
func row(s incident.State, pages Pages) chat.Text {
	text := chat.Text{chat.Linked(string(s.ID), pages.Incident(s.ID)), chat.Plain(" "), chat.Bold(line(s.PublicTitle()))}
	if s.Exercise != nil {
		text = append(text, chat.Plain(" (exercise)"))
	}
	if s.Restricted() {
		return append(text, chat.Plain(fmt.Sprintf("\n%s · %s · ", s.Severity, s.Status)), chat.Since(s.DeclaredAt))
	}
	text = append(text, chat.Plain(fmt.Sprintf("\n%s · %s · %s · ", s.Severity, s.Status, line(s.Service.Name))), chat.Since(s.DeclaredAt))
	for _, role := range s.Roles {
		if role.Holder != "" {
			text = append(text, chat.Plain(" · "+line(role.Holder)+", "+line(role.Title)))
			break
		}
	}
	if s.Channel.URL != "" && s.Status.Active() {
		text = append(text, chat.Plain(" · "), chat.Linked("#"+s.Channel.Name, s.Channel.URL))
	}
	return text
}

// TimelineMost is how many events a timeline shows.
const TimelineMost = 20

// Timeline is the latest lines of the timeline, the newest last: as many as wanted, and
// [TimelineMost] at most, which is also what 0 asks for. The events are in their order, and may
// be no more than the latest ones.
func Timeline(s incident.State, events []incident.Event, wanted int, pages Pages) chat.Card {
	card := chat.Card{Summary: fmt.Sprintf("%s: timeline", s.ID), Parts: []chat.Part{{Heading: string(s.ID) + " · timeline"}}}
	told := tellable(s, events)
	if wanted <= 0 || wanted > TimelineMost {
		wanted = TimelineMost
	}
	told = told[max(0, len(told)-wanted):]
	if len(told) == 0 {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("Nothing yet.")})
	}
	for _, e := range told {
		what := line(e.Text)
		if _, ok := e.Event.Fact.(incident.UpdatePosted); ok { // nothing but what was said
			what = "Status update: " + what
		}
		card.Parts = append(card.Parts, chat.Part{Body: chat.Text{
			chat.Moment(e.Event.At), chat.Plain(" " + what), chat.Plain(" — " + line(e.Event.Actor.Name)),
		}})
	}
	aside := linked([]incident.Link{{Title: "The whole timeline", URL: pages.Incident(s.ID)}})
	if pages.Muster != "" {
		card.Parts = append(card.Parts, aside...)
	}
	return card
}

// tellable leaves out what is only of interest to who looks for a fault: steps that Muster
// begins and ends, and where its own messages are. That something works again stays.
func tellable(s incident.State, events []incident.Event) []timeline.Entry {
	return slices.DeleteFunc(timeline.Of(s, events), func(e timeline.Entry) bool {
		switch f := e.Event.Fact.(type) {
		case incident.StepStarted:
			return f.Type == incident.Automatic || f.Type == incident.Wait
		case incident.StepCompleted:
			return e.Event.Actor.Kind == incident.ActorMuster && !e.Recovered
		case incident.MessageShown, incident.PlaybookAttached:
			return true
		default:
			return false
		}
	})
}

// Followups lists the incident's follow-ups, those that are open first.
func Followups(s incident.State, now time.Time, pages Pages) chat.Card {
	card := chat.Card{
		Summary: fmt.Sprintf("%s: %d follow-ups, %d open", s.ID, len(s.Followups), len(s.OpenFollowups())),
		Parts:   []chat.Part{{Heading: string(s.ID) + " · follow-ups"}},
	}
	if len(s.Followups) == 0 {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("There are none yet.")})
	}
	for _, done := range []bool{false, true} {
		for _, f := range s.Followups {
			if f.Done == done {
				card.Parts = append(card.Parts, chat.Part{Body: followup(f, now)})
			}
		}
	}
	card.Parts = append(card.Parts, controls(button(FollowupAct, "Add a follow-up…", s.ID))...)
	return card
}

// followup is one follow-up in a line.
func followup(f incident.Followup, now time.Time) chat.Text {
	sign := "☐ "
	if f.Done {
		sign = "☑ "
	}
	text := chat.Text{chat.Plain(sign + f.ID + " "), chat.Bold(line(f.Title))}
	if f.Owner != "" {
		text = append(text, chat.Plain(" · "+line(f.Owner)))
	}
	if f.Ticket.Key != "" {
		text = append(text, chat.Plain(" · "), chat.Linked(f.Ticket.Key, f.Ticket.URL))
		if f.Ticket.Status != "" {
			text = append(text, chat.Plain(" "+line(f.Ticket.Status)))
		}
	}
	switch {
	case f.Done || f.Due.IsZero():
	case f.Overdue(now):
		text = append(text, chat.Plain(" · "), chat.Bold("was due on "+day(f.Due)))
	default:
		text = append(text, chat.Plain(" · due on "+day(f.Due)))
	}
	return text
}

func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Topic is a way to say something to Muster, for [Help].
type Topic struct {
	// Usage is what to write after the command: "severity SEV2 [reason]".
	Usage string
	// Does says what comes of it, in a few words.
	Does string
}

// Help is the reference of a command: "/incident". The intro comes before the topics.
func Help(command, intro string, topics []Topic) chat.Card {
	card := chat.Card{Summary: "How to use " + command, Parts: []chat.Part{{Heading: command}}}
	if intro != "" {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line(intro)})
	}
	for some := range slices.Chunk(topics, topicsTogether) {
		var text chat.Text
		for i, topic := range some {
			if i > 0 {
				text = append(text, chat.Plain("\n"))
			}
			text = append(text, chat.Code(strings.TrimSpace(command+" "+topic.Usage)), chat.Plain(" "+topic.Does))
		}
		card.Parts = append(card.Parts, chat.Part{Body: text})
	}
	return card
}

// topicsTogether is how many topics are one paragraph, so that none is too long for a chat.
const topicsTogether = 8
