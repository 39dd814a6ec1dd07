package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"muster/internal/postgrestest"
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
			return store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true}
		},
		Fill: fill,
	}, {
		Name: "Postgres",
		Fresh: func(t testing.TB) store.Options {
			return store.Options{URL: postgrestest.New(t), Migrate: true}
		},
		Fill: fill,
	}}
}

func fill(t testing.TB, s *store.Store) func() {
	free, err := store.Fill(t.Context(), s)
	require.NoError(t, err)
	return func() { require.NoError(t, free()) }
}
