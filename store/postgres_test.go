package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

func TestOpenSaysWhatIsWrongWithAPostgresAndKeepsTheSecret(t *testing.T) {
	t.Parallel()
	const secret = "hush-hush"
	with := func(t *testing.T, change func(u *url.URL, query url.Values)) string {
		t.Helper()
		u, err := url.Parse(postgrestest.New(t))
		require.NoError(t, err)
		query := u.Query()
		change(u, query)
		u.RawQuery = query.Encode()
		return u.String()
	}
	stranger := newRole(t, "the right one")
	for _, tt := range []struct {
		name string
		url  func(t *testing.T) string
		says string
	}{
		{"another kind of database", func(*testing.T) string { return "mysql://muster:" + secret + "@localhost/muster" },
			"the URL must begin with postgres://"},
		{"a slash in the password", func(*testing.T) string { return "postgres://muster:9/" + secret + "@localhost/muster" },
			"the URL is malformed"},
		{"a number sign in the password", func(*testing.T) string { return "postgres://muster:x#" + secret + "@localhost/muster" },
			"the URL is malformed"},
		{"a setting that makes no sense", func(*testing.T) string { return "postgres://muster:" + secret + "@localhost/muster?sslmode=" + secret },
			"the URL is not right"},
		{"a password among the parameters", func(*testing.T) string {
			return "postgres://localhost/muster?sslmode=" + secret + "&password=" + secret
		},
			"the URL is not right"},
		{"a port that is none", func(*testing.T) string { return "postgres://muster:" + secret + "@localhost:" + secret + "/muster" },
			"the URL is malformed"},
		{"a pool without connections", func(*testing.T) string { return "postgres://muster:" + secret + "@localhost/muster?pool_max_conns=0" },
			"pool_max_conns too small"},
		{"a wrong password", func(t *testing.T) string {
			return with(t, func(u *url.URL, _ url.Values) { u.User = url.UserPassword(stranger, secret) })
		}, "the user or the password is wrong; check the URL"},
		{"a database that there is not", func(t *testing.T) string {
			return with(t, func(u *url.URL, _ url.Values) { u.Path = "/elsewhere" })
		}, "the database does not exist; create it, or name another"},
		{"nobody listens", func(t *testing.T) string {
			return "postgres://muster:" + secret + "@" + freeAddress(t) + "/muster?sslmode=disable"
		}, "it cannot be reached; check the host and port"},
		{"a schema that there is not", func(t *testing.T) string {
			return with(t, func(_ *url.URL, q url.Values) { q.Set("search_path", "elsewhere") })
		}, "none of the schemas in its search_path exists"},
		{"a database that takes no writes", func(t *testing.T) string {
			return with(t, func(_ *url.URL, q url.Values) { q.Set("default_transaction_read_only", "on") })
		}, "the server takes no writes"},
		{"a user who may create nothing", func(t *testing.T) string {
			return with(t, func(u *url.URL, _ url.Values) { u.User = url.UserPassword(stranger, "the right one") })
		}, "the user lacks a privilege"},
		{"tables of another program", func(t *testing.T) string {
			u := postgrestest.New(t)
			onPostgres(t, u, "CREATE TABLE events (id BIGINT)")
			return u
		}, "there is a table of this name that is not Muster's"},
		{"no connection left", func(t *testing.T) string {
			u := postgrestest.New(t)
			onPostgres(t, u, "ALTER DATABASE "+databaseOf(t, u)+" CONNECTION LIMIT 0")
			return u
		}, "the server has no connection left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), store.Options{URL: tt.url(t), Migrate: true})
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), secret)
		})
	}
}

func TestOpenWithoutMigrateWantsTheSchemaAsItIs(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			options := b.Fresh(t)
			asItIs := options
			asItIs.Migrate = false
			if options.URL != "" {
				_, err := store.Open(t.Context(), asItIs)
				var tooOld *store.SchemaTooOldError
				require.ErrorAs(t, err, &tooOld)
				require.ErrorIs(t, err, store.ErrSchemaTooOld)
				require.Zero(t, tooOld.Found)
				require.ErrorContains(t, err, "the database is empty, and this muster needs schema version")
				require.ErrorContains(t, err, "run muster migrate")
				var tables int
				require.NoError(t, connected(t, options.URL).QueryRow(t.Context(),
					"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables))
				require.Zero(t, tables)
			} else {
				_, err := store.Open(t.Context(), asItIs)
				require.ErrorContains(t, err, "no such file")
				require.NoFileExists(t, options.Path)
				require.NoError(t, os.WriteFile(options.Path, nil, 0o600))
				_, err = store.Open(t.Context(), asItIs)
				require.ErrorIs(t, err, store.ErrSchemaTooOld)
				info, err := os.Stat(options.Path)
				require.NoError(t, err)
				require.Zero(t, info.Size())
			}
			from, to, err := store.Migrate(t.Context(), asItIs)
			require.NoError(t, err)
			require.Zero(t, from)
			require.Positive(t, to)
			again, stays, err := store.Migrate(t.Context(), options)
			require.NoError(t, err)
			require.Equal(t, []int64{to, to}, []int64{again, stays})
			require.NoError(t, storetest.Open(t, asItIs).Check(t.Context()))
		})
	}
}

