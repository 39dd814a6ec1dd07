// Package health says which part of Muster works and which does not, to those who ask and
// to somebody outside who is to raise the alarm when Muster itself cannot.
//
// A [Probe] is a question to one part. The questions are chosen so that each shows work
// being done, not a process being there: the database takes a write, the worker answers a
// workflow's query, the dispatcher has just been through the inbox, and nothing in the
// inbox waits for longer than it should. A [Monitor] asks all of them at once; it never
// waits longer than a probe's limit, even for a part that hangs and cannot be interrupted,
// such as a disk.
//
// What is wrong has two wordings. The reason of a [Part] is for everybody: it names no
// hosts, users or secrets. The error is for the log.
//
// [Heartbeat] is the dead-man's switch: as long as every part is healthy it calls an
// outside address, and somebody there raises the alarm when the calls stay away. Silence is
// the message, so it says nothing when a part is unhealthy, when it is stopped, and when
// it has died.
package health
