package diagram

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"muster/incident"
	"muster/playbooks"
)

// shapes are how Mermaid writes a node of each kind
// (https://mermaid.js.org/syntax/flowchart.html#node-shapes).
var shapes = map[incident.StepKind][2]string{
	incident.Automatic: {`["`, `"]`},
	incident.Manual:    {`("`, `")`},
	incident.Approval:  {`[["`, `"]]`},
	incident.Decision:  {`{{"`, `"}}`},
	incident.Wait:      {`(["`, `"])`},
}

// Mermaid writes a playbook as a flowchart in Mermaid's language. The same playbook always
// gives the same text. Nodes are numbered rather than named, because words such as end mean
// something in that language.
func Mermaid(p *playbooks.Playbook) string {
	b := newBuilder(p, Options{})
	m := &mermaid{builder: b, names: map[string]string{}}
	m.line("flowchart TD")
	for _, group := range b.groups {
		m.line(`    subgraph g%d["%s"]`, slices.Index(b.groups, group)+1, escaped(clean(b.titles[group])))
		m.nodes(group, "        ")
		m.line("    end")
	}
	m.nodes("", "    ")
	m.edges()
	m.classes()
	if b.undrawn > 0 {
		m.line("    note[\"%d needs are too many to draw.\"]", b.undrawn)
	}
	return m.out.String()
}

type mermaid struct {
	*builder
	out   strings.Builder
	names map[string]string
}

func (m *mermaid) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

// nodes writes the steps of a group, "" for those of none, and the options that nothing
// follows.
func (m *mermaid) nodes(group, indent string) {
	for i, n := range m.order {
		if n.in != group {
			continue
		}
		name := fmt.Sprintf("s%d", i+1)
		m.names[n.id] = name
		if n.option != nil {
			if !slices.ContainsFunc(m.links, func(l link) bool { return l.from == n.id }) {
				m.line(`%s%s(["%s"])`, indent, name, escaped(optionTitle(n.option)))
			}
			continue
		}
		f := m.faceOf(n)
		text := escaped(f.full)
		var notes []string
		for _, d := range f.details {
			if d.class != classCondition {
				notes = append(notes, escaped(d.text))
			}
		}
		if len(notes) > 0 {
			text += "<br/><i>" + strings.Join(notes, " ") + "</i>"
		}
		for _, chip := range f.chips {
			text += "<br/>" + escaped("("+chip+")")
		}
		shape := shapes[n.step.Kind()]
		m.line("%s%s%s%s%s", indent, name, shape[0], text, shape[1])
	}
}

// edges writes what needs what; the way by an option is one edge with the option's title.
func (m *mermaid) edges() {
	for _, l := range m.links {
		from, to := m.node(l.from), m.node(l.to)
		switch {
		case to.option != nil:
			if !slices.ContainsFunc(m.links, func(next link) bool { return next.from == to.id }) {
				m.line("    %s --> %s", m.names[l.from], m.names[l.to])
			}
		case from.option != nil:
			m.line(`    %s -->|"%s"| %s`, m.names[from.of], escaped(optionTitle(from.option)), m.names[l.to])
		case l.runs:
			m.line("    %s -.-> %s", m.names[l.from], m.names[l.to])
		default:
			m.line("    %s --> %s", m.names[l.from], m.names[l.to])
		}
	}
}

func (m *mermaid) node(id string) *node { return m.builder.nodes[id] }

// classes colours the kinds, in shades that can be read on light and dark pages.
func (m *mermaid) classes() {
	for _, c := range []struct {
		kind  incident.StepKind
		style string
	}{
		{incident.Automatic, "fill:#eaeefd,stroke:#3a56d8,color:#12161c"},
		{incident.Manual, "fill:#ffffff,stroke:#8791a0,color:#12161c"},
		{incident.Approval, "fill:#fff3e0,stroke:#9a5200,color:#12161c"},
		{incident.Decision, "fill:#e7f1fc,stroke:#1a63b8,color:#12161c"},
		{incident.Wait, "fill:#eff1f4,stroke:#8791a0,color:#12161c,stroke-dasharray:4 3"},
	} {
		var names []string
		for _, n := range m.order {
			if n.step != nil && n.step.Kind() == c.kind {
				names = append(names, m.names[n.id])
			}
		}
		if len(names) > 0 {
			m.line("    classDef %s %s", c.kind, c.style)
			m.line("    class %s %s", strings.Join(names, ","), c.kind)
		}
	}
}

// escaped writes a text so that Mermaid takes none of it for its own language or for markup:
// all but letters, digits and harmless signs as numbered entities
// (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), strings.ContainsRune(" .,!?'/+-_…‹›()", r), r > unicode.MaxLatin1:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
