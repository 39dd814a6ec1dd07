//go:build !slim

package temporalserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver/v4"
	"go.temporal.io/server/common/persistence"
	temporalschema "go.temporal.io/server/schema"
)

// Where the server's module keeps, below "versioned", the steps from an empty schema to the
// one that it wants: a directory for each version, with a manifest and files of SQL.
var schemaSteps = map[string]string{
	mainSchema:       "postgresql/v12/temporal/versioned",
	visibilitySchema: "postgresql/v12/visibility/versioned",
}

// step is one version of a schema.
type step struct {
	version semver.Version
	// What the manifest says.
	CurrVersion          string
	MinCompatibleVersion string
	Description          string
	SchemaUpdateCqlFiles []string
	statements           []string
}

// steps reads those that lead beyond a version, in their order.
func steps(files fs.FS, dir string, beyond semver.Version) ([]step, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	var found []step
	for _, entry := range entries {
		s, err := readStep(files, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", entry.Name(), err)
		}
		if s.version.GT(beyond) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b step) int { return a.version.Compare(b.version) })
	return found, nil
}

func readStep(files fs.FS, dir string) (s step, err error) {
	manifest, err := fs.ReadFile(files, path.Join(dir, "manifest.json"))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(manifest, &s); err != nil {
		return s, fmt.Errorf("read the manifest: %w", err)
	}
	if s.version, err = semver.ParseTolerant(s.CurrVersion); err != nil {
		return s, fmt.Errorf("read the version %q: %w", s.CurrVersion, err)
	}
	for _, name := range s.SchemaUpdateCqlFiles {
		text, err := fs.ReadFile(files, path.Join(dir, name))
		if err != nil {
			return s, err
		}
		statements, err := persistence.LoadAndSplitQueryFromReaders([]io.Reader{bytes.NewReader(text)})
		if err != nil {
			return s, fmt.Errorf("split %s into statements: %w", name, err)
		}
		s.statements = append(s.statements, statements...)
	}
	return s, nil
}

// migrate takes the steps that a schema lacks.
func (m *migration) migrate(name string) error {
	// What the extension brings may be in any schema.
	var extension string
	err := m.tx.QueryRow(m.ctx, `SELECT quote_ident(nspname) FROM pg_extension
		JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'btree_gin'`).Scan(&extension)
	if err != nil {
		return fmt.Errorf("look for the extension btree_gin: %w", err)
	}
	if err := m.exec("SET LOCAL search_path TO " + name + ", " + extension); err != nil {
		return err
	}
	if err := m.createVersionTables(); err != nil {
		return err
	}
	have, err := m.version(name)
	if err != nil {
		return err
	}
	missing, err := steps(temporalschema.Assets(), schemaSteps[name], have)
	if err != nil {
		return fmt.Errorf("read Temporal's steps: %w", err)
	}
	for _, s := range missing {
		for _, statement := range s.statements {
			// Nobody works beside us, and it would not fit into a transaction.
			statement = strings.Replace(statement, "INDEX CONCURRENTLY", "INDEX", 1)
			if err := m.exec(statement); err != nil {
				return fmt.Errorf("step %s: %w", s.CurrVersion, err)
			}
		}
		if err := m.writeVersion(name, have, s); err != nil {
			return fmt.Errorf("write down step %s: %w", s.CurrVersion, err)
		}
		have = s.version
	}
	return nil
}

// createVersionTables creates where Temporal's server looks for the version when it starts, and
// where its own tool would go on from.
func (m *migration) createVersionTables() error {
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS schema_version (
			version_partition integer NOT NULL,
			db_name varchar(255) NOT NULL,
			creation_time timestamp,
			curr_version varchar(64),
			min_compatible_version varchar(64),
			PRIMARY KEY (version_partition, db_name))`,
		`CREATE TABLE IF NOT EXISTS schema_update_history (
			version_partition integer NOT NULL,
			year integer NOT NULL,
			month integer NOT NULL,
			update_time timestamp NOT NULL,
			description varchar(255),
			manifest_md5 varchar(64),
			new_version varchar(64),
			old_version varchar(64),
			PRIMARY KEY (version_partition, year, month, update_time))`,
	} {
		if err := m.exec(statement); err != nil {
			return m.explain(err, "create tables")
		}
	}
	return nil
}

// version is that of a schema; 0.0.0 for one without tables.
func (m *migration) version(name string) (semver.Version, error) {
	var version string
	err := m.tx.QueryRow(m.ctx,
		"SELECT coalesce((SELECT curr_version FROM schema_version WHERE version_partition = 0 AND db_name = $1), '0.0')", name).Scan(&version)
	if err != nil {
		return semver.Version{}, fmt.Errorf("read the version: %w", err)
	}
	return semver.ParseTolerant(version)
}

func (m *migration) writeVersion(name string, before semver.Version, s step) error {
	now := time.Now().UTC()
	err := m.exec(`INSERT INTO schema_version (version_partition, db_name, creation_time, curr_version, min_compatible_version)
		VALUES (0, $1, $2, $3, $4)
		ON CONFLICT (version_partition, db_name) DO UPDATE
		SET creation_time = excluded.creation_time, curr_version = excluded.curr_version,
			min_compatible_version = excluded.min_compatible_version`,
		name, now, s.CurrVersion, s.MinCompatibleVersion)
	if err != nil {
		return err
	}
	return m.exec(`INSERT INTO schema_update_history (version_partition, year, month, update_time, old_version, new_version, description)
		VALUES (0, $1, $2, $3, $4, $5, $6)`,
		now.Year(), int(now.Month()), now, fmt.Sprintf("%d.%d", before.Major, before.Minor), s.CurrVersion, s.Description)
}
