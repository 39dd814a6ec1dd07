package postgrestest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	// Started once, whoever asks first, and never stopped: it ends with the process.
	shared    = sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Options{}) })
	databases atomic.Int64
)

// Shared returns the server of this test binary, which the first call starts. The test
// fails where there is no Postgres. Do not stop it.
func Shared(t testing.TB) *Server {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("This test needs a Postgres of its own: %v", err)
	}
	return server
}

// New creates an empty database on the server of this test binary, which the first call
// starts, and returns its URL. The database is dropped when the test ends. The test
// fails where there is no Postgres.
func New(t testing.TB) string {
	t.Helper()
	server := Shared(t)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	url, err := server.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return url
}
