package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// postgresConnections is how many connections the pool of a process may have, unless the
	// URL says otherwise (pool_max_conns). Transactions take milliseconds, so that ten
	// carry thousands a second; and Postgres, whose max_connections is 100 unless set, has
	// room for several processes with two more connections each.
	postgresConnections = 10
	// postgresLifetime is after how long a connection is replaced, so that processes find
	// their way to another server behind the same name; the jitter keeps them from doing so
	// at once.
	postgresLifetime       = 30 * time.Minute
	postgresLifetimeJitter = 5 * time.Minute
	// postgresConnectTimeout is how long a server may take to answer the first time.
	postgresConnectTimeout = 10 * time.Second
	// postgresApplication is what pg_stat_activity shows.
	postgresApplication = "muster"
)

// sessionSettings are those of each connection, unless the URL has others. They are set
// once it is there and not as it is opened, because poolers refuse what they do not know.
// https://www.postgresql.org/docs/current/runtime-config-client.html
var sessionSettings = []struct{ name, value string }{
	// Nothing that Muster asks takes more than a fraction of this. A statement that does
	// holds up others; its caller tries again.
	{"statement_timeout", "30s"},
	// Whoever waits for a lock this long waits for somebody who has it by mistake: a person
	// with an open transaction, a migration beside a running server.
	{"lock_timeout", "10s"},
	// A process that stands still in the middle of a transaction, or a machine that is
	// gone, must not keep its locks.
	{"idle_in_transaction_session_timeout", "30s"},
	// A machine that vanishes without a word is noticed after a minute, and what its process
	// had claimed is free.
	{"tcp_keepalives_idle", "30"}, {"tcp_keepalives_interval", "10"}, {"tcp_keepalives_count", "3"},
	{"TimeZone", "UTC"},
	// Every query of Muster's finds its rows by an index, one by one. Statistics that a storm
	// has outrun, or a plan made when the inbox was empty and kept since, must not have it
	// read all of a table instead.
	{"enable_seqscan", "off"}, {"enable_hashjoin", "off"}, {"enable_mergejoin", "off"},
	// Plans are compiled for reports, not for lookups.
	{"jit", "off"},
}

// durable has a commit on disk when it returns, which is what Muster promises whose
// alert it accepts, also where the server would rather not wait.
const durable = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"

// settle settles a new connection.
func settle(ctx context.Context, conn *pgx.Conn) error { return apply(ctx, conn, nil) }

// patient settles a connection for migrations, which may take as long as they do, whatever
// the URL says.
func patient(ctx context.Context, conn *pgx.Conn) error {
	return apply(ctx, conn, map[string]string{"statement_timeout": "0", "idle_session_timeout": "0"})
}

// lasting settles a connection that is idle for long, and meant to be; its purpose is
// shown in pg_stat_activity.
func lasting(ctx context.Context, conn *pgx.Conn, purpose string) error {
	name := conn.Config().RuntimeParams["application_name"]
	return apply(ctx, conn, map[string]string{
		"idle_session_timeout": "0", "application_name": strings.ReplaceAll(name, "'", "''") + " " + purpose,
	})
}

func apply(ctx context.Context, conn *pgx.Conn, more map[string]string) error {
	given := conn.Config().RuntimeParams
	var text strings.Builder
	set := func(name, value string) { fmt.Fprintf(&text, "SET %s = '%s'; ", name, value) }
	for _, setting := range sessionSettings {
		if _, said := given[setting.name]; !said {
			set(setting.name, setting.value)
		}
	}
	for name, value := range more {
		set(name, value)
	}
	if _, said := given["synchronous_commit"]; !said {
		text.WriteString(durable)
	}
	_, err := conn.Exec(ctx, text.String())
	return err
}

// postgresConfig reads the URL. Its errors say nothing of what is in it: where a URL is
// malformed nobody can tell which part of it is the password.
func postgresConfig(text string) (*pgxpool.Config, error) {
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return nil, errors.New("the URL must begin with postgres://, as in postgres://user:password@host:5432/database")
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil && strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return nil, errors.New("the URL is malformed; it looks like postgres://user:password@host:5432/database, " +
			"with all but letters and digits of the password percent-encoded (/ is %2F, @ is %40, # is %23)")
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("the URL is not right: %s", withoutSecrets(err, u))
	}
	if !u.Query().Has("pool_max_conns") {
		config.MaxConns = postgresConnections
	}
	config.MaxConnLifetime, config.MaxConnLifetimeJitter = postgresLifetime, postgresLifetimeJitter
	config.AfterConnect = settle
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = postgresConnectTimeout
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = postgresApplication
	}
	return config, nil
}

// withoutSecrets is what an error says of a URL after the URL itself, with the passwords
// taken out.
func withoutSecrets(err error, u *url.URL) string {
	_, reason, found := strings.Cut(err.Error(), "`: ")
	if !found {
		return "its parameters are not those of Postgres"
	}
	password, _ := u.User.Password()
	for _, secret := range []string{password, u.Query().Get("password"), u.Query().Get("sslpassword")} {
		if secret != "" {
			reason = strings.ReplaceAll(reason, secret, "[redacted]")
		}
	}
	return reason
}
