package store_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"muster/store"
	"muster/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		storetest.Run(t, b)
	}
}

// backends lists the databases that Muster runs on.
func backends() []storetest.Backend {
	return []storetest.Backend{{
		Name: "SQLite",
		Fresh: func(t testing.TB) store.Options {
			return store.Options{Path: filepath.Join(t.TempDir(), "muster.db")}
		},
	}}
}
