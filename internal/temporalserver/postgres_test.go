//go:build !slim

package temporalserver_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/internal/postgrestest"
	"muster/internal/temporalserver"
	"muster/internal/temporalserver/temporaltest"
)

// await is a workflow that ends when it is told to.
func await(ctx workflow.Context) error {
	if err := workflow.UpsertTypedSearchAttributes(ctx, severity.ValueSet("sev1")); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

func inPostgres(url string) temporalserver.Options {
	return temporalserver.Options{
		PostgresURL: url, Owner: "cad6d1c7", SearchAttributes: []temporal.SearchAttributeKey{severity},
	}
}

// refused is why a server does not start.
func refused(t *testing.T, options temporalserver.Options) error {
	t.Helper()
	options.Logger = temporaltest.Logger(t)
	_, err := temporalserver.Start(t.Context(), options)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n", "one line")
	return err
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}

func one[T any](t *testing.T, conn *pgx.Conn, query string) (value T) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&value))
	return value
}

func TestWorkflowsInPostgresSurviveARestart(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	options := inPostgres(url)
	serve := func(c client.Client) worker.Worker {
		w := worker.New(c, "waiting", worker.Options{})
		w.RegisterWorkflow(await)
		require.NoError(t, w.Start())
		return w
	}
	first := startOn(t, options)
	require.Empty(t, first.Replaced())
	c := dial(t, first)
	w := serve(c)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "INC-1", TaskQueue: "waiting"}, await)
	require.NoError(t, err)
	requireListed(t, c, `Severity = "sev1" AND ExecutionStatus = "Running"`, "INC-1")
	w.Stop()
	c.Close()
	require.NoError(t, first.Stop())

	second := startOn(t, options)
	require.Empty(t, second.Replaced())
	c = dial(t, second)
	w = serve(c)
	defer w.Stop()
	require.NoError(t, c.SignalWorkflow(t.Context(), "INC-1", "", "end", nil))
	require.NoError(t, c.GetWorkflow(t.Context(), "INC-1", "").Get(t.Context(), nil))
	requireListed(t, c, `Severity = "sev1" AND ExecutionStatus = "Completed"`, "INC-1")

	conn := connect(t, url)
	require.Zero(t, one[int](t, conn, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "there is room for Muster's own")
	require.Equal(t, 16, one[int](t, conn, "SELECT count(*) FROM temporal.shards"))
	require.LessOrEqual(t, one[int](t, conn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'muster-temporal'"), 57)
	require.Equal(t, 2, one[int](t, conn,
		"SELECT (SELECT count(*) FROM temporal.schema_version) + (SELECT count(*) FROM temporal_visibility.schema_version)"))
}

func TestADatabaseServesOneServer(t *testing.T) {
	t.Parallel()
	options := inPostgres(postgrestest.New(t))
	first := startOn(t, options)

	err := refused(t, options)
	require.ErrorIs(t, err, temporalserver.ErrInUse)
	require.ErrorContains(t, err, "already in use by another Muster process at 127.0.0.1")

	require.NoError(t, first.Stop())
	startOn(t, options)
}

func TestWorkflowsOfAnotherInstallationAreRefusedAndKept(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	options := inPostgres(url)
	options.Owner = ""
	require.NoError(t, startOn(t, options).Stop())
	options.Owner = "cad6d1c7"
	require.NoError(t, startOn(t, options).Stop(), "nobody's become the first one's")

	options.Owner = "0badcafe"
	err := refused(t, options)
	require.ErrorIs(t, err, temporalserver.ErrWrongOwner)
	require.ErrorContains(t, err, "belong to another installation of Muster (cad6d1c7; this one is 0badcafe)")
	require.Equal(t, "cad6d1c7", one[string](t, connect(t, url), "SELECT installation FROM temporal.muster_owner"))
}

func TestATemporalThatMusterHasNotMadeIsLeftAlone(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	conn := connect(t, url)
	execute(t, conn, "CREATE SCHEMA temporal; CREATE TABLE temporal.schema_version (version_partition integer)")

	require.ErrorContains(t, refused(t, inPostgres(url)), "holds a Temporal that Muster has not made")

	require.Equal(t, 1, one[int](t, conn, "SELECT count(*) FROM pg_tables WHERE schemaname LIKE 'temporal%'"))
	require.Zero(t, one[int](t, conn, "SELECT count(*) FROM pg_namespace WHERE nspname = 'temporal_visibility'"))
}

func TestWhatARoleMayNotCreateIsSaidAsSQL(t *testing.T) {
	t.Parallel()
	server := postgrestest.Shared(t)
	const database = "no_rights"
	url, err := server.Create(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Drop(context.WithoutCancel(t.Context()), database)) })
	admin := connect(t, server.AdminURL(database))
	execute(t, admin, "ALTER DATABASE no_rights OWNER TO postgres")

	err = refused(t, inPostgres(url))
	require.ErrorContains(t, err, `the role "muster" may not create the schema temporal in the database no_rights`)
	_, advice, _ := strings.Cut(err.Error(), "run there: ")
	advice, _, _ = strings.Cut(advice, " (")
	require.Contains(t, advice, "CREATE EXTENSION")

	execute(t, admin, advice)
	startOn(t, inPostgres(url))
}

func TestWhatIsWrongWithTheDatabaseIsSaidWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ url, want string }{
		"nobody listens":       {"postgres://muster:hunter2@127.0.0.1:1/muster", "reach the Postgres database for Temporal"},
		"no URL":               {"postgres://muster:hunter2/x@127.0.0.1:5432/muster", "is none: want postgres://"},
		"unknown role":         {strings.Replace(postgrestest.New(t), "muster@", "stranger:hunter2@", 1), "stranger"},
		"database not created": {strings.Replace(postgrestest.New(t), "/test_", "/absent_hunter3_", 1), "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := temporalserver.Start(t.Context(), temporalserver.Options{PostgresURL: test.url, Logger: temporaltest.Logger(t)})
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// breakOff ends the sessions of the database that a condition names.
func breakOff(t *testing.T, conn *pgx.Conn, which string) {
	t.Helper()
	execute(t, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "+which)
}

const holdsTheLock = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"

func TestAServerOutlivesTheLossOfItsConnections(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	options := inPostgres(url) // it has a lot to say of this, which is not worth reading
	server, err := temporalserver.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	conn := connect(t, url)

	breakOff(t, conn, "application_name = 'muster-temporal'")

	c := dial(t, server)
	runGreeting(t, c, "after")
	_, err = c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: `Severity = "sev1"`})
	require.NoError(t, err)
	require.ErrorIs(t, refused(t, options), temporalserver.ErrInUse, "it has its lock again")
	require.NoError(t, server.Err())
}

func TestAServerWhoseDatabaseWasTakenEnds(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	server, err := temporalserver.Start(t.Context(), inPostgres(url))
	require.NoError(t, err)
	taker, conn := connect(t, url), connect(t, url)
	taken := make(chan error, 1)
	go func() {
		_, err := taker.Exec(t.Context(), "SELECT pg_advisory_lock(1836413812, 1952804208)")
		taken <- err
	}()
	for one[int](t, conn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 0 {
	}

	breakOff(t, conn, holdsTheLock)

	require.NoError(t, <-taken)
	<-server.Done()
	require.ErrorIs(t, server.Err(), temporalserver.ErrInUse)
	require.NoError(t, server.Stop())
}
