// Package guide tells a playbook to people who will follow it, or who decide whether it is
// good: what it is for, who does what, each step in sentences, and when Muster does what by
// itself.
//
// [New] makes a [Guide] of a playbook: words and code, in order, without any markup. The
// pages of package api/ui show it, and [Text], [Markdown] and [HTML] write it for a
// terminal, a repository and a file of its own. [Highlight] takes the YAML apart for
// colouring.
//
// What a playbook says is shown as it is, but never taken for markup: control characters,
// which could steer a terminal, are left out here, and each form escapes the rest.
package guide
