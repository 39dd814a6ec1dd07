// Package rehearsal runs one incident as it would happen, without anything happening.
//
// A [Script] says what people, alerts and vendors do and when, counted from the declaration.
// [Run] lets the real workflows play it, with the real actions, against vendors that exist in
// memory only and remember what they were asked. Time is virtual: it stands still while
// anything is done and jumps to when the next thing is due, so that weeks take milliseconds.
// The [Record] says what came of it: the journal, and everything that left Muster.
//
// The engine is Temporal's test environment, with one difference: activities do not run in
// goroutines of their own. They are called where the workflow asks for them, in the order in
// which it does, and tried again as their retry policy says. So the same script always gives
// the same record.
package rehearsal
