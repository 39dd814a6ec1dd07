// Package temporalserver runs a whole Temporal server inside this process:
// the real one, on a SQLite file, with its web UI. It is what makes
// "muster dev" need nothing but one binary.
//
// The server keeps every running incident across restarts, kill -9 and power
// loss: SQLite writes ahead and flushes on every commit. It has no
// authentication, so it listens on loopback addresses only, and it calls
// nobody: Temporal's version check and the web UI's news are switched off.
//
// Everything lies below Options.DataDir:
//
//	temporal.lock                held while a server runs on this directory
//	temporal/temporal.db         the store, with SQLite's -wal and -shm beside it
//	temporal/owner               whose store it is, see Options.Owner
//	temporal.replaced-<date>/    a store set aside, see Server.Replaced
//
// # Upgrades
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
// other incidents. So a store names its owner, and one of another owner is set
// aside as well.
//
// # The slim build
//
// The server weighs two hundred modules and minutes of first compilation, so
// this is the only package that imports it, and the build tag "slim" leaves it
// out. Under that tag everything here still compiles, and Start returns
// ErrNotBuiltIn.
package temporalserver
