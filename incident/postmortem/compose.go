package postmortem

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
)

// composer puts the document into words. Its calendar makes a date appear once per
// day in each section.
type composer struct {
	blocks []block
}

func compose(d Document) []block {
	c := &composer{}
	what := "Postmortem of "
	if d.Exercise {
		what = "Postmortem of the exercise "
	}
	c.add(block{Heading: &heading{Level: 1, Text: fmt.Sprintf("%s%s: %s", what, d.ID, oneLine(d.Title))}})
	c.opening(d)
	c.summary(d)
	c.impact(d)
	c.people(d)
	c.course(d)
	c.decisions(d)
	c.tried(d)
	c.difficulties(d)
	c.alerts(d)
	c.questions(d)
	c.followups(d)
	return c.blocks
}

func (c *composer) add(b block) { c.blocks = append(c.blocks, b) }

func (c *composer) section(title string) {
	anchor := strings.ReplaceAll(strings.ToLower(title), " ", "-")
	c.add(block{Heading: &heading{Level: 2, Anchor: anchor, Text: title}})
}

func (c *composer) paragraph(spans ...span) { c.add(block{Paragraph: spans}) }

func (c *composer) list(items [][]span) {
	if len(items) > 0 {
		c.add(block{List: &list{Items: items}})
	}
}

// sentence is a paragraph of Muster's own words.
func sentence(format string, args ...any) []span { return plain(fmt.Sprintf(format, args...)) }

// opening says what this is, what it is about and when what happened.
func (c *composer) opening(d Document) {
	var day calendar
	c.paragraph(
		span{Text: "Draft, computed from the timeline of "}, link(string(d.ID), d.URL),
		span{Text: fmt.Sprintf(" as of %s. All times are in UTC. What only people can tell is asked under “Open questions”.", day.moment(d.AsOf))},
	)
	severity := string(d.Severity)
	if d.HighestSeverity != d.Severity {
		severity += " (at its highest " + string(d.HighestSeverity) + ")"
	}
	service := d.Service
	if d.Team != "" {
		service += " (team " + d.Team + ")"
	}
	facts := [][]span{
		fact("Service", service), fact("Severity", severity), fact("Status", string(d.Status)),
	}
	if d.Playbook.Name != "" {
		book := fmt.Sprintf("%s, version %s", d.Playbook.Name, d.Playbook.Version)
		if len(d.PlaybookParts) > 0 {
			parts := make([]string, len(d.PlaybookParts))
			for i, p := range d.PlaybookParts {
				parts[i] = p.Name + " " + p.Version
			}
			book += ", put together from " + enumerate(parts)
		}
		facts = append(facts, fact("Playbook", book))
	}
	if d.Exercise {
		facts = append(facts, fact("Exercise", "practice; nobody was paged, and it counts in no statistics"))
	}
	c.list(facts)
	c.milestones(d)
}

func fact(name, value string) []span {
	return []span{strong(name + ":"), {Text: " " + oneLine(value)}}
}

func (c *composer) milestones(d Document) {
	var day calendar
	t := table{Head: []string{"Milestone", "When (UTC)", "After", "By"}}
	row := func(name, when, after, by string) {
		t.Rows = append(t.Rows, [][]span{plain(name), plain(when), plain(after), plain(by)})
	}
	if d.Impact.Undeclared != nil {
		row("First alert", day.moment(d.Impact.FirstAlertAt), d.Impact.Undeclared.String()+" before", "")
	}
	row("Declared", day.moment(d.DeclaredAt), "", d.DeclaredBy)
	if d.TimeToAcknowledge != nil {
		row("Acknowledged", day.moment(d.AcknowledgedAt), d.TimeToAcknowledge.String(), d.AcknowledgedBy)
	}
	if d.TimeToMitigate != nil {
		row("Mitigated", day.moment(d.MitigatedAt), d.TimeToMitigate.String(), "")
	}
	if d.TimeToResolve != nil {
		row("Resolved", day.moment(d.ResolvedAt), d.TimeToResolve.String(), d.ResolvedBy)
	}
	if !d.EndedAt.IsZero() {
		name := strings.ToUpper(string(d.Status[:1])) + string(d.Status[1:])
		row(name, day.moment(d.EndedAt), inWords(d.EndedAt.Sub(d.DeclaredAt)), "")
	}
	c.add(block{Table: &t})
}

