// Package store keeps what must never be lost, in SQL.
//
// It holds four things, in one database:
//
//   - The journal: every event of every incident, append-only, under the primary key
//     (incident, sequence). [Store.Append] may be repeated at will; an event that
//     contradicts what was recorded is refused ([ConflictError]), and so is one that
//     would leave a gap ([GapError]). Temporal's histories come and go, the journal
//     stays.
//   - The read model: each incident's present state, the lists and searches over all of
//     them, and the follow-ups that are still open. It is brought forward by
//     [incident.Apply] in the transaction that appends, so that it always equals the
//     fold of the journal.
//   - The inbox: alerts and ticket news from outside, on disk before their sender hears
//     that they were accepted ([Store.Accept]), kept until the journal has them, and
//     remembered after that, so that a repeated delivery changes nothing.
//   - Which incident is whose: the numbers given out ([Store.NewIncident]), the
//     incident each group of alerts belongs to ([Store.Route]), and which incidents'
//     workflows have done all they had to ([Store.Finish]).
//
// The way of an alert through the inbox, with the dispatcher in the middle:
//
//	Accept ─► pending ─► Route ─► (the incident's workflow) ─► Sent ─► sent ─► Record ─► settled
//	             ▲                          │                            │
//	             ├───────── Return ◄────────┘ when the incident had ended │
//	             └───────── Resend ◄──── when the workflow was lost ◄─────┘
//
// An alert is settled when the journal has it and not before: what Temporal took is
// sent, and what Temporal lost is sent again. Crashing between any two of these steps
// and starting again from what is pending and from [Store.Unrecorded] does no harm.
//
// [Store.Subscribe] tells readers in this process what changed, as it changes.
//
// The database is SQLite, embedded and in one file. The queries (internal/queries) keep
// to the SQL it shares with Postgres, what is particular to SQLite is in sqlite.go and
// migrations/sqlite, and the suite in package storetest says what any database must
// do.
package store
