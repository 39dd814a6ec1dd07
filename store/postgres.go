package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"muster/store/internal/queries"
)

const (
	// postgresOldest is the oldest major version that Muster runs on: the one that its tests
	// run on, and the oldest that its makers mend since November 2026.
	// https://www.postgresql.org/support/versioning/
	postgresOldest = 15
	// postgresLockRetry is how often a starting process looks whether another has finished its
	// migrations.
	postgresLockRetry = 100 * time.Millisecond
)

// postgresSchema is what migrations/postgres makes.
var postgresSchema = schema{
	dialect: goose.DialectPostgres, folder: "migrations/postgres",
	tables: "SELECT count(to_regclass('schema_versions'))",
}

// postgres is a Postgres database that processes share.
//
// Transactions run at READ COMMITTED, where every statement sees what others have
// committed. What has to be alone takes an advisory lock first ([lock]); what is one
// statement looks at each row again when it gets to it, so that two such statements are as
// good as one after the other. Where two wait for each other in a circle all the same,
// Postgres undoes one, and it is done again.
//
// There are three kinds of connections: those of a pool, for everything; one that hears of
// the changes that other processes make; and one, opened with the first claim, that holds
// the claims. The latter two are sessions that mean something, which a pooler between
// Muster and Postgres must leave alone.
type postgres struct {
	text     string // of the URL, with the password
	address  string // the same without
	logger   *slog.Logger
	config   *pgx.ConnConfig // for the connections beside the pool
	pool     *pgxpool.Pool
	db       *sql.DB
	schema   string // in which Muster's tables are
	self     string // tells its announcements from others'
	from, to int64
	listener *listener
	claims   claimSession
}

func newPostgres(text string, logger *slog.Logger) *postgres {
	return &postgres{text: text, address: "on Postgres", logger: logger, self: rand.Text()}
}

func (p *postgres) open(ctx context.Context, mayMigrate bool) error {
	config, err := postgresConfig(p.text)
	if err != nil {
		return err
	}
	p.config = config.ConnConfig
	p.address = address(config.ConnConfig)
	p.claims.config = p.config
	if err := p.inspect(ctx, mayMigrate); err != nil {
		return err
	}
	p.pool, err = pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	p.db = stdlib.OpenDBFromPool(p.pool)
	return nil
}

// inspect looks what kind of server and schema this is, and migrates the schema if it
// may. It has a connection of its own, on which migrations may take as long as they do.
func (p *postgres) inspect(ctx context.Context, mayMigrate bool) (err error) {
	db := stdlib.OpenDB(*p.config, stdlib.OptionAfterConnect(patient))
	defer func() { err = errors.Join(err, db.Close()) }()
	var version int
	var schema sql.NullString
	err = db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::INTEGER / 10000, current_schema()").Scan(&version, &schema)
	switch {
	case err != nil:
		return err
	case version < postgresOldest:
		return fmt.Errorf("it is a Postgres %d; Muster needs version %d or newer", version, postgresOldest)
	case !schema.Valid:
		return errors.New("none of the schemas in its search_path exists; create one (CREATE SCHEMA muster), or name others in the URL (options=-csearch_path%3Dmuster,public)")
	}
	p.schema = schema.String
	if !mayMigrate {
		p.from, p.to, err = postgresSchema.bring(ctx, db, false, p.logger)
		return err
	}
	unlock, err := p.lockSchema(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p.from, p.to, err = postgresSchema.bring(ctx, db, true, p.logger)
	return err
}

// lockSchema waits until no other process migrates. The lock is tried again and again
// rather than waited for in Postgres: a statement that waits there keeps a snapshot, for
// which an index that is created concurrently would have to wait in turn.
func (p *postgres) lockSchema(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	key := p.key("migration")
	for {
		var locked bool
		err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&locked)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		if locked {
			return func() error {
				_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)
				return errors.Join(err, conn.Close())
			}, nil
		}
		retry := time.NewTimer(postgresLockRetry)
		select {
		case <-retry.C:
		case <-ctx.Done():
			retry.Stop()
			return nil, fmt.Errorf("wait for another muster that is migrating the database: %w", errors.Join(ctx.Err(), conn.Close()))
		}
	}
}