func TestOpenTellsThatAPostgresIsTooNew(t *testing.T) {
	t.Parallel()
	options := store.Options{URL: postgrestest.New(t), Migrate: true}
	_, _, err := store.Migrate(t.Context(), options)
	require.NoError(t, err)
	onPostgres(t, options.URL, "INSERT INTO schema_versions (version_id, is_applied) VALUES (999, TRUE)")
	_, err = store.Open(t.Context(), options)
	var tooNew *store.SchemaTooNewError
	require.ErrorAs(t, err, &tooNew)
	require.Equal(t, int64(999), tooNew.Found)
}

func TestMustersInTwoSchemasOfOneDatabaseKnowNothingOfEachOther(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	// Whichever schema the extension is in, all that want it have to see it.
	onPostgres(t, database, "CREATE EXTENSION pg_trgm", "CREATE SCHEMA one", "CREATE SCHEMA two")
	open := func(schema string) *store.Store {
		return storetest.Open(t, store.Options{URL: database + "&search_path=" + schema + ",public", Migrate: true})
	}
	one, two := open("one"), open("two")
	require.NotEqual(t, one.Installation(), two.Installation())
	for _, s := range []*store.Store{one, two} {
		_, ok, err := s.Claim(t.Context(), "g")
		require.NoError(t, err)
		require.True(t, ok)
	}
	changes, cancel := one.Subscribe("")
	defer cancel()
	note(t, two, declareOn(t, two))
	own := declareOn(t, one)
	require.Equal(t, store.Change{Incident: own[0].Incident, Seq: 1}, <-changes)
}

func TestACommitWaitsForTheDiskThoughTheServerWouldNot(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t) // whose server has synchronous_commit off
	for _, tt := range []struct{ url, want string }{{database, "on"}, {database + "&synchronous_commit=off", "off"}} {
		value, err := store.SessionSetting(t.Context(), storetest.Open(t, store.Options{URL: tt.url, Migrate: true}), "synchronous_commit")
		require.NoError(t, err)
		require.Equal(t, tt.want, value)
	}
}

func TestAServerNeedsNoMoreThanToReadAndWrite(t *testing.T) {
	t.Parallel()
	owners := postgrestest.New(t)
	_, _, err := store.Migrate(t.Context(), store.Options{URL: owners})
	require.NoError(t, err)
	role := newRole(t, "the right one")
	onPostgres(t, owners, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "+role,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "+role)
	u, err := url.Parse(owners)
	require.NoError(t, err)
	u.User = url.UserPassword(role, "the right one")
	s := storetest.Open(t, store.Options{URL: u.String()})
	require.NoError(t, s.Check(t.Context()))
	note(t, s, declareOn(t, s))
	_, err = s.Accept(t.Context(), []store.Item{anAlert("a")})
	require.NoError(t, err)
	_, err = s.Prune(t.Context(), time.Now())
	require.NoError(t, err)
}

// declareOn declares an incident and returns its events.
func declareOn(t *testing.T, s *store.Store) []incident.Event {
	t.Helper()
	id, _, err := s.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	events, err := incident.Decide(incident.State{}, incident.Command{
		Incident: id, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Declare{
			Title: "Checkout is slow", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}},
			Service: incident.Service{Name: "checkout"},
		},
	}, time.Now())
	require.NoError(t, err)
	require.NoError(t, s.Append(t.Context(), events))
	return events
}

// do gives commands in an incident and returns its events.
func do(t *testing.T, s *store.Store, events []incident.Event, intents ...incident.Intent) []incident.Event {
	t.Helper()
	for _, intent := range intents {
		more, err := incident.Decide(incident.Fold(events), incident.Command{
			Incident: events[0].Incident, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
		}, time.Now())
		require.NoError(t, err)
		events = append(events, more...)
	}
	require.NoError(t, s.Append(t.Context(), events))
	return events
}

func note(t *testing.T, s *store.Store, events []incident.Event) []incident.Event {
	t.Helper()
	return do(t, s, events, incident.AddNote{Text: "a note"})
}

func anAlert(key string) store.Item {
	return store.Item{
		Kind: store.KindAlert, Source: "alertmanager", Subject: "g", Key: key,
		ReceivedAt: time.Now(), Body: json.RawMessage(`{}`),
	}
}

func connected(t testing.TB, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return conn
}

func onPostgres(t testing.TB, database string, statements ...string) {
	t.Helper()
	conn := connected(t, database)
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
}

var roles atomic.Int64

// newRole creates a role that has to say its password.
func newRole(t testing.TB, password string) string {
	t.Helper()
	name := fmt.Sprint("stranger_", roles.Add(1))
	admin := postgrestest.Shared(t).AdminURL("postgres")
	onPostgres(t, admin, "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"'")
	return name
}

func databaseOf(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// freeAddress is an address on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