func (c *composer) summary(d Document) {
	c.section("Summary")
	c.paragraph(sentence("%s", inShort(d))...)
	if said := prose(d.Summary); len(said) > 0 {
		c.paragraph(append([]span{strong("At the declaration:"), {Text: " "}}, said...)...)
	}
	if said := prose(d.Resolution); len(said) > 0 {
		c.paragraph(append([]span{strong("What ended it:"), {Text: " "}}, said...)...)
	}
	if said := prose(d.EndReason); len(said) > 0 {
		c.paragraph(append([]span{strong("Why it was " + string(d.Status) + ":"), {Text: " "}}, said...)...)
	}
}

// inShort tells the incident in a sentence or two.
func inShort(d Document) string {
	var day calendar
	what := "A"
	switch {
	case d.Exercise:
		what = "An exercise: a"
	case d.Status == incident.Cancelled:
		what = "A suspected"
	}
	text := fmt.Sprintf("%s %s incident affecting %s, declared by %s on %s", what, d.HighestSeverity, d.Service, d.DeclaredBy, day.moment(d.DeclaredAt))
	var steps []string
	if d.TimeToAcknowledge != nil {
		steps = append(steps, fmt.Sprintf("acknowledged by %s after %s", d.AcknowledgedBy, d.TimeToAcknowledge))
	}
	if d.TimeToMitigate != nil && (d.TimeToResolve == nil || *d.TimeToMitigate != *d.TimeToResolve) {
		steps = append(steps, fmt.Sprintf("mitigated after %s", d.TimeToMitigate))
	}
	if n := len(d.Impact.Reopenings); n > 0 {
		steps = append(steps, "reopened "+times(n))
	}
	switch d.Status {
	case incident.Cancelled:
		steps = append(steps, fmt.Sprintf("cancelled as a false alarm after %s", inWords(d.EndedAt.Sub(d.DeclaredAt))))
	case incident.Merged:
		steps = append(steps, fmt.Sprintf("merged into %s after %s, where the response went on", d.MergedInto, inWords(d.EndedAt.Sub(d.DeclaredAt))))
	case incident.Resolved, incident.Closed:
		steps = append(steps, fmt.Sprintf("resolved after %s", d.TimeToResolve))
	}
	if len(steps) > 0 {
		text += ", " + enumerate(steps)
	}
	text += "."
	if d.Status.Active() {
		text += fmt.Sprintf(" The response is still going on; its status is %s.", d.Status)
	}
	if len(d.Absorbed) > 0 {
		ids := make([]string, len(d.Absorbed))
		for i, id := range d.Absorbed {
			ids[i] = string(id)
		}
		text += fmt.Sprintf(" %s turned out to be part of it.", enumerate(ids))
	}
	return text
}

func (c *composer) impact(d Document) {
	c.section("Impact")
	var day calendar
	if d.Exercise {
		c.paragraph(sentence("None outside the exercise.")...)
	}
	switch {
	case d.Exercise && d.TimeToMitigate == nil:
	case d.Status == incident.Cancelled:
		c.paragraph(sentence("None: it was a false alarm.")...)
	case d.Status == incident.Merged:
		c.paragraph(sentence("The postmortem of %s tells it.", d.MergedInto)...)
	case d.TimeToMitigate != nil:
		c.paragraph(sentence("From the declaration to the mitigation it took %s (%s).", d.TimeToMitigate, day.period(d.DeclaredAt, d.MitigatedAt))...)
	default:
		c.paragraph(sentence("Not mitigated as of this draft, %s after the declaration.", inWords(d.AsOf.Sub(d.DeclaredAt)))...)
	}
	c.list(statements(changes(d.Impact)))
	if len(d.Impact.Updates) > 0 {
		c.paragraph(sentence("What those concerned were told:")...)
		c.list(statements(d.Impact.Updates))
	}
}

