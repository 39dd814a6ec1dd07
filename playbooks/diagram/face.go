package diagram

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"muster/incident"
	"muster/playbooks"
)

// Sizes of what is written in a node, in pixels.
const (
	stepWide = 224.0
	// textInset is from a step's left edge to its text, behind the icon.
	textInset  = 36.0
	rightInset = 14.0
	// slant is how far the points of a decision reach out, beside a step's own width.
	slant = 14.0

	titleSize, titleLine   = 13.0, 17.0
	detailSize, detailLine = 11.0, 15.0
	codeSize               = 10.0
	groupSize              = 12.0
	chipHigh, chipGap      = 19.0, 6.0
	pillHigh, pillSize     = 26.0, 12.0
	pillLetters            = 200.0
	above, beneath         = 11.0, 11.0

	titleLines, conditionLines = 4, 2
)

// face is what a node shows.
type face struct {
	// kind is a kind of steps, or "option".
	kind string
	icon string
	// full is the whole title, for those who point at the node.
	full       string
	title      []string
	details    []detail
	chips      []string
	state      string
	mark       string
	stateTitle string
	pill       bool
}

// detail is a line below the title.
type detail struct {
	text string
	// class is one of those below.
	class string
}

// What a detail says: which action Muster does, on which condition, or what people do. The
// first two are code.
const (
	classAction    = "action"
	classCondition = "condition"
	classNote      = "note"
)

// size is how much room the face takes.
func (f face) size() (wide, high float64) {
	if f.pill {
		return width(f.title[0], pillSize) + 26, pillHigh
	}
	high = above + float64(len(f.title))*titleLine + float64(len(f.details))*detailLine + beneath
	if rows := f.chipRows(); len(rows) > 0 {
		high += float64(len(rows))*(chipHigh+4) + 2
	}
	wide = stepWide
	if f.kind == string(incident.Decision) {
		wide += 2 * slant
	}
	return wide, high
}

// chipRows divides the chips into rows that fit.
func (f face) chipRows() [][]string {
	var rows [][]string
	x := 0.0
	for _, chip := range f.chips {
		w := chipWidth(chip)
		if len(rows) == 0 || x+w > stepWide-textInset-rightInset {
			rows, x = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], chip)
		x += w + chipGap
	}
	return rows
}

func chipWidth(chip string) float64 { return width(chip, detailSize) + 16 }

// faceOf says what a node shows.
func (b *builder) faceOf(n *node) face {
	if n.option != nil {
		return b.optionFace(n)
	}
	s := n.step
	title := s.Title
	progress, known := b.stepOf(s.ID)
	if known && progress.Title != "" {
		title = progress.Title
	}
	f := face{kind: string(s.Kind()), icon: kindIcons[s.Kind()], full: cmp.Or(plain(title), s.ID)}
	f.title = wrap(f.full, stepWide-textInset-rightInset, titleSize, titleLines)
	f.details = b.details(s)
	f.chips = b.chips(s)
	if known {
		f.state, f.mark = string(progress.State), stateIcons[progress.State]
		f.stateTitle = string(progress.State)
		if progress.LeftOut {
			f.state, f.stateTitle = "left-out", "left out: the response took another way"
		}
	}
	return f
}

func (b *builder) optionFace(n *node) face {
	title := optionTitle(n.option)
	f := face{kind: "option", pill: true, full: title, title: wrap(title, pillLetters, pillSize, 1)}
	if progress, known := b.stepOf(n.of); known && progress.State == incident.Done && progress.Choice != "" {
		f.state, f.stateTitle = "not-chosen", "not chosen"
		if progress.Choice == n.option.ID {
			f.state, f.stateTitle, f.mark = "chosen", "chosen", iconCheck
		}
	}
	return f
}

// details are the lines below a step's title.
func (b *builder) details(s *playbooks.Step) []detail {
	const wide = stepWide - textInset - rightInset
	var all []detail
	add := func(class, text string, lines int) {
		wrapped := wrap(clean(text), wide, detailSize, lines)
		if class != classNote {
			wrapped = typeface(codeWidth).wrap(clean(text), wide, codeSize, lines)
		}
		for _, line := range wrapped {
			all = append(all, detail{line, class})
		}
	}
	switch s.Kind() {
	case incident.Automatic:
		add(classAction, s.Do, 1)
	case incident.Approval:
		text := "needs an approval"
		if s.Approval.Quorum > 1 {
			text = fmt.Sprintf("needs %d approvals", s.Approval.Quorum)
		}
		add(classNote, text, 1)
	case incident.Decision:
		add(classNote, "somebody decides", 1)
	case incident.Wait:
		add(classNote, waitText(s.Wait), conditionLines)
	}
	if s.When != "" {
		add(classCondition, "if "+s.When, conditionLines)
	}
	return all
}

// mostly names the part that most steps come from. Those of the others say so.
func (b *builder) mostly() string {
	counts, most := map[string]int{}, ""
	for _, s := range b.playbook.Steps {
		if counts[s.Playbook]++; counts[s.Playbook] > counts[most] || most == "" {
			most = s.Playbook
		}
	}
	return most
}

func waitText(w *playbooks.Wait) string {
	var text string
	switch {
	case w.Metric != nil && w.Metric.Below != nil:
		text = "until the metric is below " + number(*w.Metric.Below)
	case w.Metric != nil && w.Metric.Above != nil:
		text = "until the metric is above " + number(*w.Metric.Above)
	case w.Until != "":
		text = "until " + w.Until
	default:
		return "waits " + incident.FormatDuration(w.For)
	}
	if w.For > 0 {
		text += " for " + incident.FormatDuration(w.For)
	}
	return text
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// chips are the small labels of a step: who does it, how often, how long.
func (b *builder) chips(s *playbooks.Step) []string {
	var all []string
	add := func(text string) {
		all = append(all, wrap(clean(text), stepWide-textInset-rightInset-20, detailSize, 1)...)
	}
	if s.Role != "" {
		title := s.Role
		if i := slices.IndexFunc(b.playbook.Roles, func(r playbooks.Role) bool { return r.ID == s.Role }); i >= 0 && b.playbook.Roles[i].Title != "" {
			title = b.playbook.Roles[i].Title
		}
		add(title)
	}
	if s.Repeat != nil {
		add("every " + incident.FormatDuration(s.Repeat.Every))
	}
	if s.Timeout != nil && s.Timeout.Limit > 0 {
		add("at most " + incident.FormatDuration(s.Timeout.Limit))
	}
	if s.Playbook != "" && s.Within == "" && s.Playbook != b.mostly() {
		add("from " + s.Playbook)
	}
	return all
}

func optionTitle(o *playbooks.Option) string { return cmp.Or(plain(o.Title), o.ID) }
