package doctor_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/internal/doctor"
)

var update = flag.Bool("update", false, "write the golden files anew")

// steady are the parts of a report that differ from run to run, with what stands for them.
var steady = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`version 1\.2\.3, [^\n]*`), "version 1.2.3, 2026-03-10 12:00:00 UTC"},
	{regexp.MustCompile(`installation [0-9a-f]{8}`), "installation 0a1b2c3d"},
	{regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `/[^ :]*/muster.db`), "DATA/muster.db"},
	{regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `/[^ :,]+`), "DATA"},
	{regexp.MustCompile(`(Postgres at [^ ]+ answers), version [^\n]*`), "$1, version 15.0"},
	{regexp.MustCompile(`[0-9]+ of [0-9]+ connections`), "90 of 97 connections"},
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "127.0.0.1:PORT"},
}

// compareWithGolden compares a printed report with a file in testdata;
// go test ./internal/doctor -update writes it anew.
func compareWithGolden(t *testing.T, name, got string) {
	t.Helper()
	for _, s := range steady {
		got = s.pattern.ReplaceAllString(got, s.text)
	}
	golden := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the report differs from %s (-want +got):\n%s", golden, diff)
	}
}

func TestAHealthyInstallation(t *testing.T) {
	t.Parallel()
	i := newInstallation(t).connect()
	i.use(migrated(t))
	report := i.examine()
	require.True(t, report.Healthy, printed(t, report))
	compareWithGolden(t, "healthy.golden", printed(t, report))
}

func TestAnInstallationWithoutVendorsIsWell(t *testing.T) {
	t.Parallel()
	report := newInstallation(t).examine("slack", "pagerduty", "jira", "mail", "webhook", "clock")
	require.True(t, report.Healthy, printed(t, report))
	require.Zero(t, report.Count(doctor.Warning), printed(t, report))
	for text, mend := range map[string]string{
		"Slack is not connected": "MUSTER_SLACK_TOKEN", "PagerDuty is not connected": "MUSTER_PAGERDUTY_TOKEN",
		"Jira is not connected": "MUSTER_JIRA_TOKEN", "no mail server is connected": "MUSTER_SMTP_URL",
		"no fallback webhook is connected": "MUSTER_FALLBACK_WEBHOOK_URL", "our clock is not compared": "",
	} {
		requireFinding(t, report, doctor.Note, text, mend)
	}
}

func TestOnlyWhatIsNamedIsExamined(t *testing.T) {
	t.Parallel()
	report := newInstallation(t).examine("heartbeat", "settings")
	require.Len(t, report.Sections, 2)
	require.Equal(t, "settings", report.Sections[0].Area, "in the order of the report")
	require.Equal(t, "heartbeat", report.Sections[1].Area)
}

func TestEveryAreaSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	for _, area := range doctor.Areas() {
		require.NotEmpty(t, area.Needs, area.Name)
	}
}

func TestEveryProblemAndWarningSaysWhatToMend(t *testing.T) {
	t.Parallel()
	for _, section := range sick(t).examine().Sections {
		require.NotEmpty(t, section.Findings, section.Area)
		for _, finding := range section.Findings {
			if finding.Status == doctor.Problem || finding.Status == doctor.Warning {
				require.NotEmpty(t, finding.Mend, "%s: %s", section.Area, finding.Text)
			}
			require.NotContains(t, finding.Text+finding.Mend, "\n")
			require.False(t, strings.HasSuffix(finding.Text, "."), finding.Text)
		}
	}
}

func TestTheLastLineSaysWhatItComesTo(t *testing.T) {
	t.Parallel()
	problem, warning := doctor.Finding{Status: doctor.Problem}, doctor.Finding{Status: doctor.Warning}
	for want, findings := range map[string][]doctor.Finding{
		"All is well.": {{Status: doctor.Fine}, {Status: doctor.Note}},
		"Nothing has to be mended; there is 1 warning to look at.":   {warning},
		"Nothing has to be mended; there are 2 warnings to look at.": {warning, warning},
		"1 problem to mend.":             {problem},
		"2 problems to mend, 1 warning.": {problem, warning, problem},
		"1 problem to mend, 2 warnings.": {problem, warning, warning},
	} {
		text := printed(t, doctor.Report{Sections: []doctor.Section{{Area: "clock", Findings: findings}}})
		require.True(t, strings.HasSuffix(text, "\n"+want+"\n"), text)
	}
}
