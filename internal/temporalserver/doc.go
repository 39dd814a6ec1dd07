// Package temporalserver runs a whole Temporal server inside this process:
// the real one, on a SQLite file or in a Postgres database, with its web UI. It is
// what makes "muster dev" need nothing but one binary, and "muster all" nothing but
// a database beside it.
//
// The server keeps every running incident across restarts, kill -9 and power
// loss: SQLite writes ahead and flushes on every commit, and so does Postgres as
// it comes. It has no authentication, so it listens on loopback addresses only, and
// it calls nobody: Temporal's version check and the web UI's news are switched off.
//
// Without Options.PostgresURL everything lies below Options.DataDir:
//
//	temporal.lock                held while a server runs on this directory
//	temporal/temporal.db         the store, with SQLite's -wal and -shm beside it
//	temporal/owner               whose store it is, see Options.Owner
//	temporal.replaced-<date>/    a store set aside, see Server.Replaced
//
// # In Postgres
//
// With Options.PostgresURL everything lies in two schemas of that database, which may
// hold other schemas as well, above all Muster's own:
//
//	temporal                namespaces, workflows and their histories, tasks
//	temporal_visibility     what workflows are searched by
//
// They are created where the role may do so; otherwise the error is the SQL for somebody
// who may. An advisory lock of the database makes sure that one process at a time runs on
// it; a process that dies lets go of it, one whose machine dies within a minute. Should the
// connection break, the lock is taken anew, and Server.Done closes if somebody else was
// faster. The connection needs sessions: a pooler that gives each transaction another one,
// such as PgBouncer in its transaction mode, breaks the lock.
//
// One process is also the limit: it cannot be scaled out, and a second one can only wait for
// the first to end. Two cores do some fifty workflows of one activity a second. Whoever needs
// more runs a Temporal cluster, as whoever wants to upgrade without a pause does. The number
// of shards is fixed when the schemas are made. 57 connections are used at most, about 30 by a
// quiet server.
//
// While the database is away nothing moves; the server waits, and goes on when it is back.
//
// # Upgrades
//
// In Postgres, Start brings the schemas up to date by Temporal's own steps, in one
// transaction. Schemas of a newer Temporal are left alone: Temporal promises that an
// older server runs on them.
//
// Temporal never migrates a SQLite store, and an old one half works. The store
// is therefore stamped with a fingerprint of the schema it was made with. One
// that does not match is set aside whole, a fresh one takes its place, and
// Server.Replaced says so; the workflows of open incidents are then gone, and
// have to be started again from Muster's journal.
//
// # Owners
//
// Workflows are named after incidents, INC-42, and every database of incidents
// begins to count at one. A store that stays behind when its database is deleted,
// or is put beside another, therefore holds workflows that would pass for those of
// other incidents. So a store names its owner. A file of another owner is set aside as
// well; schemas of another owner are refused, and never dropped.
//
// # The slim build
//
// The server weighs two hundred modules and minutes of first compilation, so
// this is the only package that imports it, and the build tag "slim" leaves it
// out. Under that tag everything here still compiles, and Start returns
// ErrNotBuiltIn.
package temporalserver
