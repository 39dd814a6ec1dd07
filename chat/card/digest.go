package card

import (
	"fmt"
	"time"

	"muster/chat"
	"muster/incident"
)

// DigestMost is how many incidents or follow-ups each part of a digest names.
const DigestMost = 10

// Day is what a digest tells of.
type Day struct {
	// Since is from when on it tells of what was resolved, Until when it was due.
	Since, Until time.Time
	// Open are the incidents to which people respond, the newest first, and Resolved those
	// that were resolved meanwhile. One more than [DigestMost] says that there are others.
	Open, Resolved []incident.State
	// Overdue are all the follow-ups that should have been done by now.
	Overdue []OverdueFollowup
}

// OverdueFollowup is a follow-up that should have been done.
type OverdueFollowup struct {
	Incident incident.ID
	Followup incident.Followup
}

// Digest tells those who were not there how things stand, once a day.
func Digest(d Day, pages Pages) chat.Card {
	card := chat.Card{
		Summary: fmt.Sprintf("Incidents: %s open, %s resolved; follow-ups overdue: %d", some(len(d.Open)), some(len(d.Resolved)), len(d.Overdue)),
		Parts:   []chat.Part{{Heading: "Incidents today"}},
	}
	var open, resolved, overdue []chat.Text
	for _, s := range d.Open {
		open = append(open, row(s, pages))
	}
	for _, s := range d.Resolved {
		resolved = append(resolved, resolvedRow(s, pages))
	}
	for _, f := range d.Overdue {
		text := chat.Text{chat.Linked(string(f.Incident), pages.Incident(f.Incident)), chat.Plain(" ")}
		overdue = append(overdue, append(text, followup(f.Followup, d.Until)...))
	}
	card.Parts = append(card.Parts, section("Open", some(len(open)), open)...)
	card.Parts = append(card.Parts, section("Resolved", some(len(resolved)), resolved)...)
	card.Parts = append(card.Parts, section("Follow-ups overdue", incident.FormatCount(len(overdue)), overdue)...)
	if len(open)+len(resolved)+len(overdue) == 0 {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("No incident is open, none was resolved, and no follow-up is overdue.")})
	}
	card.Parts = append(card.Parts, chat.Part{Aside: chat.Text{chat.Plain("Since "), chat.Moment(d.Since)}})
	if pages.Muster != "" {
		card.Parts = append(card.Parts, linked([]incident.Link{{Title: "All incidents", URL: pages.page()}})...)
	}
	return card
}

// some is how many there are, of which [DigestMost] are named.
func some(n int) string {
	if n > DigestMost {
		return fmt.Sprintf("more than %d", DigestMost)
	}
	return incident.FormatCount(n)
}

// section is a part of a digest; nothing where it has no rows.
func section(title, count string, rows []chat.Text) []chat.Part {
	if len(rows) == 0 {
		return nil
	}
	parts := []chat.Part{{Body: chat.Text{chat.Bold(title), chat.Plain(" (" + count + ")")}}}
	for _, text := range rows[:min(len(rows), DigestMost)] {
		parts = append(parts, chat.Part{Body: text})
	}
	if len(rows) > DigestMost {
		parts = append(parts, chat.Part{Aside: chat.Line("and more")})
	}
	return parts
}

func resolvedRow(s incident.State, pages Pages) chat.Text {
	text := chat.Text{chat.Linked(string(s.ID), pages.Incident(s.ID)), chat.Plain(" "), chat.Bold(line(s.PublicTitle()))}
	if s.Restricted() {
		return append(append(text, chat.Plain(fmt.Sprintf("\n%s · resolved ", s.Severity))), lasted(s)...)
	}
	text = append(text, chat.Plain(fmt.Sprintf("\n%s · %s · resolved ", s.Severity, line(s.Service.Name))))
	text = append(text, lasted(s)...)
	if s.Resolution != "" {
		text = append(text, chat.Plain("\n"+line(s.Resolution)))
	}
	return append(text, chat.Plain(" · "), chat.Linked("postmortem", pages.Postmortem(s.ID)))
}
