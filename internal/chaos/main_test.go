package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/plan"
)

func TestTheCommandLineSaysWhatHappens(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-n", "300", "-seed", "9", "-kill-every", "8s", "-lost-stores=0", "-report", "out.md"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 300, s.incidents)
	require.Equal(t, uint64(9), s.seed)
	require.Equal(t, 8*time.Second, s.killEvery)
	require.Equal(t, plan.Weights{plan.Kill: 4, plan.KillStarting: 1, plan.LoseTemporal: 0, plan.Freeze: 2, plan.FillDisk: 1}, s.weights)
	require.Equal(t, "go run ./internal/chaos -seed 9 -n 300 -kill-every 8s -lost-stores=0", s.command)
}

func TestASeedIsChosenAndNamed(t *testing.T) {
	t.Parallel()
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.NotZero(t, s.seed)
	require.Contains(t, s.command, "-seed ")
}

func TestWhatCannotBeDoneIsRefused(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"-n must be 1":              {"-n", "0"},
		"-open must be 2":           {"-open", "1"},
		`no argument "7"`:           {"7"},
		"no muster to test":         {"-muster", "no/such/file"},
		"flag provided but not def": {"-nonsense"},
	} {
		var out, problems bytes.Buffer
		require.Equal(t, exitNoRun, execute(t.Context(), args, &out, &problems), says)
		require.Contains(t, problems.String(), says)
	}
}

func TestAnAlertIsMissedWhereNoIncidentShowsIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	firing := ledger.Alert{Occurrence: ledger.Occurrence{Fingerprint: "a", StartsAt: at}}
	over := firing
	over.Resolved = true
	shown := func(status string) client.Incident {
		return client.Incident{Status: "investigating", Alerts: []client.Alert{{Fingerprint: "a", StartsAt: at, Status: status}}}
	}
	storm := client.Incident{Status: "investigating", AlertCount: 2}
	for _, row := range []struct {
		name  string
		all   []client.Incident
		taken []ledger.Alert
		lacks bool
	}{
		{"nothing was taken", nil, nil, false},
		{"it is nowhere", nil, []ledger.Alert{firing}, true},
		{"it fires", []client.Incident{shown("firing")}, []ledger.Alert{firing}, false},
		{"its end is not seen yet", []client.Incident{shown("firing")}, []ledger.Alert{firing, over}, true},
		{"its end is seen", []client.Incident{shown("resolved")}, []ledger.Alert{firing, over}, false},
		{"the incident counts enough", []client.Incident{storm}, []ledger.Alert{firing, over}, false},
	} {
		_, lacks := lacking(row.all, row.taken)
		require.Equal(t, row.lacks, lacks, row.name)
	}
}
