package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/chaos/ledger"
	"muster/internal/chaos/proof"
	"muster/internal/chaos/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() report.Report {
	return report.Report{
		Command: "go run ./internal/chaos -seed 7 -n 40", Seed: 7, Duration: 151*time.Second + 400*time.Millisecond,
		Cases: 40, Incidents: 46, Alerts: 320, Refused: 60, Events: 1874,
		Counts: ledger.Counts{Deliveries: 140, Commands: 401, Requests: 600, Unavailable: 14, Broken: 5, Errors: 1},
		Kills:  9, Pauses: 2, FullDisks: 1, LostStores: 1, Starts: 10, Continued: 12,
		Faults: []report.Fault{{Vendor: "slack", Mode: "timeout_after_effect", Count: 3}, {Vendor: "jira", Mode: "down", Count: 2}},
		Results: []proof.Result{
			{Name: "Every alert answered 202 is in exactly one incident", Examined: 320},
			{Name: "Each message was posted exactly once", Examined: 265},
		},
	}
}

func TestTheReportIsAsPeopleReadIt(t *testing.T) {
	t.Parallel()
	violated := sample()
	violated.Results[1].Violations = []string{"the message k stands twice, in #inc-1 and #inc-1"}
	for _, row := range []struct {
		file  string
		write func(*bytes.Buffer)
	}{
		{"sound.txt", func(b *bytes.Buffer) { sample().Text(b, false) }},
		{"violated.txt", func(b *bytes.Buffer) { violated.Text(b, false) }},
		{"colour.txt", func(b *bytes.Buffer) { violated.Text(b, true) }},
		{"sound.md", func(b *bytes.Buffer) { sample().Markdown(b) }},
		{"violated.md", func(b *bytes.Buffer) { violated.Markdown(b) }},
	} {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			var have bytes.Buffer
			row.write(&have)
			golden := filepath.Join("testdata", row.file)
			if *update {
				require.NoError(t, os.WriteFile(golden, have.Bytes(), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), have.String())
		})
	}
}

func TestViolationsAreCounted(t *testing.T) {
	t.Parallel()
	r := sample()
	require.Zero(t, r.Violations())
	r.Results[0].Violations = []string{"a", "b"}
	require.Equal(t, 2, r.Violations())
}
