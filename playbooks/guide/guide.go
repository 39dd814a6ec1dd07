package guide

import (
	"slices"
	"strings"
	"unicode"

	"muster/incident"
	"muster/playbooks"
)

// Guide is a playbook as people read it. It is plain data.
type Guide struct {
	Name, Description, Version string
	// Meant says for which incidents it is meant, one sentence each.
	Meant []Line
	// After says what becomes of a resolved incident.
	After Line
	Roles []Role
	// Parts are the playbooks it was put together from, in their order.
	Parts []Part
	// Groups are the steps, those of a group together, in the order of the playbook.
	Groups []Group
	Hooks  []Hook
	// Steps counts the steps, People those that people do.
	Steps, People int
}

// Line is a sentence, in which some words are code.
type Line []Span

// Span is a piece of a line.
type Span struct {
	Text string
	Code bool
}

// String returns the line without telling code apart.
func (l Line) String() string {
	var b strings.Builder
	for _, span := range l {
		b.WriteString(span.Text)
	}
	return b.String()
}

// Role is a part that one person takes.
type Role struct {
	ID, Title, Duties string
	// Assigned says who gets it by itself; empty if nobody does.
	Assigned string
}

// Part is a playbook that the guide's was put together from.
type Part struct {
	Name, Version, Reason string
}

// Group is some steps in a row. Those outside of any group have no title.
type Group struct {
	Title string
	Steps []Step
}

// Step is one thing to do.
type Step struct {
	// Number counts from 1.
	Number int
	ID     string
	Title  string
	Kind   incident.StepKind
	// KindText says in a word or two who moves it forward.
	KindText string
	// Role is the title of the role whose part it is; empty for anybody.
	Role string
	// Action and Parameters are what Muster does.
	Action     string
	Parameters []Parameter
	Options    []Option
	// Lines say when it is due and what becomes of it.
	Lines        []Line
	Instructions string
	Expect       string
	Links        []incident.Link
	// Playbook names the part it comes from, where there are several.
	Playbook string
}

// Parameter is something that an action is told.
type Parameter struct{ Name, Value string }

// Option is a way that people may choose, and the titles of the steps that follow.
type Option struct {
	ID, Title string
	Leads     []string
}

// Hook is what Muster does by itself.
type Hook struct {
	ID string
	// When says what it reacts to: "When nobody has acknowledged for 5 minutes".
	When Line
	// Does says what happens then.
	Does string
	// Reminder is what the timeline says first, if it is a reminder.
	Reminder   string
	Action     string
	Parameters []Parameter
	// Lines say on which condition.
	Lines []Line
}

// New tells a playbook. The same playbook always gives the same guide.
func New(p *playbooks.Playbook) Guide {
	t := teller{p}
	g := Guide{
		Name: oneLine(p.Name), Description: paragraphs(p.Description), Version: oneLine(p.Version),
		Meant: t.meant(), After: t.after(), Steps: len(p.Steps),
	}
	for _, part := range p.Parts {
		g.Parts = append(g.Parts, Part{oneLine(part.Name), oneLine(part.Version), oneLine(part.Reason)})
	}
	for _, r := range p.Roles {
		g.Roles = append(g.Roles, Role{ID: r.ID, Title: oneLine(r.Title), Duties: paragraphs(r.Duties), Assigned: assigned[r.Assign]})
	}
	for i, s := range p.Steps {
		title := oneLine(s.GroupTitle)
		if title == "" {
			title = oneLine(s.Group)
		}
		if n := len(g.Groups); n == 0 || g.Groups[n-1].Title != title {
			g.Groups = append(g.Groups, Group{Title: title})
		}
		group := &g.Groups[len(g.Groups)-1]
		group.Steps = append(group.Steps, t.step(i+1, s))
		if k := s.Kind(); k != incident.Automatic && k != incident.Wait {
			g.People++
		}
	}
	for _, h := range p.Hooks {
		g.Hooks = append(g.Hooks, t.hook(h))
	}
	return g
}

var assigned = map[string]string{
	playbooks.OnCall:       "Goes to whoever is on call.",
	playbooks.Acknowledger: "Goes to whoever acknowledges the incident.",
}

type teller struct{ *playbooks.Playbook }

// meant says when the playbook is followed.
func (t teller) meant() []Line {
	var all []Line
	switch {
	case t.Addition && t.When != "":
		all = append(all, Line{{Text: "Joins whatever other playbook is followed, if "}, code(t.When), {Text: "."}})
	case t.Addition:
		all = append(all, say("Joins whatever other playbook is followed, for every incident."))
	case t.When != "":
		all = append(all, Line{{Text: "Followed if "}, code(t.When), {Text: ", unless a person or a route names another."}})
	case t.Name == playbooks.Default:
		all = append(all, say("Followed where nothing else is named and nothing else is meant for the incident."))
	default:
		all = append(all, say("Followed where a person, a route or another playbook names it."))
	}
	if t.Priority != 0 {
		all = append(all, say("Its priority is "+number(t.Priority)+": of several that are meant for an incident, the highest counts."))
	}
	if t.Extends != "" {
		line := "Builds on " + oneLine(t.Extends)
		if len(t.Remove) > 0 {
			line += ", without " + list(t.Remove, "and")
		}
		all = append(all, say(line+"."))
	}
	return all
}

func (t teller) after() Line {
	after := t.CloseAfter
	if after == 0 {
		after = playbooks.DefaultCloseAfter
	}
	return say("A resolved incident closes itself after " + words(after) + ", once its follow-ups are done.")
}

// roleTitle is how a role is called.
func (t teller) roleTitle(id string) string {
	i := slices.IndexFunc(t.Roles, func(r playbooks.Role) bool { return r.ID == id })
	if i < 0 || t.Roles[i].Title == "" {
		return oneLine(id)
	}
	return oneLine(t.Roles[i].Title)
}

// stepTitle is a step's title in quotation marks, or the id of what is no step.
func (t teller) stepTitle(id string) string {
	i := slices.IndexFunc(t.Steps, func(s playbooks.Step) bool { return s.ID == id })
	if i >= 0 {
		return "“" + title(t.Steps[i].Title) + "”"
	}
	i = slices.IndexFunc(t.Steps, func(s playbooks.Step) bool { return s.Group == id && s.GroupTitle != "" })
	if i >= 0 {
		return "all of “" + oneLine(t.Steps[i].GroupTitle) + "”"
	}
	return oneLine(id)
}

func say(text string) Line { return Line{{Text: text}} }

func code(text string) Span { return Span{Text: oneLine(text), Code: true} }

// title is a text of a playbook in one line, with what is filled in later in pointed
// brackets.
func title(text string) string {
	return oneLine(playbooks.Placeholders(text, playbooks.ShortPlaceholder))
}

// told is the same with its line breaks.
func told(text string) string {
	return paragraphs(playbooks.Placeholders(text, playbooks.ShortPlaceholder))
}

// oneLine leaves out line breaks and control characters.
func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// paragraphs leaves out control characters but line breaks.
func paragraphs(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(printable(line), " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// printable replaces control characters by spaces and leaves out those that turn the
// direction of reading around.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Noncharacter_Code_Point, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}
