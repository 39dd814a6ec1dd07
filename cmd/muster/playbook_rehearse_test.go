package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
	"muster/internal/rehearsal/backtest"
	"muster/playbooks"
	"muster/store"

	"github.com/stretchr/testify/require"
)

// sampleScenarios is a file of two scenarios, of which the second fails.
const sampleScenarios = `
playbook: quiet
incident: {service: payments, title: Payments fail}
scenarios:
  - name: somebody looks
    events: [{at: 1m, by: Sample Responder, do: {complete: look}}]
    expect: [{at: 1m, steps: {look: done}}, {never: {page: true}}]
  - name: somebody is paged
    expect: [{by: 1m, page: Payments fail}]
`

const quietPlaybook = "name: quiet\nsteps:\n  - {id: look, title: Look at it}\n"

func writeFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestPlaybookTestReportsWhatCameOtherwise(t *testing.T) {
	dir := writeFiles(t, map[string]string{"quiet.yaml": quietPlaybook, "quiet.test.yaml": sampleScenarios})
	report := filepath.Join(t.TempDir(), "report.xml")
	stdout, stderr, code := runHere(t, nil, "playbook", "test", "--cover", "--junit", report, dir)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "--- FAIL: quiet/somebody is paged")
	require.Contains(t, stdout, `quiet.test.yaml:9:29: expected page "Payments fail" by 1m`)
	require.NotContains(t, stdout, "somebody looks")
	require.Contains(t, stdout, "coverage: quiet: steps 1/1, hooks 0/0")
	require.Contains(t, stderr, "not everything came as expected")
	junit, err := os.ReadFile(report)
	require.NoError(t, err)
	require.Contains(t, string(junit), `<testsuites tests="2" failures="1" errors="0"`)

	stdout, stderr, code = runHere(t, nil, "playbook", "test", "-v", "--run", "looks$", dir)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "--- PASS: quiet/somebody looks")
}

func TestPlaybookTestSaysWhatItCannotRead(t *testing.T) {
	dir := writeFiles(t, map[string]string{"quiet.yaml": quietPlaybook, "quiet.test.yaml": sampleScenarios})
	for _, args := range [][]string{{t.TempDir()}, {"--run", "(", dir}, {"nowhere"}, {"--config", "nowhere.yaml", dir}} {
		_, stderr, code := runHere(t, nil, append([]string{"playbook", "test"}, args...)...)
		require.Equal(t, exitMisused, code)
		require.NotEmpty(t, stderr)
	}
}

// rememberedIncident puts an incident into the journal of a data directory.
func rememberedIncident(t *testing.T, at time.Time) (dataDir string) {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	record, err := rehearsal.Run(rehearsal.Script{
		Declare: incident.Command{
			Incident: "INC-1", Actor: incident.PersonActor("Sample Responder"), Source: "api",
			Intent: incident.Declare{
				Title: "Payments fail", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1", Pager: "critical"}},
				Service: incident.Service{Name: "payments", PagerService: "PPAYMNT", ChannelPrefix: "inc"},
			},
		},
		Playbook: library[playbooks.Default], Start: at, End: 30 * time.Minute,
		Happenings: []rehearsal.Happening{{
			After:   20 * time.Minute,
			Command: &rehearsal.Command{Actor: incident.PersonActor("Sample Responder"), Intent: incident.CompleteStep{Step: "assess"}},
		}},
	})
	require.NoError(t, err)
	dataDir = t.TempDir()
	ctx := context.WithoutCancel(t.Context())
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(dataDir, "muster.db"), Migrate: true})
	require.NoError(t, err)
	require.NoError(t, db.Append(ctx, record.Events))
	require.NoError(t, db.Close())
	return dataDir
}

func TestPlaybookBacktestComparesWithTheJournal(t *testing.T) {
	dataDir := rememberedIncident(t, time.Now().AddDate(0, 0, -10))
	same := t.TempDir()
	stdout, stderr, code := runHere(t, nil, "playbook", "backtest", "--data-dir", dataDir, same)
	require.Zero(t, code, stderr)
	require.Equal(t, "0 of 1 incidents would go otherwise.\nPages: 2 then, 2 now.\n", stdout)

	quiet := writeFiles(t, map[string]string{"default.yaml": "name: default\nsteps:\n  - {id: look, title: Look at it}\n"})
	stdout, stderr, code = runHere(t, nil, "playbook", "backtest", "--data-dir", dataDir, "--format", "json", quiet)
	require.Zero(t, code, stderr)
	var report backtest.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Equal(t, 1, report.Totals.Unpaged)
	require.Equal(t, []string{"look"}, report.Differences[0].StepsNow)
	require.Equal(t, "complete_step", report.Differences[0].Refused[0].Command)

	stdout, _, code = runHere(t, nil, "playbook", "backtest", "--data-dir", dataDir, "--since", "9d", quiet)
	require.Zero(t, code)
	require.Equal(t, "0 of 0 incidents would go otherwise.\nPages: 0 then, 0 now.\n", stdout)
	stdout, _, code = runHere(t, nil, "playbook", "backtest", "--data-dir", dataDir, "--format", "markdown", quiet)
	require.Zero(t, code)
	require.Contains(t, stdout, "| INC-1 |")
}

func TestPlaybookBacktestSaysWhatItNeeds(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{}, {"--since", "soon", dir}, {"--limit", "0", dir}, {"nowhere"}} {
		_, stderr, code := runHere(t, nil, append([]string{"playbook", "backtest"}, args...)...)
		require.Equal(t, exitMisused, code)
		require.NotEmpty(t, stderr)
	}
	_, stderr, code := runHere(t, nil, "playbook", "backtest", "--data-dir", t.TempDir(), dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")
}
