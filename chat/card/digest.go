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
	// Since is from when on it tells of what was resolved, Until when it was made.
	Since, Until time.Time
	// Open are the incidents to which people respond, the newest first, Resolved those that
	// were resolved meanwhile. OpenMore and ResolvedMore say that there are others.
	Open, Resolved         []incident.State
	OpenMore, ResolvedMore bool
	// Overdue are the follow-ups that should have been done by now.
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
		Summary: fmt.Sprintf("Incidents: %s open, %s resolved, %d follow-ups overdue",
			some(len(d.Open), d.OpenMore), some(len(d.Resolved), d.ResolvedMore), len(d.Overdue)),
		Parts: []chat.Part{{Heading: "Incidents today"}},
	}
	section := func(title string, count string, rows []chat.Text, more bool) {
		if len(rows) == 0 {
			return
		}
		card.Parts = append(card.Parts, chat.Part{Body: chat.Text{chat.Bold(title), chat.Plain(" (" + count + ")")}})
		for _, text := range rows[:min(len(rows), DigestMost)] {
			card.Parts = append(card.Parts, chat.Part{Body: text})
		}
		if more || len(rows) > DigestMost {
			card.Parts = append(card.Parts, chat.Part{Aside: chat.Line("and more")})
		}
	}
	var open, resolved, overdue []chat.Text
	for _, s := range d.Open {
		open = append(open, row(s, pages))
	}
	for _, s := range d.Resolved {
		resolved = append(resolved, resolvedRow(s, pages))
	}
	for _, f := range d.Overdue {
		text := append(chat.Text{chat.Linked(string(f.Incident), pages.Incident(f.Incident)), chat.Plain(" ")}, followup(f.Followup, d.Until)...)
		overdue = append(overdue, text)
	}
	section("Open", some(len(d.Open), d.OpenMore), open, d.OpenMore)
	section("Resolved", some(len(d.Resolved), d.ResolvedMore), resolved, d.ResolvedMore)
	section("Follow-ups overdue", some(len(d.Overdue), false), overdue, false)
	if len(d.Open)+len(d.Resolved)+len(d.Overdue) == 0 {
		card.Parts = append(card.Parts, chat.Part{Body: chat.Line("No incident is open, none was resolved, and no follow-up is overdue.")})
	}
	card.Parts = append(card.Parts, chat.Part{Aside: chat.Text{chat.Plain("Since "), chat.Moment(d.Since)}})
	if pages.Muster != "" {
		card.Parts = append(card.Parts, linked([]incident.Link{{Title: "All incidents", URL: pages.page()}})...)
	}
	return card
}

// some is how many there are, where more may not have been counted.
func some(n int, more bool) string {
	if more {
		return fmt.Sprintf("%d or more", n)
	}
	return incident.FormatCount(n)
}

func resolvedRow(s incident.State, pages Pages) chat.Text {
	text := chat.Text{chat.Linked(string(s.ID), pages.Incident(s.ID)), chat.Plain(" "), chat.Bold(line(s.Title))}
	text = append(text, chat.Plain(fmt.Sprintf("\n%s · %s · resolved ", s.Severity, line(s.Service.Name))))
	text = append(text, lasted(s)...)
	if s.Resolution != "" {
		text = append(text, chat.Plain("\n"+line(s.Resolution)))
	}
	return append(text, chat.Plain(" · "), chat.Linked("postmortem", pages.Postmortem(s.ID)))
}
