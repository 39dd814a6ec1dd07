//go:build !slim

package temporalserver

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
)

// dataDir is the data directory, locked for this server alone.
type dataDir struct {
	root string
	lock *flock.Flock
}

// openDataDir creates the directory when missing and locks it. Two servers on
// one store would take each other's workflows away without end.
func openDataDir(path string) (*dataDir, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", path, err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("cannot create the data directory %s, choose another with --data-dir: %w", root, err)
	}
	lock := flock.New(filepath.Join(root, "temporal.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot write to the data directory %s, choose another with --data-dir: %w", root, err)
	}
	if !locked {
		return nil, fmt.Errorf("data directory %s is %w: stop that one, or choose another directory with --data-dir",
			root, ErrInUse)
	}
	return &dataDir{root: root, lock: lock}, nil
}

// guard implements [store]. Nobody takes a locked file away.
func (d *dataDir) guard(func(error)) {}

// release lets the next server have the directory.
//
// Temporal keeps its connection to the SQLite file open, idle, for the life of
// the process; a later server on the same directory uses it again.
func (d *dataDir) release() error {
	if err := d.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock the data directory %s: %w", d.root, err)
	}
	return nil
}

// storePath is the SQLite file. It has a directory of its own so that it can be
// set aside together with its write-ahead log in one rename.
func (d *dataDir) storePath() string { return filepath.Join(d.root, "temporal", "temporal.db") }

// persistence implements [store].
func (d *dataDir) persistence() config.Persistence {
	return config.Persistence{
		DefaultStore:     sqliteplugin.PluginName,
		VisibilityStore:  sqliteplugin.PluginName,
		NumHistoryShards: historyShards,
		DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: storeConfig(d.storePath())}},
	}
}

// prepare implements [store].
func (d *dataDir) prepare(ctx context.Context, owner string) (replaced replacement, err error) {
	schema, err := temporalSchema()
	if err != nil {
		return replacement{}, fmt.Errorf("read Temporal's schema: %w", err)
	}
	path := d.storePath()
	switch _, err := os.Stat(path); {
	case err == nil:
		replaced.because, err = d.unfit(ctx, schema, owner)
		if err != nil {
			return replacement{}, fmt.Errorf("the Temporal store %s cannot be read; move %s away to start with a new one: %w",
				path, filepath.Dir(path), err)
		}
		if replaced.because == "" {
			return replacement{}, d.claim(owner)
		}
		replaced.dir = filepath.Join(d.root, "temporal.replaced-"+time.Now().UTC().Format("20060102T150405Z"))
		if err := os.Rename(filepath.Dir(path), replaced.dir); err != nil {
			return replacement{}, fmt.Errorf("set the Temporal store aside, because %s: %w", replaced.because, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return replacement{}, fmt.Errorf("look for the Temporal store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return replacement{}, fmt.Errorf("create a directory for the Temporal store: %w", err)
	}
	// Before the store, so that there is none without an owner.
	if err := d.claim(owner); err != nil {
		return replacement{}, err
	}
	if err := createStore(ctx, path, schema); err != nil {
		return replacement{}, fmt.Errorf("create the Temporal store %s: %w", path, err)
	}
	return replaced, nil
}

// unfit says why the store that is there cannot serve the owner; empty when it
// can. It writes nothing.
func (d *dataDir) unfit(ctx context.Context, want schema, owner string) (because string, err error) {
	fit, err := storeHas(ctx, d.storePath(), want)
	if err != nil {
		return "", err
	}
	if !fit {
		return "it was made by another version of Temporal", nil
	}
	stamp, err := d.owner()
	if err != nil {
		return "", err
	}
	if owner != "" && stamp != "" && stamp != owner {
		return "it belongs to another database of incidents than the one beside it", nil
	}
	return "", nil
}

// schema is what a store consists of when new: SQL statements in order.
type schema []string

// temporalSchema is the schema that this build of Temporal creates.
func temporalSchema() (schema, error) {
	recorder := &statementRecorder{}
	if err := sqlite.SetupSchemaOnDB(recorder); err != nil {
		return nil, err
	}
	return recorder.statements, nil
}

// statementRecorder stands in for a database while Temporal sets up a schema,
// and notes the statements instead of executing them. Temporal itself would
// execute them one by one, and leave half a store behind when interrupted.
type statementRecorder struct {
	sqlplugin.AdminDB // only Exec is called

	statements schema
}

func (r *statementRecorder) Exec(statement string, _ ...any) error {
	r.statements = append(r.statements, statement)
	return nil
}

// fingerprint condenses a schema into the 31 bits that SQLite keeps for an
// application in its user_version. It is never zero, the value in a database
// that nobody stamped.
func (s schema) fingerprint() int32 {
	sum := sha256.Sum256([]byte(strings.Join(s, "\n")))
	return int32(binary.BigEndian.Uint32(sum[:])>>1 | 1)
}

// storeHas tells whether the store was created with the schema. An empty file,
// all that is left of an interrupted creation, was not.
func storeHas(ctx context.Context, path string, want schema) (fit bool, err error) {
	err = withStore(path, func(db *sql.DB) error { // which writes nothing
		var fingerprint int32
		if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&fingerprint); err != nil {
			return err
		}
		fit = fingerprint == want.fingerprint()
		return nil
	})
	return fit, err
}

// createStore makes a store with the schema and its stamp, wholly or not at all.
func createStore(ctx context.Context, path string, content schema) error {
	return withStore(path, func(db *sql.DB) error {
		if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = wal"); err != nil {
			return err
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		// After a commit there is nothing to roll back, and before one the
		// error that led here says more.
		defer func() { _ = tx.Rollback() }()
		// A PRAGMA takes no placeholders.
		stamp := fmt.Sprintf("PRAGMA user_version = %d", content.fingerprint())
		for _, statement := range append(slices.Clone(content), stamp) {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// withStore opens the store beside Temporal, with the driver that Temporal
// registers, for the time of one call.
func withStore(path string, use func(*sql.DB) error) (err error) {
	db, err := sql.Open("sqlite", "file:"+escapeURI(path)+"?_pragma=busy_timeout(10000)&_pragma=synchronous(2)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}
