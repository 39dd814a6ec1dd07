package chat

import (
	"strings"
	"time"
)

// String is the card as text, a line or more for each part: for whoever can show nothing
// else, and for people who compare cards. Bold text stands between asterisks, a mention
// begins with @, and a control stands in brackets.
func (c Card) String() string {
	var lines []string
	for _, part := range c.Parts {
		if text := part.String(); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// String is the part as text; see [Card.String].
func (p Part) String() string {
	switch {
	case p.Heading != "":
		return "# " + p.Heading
	case len(p.Body) > 0 && p.Beside != nil:
		return p.Body.Marked() + "  " + p.Beside.String()
	case len(p.Body) > 0:
		return p.Body.Marked()
	case len(p.Fields) > 0:
		lines := make([]string, len(p.Fields))
		for i, field := range p.Fields {
			lines[i] = field.Label + ": " + field.Text.Marked()
		}
		return strings.Join(lines, "\n")
	case len(p.Aside) > 0:
		return "> " + strings.ReplaceAll(p.Aside.Marked(), "\n", "\n> ")
	case len(p.Controls) > 0:
		labels := make([]string, len(p.Controls))
		for i, control := range p.Controls {
			labels[i] = control.String()
		}
		return strings.Join(labels, " ")
	case p.Divider:
		return "---"
	case p.Image != "":
		return "![" + p.ImageAlt + "](" + p.Image + ")"
	}
	return ""
}

// String is what is written on the control, and what may be chosen.
func (c Control) String() string {
	text := "[" + c.Label
	if len(c.Options) > 0 {
		labels := make([]string, len(c.Options))
		for i, option := range c.Options {
			labels[i] = option.Label
		}
		text += ": " + strings.Join(labels, " | ")
	}
	return text + "]"
}

// Marked is the text with its markup written out, as [Card.String] has it.
func (t Text) Marked() string {
	var b strings.Builder
	for _, span := range t {
		switch {
		case span.Person.Name != "":
			b.WriteString("@" + span.Person.Name)
		case span.URL != "":
			b.WriteString(span.Text + " <" + span.URL + ">")
		case !span.At.IsZero() && span.Ago:
			b.WriteString("since " + span.At.UTC().Format(time.RFC3339))
		case span.Bold:
			b.WriteString("*" + span.Text + "*")
		case span.Code:
			b.WriteString("`" + span.Text + "`")
		default:
			b.WriteString(span.Text)
		}
	}
	return b.String()
}
