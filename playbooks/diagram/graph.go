package diagram

import (
	"slices"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

// node is something with a place in the drawing.
type node struct {
	// id is that of a step, "decision/option", or a group's.
	id string
	// Exactly one of step, option and group is set, except in a bend of an edge.
	step   *playbooks.Step
	option *playbooks.Option
	group  *graph
	title  string
	// of is the decision that an option belongs to, in the group that the node is drawn in.
	of string
	in string

	face face
	// wide and high are its size, x its middle and y its upper edge, in the drawing of the
	// graph that it is a part of. floor is the lower edge of its layer, where its edges turn.
	wide, high, x, y, floor float64

	layer int
}

// bend says whether the node is only a place that an edge passes or ends at.
func (n *node) bend() bool { return n.step == nil && n.option == nil && n.group == nil }

// edge leads from a node to another that needs it.
type edge struct {
	from, to *node
	// runs says that the first runs the playbook that the second is from.
	runs bool
	// fromAt and toAt are where it touches its ends, as distances from their middles.
	fromAt, toAt float64
	// bends are the places it passes, one in each layer between.
	bends []*node
	// inner continue the edge within the groups that its ends are in.
	innerFrom, innerTo *edge
}

// graph is what is drawn together: the whole, or the inside of a group.
type graph struct {
	nodes []*node
	edges []*edge
	// entries and exits are where edges come into a group and leave it.
	entries, exits []*node

	wide, high float64
}

// builder makes the graph of a playbook.
type builder struct {
	playbook *playbooks.Playbook
	options  Options
	// nodes has those of steps and options by id, order says which comes first.
	nodes  map[string]*node
	order  []*node
	links  []link
	groups []string
	// titles are those of groups, by id.
	titles map[string]string
	// undrawn counts the needs of a playbook that has more than anybody could follow.
	undrawn int
}

// maxLinks is how many needs are drawn. Two hundred steps in order have as many.
const maxLinks = 800

// link is an edge before it is known which graph it belongs to. A group's id in from means
// all of it.
type link struct {
	from, to string
	runs     bool
}

func newBuilder(p *playbooks.Playbook, o Options) *builder {
	b := &builder{playbook: p, options: o, nodes: map[string]*node{}, titles: map[string]string{}}
	for i := range p.Steps {
		b.addStep(&p.Steps[i])
	}
	for i := range p.Steps {
		b.addLinks(&p.Steps[i])
	}
	if len(b.links) > maxLinks {
		b.undrawn = len(b.links)
		b.links = slices.DeleteFunc(b.links, func(l link) bool { return b.nodes[l.to].option == nil })
	}
	b.reduce()
	b.dissolve()
	return b
}

// groupOf says in which group a step is drawn: its own, or that of the playbook that some
// step runs. The prefix keeps the two apart.
func groupOf(s *playbooks.Step) (id, title string) {
	switch {
	case s.Group != "":
		title = s.GroupTitle
		if title == "" {
			title = s.Group
		}
		return "group:" + s.Group, title
	case s.Within != "":
		title = s.Playbook
		if title == "" {
			title = s.Within
		}
		return "within:" + s.Within, title
	default:
		return "", ""
	}
}

func (b *builder) addStep(s *playbooks.Step) {
	if _, twice := b.nodes[s.ID]; twice {
		return
	}
	group, title := groupOf(s)
	if _, known := b.titles[group]; group != "" && !known {
		b.titles[group] = title
		b.groups = append(b.groups, group)
	}
	b.add(&node{id: s.ID, step: s, in: group})
	for i := range s.Decide {
		id := s.ID + "/" + s.Decide[i].ID
		b.add(&node{id: id, option: &s.Decide[i], of: s.ID, in: group})
		b.links = append(b.links, link{from: s.ID, to: id})
	}
}

func (b *builder) add(n *node) {
	b.nodes[n.id] = n
	b.order = append(b.order, n)
}

// addLinks adds what a step needs. What names nothing is left out: a playbook that is
// checked has no such need.
func (b *builder) addLinks(s *playbooks.Step) {
	for _, need := range s.Needs {
		if _, ok := b.nodes[need]; ok {
			b.links = append(b.links, link{from: need, to: s.ID})
			continue
		}
		for _, end := range b.endsOf("group:" + need) {
			b.links = append(b.links, link{from: end, to: s.ID})
		}
	}
	if _, ok := b.nodes[s.Within]; ok && len(s.Needs) == 0 {
		b.links = append(b.links, link{from: s.Within, to: s.ID, runs: true})
	}
}

// endsOf are the steps of a group that no other of its steps needs.
func (b *builder) endsOf(group string) []string {
	needed := map[string]bool{}
	var members []*node
	for _, n := range b.order {
		if n.in == group && n.step != nil {
			members = append(members, n)
			for _, need := range n.step.Needs {
				step, _, _ := strings.Cut(need, "/")
				needed[step] = true
			}
		}
	}
	var ends []string
	for _, n := range members {
		if !needed[n.id] {
			ends = append(ends, n.id)
		}
	}
	return ends
}

// reduce leaves out what follows from the rest: who needs b, which needs a, need not be
// drawn below a as well.
func (b *builder) reduce() {
	after := map[string][]string{}
	for _, l := range b.links {
		after[l.from] = append(after[l.from], l.to)
	}
	var kept []link
	for i, l := range b.links {
		if l.from != l.to && !slices.Contains(b.links[:i], l) && !leadsRound(after, l.from, l.to) {
			kept = append(kept, l)
		}
	}
	b.links = kept
}

// leadsRound says whether a way of more than one edge leads from one node to another.
func leadsRound(after map[string][]string, from, to string) bool {
	seen := map[string]bool{from: true}
	var ahead []string
	for _, next := range after[from] {
		if next != to {
			ahead = append(ahead, next)
		}
	}
	for len(ahead) > 0 {
		next := ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			ahead = append(ahead, after[next]...)
		}
	}
	return false
}

