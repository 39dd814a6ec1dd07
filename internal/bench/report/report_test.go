package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/bench/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() report.Report {
	return report.Report{
		Command: "go run ./internal/bench -only intake",
		Began:   time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC), Took: 95*time.Second + 400*time.Millisecond,
		Machine: [][2]string{{"CPU", "2 cores, sample"}, {"Disk", "700 syncs/s"}},
		Sections: []report.Section{
			{
				Title: "Intake", About: []string{"Alerts accepted per second.", "Each is on disk."},
				Tables: []report.Table{{
					Title: "Fifty alerts a request", Names: 2, Columns: []string{"system", "senders", "alerts/s", "p99"},
					Rows: [][]string{{"Muster", "8", "12,345", "9.10 ms"}, {"bare handler", "128", "9,999", "12.0 ms"}},
				}},
				Aims: []report.Aim{
					{What: "against the bare handler", Wanted: "80%", Measured: "85%", Reached: true},
					{What: "against Alertmanager", Wanted: "1.00×", Measured: "0.90×"},
				},
				Notes: []string{"The generator took 0.20 cores."},
			},
			{Title: "Memory", Tables: []report.Table{{Columns: []string{"process", "size"}, Rows: [][]string{{"worker", "1.5 KiB"}}}}},
		},
	}
}

func TestTheReportIsAsPeopleReadIt(t *testing.T) {
	t.Parallel()
	reached := sample()
	reached.Sections = reached.Sections[1:]
	for _, row := range []struct {
		file  string
		write func(*bytes.Buffer)
	}{
		{"missed.txt", func(b *bytes.Buffer) { sample().Text(b, false) }},
		{"colour.txt", func(b *bytes.Buffer) { sample().Text(b, true) }},
		{"missed.md", func(b *bytes.Buffer) { sample().Markdown(b) }},
		{"reached.txt", func(b *bytes.Buffer) { reached.Text(b, false) }},
	} {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			var have bytes.Buffer
			row.write(&have)
			path := filepath.Join("testdata", row.file)
			if *update {
				require.NoError(t, os.WriteFile(path, have.Bytes(), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), have.String())
		})
	}
}
