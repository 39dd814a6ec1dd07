// Package automation starts and signals workflows of a team's own, in the namespace of
// Temporal that Muster itself runs in: whatever a team automates, in any language that
// Temporal has an SDK for, is a step of a playbook (temporal.start, temporal.signal).
//
// A start happens once for each key. A workflow without an id of its own has one made of the
// key, and carries the key in its memo either way ([KeyMemo]), by which a later attempt, or a
// later question for its result, finds it. A signal carries the key as its request id, by
// which Temporal knows a repetition.
//
// What belongs to Muster is out of reach: its workflows by their ids, its workers by their
// task queues.
package automation