// dissolve takes apart groups that cannot be drawn as one box: those of which a step needs
// something outside that itself needs a step inside.
func (b *builder) dissolve() {
	var kept []string
	for _, group := range b.groups {
		if b.acyclicWith(append(slices.Clone(kept), group)) {
			kept = append(kept, group)
		}
	}
	for _, n := range b.order {
		if !slices.Contains(kept, n.in) {
			n.in = ""
		}
	}
	b.groups = kept
}

// acyclicWith says whether the graph is still without cycles when each of the groups is one
// node.
func (b *builder) acyclicWith(groups []string) bool {
	stands := func(id string) string {
		if in := b.nodes[id].in; slices.Contains(groups, in) {
			return in
		}
		return id
	}
	after, incoming := map[string][]string{}, map[string]int{}
	for _, n := range b.order {
		incoming[stands(n.id)] += 0
	}
	for _, l := range b.links {
		if from, to := stands(l.from), stands(l.to); from != to {
			after[from] = append(after[from], to)
			incoming[to]++
		}
	}
	var free []string
	for id, n := range incoming {
		if n == 0 {
			free = append(free, id)
		}
	}
	taken := 0
	for ; len(free) > 0; taken++ {
		id := free[len(free)-1]
		free = free[:len(free)-1]
		for _, next := range after[id] {
			if incoming[next]--; incoming[next] == 0 {
				free = append(free, next)
			}
		}
	}
	return taken == len(incoming)
}

