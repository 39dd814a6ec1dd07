// Package playbooks is the language of response.
//
// A playbook is data that a team reads, changes and checks like code: the roles of a
// response, its steps and its hooks. The default response is itself one
// (library/default.yaml); nothing about how to respond is hidden in Go.
//
//   - A step happens once: Muster does it (do:), a person does it, or somebody
//     approves it. It becomes due when the steps it needs are settled and its
//     condition holds.
//   - A hook reacts: to every event of a kind (on: status_changed), or to something
//     that has not happened for a while (on: unacknowledged, after: 5m).
//
// Conditions and the ${…} parts of texts are CEL expressions over the incident. They and
// everything else are checked when a playbook is loaded ([Parse] for one, [Check] for those
// of a folder together), so that a mistake is found by its author and not at 3 a.m. What is
// found is a [Finding]: the [Rule] that is broken, the exact place, and what to do. A check
// has two halves: what can be said of an expression by itself is read once for all playbooks
// that have it (check_analysis.go, check_reference.go), and is then held against what the
// playbook at hand has (check_judge.go).
//
// What a file can hold is told to editors by [Schema], which follows from the types here and
// from the vocabulary of [Actions].
//
// The package decides and never acts. An [Agenda] watches the events of one incident
// and says, as a pure function of state and time, what is due now and when to look
// again. The workflow does what it says; because everything the agenda knows comes
// from events, it can be rebuilt from the journal at any time.
package playbooks
