package card

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/chat"
	"muster/incident"
)

// How much a card tells of what may be long: it is to be read at a glance, and the incident's
// page has the rest.
const (
	summaryRunes = 600
	updateRunes  = 800
	lineRunes    = 200
	alertsShown  = 3
	pagesShown   = 3
)

// Brief is the one card that always says how things stand: what newcomers read first. It is
// the same for the same incident, and made to be edited in place. The outlook is the
// incident's ([incident.State.Outlook]), so s needs no steps of its own; links are names as
// [Pages.Links] has them.
func Brief(s incident.State, o incident.Outlook, pages Pages, links []string) chat.Card {
	parts := []chat.Part{{Heading: line(string(s.ID) + " · " + s.Title)}}
	if s.Exercise != nil {
		parts = append(parts, exerciseAside())
	}
	if s.Summary != "" {
		parts = append(parts, chat.Part{Body: chat.Line(incident.CutText(s.Summary, summaryRunes))})
	}
	parts = append(parts, chat.Part{Fields: standing(s, o)})
	if roles := roleFields(s); len(roles) > 0 {
		parts = append(parts, chat.Part{Fields: roles})
	}
	parts = append(parts, handles(s, pages)...)
	parts = append(parts, firing(s)...)
	parts = append(parts, lastWord(s)...)
	parts = append(parts, open(s, o, pages)...)
	return chat.Card{Summary: oneLine(s), Parts: append(parts, linked(briefLinks(s, pages, links))...)}
}

// briefLinks are those asked for, and the latest pages that woke people. The postmortem is there
// once there is something to learn from.
func briefLinks(s incident.State, pages Pages, names []string) []incident.Link {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == PostmortemLink && s.Status.Active() && s.PostmortemAt.IsZero()
	})
	links := pages.Links(s, names, "")
	for _, page := range s.Pages[max(0, len(s.Pages)-pagesShown):] {
		if page.URL != "" {
			links = append(links, incident.Link{Title: strings.TrimSpace("Page " + page.ID), URL: page.URL})
		}
	}
	return links
}

// oneLine says what the incident is, and how things stand.
func oneLine(s incident.State) string {
	about := fmt.Sprintf("%s · %s · %s · %s", s.ID, s.Severity, s.Status, s.Title)
	if s.Exercise != nil {
		about = "Exercise · " + about
	}
	return line(about)
}

func exerciseAside() chat.Part {
	return chat.Part{Aside: chat.Line("This is an exercise: it counts nowhere, and nobody is paged.")}
}

// line is a text as one line of bearable length.
func line(text string) string {
	return incident.CutText(strings.Join(strings.Fields(text), " "), lineRunes)
}

func field(label string, spans ...chat.Span) chat.Field {
	return chat.Field{Label: label, Text: spans}
}

// standing is how things stand, in short facts.
func standing(s incident.State, o incident.Outlook) []chat.Field {
	fields := []chat.Field{
		field("Severity", severityText(s)...),
		field("Status", chat.Bold(string(s.Status))),
		field("Service", chat.Plain(serviceText(s.Service))),
		field("Declared", chat.Since(s.DeclaredAt), chat.Plain(" by "+line(s.DeclaredBy.Name))),
	}
	switch {
	case s.Status == incident.Merged:
		fields = append(fields, field("Goes on as", chat.Plain(string(s.MergedInto))))
	case !s.ResolvedAt.IsZero() && !s.Status.Active():
		fields = append(fields, field("Resolved", lasted(s)...))
	case s.Status.Active() && s.AcknowledgedAt.IsZero():
		fields = append(fields, field("Acknowledged", chat.Bold("by nobody yet")))
	case s.Status.Active():
		fields = append(fields, field("Acknowledged", chat.Since(s.AcknowledgedAt), chat.Plain(" by "+line(s.AcknowledgedBy.Name))))
	}
	if len(s.OnCall) > 0 && s.Status.Active() {
		fields = append(fields, field("On call", people(s.OnCall)...))
	}
	if !o.UpdateDue.IsZero() {
		fields = append(fields, field("Next update", chat.Since(o.UpdateDue)))
	}
	if n := s.AlertsFiring(); n > 0 && s.Status.Active() {
		fields = append(fields, field("Alerts firing", chat.Plain(fmt.Sprintf("%s of %s", incident.FormatCount(n), incident.FormatCount(s.AlertCount())))))
	}
	if n := len(s.OpenFollowups()); n > 0 {
		fields = append(fields, field("Follow-ups", chat.Plain(fmt.Sprintf("%d open of %d", n, len(s.Followups)))))
	}
	return fields
}