// changes tells in order how the impact was judged anew.
func changes(i Impact) []Statement {
	var all []Statement
	for _, s := range i.Severities {
		direction := "lowered"
		if s.Raised {
			direction = "raised"
		}
		text := fmt.Sprintf("Severity %s from %s to %s", direction, s.From, s.To)
		all = append(all, Statement{At: s.At, By: s.By, Text: withReason(text, s.Reason)})
	}
	for _, r := range i.Reopenings {
		text := fmt.Sprintf("Reopened, %s after the resolution", inWords(r.At.Sub(r.ResolvedAt)))
		all = append(all, Statement{At: r.At, By: r.By, Text: withReason(text, r.Reason)})
	}
	slices.SortStableFunc(all, func(a, b Statement) int { return a.At.Compare(b.At) })
	return all
}

// entry is a list item that begins with a time.
func entry(when, text string) []span {
	return append([]span{strong(when), {Text: " "}}, prose(text)...)
}

func statements(all []Statement) [][]span {
	var day calendar
	items := make([][]span, len(all))
	for i, s := range all {
		items[i] = entry(day.moment(s.At), s.By+": "+s.Text)
	}
	return items
}

func (c *composer) people(d Document) {
	if len(d.People.Roles)+len(d.People.Paged)+len(d.People.TookPart) == 0 {
		return
	}
	c.section("People")
	var items [][]span
	for _, r := range d.People.Roles {
		var day calendar
		holders := make([]string, len(r.Holders))
		for i, h := range r.Holders {
			holders[i] = fmt.Sprintf("%s (%s)", h.Name, day.period(h.From, h.Until))
		}
		if len(holders) == 0 {
			holders = []string{"not taken"}
		}
		items = append(items, fact(r.Title, strings.Join(holders, ", then ")))
	}
	if len(d.People.Paged) > 0 {
		items = append(items, fact("Paged", enumerate(d.People.Paged)))
	}
	if len(d.People.TookPart) > 0 {
		items = append(items, fact("Took part", enumerate(d.People.TookPart)))
	}
	c.list(items)
}

func (c *composer) course(d Document) {
	c.section("What happened")
	entries := d.Course.Entries
	for len(entries) > 0 {
		day := entries[0].At.Format(dayHeading)
		end := slices.IndexFunc(entries, func(e Entry) bool { return e.At.Format(dayHeading) != day })
		if end < 0 {
			end = len(entries)
		}
		c.add(block{Heading: &heading{Level: 3, Text: day}})
		items := make([][]span, end)
		for i, e := range entries[:end] {
			items[i] = append(entry(e.At.Format(minuteLayout), told(e)), inBrackets(e.Links)...)
		}
		c.list(items)
		entries = entries[end:]
	}
	if n := d.Course.LeftOut; n > 0 {
		subject := fmt.Sprintf("%d routine events are", n)
		if n == 1 {
			subject = "1 routine event is"
		}
		c.paragraph(
			span{Text: subject + " left out or folded into others; the complete timeline is at "},
			link(string(d.ID), d.URL), span{Text: "."},
		)
	}
}

func by(name string) string {
	if name == "" {
		return ""
	}
	return " by " + name
}

// told is an entry's text with who did it and what was folded into it.
func told(e Entry) string {
	day := calendar{last: e.At.Format(dayLayout)}
	text := e.Actor + ": " + e.Text
	switch {
	case e.Kind == "update_posted":
		text = e.Actor + ", status update: " + e.Text
	case e.Kind == "note_added" && !e.NotedAt.IsZero() && e.NotedAt.Format(minuteLayout) != e.At.Format(minuteLayout):
		text = fmt.Sprintf("%s, noted %s%s: %s", e.Actor, day.moment(e.NotedAt), by(e.NotedBy), e.Text)
	case e.NotedBy != "":
		text = fmt.Sprintf("%s, noted%s: %s", e.Actor, by(e.NotedBy), e.Text)
	case e.Kind == "step_failed" && e.Times > 1:
		text += fmt.Sprintf(" (%s until %s)", times(e.Times), day.moment(e.Until))
	case e.Times > 1 && !e.Until.Equal(e.At):
		text += fmt.Sprintf(" (until %s)", day.moment(e.Until))
	}
	return text
}
