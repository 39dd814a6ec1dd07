package guide

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"muster/incident"
)

// Style is how a piece of the text is set.
type Style int

// The styles. Automatic and those behind it are the kinds of steps.
const (
	Heading Style = iota
	Strong
	Dim
	Code
	Automatic
	Manual
	Approval
	Decision
	Wait
)

var kindStyles = map[incident.StepKind]Style{
	incident.Automatic: Automatic, incident.Manual: Manual, incident.Approval: Approval,
	incident.Decision: Decision, incident.Wait: Wait,
}

// kindSigns stand before the steps of each kind.
var kindSigns = map[incident.StepKind]string{
	incident.Automatic: "⚙", incident.Manual: "☐", incident.Approval: "✋", incident.Decision: "◆", incident.Wait: "◷",
}

// columns is how wide the text is: what people read with ease.
const columns = 96

// Text writes the guide for a terminal. paint sets a piece in a style; it gets no control
// characters, whatever the playbook holds.
func Text(g Guide, paint func(Style, string) string) string {
	t := &text{paint: paint}
	t.line(0, paint(Heading, g.Name)+"  "+paint(Dim, "version "+g.Version))
	if g.Description != "" {
		t.paragraph(0, g.Description, nil)
	}
	t.end()
	for _, line := range g.Meant {
		t.sentence(0, line)
	}
	t.sentence(0, g.After)
	if len(g.Parts) > 0 {
		t.heading("Put together from")
		for i, p := range g.Parts {
			t.line(2, fmt.Sprintf("%d. %s  %s  %s", i+1, paint(Strong, p.Name), paint(Dim, p.Version), p.Reason))
		}
	}
	if len(g.Roles) > 0 {
		t.heading("Roles")
		for _, r := range g.Roles {
			t.line(2, paint(Strong, r.Title))
			t.paragraph(4, strings.TrimSpace(r.Duties+"\n"+r.Assigned), nil)
		}
	}
	t.heading(fmt.Sprintf("Steps (%d, of which people do %d)", g.Steps, g.People))
	for _, group := range g.Groups {
		indent := 2
		if group.Title != "" {
			t.line(2, paint(Dim, "┌ ")+paint(Strong, group.Title))
			indent = 4
		}
		for _, s := range group.Steps {
			t.step(indent, s)
		}
	}
	if len(g.Hooks) > 0 {
		t.heading("What Muster does by itself")
		for _, h := range g.Hooks {
			t.hook(h)
		}
	}
	return t.out.String()
}

type text struct {
	out   strings.Builder
	paint func(Style, string) string
}

func (t *text) line(indent int, line string) {
	t.out.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+line, " ") + "\n")
}

func (t *text) end() { t.out.WriteByte('\n') }

func (t *text) heading(title string) {
	t.end()
	t.line(0, t.paint(Heading, title))
}

// paragraph breaks a text into lines, each set by the function if there is one.
func (t *text) paragraph(indent int, words string, set func(string) string) {
	for _, given := range strings.Split(words, "\n") {
		line := ""
		flush := func() {
			if set != nil {
				line = set(line)
			}
			t.line(indent, line)
			line = ""
		}
		for _, word := range strings.Fields(given) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns-indent {
				flush()
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		if line != "" {
			flush()
		}
	}
}

func (t *text) dim(words string) string { return t.paint(Dim, words) }

// sentence writes a line, with its code set apart. It is not broken: people copy code.
func (t *text) sentence(indent int, l Line) {
	var b strings.Builder
	for _, span := range l {
		if span.Code {
			b.WriteString(t.paint(Code, span.Text))
		} else {
			b.WriteString(span.Text)
		}
	}
	t.line(indent, b.String())
}

func (t *text) step(indent int, s Step) {
	style := kindStyles[s.Kind]
	title := fmt.Sprintf("%s %s %s", t.paint(Dim, fmt.Sprintf("%2d", s.Number)), t.paint(style, kindSigns[s.Kind]), t.paint(Strong, s.Title))
	note := s.KindText
	if s.Role != "" {
		note += ", " + s.Role
	}
	if s.Action != "" {
		note = s.Action
	}
	t.line(indent, title+"  "+t.dim(note))
	indent += 5
	for _, line := range s.Lines {
		t.sentence(indent, line)
	}
	for _, o := range s.Options {
		leads := ""
		if len(o.Leads) > 0 {
			leads = t.dim(" → " + strings.Join(o.Leads, "; "))
		}
		t.line(indent, t.paint(Decision, "◇ ")+o.Title+leads)
	}
	t.paragraph(indent, s.Instructions, t.dim)
	if s.Expect != "" {
		t.paragraph(indent, "Expected: "+s.Expect, t.dim)
	}
	for _, l := range s.Links {
		t.line(indent, t.dim(l.Title+": ")+l.URL)
	}
}

func (t *text) hook(h Hook) {
	t.line(2, t.paint(Strong, h.When.String())+": "+h.Does+"  "+t.dim(h.Action))
	for _, line := range h.Lines {
		t.sentence(4, line)
	}
	if h.Reminder != "" {
		t.paragraph(4, "“"+h.Reminder+"”", t.dim)
	}
}
