package diagram

import (
	_ "embed"
	"fmt"
	"html"
	"strconv"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

//go:embed diagram.css
var stylesheet string

//go:embed tokens.css
var tokens string

// Stylesheet is how a drawing looks, by the classes in it, in colours that a page sets as
// variables. A page that shows a drawing which is not [Options.Standalone] needs it.
func Stylesheet() string { return stylesheet }

// Tokens are the colours for where no page sets them, for light and dark.
func Tokens() string { return tokens }

// Options say how a playbook is drawn.
type Options struct {
	// Width is how wide the drawing may be, in pixels; 0 means [DefaultWidth]. It is never
	// narrower than its widest step.
	Width float64
	// Progress is how the steps of an incident stand; each step is then marked.
	Progress []incident.Step
	// Link returns the address that a step leads to, by its id; nil or "" for none.
	Link func(step string) string
	// Standalone puts the stylesheet and colours into the drawing, for a file of its own.
	Standalone bool
}

// DefaultWidth is room for four steps beside each other.
const DefaultWidth = 1000.0

// margin is left free around the drawing, for the marks that stand out.
const margin = 12.0

// SVG draws a playbook as an SVG document of its own, or a part of a page. The same playbook
// always gives the same drawing. It holds no script and no inline style, and nothing of the
// playbook but escaped text.
func SVG(p *playbooks.Playbook, o Options) string {
	if o.Width == 0 {
		o.Width = DefaultWidth
	}
	b := newBuilder(p, o)
	whole := b.build()
	whole.layout(o.Width)
	d := &drawing{builder: b}
	high := whole.high
	if b.undrawn > 0 {
		high += 30
	}
	wide := max(whole.wide, 240) + 2*margin
	high += 2 * margin
	if o.Standalone {
		d.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	}
	d.raw(`<svg xmlns="http://www.w3.org/2000/svg" class="playbook-diagram" viewBox="0 0 %s %s" width="%s" height="%s" role="%s">`+"\n",
		px(wide), px(high), px(wide), px(high), d.role())
	d.raw("<title>%s</title>\n<desc>%s</desc>\n", html.EscapeString("Playbook "+clean(p.Name)), html.EscapeString(b.describe()))
	if o.Standalone {
		d.raw("<style>\n%s%s</style>\n<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n", tokens, stylesheet)
	}
	d.graph(whole, margin, margin)
	if b.undrawn > 0 {
		d.text(margin, high-margin, "undrawn", fmt.Sprintf("%d needs are too many to draw.", b.undrawn), false)
	}
	d.raw("</svg>\n")
	return d.out.String()
}

type drawing struct {
	*builder
	out strings.Builder
}

func (d *drawing) raw(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

// role keeps the steps within reach of people who do not see them, if they lead anywhere.
func (d *drawing) role() string {
	if d.options.Link != nil {
		return "group"
	}
	return "img"
}

// px writes a length with a digit behind the point, where that is not zero.
func px(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// text writes one line from x on; one that is read from the right ends there.
func (d *drawing) text(x, y float64, class, text string, fromRight bool) {
	direction := ""
	if fromRight {
		direction = ` direction="rtl"`
	}
	d.raw(`<text x="%s" y="%s" class="%s"%s>%s</text>`+"\n", px(x), px(y), class, direction, html.EscapeString(text))
}

// graph draws boxes first, then edges, then steps.
func (d *drawing) graph(g *graph, x, y float64) {
	for _, n := range g.nodes {
		if n.group != nil {
			d.box(n, x, y)
		}
	}
	for _, e := range g.edges {
		if !e.from.bend() && !e.to.bend() {
			d.edge(e, x, y)
		}
	}
	for _, n := range g.nodes {
		switch {
		case n.group != nil:
			d.graph(n.group, x+n.x-n.wide/2+boxPadding, y+n.y+boxTitle)
		case n.option != nil:
			d.pill(n, x, y)
		case n.step != nil:
			d.step(n, x, y)
		}
	}
}

func (d *drawing) box(n *node, x, y float64) {
	left, top := x+n.x-n.wide/2, y+n.y
	d.raw(`<rect class="group" x="%s" y="%s" width="%s" height="%s" rx="14"/>`+"\n", px(left), px(top), px(n.wide), px(n.high))
	title := wrap(n.title, n.wide-2*boxPadding, groupSize, 1)
	if len(title) > 0 {
		rtl := rightToLeft(title[0])
		at := left + boxPadding
		if rtl {
			at = left + n.wide - boxPadding
		}
		d.text(at, top+22, "group-title", title[0], rtl)
	}
}

// point is a place on the way of an edge.
type point struct{ x, y float64 }

// route is the way of an edge within its graph. An edge that ends at the border of a group
// goes on inside, where the group's drawing begins at its own origin.
func route(e *edge, x, y float64) []point {
	var way []point
	if e.innerFrom != nil {
		way = route(e.innerFrom, x+e.from.x-e.from.wide/2+boxPadding, y+e.from.y+boxTitle)
	}
	start := x + e.from.x + e.fromAt
	way = append(way, point{start, y + e.from.bottom()}, point{start, y + e.from.floor})
	for _, b := range e.bends {
		way = append(way, point{x + b.x, y + b.y}, point{x + b.x, y + b.floor})
	}
	way = append(way, point{x + e.to.x + e.toAt, y + e.to.y})
	if e.innerTo != nil {
		way = append(way, route(e.innerTo, x+e.to.x-e.to.wide/2+boxPadding, y+e.to.y+boxTitle)...)
	}
	return way
}

func (d *drawing) edge(e *edge, x, y float64) {
	way := route(e, x, y)
	end := way[len(way)-1]
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", px(way[0].x), px(way[0].y))
	for i, to := range way[1:] {
		from := way[i]
		if i == len(way)-2 {
			to.y -= arrowHigh
		}
		switch {
		case to == from:
		case px(to.x) == px(from.x):
			fmt.Fprintf(&path, "V%s", px(to.y))
		default:
			middle := px((from.y + to.y) / 2)
			fmt.Fprintf(&path, "C%s %s %s %s %s %s", px(from.x), middle, px(to.x), middle, px(to.x), px(to.y))
		}
	}
	class := "edge"
	if e.runs {
		class += " runs"
	}
	if d.dropped(e) {
		class += " dropped"
	}
	d.raw(`<g class="%s"><path class="line" d="%s"/><path class="head" d="M%s %sl-4.5 -%sh9z"/></g>`+"\n",
		class, path.String(), px(end.x), px(end.y), px(arrowHigh))
}

const arrowHigh = 7.0

// dropped says whether an edge leads where the response does not go.
func (d *drawing) dropped(e *edge) bool {
	from, to := e.from, e.to
	if e.innerFrom != nil {
		from = e.innerFrom.from
	}
	if e.innerTo != nil {
		to = e.innerTo.to
	}
	return from.face.state == "not-chosen" || to.face.state == "left-out" || to.face.state == "not-chosen"
}

// open begins what stands for one step or option, and returns what ends it.
func (d *drawing) open(n *node) (end string) {
	class := "node " + n.face.kind
	if n.face.state != "" {
		class += " state-" + n.face.state
	}
	title := n.face.full
	if n.face.stateTitle != "" {
		title += " (" + n.face.stateTitle + ")"
	}
	link := ""
	if n.step != nil && d.options.Link != nil {
		link = d.options.Link(n.step.ID)
	}
	if link != "" {
		d.raw(`<a href="%s">`, html.EscapeString(link))
		end = "</a>"
	}
	d.raw(`<g class="%s"><title>%s</title>`+"\n", class, html.EscapeString(title))
	return "</g>" + end + "\n"
}

func (d *drawing) pill(n *node, x, y float64) {
	end := d.open(n)
	left, top := x+n.x-n.wide/2, y+n.y
	d.raw(`<rect class="shape" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n", px(left), px(top), px(n.wide), px(n.high), px(n.high/2))
	d.text(x+n.x, top+17.5, "pill", n.face.title[0], rightToLeft(n.face.full))
	d.mark(n.face, left+n.wide-6, top)
	d.raw("%s", end)
}

func (d *drawing) step(n *node, x, y float64) {
	end := d.open(n)
	left, top := x+n.x-n.wide/2, y+n.y
	d.raw(`<path class="shape" d="%s"/>`+"\n", outline(n.step.Kind(), left, top, n.wide, n.high))
	if n.step.Kind() == incident.Decision {
		left += slant
	}
	d.raw(`<g class="icon" transform="translate(%s %s) scale(.72)">%s</g>`+"\n", px(left+12), px(top+above-1), n.face.icon)
	rtl := rightToLeft(n.face.full)
	at := left + textInset
	if rtl {
		at = left + stepWide - rightInset
	}
	baseline := top + above + 12.5
	for _, line := range n.face.title {
		d.text(at, baseline, "title", line, rtl)
		baseline += titleLine
	}
	baseline--
	for _, line := range n.face.details {
		d.text(left+textInset, baseline, line.class, line.text, false)
		baseline += detailLine
	}
	row := top + above + float64(len(n.face.title))*titleLine + float64(len(n.face.details))*detailLine + 4
	for _, chips := range n.face.chipRows() {
		chipAt := left + textInset
		for _, chip := range chips {
			d.raw(`<rect class="chip" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n", px(chipAt), px(row), px(chipWidth(chip)), px(chipHigh), px(chipHigh/2))
			d.text(chipAt+chipWidth(chip)/2, row+13.3, "chip-text", chip, rightToLeft(chip))
			chipAt += chipWidth(chip) + chipGap
		}
		row += chipHigh + 4
	}
	d.mark(n.face, left+stepWide-14, top)
	d.raw("%s", end)
}

// mark shows a state on the upper edge of a node.
func (d *drawing) mark(f face, x, y float64) {
	if f.mark == "" {
		return
	}
	d.raw(`<g class="mark" transform="translate(%s %s)"><circle r="9.5"/><g transform="translate(-7 -7) scale(.583)">%s</g></g>`+"\n", px(x), px(y), f.mark)
}

// outline is the shape of a step of a kind: what Muster does and what people do is round at
// the corners, an approval cut off there like a stop sign, a decision pointed to both sides,
// and what waits round at its ends.
func outline(kind incident.StepKind, x, y, w, h float64) string {
	switch kind {
	case incident.Approval:
		const cut = 11.0
		return fmt.Sprintf("M%s %sh%sl%s %sv%sl-%s %sh-%sl-%s -%sv-%sz", px(x+cut), px(y), px(w-2*cut),
			px(cut), px(cut), px(h-2*cut), px(cut), px(cut), px(w-2*cut), px(cut), px(cut), px(h-2*cut))
	case incident.Decision:
		return fmt.Sprintf("M%s %sh%sl%s %sl-%s %sh-%sl-%s -%sz", px(x+slant), px(y), px(w-2*slant),
			px(slant), px(h/2), px(slant), px(h/2), px(w-2*slant), px(slant), px(h/2))
	default:
		r := 10.0
		if kind == incident.Wait {
			r = min(h/2, 30)
		}
		a := "a" + px(r) + " " + px(r) + " 0 0 1 "
		return fmt.Sprintf("M%s %sh%s%s%s %sv%s%s-%s %sh-%s%s-%s -%sv-%s%s%s -%sz", px(x+r), px(y), px(w-2*r),
			a, px(r), px(r), px(h-2*r), a, px(r), px(r), px(w-2*r), a, px(r), px(r), px(h-2*r), a, px(r), px(r))
	}
}

// describe tells in words what is drawn.
func (b *builder) describe() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d steps, each below what it needs.", len(b.playbook.Steps))
	for _, n := range b.order {
		if n.step == nil {
			continue
		}
		fmt.Fprintf(&text, " %s (%s)", n.face.full, n.face.kind)
		var before []string
		for _, l := range b.links {
			if l.to == n.id {
				before = append(before, b.nodes[l.from].face.full)
			}
		}
		if len(before) > 0 {
			text.WriteString(", after " + strings.Join(before, " and "))
		}
		text.WriteString(".")
	}
	return text.String()
}
