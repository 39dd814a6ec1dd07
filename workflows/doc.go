// Package workflows is the orchestration: deterministic code that Temporal runs, and
// runs again from history after every restart.
//
// [Incident] is one incident from its first alert to its last follow-up. It holds no
// rules of its own: commands go through [incident.Decide], what is due comes from
// [playbooks.Agenda], what touches the world is an activity. What remains here is the
// loop that joins them, and the promises that go with it:
//
//   - every event goes to the journal, in order, before a command is answered;
//   - effects never wait for each other's vendors, nor for the journal;
//   - the workflow continues as new when Temporal suggests it, carrying all it knows.
//
// [Followup] tracks one follow-up until its ticket is done, for months if need be.
// [TicketSweep] asks the tracker about all of them at once. [Digest] tells those outside of
// all incidents, once a day. [Pulse] answers whoever wants to know whether a worker takes
// tasks.
//
// # Changing this code
//
// Incidents that run while Muster is upgraded are replayed with the new code. Recorded
// histories in testdata are replayed by the tests; a change of the sequence of
// activities, timers or child workflows needs workflow.GetVersion.
package workflows
