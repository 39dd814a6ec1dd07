package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"muster/incident"
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
			s, err := store.Open(t.Context(), store.Options{Path: path, Migrate: true})
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
			_, err = store.Open(t.Context(), store.Options{Path: path, Migrate: true})
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
	storetest.Open(t, store.Options{Path: path, Migrate: true})
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

func TestWhatOlderVersionsSettledStaysSettled(t *testing.T) {
	t.Parallel()
	options := fresh(t)
	exec(t, options.Path, fmt.Sprintf("PRAGMA application_id = %d", 0x4d757374))
	migrations, err := goose.NewProvider(goose.DialectSQLite3, raw(t, options.Path), os.DirFS("migrations/sqlite"),
		goose.WithTableName("schema_versions"))
	require.NoError(t, err)
	_, err = migrations.UpTo(t.Context(), 1)
	require.NoError(t, err)
	exec(t, options.Path, `INSERT INTO inbox (kind, source, subject, key, received_at, seen_at, settled_at, incident, reason, body) VALUES
		('alert', 'alertmanager', 'g', 'pending', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:06.000007Z', NULL, NULL, '', '{}'),
		('alert', 'alertmanager', 'g', 'delivered', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:07.000000Z', 1, '', '{}'),
		('alert', 'alertmanager', 'g', 'too late', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:07.000000Z', 1, '', '{}'),
		('alert', 'alertmanager', 'g', 'discarded', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:06.000007Z', '2026-02-03T04:05:07.000000Z', NULL, 'ignored', '{}')`)
	exec(t, options.Path, `INSERT INTO incidents (number, seq, status, severity, service, declared_at, search, state)
		VALUES (1, 1, 'closed', 'SEV1', 'checkout', '2026-02-03T04:05:06.000007Z', '', '{"id": "INC-1", "seq": 1}')`)
	exec(t, options.Path, `INSERT INTO incident_keys (key, incident) VALUES ('key', 1)`)

	s := storetest.Open(t, options)
	waiting, err := s.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, "pending", waiting[0].Key)
	sent, err := s.Unrecorded(t.Context())
	require.NoError(t, err)
	require.Empty(t, sent)
	alerts, err := s.Alerts(t.Context(), "INC-1", 0, 0)
	require.NoError(t, err)
	require.Len(t, alerts, 2)
	require.NoError(t, s.Return(t.Context(), []int64{alerts[1].ID}, "INC-1"), "the workflow that was told of it may have ended")
	waiting, err = s.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	unfinished, err := s.Unfinished(t.Context(), "", 0)
	require.NoError(t, err)
	require.Equal(t, []incident.ID{"INC-1"}, unfinished)
	id, fresh, err := s.NewIncident(t.Context(), "key", "digest")
	require.NoError(t, err)
	require.False(t, fresh)
	require.Equal(t, incident.ID("INC-1"), id)
}

func TestTheWriteAheadLogIsMadeSmallAgainOnceItsReadersAreDone(t *testing.T) {
	t.Parallel()
	options := fresh(t)
	s := storetest.Open(t, options)
	logSize := func() int64 {
		info, err := os.Stat(options.Path + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	body := json.RawMessage(fmt.Sprintf("%q", bytes.Repeat([]byte("x"), 4<<20)))
	accept := func(key string) {
		_, err := s.Accept(t.Context(), []store.Item{{
			Kind: store.KindAlert, Source: "alertmanager", Subject: "g", Key: key, ReceivedAt: time.Now(), Body: body,
		}})
		require.NoError(t, err)
	}
	// A reader that stays holds up the log, and the writers only once.
	reader, err := raw(t, options.Path).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, reader.QueryRowContext(t.Context(), "SELECT count(*) FROM inbox").Scan(new(int)))
	const limit = 32 << 20
	for n := 0; logSize() < limit+limit/2; n++ {
		accept(fmt.Sprint("held up ", n))
	}
	require.NoError(t, reader.Rollback())
	for n := 0; logSize() > limit; n++ {
		require.Less(t, n, 10, "the log stays long")
		accept(fmt.Sprint("free ", n))
	}
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
