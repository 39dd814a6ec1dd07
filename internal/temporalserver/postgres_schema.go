//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Errors of Postgres, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	insufficientPrivilege = "42501"
	undefinedFile         = "58P01"
	featureNotSupported   = "0A000"
)

// prepare creates or migrates the tables, wholly or not at all, and writes down whose they
// are. Tables of a newer Temporal are left as they are: Temporal promises that they serve older
// servers. Nothing is ever set aside.
func (p *postgres) prepare(ctx context.Context, owner string) (replacement, error) {
	err := pgx.BeginFunc(ctx, p.lock.session, func(tx pgx.Tx) error {
		m := &migration{ctx: ctx, tx: tx, user: p.database.User, database: p.database.Database}
		if err := m.createSchemas(); err != nil {
			return err
		}
		if err := m.claim(owner); err != nil {
			return err
		}
		if err := m.createExtension(); err != nil {
			return err
		}
		for _, name := range []string{mainSchema, visibilitySchema} {
			if err := m.migrate(name); err != nil {
				return fmt.Errorf("bring the schema %s of the database %s up to what Temporal wants: %w", name, m.database, err)
			}
		}
		return nil
	})
	return replacement{}, err
}

// migration is one transaction that prepares a database.
type migration struct {
	ctx            context.Context //nolint:containedctx // it lives no longer than the call
	tx             pgx.Tx
	user, database string
}

func (m *migration) exec(statement string, arguments ...any) error {
	_, err := m.tx.Exec(m.ctx, statement, arguments...)
	return err
}

// createSchemas creates the schemas, where they are missing.
func (m *migration) createSchemas() error {
	for _, name := range []string{mainSchema, visibilitySchema} {
		var exists bool
		if err := m.tx.QueryRow(m.ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", name).Scan(&exists); err != nil {
			return fmt.Errorf("look for the schema %s: %w", name, err)
		}
		if exists {
			continue
		}
		if err := m.exec("CREATE SCHEMA " + name); err != nil {
			return m.explain(err, "create the schema "+name)
		}
	}
	return nil
}

// createExtension creates what Temporal's indexes need, where it is missing.
func (m *migration) createExtension() error {
	var exists bool
	if err := m.tx.QueryRow(m.ctx, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin')").Scan(&exists); err != nil {
		return fmt.Errorf("look for the extension btree_gin: %w", err)
	}
	if exists {
		return nil
	}
	return m.explain(m.exec("CREATE EXTENSION btree_gin SCHEMA "+visibilitySchema), "create the extension btree_gin")
}

// explain says what is to be done where a role lacks a right, or the server a part.
func (m *migration) explain(err error, what string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case insufficientPrivilege:
		role := pgx.Identifier{m.user}.Sanitize()
		return fmt.Errorf("the role %s may not %s in the database %s. Have the owner of the database run there: "+
			"CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s; CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s; "+
			"CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA %s; (%w)",
			role, what, m.database, mainSchema, role, visibilitySchema, role, visibilitySchema, err)
	case undefinedFile, featureNotSupported:
		return fmt.Errorf("this Postgres server cannot %s, which Temporal needs: install its additional modules "+
			"(the package postgresql-contrib, or the like) on the server: %w", what, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

// claim writes down whose the store is, or refuses one that is somebody else's.
func (m *migration) claim(owner string) error {
	var stamped, foreign bool
	err := m.tx.QueryRow(m.ctx, "SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
		mainSchema+".muster_owner", mainSchema+".schema_version").Scan(&stamped, &foreign)
	if err != nil {
		return fmt.Errorf("look whose the schema %s is: %w", mainSchema, err)
	}
	if !stamped {
		if foreign {
			return fmt.Errorf("the schema %s of the database %s holds a Temporal that Muster has not made: "+
				"give Muster another database, or set TEMPORAL_ADDRESS to use that one", mainSchema, m.database)
		}
		if err := m.exec("CREATE TABLE " + mainSchema + ".muster_owner (installation text NOT NULL)"); err != nil {
			return m.explain(err, "create tables in the schema "+mainSchema)
		}
		return m.exec("INSERT INTO "+mainSchema+".muster_owner VALUES ($1)", owner)
	}
	var stamp string
	if err := m.tx.QueryRow(m.ctx, "SELECT installation FROM "+mainSchema+".muster_owner").Scan(&stamp); err != nil {
		return fmt.Errorf("read whose the schema %s is: %w", mainSchema, err)
	}
	switch {
	case owner == "" || stamp == owner:
		return nil
	case stamp == "":
		return m.exec("UPDATE "+mainSchema+".muster_owner SET installation = $1", owner)
	default:
		return fmt.Errorf("the workflows in the schema %s of the database %s %w (%s; this one is %s): their incidents have the same names. "+
			"Use the database they belong to. If their incidents are gone for good, drop them: DROP SCHEMA %s, %s CASCADE",
			mainSchema, m.database, ErrWrongOwner, stamp, owner, mainSchema, visibilitySchema)
	}
}
