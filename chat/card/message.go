package card

import (
	"strings"

	"muster/chat"
	"muster/incident"
)

// Said is something that a playbook has Muster say.
type Said struct {
	// Text is what to say; see [chat.Marked].
	Text string
	// To are mentioned before it.
	To []incident.Person
	// Links are below it, and Buttons below them.
	Links   []incident.Link
	Buttons []chat.Control
	// Exercise marks it as practice.
	Exercise bool
}

// Message is something that Muster says.
func Message(said Said) chat.Card {
	text := chat.Text{}
	if said.Exercise {
		text = append(text, chat.Bold("Exercise"), chat.Plain("\n"))
	}
	for _, person := range said.To {
		text = append(text, chat.Mention(person), chat.Plain(" "))
	}
	words := chat.Marked(strings.TrimSpace(said.Text))
	text = append(text, words...)
	card := chat.Card{Summary: line(text.String()), Parts: []chat.Part{{Body: text}}}
	card.Parts = append(card.Parts, controls(said.Buttons...)...)
	card.Parts = append(card.Parts, linked(said.Links)...)
	return card
}

// Answer is a short private answer, in as many paragraphs as there are texts.
func Answer(texts ...string) chat.Card {
	card := chat.Card{Summary: line(strings.Join(texts, " "))}
	for _, text := range texts {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Marked(text)})
	}
	return card
}

// Announcement is what those who do not respond are shown of an incident: how things stand,
// edited in place, with what is said about it in the thread below.
func Announcement(s incident.State, pages Pages) chat.Card {
	parts := []chat.Part{{Heading: line(string(s.ID) + " · " + s.Title)}}
	if s.Exercise != nil {
		parts = append(parts, chat.Part{Aside: chat.Line("This is an exercise.")})
	}
	fields := []chat.Field{
		field("Severity", chat.Bold(string(s.Severity))),
		field("Status", chat.Bold(string(s.Status))),
		field("Service", chat.Plain(serviceText(s.Service))),
		field("Declared", chat.Since(s.DeclaredAt)),
	}
	switch {
	case s.Status == incident.Merged:
		fields = append(fields, field("Goes on as", chat.Plain(string(s.MergedInto))))
	case !s.ResolvedAt.IsZero() && !s.Status.Active():
		fields = append(fields, field("Resolved", lasted(s)...))
	}
	if s.Status.Active() && s.Channel.Name != "" {
		channel := chat.Plain("#" + s.Channel.Name)
		if s.Channel.URL != "" {
			channel = chat.Linked("#"+s.Channel.Name, s.Channel.URL)
		}
		fields = append(fields, field("Channel", channel))
	}
	parts = append(parts, chat.Part{Fields: fields})
	parts = append(parts, lastWord(s)...)
	if s.Status.Active() {
		parts = append(parts, controls(button(SubscribeAct, "Follow", s.ID))...)
	}
	return chat.Card{Summary: oneLine(s), Parts: append(parts, linked(pages.Links(s, []string{IncidentLink}, ""))...)}
}

// Private is what is told to somebody who follows an incident.
func Private(s incident.State, text string, pages Pages) chat.Card {
	said := Said{Text: text, Links: pages.Links(s, []string{IncidentLink}, ""), Exercise: s.Exercise != nil}
	if s.Channel.URL != "" {
		said.Links = append(said.Links, incident.Link{Title: "#" + s.Channel.Name, URL: s.Channel.URL})
	}
	card := Message(said)
	aside := chat.Part{Aside: chat.Line(line(string(s.ID) + " · " + string(s.Severity) + " · " + string(s.Status) + " · " + s.Title))}
	card.Parts = append([]chat.Part{aside}, card.Parts...)
	return card
}
