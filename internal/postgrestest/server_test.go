package postgrestest_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"muster/internal/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return conn
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := postgrestest.New(t), postgrestest.New(t)
	require.NotEqual(t, first, second)
	_, err := connect(t, first).Exec(t.Context(), "CREATE TABLE notes (note TEXT)")
	require.NoError(t, err)
	var tables int
	err = connect(t, second).QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables)
	require.NoError(t, err)
	require.Zero(t, tables)
}

func TestADatabaseIsGoneWithItsTestWhoeverIsConnected(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("a test", func(t *testing.T) {
		url = postgrestest.New(t)
		left, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		_, err = left.Exec(t.Context(), "SELECT 1")
		require.NoError(t, err)
	})
	_, err := pgx.Connect(t.Context(), url)
	require.ErrorContains(t, err, "does not exist")
}

func TestAStoppedServerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.Start(t.Context(), postgrestest.Options{
		Durable: true, Settings: map[string]string{"application_name": "it's a test"},
	})
	require.NoError(t, err)
	url, err := server.Create(t.Context(), "some")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	var folder, fsync, role string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_user").Scan(&role))
	require.Equal(t, postgrestest.Role, role)
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW fsync").Scan(&fsync))
	require.Equal(t, "on", fsync)
	require.NoError(t, conn.Close(t.Context()))
	conn, err = pgx.Connect(t.Context(), server.AdminURL("some"))
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder))
	require.NoError(t, conn.Close(t.Context()))
	require.DirExists(t, folder)

	require.NoError(t, server.Stop())
	require.NoDirExists(t, folder)
	_, err = pgx.Connect(t.Context(), url)
	require.Error(t, err)
}

func TestWaitingForAServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := postgrestest.Start(ctx, postgrestest.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := postgrestest.Start(t.Context(), postgrestest.Options{Settings: map[string]string{"shared_buffers": "much"}})
	require.ErrorContains(t, err, "shared_buffers")
}
