package guide

import (
	"fmt"
	"strings"
	"unicode"
)

// Markdown writes the guide as CommonMark with GitHub's fenced Mermaid; the drawing is text
// that [muster/playbooks/diagram.Mermaid] made, or "" for none. Whatever Markdown or HTML the
// playbook's texts hold is shown as written.
func Markdown(g Guide, drawing string) string {
	var m markdown
	m.block("# Playbook %s", escape(g.Name))
	if g.Description != "" {
		m.block("%s", m.lines(g.Description, ""))
	}
	for _, line := range g.Meant {
		m.item("%s", m.line(line))
	}
	m.item("%s", m.line(g.After))
	m.item("%s, of which people do %d. Version %s.", count(g.Steps, "step"), g.People, m.code(g.Version))
	m.end()
	if len(g.Parts) > 0 {
		m.block("## Put together from")
		for i, p := range g.Parts {
			m.raw("%d. **%s** (%s)%s\n", i+1, escape(p.Name), m.code(p.Version), m.after(": ", p.Reason))
		}
		m.end()
	}
	if drawing != "" {
		m.block("```mermaid\n%s```", drawing)
	}
	if len(g.Roles) > 0 {
		m.block("## Roles")
		for _, r := range g.Roles {
			m.item("**%s**%s%s", escape(r.Title), m.after(": ", r.Duties), m.after(" ", r.Assigned))
		}
		m.end()
	}
	m.block("## Steps")
	for _, group := range g.Groups {
		if group.Title != "" {
			m.block("### %s", escape(group.Title))
		}
		for _, s := range group.Steps {
			m.step(s)
		}
		m.end()
	}
	if len(g.Hooks) > 0 {
		m.block("## What Muster does by itself")
		for _, h := range g.Hooks {
			m.hook(h)
		}
	}
	return strings.TrimRight(m.String(), "\n") + "\n"
}

type markdown struct{ strings.Builder }

func (m *markdown) raw(format string, args ...any)   { fmt.Fprintf(m, format, args...) }
func (m *markdown) block(format string, args ...any) { m.raw(format+"\n\n", args...) }
func (m *markdown) item(format string, args ...any)  { m.raw("- "+format+"\n", args...) }
func (m *markdown) end()                             { m.WriteByte('\n') }

func (m *markdown) step(s Step) {
	who := s.KindText
	if s.Role != "" {
		who += ", " + s.Role
	}
	m.raw("%d. **%s** (%s)", s.Number, escape(s.Title), escape(who))
	if s.Action != "" {
		m.raw(" %s", m.code(s.Action))
	}
	m.end()
	const indent = "   "
	for _, line := range s.Lines {
		m.raw("%s- %s\n", indent, m.line(line))
	}
	for _, o := range s.Options {
		leads := ""
		if len(o.Leads) > 0 {
			leads = ": " + escape(list(o.Leads, "and"))
		}
		m.raw("%s- *%s*%s\n", indent, escape(o.Title), leads)
	}
	if s.Instructions != "" {
		m.raw("\n%s%s\n", indent, m.lines(s.Instructions, indent))
	}
	if s.Expect != "" {
		m.raw("\n%sExpected: %s\n", indent, m.lines(s.Expect, indent))
	}
	for _, l := range s.Links {
		m.raw("%s- %s: %s\n", indent, escape(l.Title), m.code(l.URL))
	}
}

func (m *markdown) hook(h Hook) {
	m.raw("- **%s:** %s", m.line(h.When), escape(h.Does))
	if h.Action != "" {
		m.raw(" (%s)", m.code(h.Action))
	}
	m.raw(".")
	for _, line := range h.Lines {
		m.raw(" %s", m.line(line))
	}
	if h.Reminder != "" {
		m.raw(" The timeline says: “%s”.", escape(h.Reminder))
	}
	m.end()
}

// after writes a text behind another, if there is any.
func (m *markdown) after(between, text string) string {
	if text == "" {
		return ""
	}
	return between + m.lines(text, "  ")
}

func (m *markdown) line(l Line) string {
	var b strings.Builder
	for _, span := range l {
		if span.Code {
			b.WriteString(m.code(span.Text))
		} else {
			b.WriteString(escape(span.Text))
		}
	}
	return b.String()
}

// lines writes a text with its line breaks, behind an indentation.
func (m *markdown) lines(text, indent string) string {
	lines := strings.Split(escape(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n"+indent)
}

// code writes a code span, fenced by one backtick more than the text has in a row
// (https://spec.commonmark.org/0.31.2/#code-spans).
func (m *markdown) code(text string) string {
	if text == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// escape puts a backslash before whatever could be Markdown or HTML. A sign that means
// something only at the beginning of a line is escaped anywhere, except between letters.
func escape(text string) string {
	var b strings.Builder
	before := ' '
	for _, r := range text {
		ascii := r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r))
		harmless := strings.ContainsRune(",;:'\"?()/%", r) || r == '.' && !unicode.IsDigit(before) || r == '-' && unicode.IsLetter(before)
		if ascii && !harmless {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
