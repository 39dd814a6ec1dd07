package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"muster/incident"
	"muster/store/internal/queries"
)

// Options says where the database is, and what may be done to it.
type Options struct {
	// URL is the Postgres database, "postgres://user:password@host:5432/database", with the
	// parameters of libpq, and pool_max_conns for how many connections the Store may
	// have beside two of its own (10 unless set). It goes before Path.
	URL string
	// Path is the SQLite file.
	Path string
	// Migrate brings the schema up to date, and creates the file with its folder when it is
	// missing. Without it an older schema is a [SchemaTooOldError].
	Migrate bool
	// Refold makes the read model anew from the journal, whichever version made it. It may be
	// done while others use the database.
	Refold bool
	// Logger hears of migrations and of connections that were lost. Nil is silence.
	Logger *slog.Logger
}

// Store is the database. It is safe for concurrent use. Several processes may open
// the same one, and each sees the others' writes.
type Store struct {
	backend      backend
	reading      *queries.Queries
	writing      *queries.Queries
	installation string
	wake         chan struct{}
	arrived      arrived
	intake       *intake
	live         live
	claims       claims
}

// Open opens the database. The error says what is wrong with the path or URL and what to
// mend, and never holds the URL's password; a [SchemaTooNewError] means that a newer
// Muster has been here, a [SchemaTooOldError] that the schema is to be migrated first.
// With [Options.Migrate], processes that start at the same time take turns. Close the
// Store when done.
func Open(ctx context.Context, options Options) (*Store, error) {
	logger := cmp.Or(options.Logger, slog.New(slog.DiscardHandler))
	b := newBackend(options, logger)
	if err := b.open(ctx, options.Migrate); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", b.where(), explained(b, err))
	}
	s, err := newStore(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", b.where(), errors.Join(explained(b, err), b.close()))
	}
	err = s.refold(ctx, options.Refold, logger)
	if err == nil {
		err = b.listen(ctx, s)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", b.where(), errors.Join(explained(b, err), s.Close()))
	}
	return s, nil
}

// Migrate brings the schema up to date, whatever [Options.Migrate] says, and the read model
// with it, and says from which version to which. Migrations that are interrupted leave the
// schema of a version in between, and are taken up again by the next call. Several
// processes may call it at once.
func Migrate(ctx context.Context, options Options) (from, to int64, err error) {
	options.Migrate = true
	s, err := Open(ctx, options)
	if err != nil {
		return 0, 0, err
	}
	from, to = s.backend.migrated()
	return from, to, s.Close()
}

func newBackend(options Options, logger *slog.Logger) backend {
	if options.URL != "" {
		return newPostgres(options.URL, logger)
	}
	return &sqliteBackend{path: options.Path, logger: logger}
}

func newStore(ctx context.Context, b backend) (*Store, error) {
	reading, writing, err := b.statements(ctx)
	if err != nil {
		return nil, err
	}
	installation, err := reading.Installation(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the installation's id: %w", err)
	}
	s := &Store{
		backend: b, reading: reading, writing: writing,
		installation: installation, wake: make(chan struct{}, 1),
	}
	s.intake = startIntake(s.backend.committers(), s.commitGroup)
	return s, nil
}

// Close ends all subscriptions and closes the database. Transactions under way are
// waited for.
func (s *Store) Close() error {
	s.live.close()
	s.intake.close()
	return errors.Join(s.reading.Close(), s.writing.Close(), s.backend.close())
}

// Check says whether the database answers, both to readers and to writers; nil
// means that it does. It writes a few bytes to disk, and waits its turn among the writers
// for as long as ctx allows.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.reading.Installation(ctx); err != nil {
		return fmt.Errorf("the database cannot be read: %w", explained(s.backend, err))
	}
	err := s.write(ctx, unlocked, func(q *queries.Queries) error { return q.ProveWritable(ctx) })
	if err != nil {
		return fmt.Errorf("the database cannot be written to: %w", err)
	}
	return nil
}

// Installation is the id of this installation: eight hexadecimal digits, chosen at
// random when the database was created and never changed. It keeps the keys of one
// installation's effects at a vendor apart from another's.
func (s *Store) Installation() string { return s.installation }

// numberOf returns the number within a well-formed id.
func numberOf(id incident.ID) (int64, error) {
	n := id.Number()
	if n < 1 || incident.NewID(n) != id {
		return 0, invalid("incident", "%q is not an incident id; ids look like INC-42", string(id))
	}
	return n, nil
}

// plain makes text of the read model, which nobody may refuse any more, into what every
// database can hold.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

// storable refuses text that not every database can hold: Postgres takes neither NUL
// characters nor broken UTF-8.
func storable(field, text string) error {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return invalid(field, "%s %.40q is not plain text in UTF-8", field, text)
	}
	return nil
}

// nullable is a number as a column holds it, with NULL for none.
func nullable(number int64) sql.NullInt64 { return sql.NullInt64{Int64: number, Valid: number != 0} }
