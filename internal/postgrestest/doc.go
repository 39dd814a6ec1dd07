// Package postgrestest runs a private Postgres for tests, out of the programs that are
// installed on this machine.
//
// A test asks for a database and gets the URL of an empty one:
//
//	store.Open(ctx, store.Options{URL: postgrestest.New(t), Migrate: true})
//
// The server starts with the first call and belongs to the test binary alone. It listens
// on the loopback address at a port of its own, keeps everything in a temporary folder (in
// memory where there is room), and goes away with the binary: a shell that waits for the end of a pipe stops it and
// removes the folder, however the binary ended, kill -9 included.
//
// Postgres refuses to run as root. Tests that do run as root start it as the user
// "postgres", which the packages of every distribution create.
//
// Tests do not try what a power cut does, so that the server does not wait for the disk.
// What measures has to: see [Options.Durable].
package postgrestest
