package postmortem

import (
	"fmt"
	"strings"

	"muster/incident"
)

func (c *composer) decisions(d Document) {
	if len(d.Decisions) == 0 {
		return
	}
	c.section("What was decided")
	var day calendar
	items := make([][]span, len(d.Decisions))
	for i, made := range d.Decisions {
		text := fmt.Sprintf("%s – %s, by %s", oneLine(made.Title), oneLine(made.Choice), made.By)
		if made.Choice == "" {
			text = fmt.Sprintf("%s, by %s", oneLine(made.Title), made.By)
		}
		if made.Muster {
			text += " as the playbook says"
		}
		if len(made.Others) > 0 {
			text += fmt.Sprintf(" (and not: %s)", strings.Join(made.Others, "; "))
		}
		items[i] = entry(day.moment(made.At), withReason(text, made.Note))
		if made.URL != "" {
			items[i] = append(items[i], inBrackets([]incident.Link{{Title: inTheChat, URL: made.URL}})...)
		}
	}
	c.list(items)
}

// inTheChat is what a link to a message is called.
const inTheChat = "in the chat"

// inBrackets lists links behind a text.
func inBrackets(links []incident.Link) []span {
	var spans []span
	for i, l := range links {
		before := ", "
		if i == 0 {
			before = " ("
		}
		spans = append(spans, span{Text: before}, link(l.Title, l.URL))
	}
	if spans != nil {
		spans = append(spans, span{Text: ")"})
	}
	return spans
}

func (c *composer) tried(d Document) {
	if len(d.Tried)+len(d.Routine) == 0 {
		return
	}
	c.section("What was tried")
	var day calendar
	items := make([][]span, len(d.Tried))
	for i, a := range d.Tried {
		when := day.moment(a.At)
		how := string(a.Outcome)
		switch {
		case a.Outcome == Failed && a.Times > 1:
			how = fmt.Sprintf("failed %s until %s", times(a.Times), day.moment(a.Until))
		case a.Outcome != Failed:
			how += " by " + a.By
		}
		items[i] = append([]span{strong(when), {Text: " "}},
			prose(withReason(fmt.Sprintf("%s – %s", oneLine(a.Title), how), a.Note))...)
	}
	c.list(items)
	if len(d.Routine) > 0 {
		c.paragraph(sentence("Done by Muster without trouble: %s.", strings.Join(d.Routine, "; "))...)
	}
}

func (c *composer) difficulties(d Document) {
	if len(d.Difficulties) == 0 {
		return
	}
	c.section("What made the response harder")
	var day calendar
	items := make([][]span, len(d.Difficulties))
	for i, difficulty := range d.Difficulties {
		if difficulty.At.IsZero() {
			items[i] = prose(difficulty.Text)
			continue
		}
		items[i] = entry(day.moment(difficulty.At), difficulty.Text)
	}
	c.list(items)
}

func (c *composer) alerts(d Document) {
	c.section("Alerts")
	if len(d.Alerts) == 0 {
		c.paragraph(sentence("No alert fired.")...)
		return
	}
	t := table{Head: []string{"Alert", "First fired", "Times", "Resolved", "Lasted"}}
	for _, a := range d.Alerts {
		var day calendar
		name := []span{link(a.Name, a.URL)}
		if a.Summary != "" {
			name = append(name, span{Text: " – " + oneLine(a.Summary)})
		}
		fired, resolved, lasted := day.moment(a.FiredAt), "still firing", ""
		if a.Duration != nil {
			resolved, lasted = day.moment(a.ResolvedAt), a.Duration.String()
		}
		t.Rows = append(t.Rows, [][]span{name, plain(fired), plain(incident.FormatCount(a.Count)), plain(resolved), plain(lasted)})
	}
	c.add(block{Table: &t})
}

func (c *composer) questions(d Document) {
	c.section("Open questions")
	if len(d.Questions) == 0 {
		c.paragraph(sentence("None here: the postmortem of %s asks them.", d.MergedInto)...)
		return
	}
	items := make([][]span, len(d.Questions))
	for i, q := range d.Questions {
		items[i] = prose(q.Text)
	}
	c.add(block{List: &list{Ordered: true, Items: items}})
}

func (c *composer) followups(d Document) {
	c.section("Follow-ups")
	if len(d.Followups) == 0 {
		c.paragraph(sentence("None recorded yet.")...)
		return
	}
	t := table{Head: []string{"Id", "Follow-up", "Ticket", "Status", "Owner", "Due"}}
	for _, f := range d.Followups {
		ticket, status, due := []span{link(f.Ticket, f.URL)}, f.Status, ""
		if f.Ticket == "" {
			ticket = plain("not filed yet")
		}
		if status == "" && f.Done {
			status = "done"
		}
		if !f.Due.IsZero() {
			due = f.Due.Format(dayLayout)
		}
		t.Rows = append(t.Rows, [][]span{plain(f.ID), plain(f.Title), ticket, plain(status), plain(f.Owner), plain(due)})
	}
	c.add(block{Table: &t})
}
