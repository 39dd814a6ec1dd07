package diagram

import (
	"math"
	"slices"
)

// alignments is how often the places are improved, downwards and upwards in turn.
const alignments = 12

// bendWeight is how much more an edge's bends insist on their places than nodes do, so that
// long edges are straight.
const bendWeight = 4.0

// place gives each node of the part its coordinates, within wide unless a layer is wider.
func (p *part) place(wide float64) {
	p.room = wide
	for _, layer := range p.layers {
		x := 0.0
		for i, n := range layer {
			if i > 0 {
				x += gap(layer[i-1], n)
			}
			n.x = x + n.wide/2
			x += n.wide
		}
		p.room = max(p.room, x)
	}
	for i := range alignments {
		switch {
		case i == alignments-1:
			for _, layer := range p.layers {
				p.align(layer, p.above, p.below)
			}
		case i%2 == 0:
			for _, layer := range p.layers {
				p.align(layer, p.above)
			}
		default:
			for _, layer := range slices.Backward(p.layers) {
				p.align(layer, p.below)
			}
		}
	}
	left, right := math.Inf(1), math.Inf(-1)
	for _, layer := range p.layers {
		for _, n := range layer {
			left, right = min(left, n.x-n.wide/2), max(right, n.x+n.wide/2)
		}
	}
	for i, layer := range p.layers {
		high := 0.0
		for _, n := range layer {
			n.x, n.y = n.x-left, p.high
			high = max(high, n.high)
		}
		for _, n := range layer {
			n.floor = p.high + high
		}
		p.high += high
		if i+1 < len(p.layers) {
			p.high += p.beneath(i)
		}
	}
	p.wide = right - left
}

// align moves the nodes of a layer as near to their neighbours as they can be without
// overlapping or changing their order: the least sum of squared distances, which pooling
// neighbours that stand in each other's way finds (isotonic regression; M. Ayer and others,
// 1955).
func (p *part) align(layer []*node, sides ...map[*node][]neighbour) {
	type block struct{ sum, weight float64 }
	var blocks []block
	var counts []int
	offsets := make([]float64, len(layer))
	for i, n := range layer {
		if i > 0 {
			before := layer[i-1]
			offsets[i] = offsets[i-1] + before.wide/2 + gap(before, n) + n.wide/2
		}
		wanted, weight := wantedPlace(n, sides)
		b, count := block{sum: (wanted - offsets[i]) * weight, weight: weight}, 1
		for k := len(blocks) - 1; k >= 0 && blocks[k].sum/blocks[k].weight >= b.sum/b.weight; k-- {
			b.sum, b.weight = b.sum+blocks[k].sum, b.weight+blocks[k].weight
			count += counts[k]
			blocks, counts = blocks[:k], counts[:k]
		}
		blocks, counts = append(blocks, b), append(counts, count)
	}
	// A bound on all of them cuts off what is beyond it, no more.
	last := len(layer) - 1
	lowest, highest := layer[0].wide/2, p.room-layer[last].wide/2-offsets[last]
	i := 0
	for k, b := range blocks {
		for range counts[k] {
			layer[i].x = max(lowest, min(highest, b.sum/b.weight)) + offsets[i]
			i++
		}
	}
}

// wantedPlace is the mean of a node's neighbours, or where it is if it has none.
func wantedPlace(n *node, sides []map[*node][]neighbour) (x, weight float64) {
	sum, count := 0.0, 0
	for _, side := range sides {
		for _, other := range side[n] {
			sum += other.node.x + other.at - other.mine
			count++
		}
	}
	if count == 0 {
		return n.x, 0.1
	}
	weight = 1
	if n.bend() {
		weight = bendWeight
	}
	return sum / float64(count), weight
}

// gap is what is left free between two neighbours in a layer.
func gap(a, b *node) float64 {
	if a.bend() || b.bend() {
		return betweenBends
	}
	return betweenNodes
}

// pack puts the parts beside and below each other, each as high as it fits, and returns the
// size of the whole.
func pack(parts []*part, wide float64) (totalWide, totalHigh float64) {
	var placed []*part
	for _, p := range parts {
		candidates := []float64{0}
		for _, q := range placed {
			candidates = append(candidates, q.x+q.wide+betweenParts)
		}
		slices.Sort(candidates)
		bestX, bestY := 0.0, math.Inf(1)
		for _, x := range candidates {
			if x > 0 && x+p.wide > wide {
				continue
			}
			y := 0.0
			for _, q := range placed {
				if x < q.x+q.wide+betweenParts && q.x < x+p.wide+betweenParts {
					y = max(y, q.y+q.high+betweenParts)
				}
			}
			if y < bestY {
				bestX, bestY = x, y
			}
		}
		p.x, p.y = bestX, bestY
		placed = append(placed, p)
		totalWide, totalHigh = max(totalWide, p.x+p.wide), max(totalHigh, p.y+p.high)
	}
	for _, p := range placed {
		for _, layer := range p.layers {
			for _, n := range layer {
				n.x, n.y, n.floor = n.x+p.x, n.y+p.y, n.floor+p.y
			}
		}
	}
	return totalWide, totalHigh
}

// beneath is the height between a layer and the next: less where only options hang below
// their decision.
func (p *part) beneath(layer int) float64 {
	pills := !slices.ContainsFunc(p.layers[layer+1], func(n *node) bool { return !n.bend() && n.option == nil })
	if pills {
		return betweenLayers * 0.65
	}
	return betweenLayers
}

func (n *node) bottom() float64 { return n.y + n.high }
