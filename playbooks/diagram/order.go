package diagram

import (
	"cmp"
	"slices"
)

// sweeps is how often the order is improved, half of the times downwards. More changes
// nothing that people notice.
const sweeps = 16

// order puts each layer into an order in which few edges cross: again and again, each node
// goes to the middle of its neighbours in the layer before, and the best order of all counts.
// It begins with that of the playbook, which stays where nothing speaks against it.
func (p *part) order() {
	best, fewest := cloneLayers(p.layers), p.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		if i%2 == 0 {
			for l := 1; l < len(p.layers); l++ {
				sortByNeighbours(p.layers[l], p.above, positions(p.layers[l-1]))
			}
		} else {
			for l := len(p.layers) - 2; l >= 0; l-- {
				sortByNeighbours(p.layers[l], p.below, positions(p.layers[l+1]))
			}
		}
		if crossings := p.crossings(); crossings < fewest {
			best, fewest = cloneLayers(p.layers), crossings
		}
	}
	p.layers = best
}

func cloneLayers(layers [][]*node) [][]*node {
	clone := make([][]*node, len(layers))
	for i, layer := range layers {
		clone[i] = slices.Clone(layer)
	}
	return clone
}

// positions say where the nodes of a layer are in it, at their middles.
func positions(layer []*node) map[*node]float64 {
	at, x := make(map[*node]float64, len(layer)), 0.0
	for _, n := range layer {
		at[n] = x + n.wide/2
		x += n.wide + betweenBends
	}
	return at
}

// sortByNeighbours orders a layer by the mean place of each node's neighbours in another.
// Nodes without neighbours there keep their places.
func sortByNeighbours(layer []*node, neighbours map[*node][]neighbour, at map[*node]float64) {
	own := positions(layer)
	key := make(map[*node]float64, len(layer))
	for _, n := range layer {
		key[n] = own[n]
		if len(neighbours[n]) > 0 {
			sum := 0.0
			for _, other := range neighbours[n] {
				sum += at[other.node] + other.at
			}
			key[n] = sum / float64(len(neighbours[n]))
		}
	}
	slices.SortStableFunc(layer, func(a, b *node) int { return cmp.Compare(key[a], key[b]) })
}

// crossings counts the pairs of edges that cross between two layers.
func (p *part) crossings() int {
	sum := 0
	for l := 0; l+1 < len(p.layers); l++ {
		index := make(map[*node]int, len(p.layers[l+1]))
		for i, n := range p.layers[l+1] {
			index[n] = i
		}
		// The ends of the edges in the order of their beginnings: each pair in the wrong
		// order crosses. Counted with a tree of sums (P. Fenwick, 1994).
		tree := make([]int, len(p.layers[l+1])+1)
		seen := 0
		for _, n := range p.layers[l] {
			ends := make([]int, 0, len(p.below[n]))
			for _, other := range p.below[n] {
				ends = append(ends, index[other.node])
			}
			for _, end := range ends {
				sum += seen
				for i := end + 1; i > 0; i -= i & -i {
					sum -= tree[i]
				}
			}
			for _, end := range ends {
				seen++
				for i := end + 1; i < len(tree); i += i & -i {
					tree[i]++
				}
			}
		}
	}
	return sum
}
