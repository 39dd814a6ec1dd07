//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/iancoleman/strcase"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"go.temporal.io/server/common/config"
	postgresplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
)

// The schemas of the database that Temporal's tables lie in. In schemas rather than databases
// of their own they are part of every backup of the database, at the same instant as Muster's
// own tables, and nobody has to be allowed to create databases.
const (
	mainSchema       = "temporal"
	visibilitySchema = "temporal_visibility"
)

const (
	// postgresShards is fixed for the life of a store. A shard writes one thing at a time,
	// each some round trips to the database, so their number bounds what a database that is
	// far away, or much larger than today's, can be used for.
	postgresShards = 16

	// Temporal's four services have a pool of connections each for either schema, which
	// makes 56 connections at most. The lock has one more.
	mainConnections       = 10
	visibilityConnections = 4

	// connectTimeout bounds how long a pool waits for its first connection.
	connectTimeout = 10 * time.Second

	// A connection that was idle this long is closed: storms are rare.
	connectionIdleTime = time.Minute
	// None grows older than this, so that they move when the database's address does.
	connectionLifetime = time.Hour
)

// postgres keeps the state in a Postgres database.
type postgres struct {
	database *pgx.ConnConfig
	lock     *advisoryLock
}

// openPostgres connects to the database and locks it for this process. The URL never shows up
// in an error: it may hold a password.
func openPostgres(ctx context.Context, url string) (*postgres, error) {
	database, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the URL of the Postgres database for Temporal is none: want " +
			"postgres://user:password@host:5432/database, with what is special in the password percent-encoded")
	}
	if _, named := database.RuntimeParams["application_name"]; !named {
		database.RuntimeParams["application_name"] = "muster-temporal"
	}
	lock, err := acquireLock(ctx, database)
	if err != nil {
		return nil, err
	}
	return &postgres{database: database, lock: lock}, nil
}

func (p *postgres) guard(lost func(error)) { p.lock.guard(lost) }

func (p *postgres) release() error { return p.lock.release() }

func (p *postgres) persistence() config.Persistence {
	return config.Persistence{
		DefaultStore:     mainSchema,
		VisibilityStore:  visibilitySchema,
		NumHistoryShards: postgresShards,
		DataStores: map[string]config.DataStore{
			mainSchema:       {SQL: p.sql(mainSchema, mainConnections)},
			visibilitySchema: {SQL: p.sql(visibilitySchema, visibilityConnections)},
		},
	}
}

// sql describes a schema to Temporal, which takes it for a database.
func (p *postgres) sql(schema string, connections int) *config.SQL {
	return &config.SQL{
		PluginName:   postgresplugin.PluginNamePGX,
		DatabaseName: schema,
		Connect: func(*config.SQL) (*sqlx.DB, error) {
			return p.connect(schema, connections)
		},
	}
}

// connect opens a pool of connections that see one schema. Temporal would otherwise put a URL
// together, without all that a URL of Postgres can say.
func (p *postgres) connect(schema string, connections int) (*sqlx.DB, error) {
	database := p.database.Copy()
	database.RuntimeParams = maps.Clone(database.RuntimeParams)
	database.RuntimeParams["search_path"] = schema
	db := sqlx.NewDb(stdlib.OpenDB(*database), "pgx")
	// Temporal's structs name their columns so.
	db.MapperFunc(strcase.ToSnake)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(connectionIdleTime)
	db.SetConnMaxLifetime(connectionLifetime)
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to the schema %s: %w", schema, err), db.Close())
	}
	return db, nil
}
