//go:build !slim

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/postgrestest"

	"github.com/stretchr/testify/require"
)

// From a machine of one's own into production, and back: the incidents go on.
func TestAnInstallationMovesToPostgresAndBack(t *testing.T) {
	t.Parallel()
	dir, files := t.TempDir(), t.TempDir()
	p := startMuster(t, dir)
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.eventually("the automatic steps to be done", func() bool { return p.quiet("INC-1") })
	p.stop()
	begun := p.exported(nil, filepath.Join(files, "1.jsonl"), "--data-dir", dir)

	c := newCluster(t)
	code, out := runMusterWith(t, c.settings, "import", filepath.Join(files, "1.jsonl"))
	require.Zero(t, code, out)
	require.Contains(t, out, "Start Muster now")
	require.Equal(t, begun, p.exported(c.settings, filepath.Join(files, "2.jsonl")))
	code, out = runMusterWith(t, c.settings, "import", filepath.Join(files, "1.jsonl"))
	require.NotZero(t, code)
	require.Contains(t, out, "the database is not empty: it is the installation ")

	server, worker := c.start("server"), c.start("worker")
	server.eventually("its workflow to take a command", func() bool {
		status, _ := server.call("POST", "/api/v1/incidents/INC-1/notes", document{"text": "moved", "actor": "ana"}, "Idempotency-Key", "moved")
		return status == 200
	})
	require.EqualValues(t, 1, server.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))["accepted"])
	server.eventually("the repeated alert to be nothing new", func() bool { return server.quiet("INC-1") })
	require.Len(t, server.get("/api/v1/incidents").list("incidents"), 1)
	server.stop()
	worker.stop()
	moved := p.exported(c.settings, filepath.Join(files, "3.jsonl"))
	require.Greater(t, len(moved), len(begun))

	back := filepath.Join(t.TempDir(), "new")
	code, out = runMuster(t, "import", "--data-dir", back, filepath.Join(files, "3.jsonl"))
	require.Zero(t, code, out)
	require.Equal(t, moved, p.exported(nil, filepath.Join(files, "4.jsonl"), "--data-dir", back))
	home := startMuster(t, back)
	require.Contains(t, strings.Join(home.timeline("INC-1"), "\n"), "moved")
	home.stop()
}

// exported exports an installation and returns the lines but for the first and last, which
// tell when and by whom.
func (p *process) exported(settings []string, file string, args ...string) []string {
	p.t.Helper()
	code, out := runMusterWith(p.t, settings, append([]string{"export", file}, args...)...)
	require.Zero(p.t, code, out)
	text, err := os.ReadFile(file)
	require.NoError(p.t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	require.Greater(p.t, len(lines), 2)
	return lines[1 : len(lines)-1]
}

func TestWhatCannotBeImportedOrExportedIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	cut := filepath.Join(t.TempDir(), "cut.jsonl")
	require.NoError(t, os.WriteFile(cut, []byte(`{"record":"header","format":"muster-archive","version":1,"installation":"cad6d1c7"}`+"\n"), 0o600))
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"there is nothing to export": {[]string{"export", "--data-dir", filepath.Join(t.TempDir(), "none"), "x"}, "there is no database"},
		"there is no file":           {[]string{"import", "--data-dir", t.TempDir(), "none.jsonl"}, "none.jsonl: no such file"},
		"the file was cut":           {[]string{"import", "--data-dir", t.TempDir(), cut}, "nothing was imported: line 2: the file ends here"},
		"it is no export":            {[]string{"import", "--data-dir", t.TempDir(), binary}, "nothing was imported: line 1: this is not an archive of Muster"},
		"nothing was restored":       {[]string{"restored", "--data-dir", t.TempDir()}, "there is no database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := runMuster(t, test.args...)
			require.Equal(t, 1, code, out)
			require.Contains(t, out, test.says)
			require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 1, out)
		})
	}
}

// A backup of Postgres as Postgres makes it, restored into an empty database while Temporal
// and the vendors are where they were.
func TestLastNightsBackupOfPostgresIsRestoredBesideATemporalThatIsAhead(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	server, worker := c.start("server"), c.start("worker")
	server.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	server.eventually("the automatic steps to be done", func() bool { return server.quiet("INC-1") })
	backup := filepath.Join(t.TempDir(), "muster.dump")
	postgresTool(t, "pg_dump", "--format=custom", "--file="+backup, c.database())

	server.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "identified", "actor": "ana"})
	server.do("POST", "/webhooks/alertmanager", alert("Latency", "search", started, time.Time{}))
	server.eventually("the steps of INC-2 to be done", func() bool { return server.quiet("INC-2") })
	server.eventually("the news in the channel", func() bool { return c.sandbox.said(toIdentified) == 1 })
	before, lost := c.sandbox.get("/sandbox/state"), server.timeline("INC-1")
	server.stop()
	worker.stop()

	c.useDatabase(postgrestest.New(t))
	postgresTool(t, "pg_restore", "--exit-on-error", "--no-owner", "--dbname="+c.database(), backup)
	code, out := runMusterWith(t, c.settings, "doctor", "--only", "temporal")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "the database is older than Temporal, which knows INC-2 already")
	code, out = runMusterWith(t, c.settings, "restored", "--above", "INC-2")
	require.Zero(t, code, out)
	require.Contains(t, out, "The next incident will be INC-3.")
	_, out = runMusterWith(t, c.settings, "doctor", "--only", "temporal")
	require.NotContains(t, out, "older than Temporal")
	server, worker = c.start("server"), c.start("worker")

	now := server.timeline("INC-1")
	here := slices.IndexFunc(now, func(line string) bool { return strings.Contains(line, "The database was restored from a backup") })
	require.Positive(t, here)
	require.Equal(t, lost[:here], now[:here])
	server.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "identified", "actor": "ana"})
	server.eventually("the news in the channel once more", func() bool { return c.sandbox.said(toIdentified) == 2 })
	server.do("POST", "/webhooks/alertmanager", alert("Latency", "search", started, time.Time{}))
	server.eventually("its new incident", func() bool { return server.quiet("INC-3") })
	after := c.sandbox.get("/sandbox/state")
	require.Len(t, after.list("pagerduty.incidents"), len(before.list("pagerduty.incidents"))+1)
	require.Len(t, after.incidentChannels(), len(before.incidentChannels())+1)
	server.stop()
	worker.stop()
}

func (c *cluster) database() string {
	url, _ := strings.CutPrefix(c.settings[0], "MUSTER_DATABASE_URL=")
	return url
}

func (c *cluster) useDatabase(url string) { c.settings[0] = "MUSTER_DATABASE_URL=" + url }

// postgresTool runs one of the programs that come with the server's version of Postgres.
func postgresTool(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		// Where several versions are installed, the newest is the server's: see postgrestest.
		path, err = slices.MaxFunc(found, func(a, b string) int { return strings.Compare(versionIn(a), versionIn(b)) }), nil
	}
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

var versionDigits = regexp.MustCompile(`\d+`)

func versionIn(path string) string { return versionDigits.FindString(path) }
