package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/store"
	"muster/store/storetest"
)

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, path string) string
		says    string
	}{
		{"no path", func(*testing.T, string) string { return "" }, "no file was named"},
		{"a folder", func(t *testing.T, path string) string {
			require.NoError(t, os.Mkdir(path, 0o700))
			return path
		}, "is a directory"},
		{"a file below a file", func(t *testing.T, path string) string {
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			return filepath.Join(path, "muster.db")
		}, "not a directory"},
		{"a file that is not a database", func(t *testing.T, path string) string {
			require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("services:\n"), 500), 0o600))
			return path
		}, "it is not a SQLite database; name another file"},
		{"the database of another program", func(t *testing.T, path string) string {
			exec(t, path, "CREATE TABLE recipes (name TEXT)")
			return path
		}, "database of another program"},
		{"a database from a newer version", func(t *testing.T, path string) string {
			s, err := store.Open(t.Context(), store.Options{Path: path})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			exec(t, path, "INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)")
			return path
		}, "the database has schema version 999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := tt.prepare(t, filepath.Join(t.TempDir(), "muster.db"))
			before, err := os.ReadFile(path)
			existed := err == nil
			_, err = store.Open(t.Context(), store.Options{Path: path})
			require.ErrorContains(t, err, tt.says)
			if path != "" {
				require.ErrorContains(t, err, path)
			}
			if existed {
				after, err := os.ReadFile(path)
				require.NoError(t, err)
				require.True(t, bytes.Equal(before, after), "the file is as it was")
			}
		})
	}
}

func TestOpenTellsThatTheSchemaIsTooNew(t *testing.T) {
	t.Parallel()
	options := fresh(t)
	s, err := store.Open(t.Context(), options)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	exec(t, options.Path, "INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)")
	_, err = store.Open(t.Context(), options)
	require.ErrorIs(t, err, store.ErrSchemaTooNew)
	var tooNew *store.SchemaTooNewError
	require.ErrorAs(t, err, &tooNew)
	require.Equal(t, int64(999), tooNew.Found)
}

func TestOpenCreatesTheFileForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new folder", "50% of #1?", "muster.db")
	storetest.Open(t, store.Options{Path: path})
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestOpenLogsMigrationsOnce(t *testing.T) {
	t.Parallel()
	options := fresh(t)
	var log bytes.Buffer
	options.Logger = slog.New(slog.NewTextHandler(&log, nil))
	for range 2 {
		s, err := store.Open(t.Context(), options)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("migrated the database")))
}

func TestAWriterWaitsForAnotherProcessForAsLongAsItsCallerDoes(t *testing.T) {
	t.Parallel()
	options := fresh(t)
	s := storetest.Open(t, options)
	item := store.Item{
		Kind: store.KindAlert, Source: "alertmanager", Subject: "g", Key: "a",
		ReceivedAt: time.Now(), Body: json.RawMessage(`{}`),
	}
	other, err := raw(t, options.Path).Conn(t.Context())
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)

	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = s.Accept(impatient, []store.Item{item})
	require.ErrorIs(t, err, context.DeadlineExceeded)

	accepted := make(chan error)
	go func() {
		_, err := s.Accept(t.Context(), []store.Item{item})
		accepted <- err
	}()
	_, err = other.ExecContext(t.Context(), "COMMIT")
	require.NoError(t, err)
	require.NoError(t, <-accepted)
	require.NoError(t, other.Close())
}

func fresh(t testing.TB) store.Options { return backends()[0].Fresh(t) }

// raw opens the file past the store.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func exec(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
