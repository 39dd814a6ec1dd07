// Package temporaltest gives a test a real Temporal server of its own.
//
// Most tests of workflows want Temporal's test environment instead, which skips
// time and starts in no time. This is for the tests that must see the real
// thing: persistence, visibility, restarts. They carry the build constraint
// "!slim", because a slim build has no server.
package temporaltest

import (
	"log/slog"
	"os"
	"testing"

	"go.temporal.io/sdk/temporal"

	"muster/internal/temporalserver"
)

// Start starts a server with an empty store in a temporary directory, on a free
// port, without a web UI, in the namespace "default" with the given search
// attributes. It is stopped when the test ends. Tests that use it may run in
// parallel.
func Start(tb testing.TB, attributes ...temporal.SearchAttributeKey) *temporalserver.Server {
	tb.Helper()
	server, err := temporalserver.Start(tb.Context(), temporalserver.Options{
		DataDir:          tb.TempDir(),
		SearchAttributes: attributes,
		Logger:           Logger(tb),
	})
	if err != nil {
		tb.Fatalf("start a Temporal server: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Errorf("stop the Temporal server: %v", err)
		}
	})
	return server
}

// Logger writes the server's warnings and errors to standard error, with the
// name of the test. They do not go through tb, which must not be used by
// whatever outlives the test.
func Logger(tb testing.TB) *slog.Logger {
	tb.Helper()
	handler := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})
	return slog.New(handler).With("test", tb.Name())
}
