package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/doctor"
)

// runDoctor runs muster doctor with these settings and no others, and returns what it
// printed and its exit code.
func runDoctor(t *testing.T, settings map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runHere(t, settings, append([]string{"doctor", "--data-dir", t.TempDir()}, args...)...)
}

func TestDoctorExitsWithZeroWhenThereAreWarningsAtMost(t *testing.T) {
	stdout, stderr, code := runDoctor(t, nil, "--only", "heartbeat,slack")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "! heartbeat  nobody outside notices")
	require.Contains(t, stdout, "· slack      Slack is not connected: muster dev has its sandbox play it")
	require.Contains(t, stdout, "Nothing has to be mended; there is 1 warning to look at.")
	require.Empty(t, stderr)
}

func TestDoctorReportsSettingsThatEndOtherCommands(t *testing.T) {
	stdout, stderr, code := runDoctor(t, map[string]string{
		"MUSTER_PAGERDUTY_FROM": "responder@example.com", "MUSTER_JIRA_TOKEN_FILE": filepath.Join(t.TempDir(), "nowhere"),
		"MUSTER_PUBLIC_URL": "muster.example.com",
	}, "--only", "pagerduty,jira,address")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "✗ pagerduty  MUSTER_PAGERDUTY_TOKEN is not set, but MUSTER_PAGERDUTY_FROM is")
	require.Contains(t, stdout, "✗ jira       MUSTER_JIRA_TOKEN_FILE names a file that cannot be read")
	require.Contains(t, stdout, "MUSTER_PUBLIC_URL is not a web address")
	require.Equal(t, "muster: something has to be mended\n", stderr)
}

func TestDoctorKnowsTheVariablesOfAllCommands(t *testing.T) {
	stdout, _, code := runDoctor(t, map[string]string{
		"MUSTER_LOG_FORMAT": "json", "MUSTER_ALERTMANAGER_TOKEN": "sample-token", "MUSTER_SMTP_URI": "smtp://mail.example.com",
	}, "--json", "--only", "settings")
	require.Equal(t, 0, code)
	var report doctor.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.True(t, report.Healthy)
	require.Equal(t, 1, report.Count(doctor.Warning), stdout)
	require.Contains(t, stdout, "MUSTER_SMTP_URI is set, but Muster has no such setting")
}

func TestDoctorRefusesAnAreaThatIsNone(t *testing.T) {
	_, stderr, code := runDoctor(t, nil, "--only", "pagerdutty")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `there is no area "pagerdutty"; there are settings, database, temporal`)
}

func TestDoctorLooksForTheTemporalOfAMusterDev(t *testing.T) {
	stdout, _, code := runDoctor(t, nil, "--only", "temporal", "--temporal-listen", "127.0.0.1:1")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "no Temporal of a muster dev answers at 127.0.0.1:1")
}

func TestDoctorLooksForTheTemporalOfTheEnvironment(t *testing.T) {
	stdout, _, code := runDoctor(t, map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:2", "TEMPORAL_API_KEY": "sample-api-key"}, "--only", "temporal")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Temporal cannot be reached: nothing listens at 127.0.0.1:2")
	require.NotContains(t, stdout, "sample-api-key")
}