// build makes the graph, groups as nodes within it.
func (b *builder) build() *graph {
	whole := &graph{}
	boxes := map[string]*node{}
	for _, n := range b.order {
		n.face = b.faceOf(n)
		n.wide, n.high = n.face.size()
		if n.in == "" {
			whole.nodes = append(whole.nodes, n)
			continue
		}
		box := boxes[n.in]
		if box == nil {
			box = &node{id: n.in, group: &graph{}, title: clean(b.titles[n.in])}
			boxes[n.in] = box
			whole.nodes = append(whole.nodes, box)
		}
		box.group.nodes = append(box.group.nodes, n)
	}
	for _, l := range b.links {
		from, to := b.nodes[l.from], b.nodes[l.to]
		if from.in != "" && from.in == to.in {
			inside := boxes[from.in].group
			inside.edges = append(inside.edges, &edge{from: from, to: to, runs: l.runs})
		}
	}
	b.join(whole, boxes)
	return whole
}

// join adds the edges between what is in different groups, or in none.
func (b *builder) join(whole *graph, boxes map[string]*node) {
	type way struct{ from, to *node }
	drawn := map[way]bool{}
	for _, l := range b.links {
		from, to := b.nodes[l.from], b.nodes[l.to]
		if from.in != "" && from.in == to.in {
			continue
		}
		e := &edge{from: from, to: to, runs: l.runs}
		if box := boxes[from.in]; box != nil {
			e.from = box
			if !b.allEndsLeadTo(box.group, to, boxes) {
				e.innerFrom = box.group.exit(from)
			}
		}
		if box := boxes[to.in]; box != nil {
			e.to = box
			if !b.leadsToAllStarts(from, box.group) {
				e.innerTo = box.group.entry(to)
			}
		}
		if e.innerFrom == nil && e.innerTo == nil {
			if drawn[way{e.from, e.to}] {
				continue
			}
			drawn[way{e.from, e.to}] = true
		}
		whole.edges = append(whole.edges, e)
	}
}

// leadsToAllStarts says whether everything in a group that needs nothing else of it needs
// this node: the edge may then end at the box.
func (b *builder) leadsToAllStarts(from *node, inside *graph) bool {
	for _, n := range inside.nodes {
		if inside.starts(n) && !slices.ContainsFunc(b.links, func(l link) bool { return l.from == from.id && l.to == n.id }) {
			return false
		}
	}
	return true
}

// allEndsLeadTo says likewise whether an edge may begin at the box.
func (b *builder) allEndsLeadTo(inside *graph, to *node, boxes map[string]*node) bool {
	for _, n := range inside.nodes {
		if n.option == nil && inside.ends(n) && !slices.ContainsFunc(b.links, func(l link) bool {
			there := b.nodes[l.to]
			return l.from == n.id && (there == to || to.in != "" && boxes[there.in] == boxes[to.in])
		}) {
			return false
		}
	}
	return true
}

func (g *graph) starts(n *node) bool {
	return !slices.ContainsFunc(g.edges, func(e *edge) bool { return e.to == n && !e.from.bend() })
}

func (g *graph) ends(n *node) bool {
	return !slices.ContainsFunc(g.edges, func(e *edge) bool { return e.from == n && !e.to.bend() })
}

// entry makes a place on the upper edge of the group from which a node within is reached.
func (g *graph) entry(to *node) *edge {
	port := &node{id: "entry:" + to.id}
	e := &edge{from: port, to: to}
	g.nodes, g.entries, g.edges = append(g.nodes, port), append(g.entries, port), append(g.edges, e)
	return e
}

// exit makes one on its lower edge.
func (g *graph) exit(from *node) *edge {
	port := &node{id: "exit:" + from.id}
	e := &edge{from: from, to: port}
	g.nodes, g.exits, g.edges = append(g.nodes, port), append(g.exits, port), append(g.edges, e)
	return e
}

// stepOf is how the step stands in the incident that is shown, if any.
func (b *builder) stepOf(id string) (incident.Step, bool) {
	i := slices.IndexFunc(b.options.Progress, func(s incident.Step) bool { return s.ID == id })
	if i < 0 {
		return incident.Step{}, false
	}
	return b.options.Progress[i], true
}
