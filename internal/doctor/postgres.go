package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"muster/store"
)

const (
	// fewConnections is what one server and one worker want, and what a rollout wants twice.
	fewConnections = 20
	// databaseClockLimit is how far the database's clock may be off before people notice it on
	// dashboards.
	databaseClockLimit = 5 * time.Second
)

// postgres examines a Postgres server: first with a plain connection, since what the
// server says of itself explains why Muster's own fails.
func (e *examination) postgres(ctx context.Context, n *notes) {
	// The pool's parser, since the URL may say how large the pool is.
	pool, err := pgxpool.ParseConfig(e.Settings.DatabaseURL.Reveal())
	if err != nil {
		// The parser's own words may quote the address.
		n.wrong("MUSTER_DATABASE_URL cannot be read as the address of a Postgres database").
			mend("write postgres://user:password@host:5432/database, with special characters percent-encoded")
		return
	}
	configuration := pool.ConnConfig
	configuration.ConnectTimeout = connectLimit
	where := fmt.Sprintf("Postgres at %s", net.JoinHostPort(configuration.Host, strconv.Itoa(int(configuration.Port))))
	connection, err := pgx.ConnectConfig(ctx, configuration)
	if err != nil {
		noConnection(n, where, configuration, err)
		return
	}
	// Whatever closing says, the examination is over.
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()

	about, err := e.ask(ctx, connection)
	if err != nil {
		n.wrong("%s does not say how it is: %s", where, err).mend("look at the server's log")
		return
	}
	about.report(n, where, configuration)
	e.open(ctx, n, store.Options{URL: e.Settings.DatabaseURL.Reveal()}, where)
}

// aboutPostgres is what a server says of itself.
type aboutPostgres struct {
	version, encoding  string
	replica, readOnly  bool
	encrypted, trigram bool
	// trigramPackaged says that the extension could be created, mayCreate that this user may.
	trigramPackaged, mayCreate bool
	most, used                 int
	// ahead is how far its clock is before ours.
	ahead time.Duration
}

func (e *examination) ask(ctx context.Context, connection *pgx.Conn) (aboutPostgres, error) {
	var a aboutPostgres
	var now time.Time
	before := e.Now()
	if err := connection.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return a, err
	}
	after := e.Now()
	a.ahead = now.Sub(before.Add(after.Sub(before) / 2))
	return a, connection.QueryRow(ctx, `SELECT
		current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery(), current_setting('default_transaction_read_only')::bool,
		COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
		EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'),
		EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'),
		has_database_privilege(current_database(), 'CREATE'),
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')`,
	).Scan(&a.version, &a.encoding, &a.replica, &a.readOnly, &a.encrypted, &a.trigram, &a.trigramPackaged, &a.mayCreate, &a.most, &a.used)
}

func (a aboutPostgres) report(n *notes, where string, configuration *pgx.ConnConfig) {
	n.fine("%s answers, version %s", where, a.version)
	if a.replica {
		n.wrong("it is a replica, which takes no writes").mend("name the primary in MUSTER_DATABASE_URL")
	} else if a.readOnly {
		n.wrong("its transactions are read-only by default").
			mend("ALTER DATABASE %s RESET default_transaction_read_only, or the same for the role %s", configuration.Database, configuration.User)
	}
	if a.encoding != "UTF8" {
		n.wrong("the database's encoding is %s, which cannot hold every text", a.encoding).mend("make it anew with ENCODING 'UTF8'")
	}
	switch {
	case a.trigram:
	case !a.trigramPackaged:
		n.wrong("the server does not have the extension pg_trgm, by which incidents are searched").
			mend("install it: it is in the package of Postgres's contributed modules (postgresql-contrib)")
	case !a.mayCreate:
		n.wrong("the extension pg_trgm, by which incidents are searched, is missing, and the user %s may not create it", configuration.User).
			mend("have an administrator do so in the database %s: CREATE EXTENSION pg_trgm", configuration.Database)
	}
	if !a.encrypted && !loopback(configuration.Host) && !isSocket(configuration.Host) {
		n.warn("the connection is not encrypted: whoever is between can read it, the password's proof included").
			mend("add sslmode=verify-full to MUSTER_DATABASE_URL, and enable TLS in Postgres where it is off")
	}
	switch free := a.most - a.used; {
	case free < fewConnections:
		n.warn("%d of %d connections are free", max(free, 0), a.most).
			mend("raise max_connections, or put PgBouncer (session pooling) before it: each process of Muster keeps several")
	default:
		n.fine("%d of %d connections are free", free, a.most)
	}
	switch off := a.ahead.Abs(); {
	case off > databaseClockLimit:
		n.warn("its clock is %s, by ours", offBy(a.ahead)).mend("let both machines set their clocks by NTP: times on dashboards come from both")
	default:
		n.fine("its clock agrees with ours")
	}
}

// isSocket says whether a host is the folder of a Unix socket.
func isSocket(host string) bool { return len(host) > 0 && host[0] == '/' }

// Codes of Postgres, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	invalidPassword      = "28P01"
	invalidAuthorization = "28000"
	unknownDatabase      = "3D000"
	tooManyConnections   = "53300"
	cannotConnectNow     = "57P03"
	insufficientRight    = "42501"
)

// noConnection notes why there is no connection. What pgx says holds user and database,
// and no password.
func noConnection(n *notes, where string, configuration *pgx.ConnConfig, err error) {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		notReached(n, where, "MUSTER_DATABASE_URL", net.JoinHostPort(configuration.Host, strconv.Itoa(int(configuration.Port))), err)
		return
	}
	user, database := configuration.User, configuration.Database
	switch refusal.Code {
	case invalidPassword:
		n.wrong("%s refuses the user %s: the password is wrong, or there is no such user", where, user).
			mend("mend user and password in MUSTER_DATABASE_URL, with special characters percent-encoded")
	case invalidAuthorization:
		n.wrong("%s refuses the user %s: %s", where, user, refusal.Message).
			mend("create the user, or let it in from this machine in pg_hba.conf")
	case unknownDatabase:
		n.wrong("%s has no database %s", where, database).mend("CREATE DATABASE %s OWNER %s ENCODING 'UTF8', then run muster migrate", database, user)
	case tooManyConnections:
		n.wrong("%s has no connection left", where).mend("raise max_connections, or end what holds the others")
	case cannotConnectNow:
		n.wrong("%s is starting or stopping: %s", where, refusal.Message).mend("try again in a moment")
	case insufficientRight:
		n.wrong("%s: the user %s may not connect to the database %s", where, user, database).mend("GRANT CONNECT ON DATABASE %s TO %s", database, user)
	default:
		n.wrong("%s refuses the connection: %s (%s)", where, refusal.Message, refusal.Code).mend("look at the server's log")
	}
}
