package doctor_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/internal/doctor"
	"muster/internal/postgrestest"
	"muster/store"
)

// migrated is the URL of a Postgres database that Muster can use.
func migrated(t *testing.T) string {
	t.Helper()
	url := postgrestest.New(t)
	_, _, err := store.Migrate(t.Context(), store.Options{URL: url})
	require.NoError(t, err)
	return url
}

// use gives an installation a Postgres database, which is that of what answers at its address.
func (i *installation) use(url string) {
	i.t.Helper()
	i.options.Settings.DatabaseURL = config.NewSecret(url)
	db, err := store.Open(i.t.Context(), store.Options{URL: url})
	require.NoError(i.t, err)
	i.answering = db.Installation()
	require.NoError(i.t, db.Close())
}

// execute has a Postgres database carry out a statement.
func execute(t *testing.T, url, statement string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(context.WithoutCancel(t.Context()))) }()
	_, err = connection.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// nameOf is the name of the database that a URL means.
func nameOf(t *testing.T, url string) string {
	t.Helper()
	configuration, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	return configuration.Database
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// database returns the URL to examine, and may change the installation.
		database   func(*testing.T, *installation) string
		status     doctor.Status
		text, mend string
	}{
		"all is well": {
			func(t *testing.T, _ *installation) string { return migrated(t) },
			doctor.Fine, "can be read and written, with the schema that this Muster wants", "",
		},
		"the URL sizes the pool": {
			func(t *testing.T, _ *installation) string { return migrated(t) + "&pool_max_conns=3" },
			doctor.Fine, "connections are free", "",
		},
		"it is empty":      {func(t *testing.T, _ *installation) string { return postgrestest.New(t) }, doctor.Problem, "is empty: it has no schema yet", "run muster migrate"},
		"it is from later": {fromLater, doctor.Problem, "has a schema that is newer than this Muster: version 999", "run the Muster that migrated it"},
		"it is read-only": {
			func(t *testing.T, _ *installation) string {
				url := migrated(t)
				execute(t, url, "ALTER DATABASE "+nameOf(t, url)+" SET default_transaction_read_only = on")
				return url
			}, doctor.Problem, "its transactions are read-only by default", "RESET default_transaction_read_only",
		},
		"its encoding holds not every text": {
			func(t *testing.T, _ *installation) string {
				server, name := postgrestest.Shared(t), "doctor_ascii"
				execute(t, server.AdminURL("postgres"), "CREATE DATABASE "+name+" OWNER "+postgrestest.Role+" ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
				t.Cleanup(func() { require.NoError(t, server.Drop(context.Background(), name)) })
				return server.URL(name)
			}, doctor.Problem, "the database's encoding is SQL_ASCII", "ENCODING 'UTF8'",
		},
		"the user may not make the extension": {
			func(t *testing.T, _ *installation) string {
				server, url := postgrestest.Shared(t), postgrestest.New(t)
				execute(t, server.AdminURL(nameOf(t, url)), "ALTER DATABASE "+nameOf(t, url)+" OWNER TO postgres")
				return url
			}, doctor.Problem, "pg_trgm, by which incidents are searched, is missing", "CREATE EXTENSION pg_trgm",
		},
		"its clock is off": {
			func(t *testing.T, i *installation) string {
				i.options.Now = func() time.Time { return time.Now().Add(-time.Minute) }
				return migrated(t)
			}, doctor.Warning, "its clock is 1m0s ahead, by ours", "NTP",
		},
		"there is no such database": {
			func(t *testing.T, _ *installation) string { return postgrestest.Shared(t).URL("doctor_nowhere") },
			doctor.Problem, "has no database doctor_nowhere", "CREATE DATABASE doctor_nowhere OWNER muster",
		},
		"nobody listens": {
			func(t *testing.T, _ *installation) string { return "postgres://muster@" + closedPort + "/muster" },
			doctor.Problem, "cannot be reached: nothing listens at", "MUSTER_DATABASE_URL",
		},
		"no address at all": {
			func(*testing.T, *installation) string { return "postgres://muster:sample-password@host:port/muster" },
			doctor.Problem, "MUSTER_DATABASE_URL cannot be read as the address", "percent-encoded",
		},
		"the password is wrong": {refusing("28P01", "password authentication failed"), doctor.Problem, "refuses the user muster: the password is wrong", "MUSTER_DATABASE_URL"},
		"the machine may not come in": {
			refusing("28000", "no pg_hba.conf entry for host"), doctor.Problem, "refuses the user muster: no pg_hba.conf entry", "let it in from this machine",
		},
		"it is full of others":     {refusing("53300", "too many clients"), doctor.Problem, "has no connection left", "raise max_connections"},
		"it is starting":           {refusing("57P03", "the database system is starting up"), doctor.Problem, "is starting or stopping", "try again"},
		"the user may not connect": {refusing("42501", "permission denied"), doctor.Problem, "may not connect to the database muster", "GRANT CONNECT"},
		"something else":           {refusing("XX000", "an internal matter"), doctor.Problem, "refuses the connection: an internal matter (XX000)", "log"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			i.options.Settings.DatabaseURL = config.NewSecret(test.database(t, i))
			requireFinding(t, i.examine("database"), test.status, test.text, test.mend)
		})
	}
}

