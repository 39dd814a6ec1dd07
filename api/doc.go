// Package api is Muster over HTTP: webhooks from vendors, commands from people and
// programs, queries, and live streams. The document at /openapi.json describes all of
// it and is made from the same definitions that check each request.
//
// A [Server] knows neither Temporal nor SQL. What it needs of them it declares as
// small interfaces: a [Commander] that carries out commands, a [Reader] of what is
// recorded, and an inbox for what vendors send. `muster` joins them:
//
//	server, err := api.New(api.Options{Commander: …, Reader: store, Inbox: store, …})
//	err = server.Serve(ctx, listener)
//
// # Conventions
//
// Names are snake_case and times RFC 3339 in UTC; a time that has not come is null,
// never absent, so that an answer always has the same shape. Request bodies are
// checked strictly: an unknown field is an error that names it.
//
// Every error is an RFC 9457 problem document ([Problem]), whether it comes from a
// rule of the domain, a route that does not exist or a panic. One table, in
// problem.go, says which error gets which status.
//
// A command may carry an Idempotency-Key header; repeating it with the same key takes
// effect once. The field actor in its body says who gives it.
//
// # Time
//
// A request has to arrive within seconds and its answer has to leave within a minute
// (see the constants in serve.go). The streams are exempt: they renew their deadline
// with every event and end when the client leaves or the server shuts down.
package api
