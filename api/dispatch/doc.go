// Package dispatch is the way from the API to the incidents' workflows.
//
// Commands of people go through [Dispatcher.Declare] and [Dispatcher.Do] and are
// answered by the workflow itself, rules included. Alerts and ticket news, which nobody
// waits for, go through the inbox: accepted on disk, then handed on in their order by
// [Dispatcher.Run], however long Temporal was away in between. What was handed on but not
// yet marked so when the process died is handed on again, and the incident recognises it.
package dispatch