func fromLater(t *testing.T, _ *installation) string {
	url := migrated(t)
	execute(t, url, "INSERT INTO schema_versions (version_id, is_applied) VALUES (999, true)")
	return url
}

// refusing is a Postgres that refuses to let anybody in.
func refusing(code, message string) func(*testing.T, *installation) string {
	return func(t *testing.T, _ *installation) string {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() }) // ends the loop below
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				backend := pgproto3.NewBackend(connection, connection)
				// Who has left hears nothing.
				_, _ = backend.ReceiveStartupMessage()
				backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
				_ = backend.Flush()
				_ = connection.Close()
			}
		}()
		return "postgres://muster:sample-password@" + listener.Addr().String() + "/muster?sslmode=disable"
	}
}

func TestPostgresWithFewConnections(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.Start(t.Context(), postgrestest.Options{Settings: map[string]string{"max_connections": "20"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() }) // how it ends is its own tests' matter
	url, err := server.Create(t.Context(), "muster")
	require.NoError(t, err)
	i := newInstallation(t)
	i.options.Settings.DatabaseURL = config.NewSecret(url)
	requireFinding(t, i.examine("database"), doctor.Warning, "connections are free", "raise max_connections")
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	path := func(i *installation) string { return filepath.Join(i.options.Settings.DataDir, "muster.db") }
	for name, test := range map[string]struct {
		prepare    func(*testing.T, *installation)
		status     doctor.Status
		text, mend string
	}{
		"all is well":   {func(_ *testing.T, i *installation) { i.connect() }, doctor.Fine, "can be read and written", ""},
		"there is room": {func(_ *testing.T, i *installation) { i.connect() }, doctor.Fine, "has room", ""},
		"there is none yet": {
			func(*testing.T, *installation) {}, doctor.Note, "there is no database in", "muster dev makes one when it starts",
		},
		"it is something else": {
			func(t *testing.T, i *installation) {
				require.NoError(t, os.WriteFile(path(i), []byte(strings.Repeat("no database ", 100)), 0o600))
			}, doctor.Problem, "it is not a SQLite database", "mend what the message says",
		},
		"it is empty": {
			func(t *testing.T, i *installation) { require.NoError(t, os.WriteFile(path(i), nil, 0o600)) },
			doctor.Problem, "is empty: it has no schema yet", "start muster dev",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			test.prepare(t, i)
			requireFinding(t, i.examine("database"), test.status, test.text, test.mend)
		})
	}
}

func TestAnExaminationMakesNoDatabase(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.examine("database")
	entries, err := os.ReadDir(i.options.Settings.DataDir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
