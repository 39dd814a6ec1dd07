// Package store keeps what must never be lost, in SQL.
//
// It holds five things, in one database:
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
//   - The inbox: alerts, news of tickets and pages, and what people did in the chat, on
//     disk before their sender hears that they were accepted ([Store.Accept]), kept until
//     the journal has them or they are done, and remembered after that, so that a repeated
//     delivery changes nothing.
//   - What was said in incidents' channels, where it is kept ([Store.KeepSaid]), and who
//     wants to hear of what ([Store.Follow]).
//   - Which incident is whose: the numbers given out ([Store.NewIncident]), the
//     incident each group of alerts ([Store.Route]) and each channel
//     ([Store.IncidentOfChannel]) belongs to, and which incidents' workflows have done all
//     they had to ([Store.Finish]).
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
// What people did, and what became of pages, is carried out at once instead of being sent,
// under a key by which a repetition is known, and settled then ([Store.Handled]).
//
// [Store.Subscribe] tells readers what changed, as it changes. Several dispatchers share
// the work out by [Store.Subjects], each of which one of them has claimed at a time
// ([Store.Claim]).
//
// # Two databases
//
// SQLite is embedded, in one file: for one process, and for getting to know Muster.
// Postgres is for production: any number of processes share it and behave as one. The
// queries (internal/queries) keep to the SQL that both understand; what is particular
// to one of them is behind the interface backend, in sqlite*.go with
// migrations/sqlite and in postgres*.go with migrations/postgres. The suite in package
// storetest says what any database must do, and runs on both.
//
// What SQLite has from its single writer, Postgres has from three rules. What reads an
// incident, a key or a group and then writes accordingly does so under an advisory lock
// of that name, held until the transaction ends, and each transaction has one such lock
// at most. What happens to items of the inbox is one statement, whose conditions Postgres
// checks again on each row that another transaction has changed meanwhile. And what
// Postgres undoes because two transactions waited for each other is done again. An
// error from the database therefore means that nothing was written, or that a
// connection broke and nobody knows; repeating any call is safe.
//
// On Postgres, people point their dashboards at the views muster_incidents,
// muster_timeline, muster_followups and muster_alerts. These are a promise; the tables
// are not.
package store