// severityText says as well where nobody has looked whether what the alert said is right.
func severityText(s incident.State) chat.Text {
	text := chat.Text{chat.Bold(string(s.Severity))}
	if s.Status.Active() && !s.SeverityConfirmed {
		text = append(text, chat.Plain(" (not confirmed)"))
	}
	return text
}

func serviceText(s incident.Service) string {
	if s.Team == "" {
		return line(s.Name)
	}
	return line(s.Name + " (team " + s.Team + ")")
}

// lasted is when it was resolved, and how long that took.
func lasted(s incident.State) chat.Text {
	text := chat.Text{chat.Moment(s.ResolvedAt)}
	if took, ok := s.TimeToResolve(); ok {
		text = append(text, chat.Plain(", after "+incident.FormatDuration(took)))
	}
	return text
}

// people mentions everybody, with commas between.
func people(all []incident.Person) chat.Text {
	var text chat.Text
	for i, person := range all {
		if i > 0 {
			text = append(text, chat.Plain(", "))
		}
		text = append(text, chat.Mention(person))
	}
	return text
}

// roleFields are the roles with who holds them.
func roleFields(s incident.State) []chat.Field {
	fields := make([]chat.Field, 0, len(s.Roles))
	for _, role := range s.Roles {
		switch {
		case role.Holder != "":
			fields = append(fields, field(capitalized(role.Title), chat.Mention(s.HolderPerson(role.ID))))
		case s.Status.Active():
			fields = append(fields, field(capitalized(role.Title), chat.Plain("nobody yet")))
		}
	}
	return fields
}

func capitalized(text string) string {
	text = line(text)
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:]
}

// firing names the alerts that fire.
func firing(s incident.State) []chat.Part {
	alerts := s.Firing()
	if len(alerts) == 0 || !s.Status.Active() {
		return nil
	}
	text := chat.Text{chat.Bold("Firing")}
	for _, alert := range alerts[:min(len(alerts), alertsShown)] {
		name := chat.Plain(line(alert.Name))
		if alert.URL != "" {
			name = chat.Linked(line(alert.Name), alert.URL)
		}
		text = append(text, chat.Plain("\n• "), name)
		if said := alert.Summary(); said != alert.Name {
			text = append(text, chat.Plain(": "+line(said)))
		}
	}
	if more := s.AlertsFiring() - alertsShown; more > 0 {
		text = append(text, chat.Plain(fmt.Sprintf("\nand %s more", incident.FormatCount(more))))
	}
	return []chat.Part{{Body: text}}
}

// lastWord is the last status update, or what was said when it was resolved.
func lastWord(s incident.State) []chat.Part {
	if s.Resolution != "" && !s.Status.Active() {
		return []chat.Part{{Body: chat.Text{chat.Bold("Resolution"), chat.Plain("\n" + incident.CutText(s.Resolution, updateRunes))}}}
	}
	if s.Update == "" {
		return nil
	}
	return []chat.Part{{Body: chat.Text{
		chat.Bold("Last update"), chat.Plain(" "), chat.Since(s.UpdatedAt),
		chat.Plain("\n" + incident.CutText(s.Update, updateRunes)),
	}}}
}
