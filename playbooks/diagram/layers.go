package diagram

import (
	"cmp"
	"slices"
)

// The distances within a drawing, in pixels.
const (
	// betweenNodes is left free between two neighbours, betweenBends beside an edge that
	// passes.
	betweenNodes = 24.0
	betweenBends = 13.0
	// betweenLayers is the height in which edges find their way.
	betweenLayers = 40.0
	// betweenParts is left free between parts that no edge joins.
	betweenParts = 24.0
	// boxPadding is within the box of a group, boxTitle the height of its title.
	boxPadding = 16.0
	boxTitle   = 34.0
)

// layout gives everything in the graph its place, in a drawing that is no wider than wide
// unless a single node is.
func (g *graph) layout(wide float64) {
	for _, n := range g.nodes {
		if n.group != nil {
			n.group.layout(wide - 2*boxPadding)
			n.wide = max(n.group.wide, width(n.title, groupSize)) + 2*boxPadding
			n.high = n.group.high + boxTitle + boxPadding
		}
	}
	for _, e := range g.edges {
		if e.innerFrom != nil {
			e.fromAt = e.innerFrom.to.x + boxPadding - e.from.wide/2
		}
		if e.innerTo != nil {
			e.toAt = e.innerTo.from.x + boxPadding - e.to.wide/2
		}
	}
	parts := g.parts()
	for _, p := range parts {
		p.assign(wide)
		p.bend()
		p.order()
		p.place(wide)
	}
	g.wide, g.high = pack(parts, wide)
}

// part is what edges join, layer by layer.
type part struct {
	nodes  []*node
	edges  []*edge
	layers [][]*node
	// above and below are the neighbours of a node in the layers beside its own.
	above, below map[*node][]neighbour

	wide, high, x, y float64
	// room is how wide it may be.
	room           float64
	entries, exits []*node
}

// parts divides the graph. Where edges come in or go out all of it is one, so that they can
// reach its border.
func (g *graph) parts() []*part {
	root := map[*node]*node{}
	var find func(n *node) *node
	find = func(n *node) *node {
		if root[n] == nil || root[n] == n {
			return n
		}
		root[n] = find(root[n])
		return root[n]
	}
	for _, e := range g.edges {
		root[find(e.to)] = find(e.from)
	}
	if len(g.entries)+len(g.exits) > 0 {
		for _, n := range g.nodes[1:] {
			root[find(n)] = find(g.nodes[0])
		}
	}
	var all []*part
	of := map[*node]*part{}
	for _, n := range g.nodes {
		p := of[find(n)]
		if p == nil {
			p = &part{entries: g.entries, exits: g.exits}
			of[find(n)], all = p, append(all, p)
		}
		p.nodes = append(p.nodes, n)
	}
	for _, e := range g.edges {
		p := of[find(e.from)]
		p.edges = append(p.edges, e)
	}
	return all
}

// assign chooses the layers: below all that a node needs, as high as there is room.
func (p *part) assign(wide float64) {
	depth := p.depths()
	sorted := slices.Clone(p.nodes)
	slices.SortStableFunc(sorted, func(a, b *node) int { return cmp.Compare(depth[a], depth[b]) })
	needs, needed := map[*node][]*node{}, map[*node][]*node{}
	for _, e := range p.edges {
		needs[e.to] = append(needs[e.to], e.from)
		needed[e.from] = append(needed[e.from], e.to)
	}
	first := min(len(p.entries), 1)
	used, last := map[int]float64{}, 0
	for _, n := range sorted {
		if slices.Contains(p.exits, n) {
			continue
		}
		if !slices.Contains(p.entries, n) {
			n.layer = first
			for _, above := range needs[n] {
				n.layer = max(n.layer, above.layer+1)
			}
			for used[n.layer] > 0 && used[n.layer]+n.wide > wide {
				n.layer++
			}
		}
		used[n.layer] += n.wide + betweenNodes
		last = max(last, n.layer)
	}
	for _, n := range p.exits {
		n.layer = last + 1
	}
	// What needs nothing goes down to where it is needed.
	for _, n := range p.nodes {
		if len(needs[n]) > 0 || len(needed[n]) == 0 || slices.Contains(p.entries, n) {
			continue
		}
		lowest := slices.MinFunc(needed[n], func(a, b *node) int { return cmp.Compare(a.layer, b.layer) }).layer - 1
		if lowest > n.layer && used[lowest]+n.wide <= wide {
			used[n.layer] -= n.wide + betweenNodes
			used[lowest] += n.wide + betweenNodes
			n.layer = lowest
		}
	}
}

// depths are the lengths of the longest ways to each node. A cycle, which no checked playbook
// has, ends the count.
func (p *part) depths() map[*node]int {
	depth := make(map[*node]int, len(p.nodes))
	for range p.nodes {
		changed := false
		for _, e := range p.edges {
			if depth[e.to] <= depth[e.from] {
				depth[e.to], changed = depth[e.from]+1, true
			}
		}
		if !changed {
			break
		}
	}
	return depth
}

// neighbour is the other end of a piece of an edge, and how far from the middles of both
// nodes the piece touches them.
type neighbour struct {
	node     *node
	at, mine float64
}

// bend fills the layers, with a place in each layer that an edge passes.
func (p *part) bend() {
	deepest := 0
	for _, n := range p.nodes {
		deepest = max(deepest, n.layer)
	}
	p.layers = make([][]*node, deepest+1)
	for _, n := range p.nodes {
		p.layers[n.layer] = append(p.layers[n.layer], n)
	}
	p.above, p.below = map[*node][]neighbour{}, map[*node][]neighbour{}
	for _, e := range p.edges {
		before, beforeAt := e.from, e.fromAt
		for layer := e.from.layer + 1; layer < e.to.layer; layer++ {
			n := &node{layer: layer}
			e.bends = append(e.bends, n)
			p.layers[layer] = append(p.layers[layer], n)
			p.connect(before, beforeAt, n, 0)
			before, beforeAt = n, 0
		}
		p.connect(before, beforeAt, e.to, e.toAt)
	}
	p.layers = slices.DeleteFunc(p.layers, func(layer []*node) bool { return len(layer) == 0 })
	for i, layer := range p.layers {
		for _, n := range layer {
			n.layer = i
		}
	}
}

func (p *part) connect(from *node, fromAt float64, to *node, toAt float64) {
	p.below[from] = append(p.below[from], neighbour{to, toAt, fromAt})
	p.above[to] = append(p.above[to], neighbour{from, fromAt, toAt})
}
