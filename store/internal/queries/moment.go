// Package queries holds the store's SQL and the typed code that sqlc makes of it.
//
// There is one set of queries for every database: they keep to the SQL that SQLite
// and Postgres share, with $1 for parameters; the few statements that Postgres alone
// understands are in postgres.go. schema.sql tells sqlc the types; the schemas that are
// executed are the migrations of package store. After changing an
// .sql file here, run
//
//	go generate ./store/internal/queries
//
// and commit what it writes.
package queries

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate

// momentLayout has a fixed width, so that moments sort as text in SQLite.
const momentLayout = "2006-01-02T15:04:05.000000Z"

// Moment is a time in the database: UTC, to the microsecond. The zero Moment is NULL.
type Moment struct{ time.Time }

// At returns the moment of a time, in UTC and cut to the microsecond.
func At(t time.Time) Moment { return Moment{t.UTC().Truncate(time.Microsecond)} }

// Ceil returns the first moment that is not before t, for lower bounds.
func Ceil(t time.Time) Moment {
	m := At(t)
	if m.Before(t) {
		m.Time = m.Add(time.Microsecond)
	}
	return m
}

// TimestamptzValue implements [pgtype.TimestamptzValuer], which Postgres's driver asks for
// before Value.
func (m Moment) TimestamptzValue() (pgtype.Timestamptz, error) {
	return pgtype.Timestamptz{Time: At(m.Time).Time, Valid: !m.IsZero()}, nil
}

// Value implements [driver.Valuer] for SQLite: text.
func (m Moment) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil
	}
	return At(m.Time).Format(momentLayout), nil
}

// Scan implements [database/sql.Scanner] for the text of SQLite and the times of
// Postgres.
func (m *Moment) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*m = Moment{}
	case time.Time:
		*m = At(v)
	case string:
		t, err := time.Parse(momentLayout, v)
		if err != nil {
			return fmt.Errorf("a time in the database reads %q instead of like %q: %w", v, momentLayout, err)
		}
		*m = At(t)
	default:
		return fmt.Errorf("a time in the database has the type %T", value)
	}
	return nil
}