func (p *postgres) where() string { return p.address }

func (p *postgres) migrated() (from, to int64) { return p.from, p.to }

// statements are not prepared here: the driver does so on each connection with the first
// use.
func (p *postgres) statements(context.Context) (reading, writing *queries.Queries, err error) {
	q := queries.New(p.db)
	return q, q, nil
}

// list has each list planned for its very values: whether a word is rare decides between
// the index of words and the way back through the newest incidents.
func (p *postgres) list(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, query, slices.Concat([]any{pgx.QueryExecModeCacheDescribe}, args)...)
}

// wordBegins is answered by the index of trigrams, for which a word has blanks before it.
// https://www.postgresql.org/docs/current/pgtrgm.html
func (p *postgres) wordBegins(with string) (clause, pattern string) {
	return "search ~ %s", `[]` + separators + `^\\-]` + with
}

func (p *postgres) begin(ctx context.Context, alone lock) (*sql.Tx, error) {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil || alone == unlocked {
		return tx, err
	}
	if err := queries.New(tx).LockUntilEnd(ctx, p.key(string(alone))); err != nil {
		// The transaction has failed already, or its connection.
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// key is the number of an advisory lock. Locks are of the whole database, in which
// there may be a Muster in each schema. That two names come to one number is next to
// impossible, and costs a wait.
func (p *postgres) key(name string) int64 {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "muster\x00%s\x00%s", p.schema, name)
	return int64(hash.Sum64()) //nolint:gosec // any number will do
}

func (p *postgres) rivalled(err error) bool {
	// https://www.postgresql.org/docs/current/errcodes-appendix.html
	switch sqlState(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	default:
		return false
	}
}

func (p *postgres) wrote(context.Context, error) {}

// accept stores a group in one statement, and in another what came again.
func (p *postgres) accept(ctx context.Context, s *Store, group []*delivery) error {
	arrivals, first := gather(group)
	fresh, err := s.writing.AcceptArrivals(ctx, arrivals, seenGranularity)
	if err != nil {
		return err
	}
	for _, d := range group {
		for range d.items {
			place := first[0]
			first = first[1:]
			d.count(place >= 0 && fresh[place])
		}
	}
	return nil
}

// others counts the connections that hear of changes, of which each process has one.
func (p *postgres) others(ctx context.Context) (others int, err error) {
	err = p.db.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE '% changes'`).Scan(&others)
	return max(others-1, 0), err // one is ours
}

// committers lets one group be sent while another one waits for the disk.
func (p *postgres) committers() int { return 2 }

// gather returns the items of a group, each once, in the order of their arrival, and for
// each of all the group's items the place of the one that it is the first delivery of, or
// -1.
func gather(group []*delivery) (arrivals []queries.Arrival, first []int) {
	type identity struct{ kind, source, key string }
	places := map[identity]int{}
	for _, d := range group {
		for _, item := range d.items {
			id := identity{item.Kind, item.Source, item.Key}
			if place, known := places[id]; known {
				if item.ReceivedAt.After(arrivals[place].SeenAt) {
					arrivals[place].SeenAt = item.ReceivedAt
				}
				first = append(first, -1)
				continue
			}
			places[id] = len(arrivals)
			first = append(first, len(arrivals))
			arrivals = append(arrivals, queries.Arrival{
				Kind: item.Kind, Source: item.Source, Subject: item.Subject, Key: item.Key,
				ReceivedAt: item.ReceivedAt, SeenAt: item.ReceivedAt, Trace: item.Trace, Body: string(item.Body),
			})
		}
	}
	return arrivals, first
}

func (p *postgres) close() error {
	p.listener.stop()
	p.claims.close()
	err := p.db.Close()
	p.pool.Close()
	return err
}

// sqlState is the code of an error of the server, or empty.
func sqlState(err error) string {
	if coded, ok := errors.AsType[*pgconn.PgError](err); ok {
		return coded.Code
	}
	return ""
}

// address is where a database is, without who goes there.
func address(config *pgx.ConnConfig) string {
	host := config.Host
	if strings.HasPrefix(host, "/") { // the folder of a socket
		host = ""
	}
	return fmt.Sprintf("postgres://%s:%d/%s", host, config.Port, config.Database)
}
