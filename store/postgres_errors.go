package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgresAdvice says what to mend, by the code of the server's error.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
var postgresAdvice = map[string]string{
	"28P01": "the user or the password is wrong; check the URL",
	"28000": "the user may not log in; check the URL, and pg_hba.conf on the server",
	"3D000": "the database does not exist; create it, or name another",
	"53300": "the server has no connection left; raise its max_connections, or lower pool_max_conns in the URLs",
	"57P03": "the server is starting or stopping; try again",

	"25006": "the server takes no writes: it is a standby, or set to read-only; name the primary",
	"42501": "the user lacks a privilege; let it own the database, or grant it CREATE on the database and on its schema",
	"42P07": "there is a table of this name that is not Muster's; give Muster a database or a schema of its own",
	"42P01": "a table is missing; this is not Muster's database, or somebody has changed it",
	"42703": "a column is missing; this is not Muster's database, or somebody has changed it",

	"53100": "the disk is full; make room on it",
	"53200": "the server has no memory left; give it more, or have it promise less (work_mem, max_connections)",
	"58030": "the server's disk does not do what it is told; check it",
	"XX001": "it is damaged; restore it from a backup",
	"XX002": "one of its indexes is damaged; rebuild them (REINDEX DATABASE), and look for the cause",

	"55P03": "somebody holds a lock and does not let go; look into pg_stat_activity for who it is",
	"57014": "it took too long and was given up; look into pg_stat_activity for what holds it up",
}

func (p *postgres) advice(err error) string {
	if code := sqlState(err); code != "" {
		if strings.Contains(err.Error(), "pg_trgm") {
			return "the extension pg_trgm is missing and the user cannot create it; have an administrator do so (CREATE EXTENSION pg_trgm), from Postgres's contrib package"
		}
		if advice := postgresAdvice[code]; advice != "" {
			return advice
		}
		if strings.HasPrefix(code, "57P") { // it is shutting down, or has crashed
			return lostAdvice
		}
		return ""
	}
	var connecting *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ""
	case errors.As(err, &connecting):
		return "it cannot be reached; check the host and port in the URL, and whether the server runs"
	case lost(err):
		return lostAdvice
	default:
		return ""
	}
}

const lostAdvice = "the connection was lost; whether this was written is not known, and repeating it does no harm"

// Unavailable says whether an error is not about what was asked but about a database that
// cannot be asked at the moment, so that the same may work later.
func Unavailable(err error) bool {
	var (
		said       *explainedError
		connecting *pgconn.ConnectError
	)
	// Class 08 is about connections, 57P about a server that stops or starts.
	code := sqlState(err)
	return errors.As(err, &said) || errors.As(err, &connecting) || lost(err) ||
		strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P")
}

// lost says whether a connection broke.
func lost(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.As(err, &network)
}
