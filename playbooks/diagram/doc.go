// Package diagram draws a playbook: its steps from top to bottom, each below what it needs.
//
// [Mermaid] writes the text that GitHub, GitLab and many editors show as a drawing. [SVG]
// draws by itself, for pages and terminals without such help. Its layout follows the usual
// method for layered drawings (K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual
// understanding of hierarchical system structures", 1981) in five passes, each in a file:
//
//   - graph.go makes nodes and edges of the playbook. The options of a decision are nodes
//     of their own, so that each stands on its way; a group of steps is one node, drawn
//     inside by the same method.
//   - layers.go gives each node a layer below everything it needs, none wider than the
//     drawing may be, and lets long edges pass through each layer between the nodes.
//   - order.go orders each layer so that few edges cross.
//   - place.go finds the places: as near to its neighbours as each can be.
//   - svg.go draws. Text is wrapped by the measured widths of its letters (text.go).
//
// What a playbook says may come from anybody who can write a file or send an alert: every
// text is escaped, cut to a bounded length, and freed of characters that turn the direction
// of reading around.
package diagram
