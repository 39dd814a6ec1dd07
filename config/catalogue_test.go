package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
)

// small is a whole catalogue that uses each feature once.
const small = `
severities:
  - {name: SEV1, aliases: [critical, Page], pager: critical, update_every: 30m}
  - {name: SEV2, description: Slow., pager: warning}
teams:
  - {name: Shop, slack_channel: "#team-shop", email: shop@example.com, timezone: Europe/Berlin}
  - {name: ops, slack_channel: C0123456789}
services:
  - &shop
    name: payments
    aliases: [pay]
    description: |
      Charges
      and refunds.
    team: shop
    chat: {prefix: inc-pay}
    runbooks:
      - {title: Refunds, url: "https://runbooks.example.com/refunds?all=1#top"}
    dashboards: &boards
      - {title: Board, url: http://grafana.internal:3000/d/1}
  - <<: *shop
    name: search
    aliases: []
    jira: {project: SRCH}
  - name: platform
    team: OPS
    pagerduty: {service: PPLATFM}
    jira: {project: OPS}
    dashboards: *boards
routes:
  - match: {alertname: Watchdog}
    ignore: true
  - match: {job: "~pay-[0-9]+", env: prod}
    service: PAY
    severity: Critical
    playbook: payments
    title: Payments are failing
  - match: {job: "~pay-.*"}
    service: payments
  - match: {job: "~a|b", service: ""}
    severity: sev1
  - match: {code: 500}
    title: Errors
  - match: {text: "~first.last"}
    service: search
  - match: {kind: keep}
    ignore: false
defaults: {service: Platform, severity: sev2}
`

func parse(t *testing.T, content string) *config.Catalogue {
	t.Helper()
	catalogue, err := config.Parse("muster.yaml", []byte(content))
	require.NoError(t, err)
	return catalogue
}

func TestCatalogueLookups(t *testing.T) {
	t.Parallel()
	catalogue := parse(t, small)

	t.Run("finds names and aliases in any case", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"payments", "PAY", "Pay", "Payments"} {
			service, ok := catalogue.Service(name)
			require.True(t, ok, name)
			require.Equal(t, "payments", service.Name)
		}
		severity, ok := catalogue.Severity("PAGE")
		require.True(t, ok)
		require.Equal(t, config.Severity{
			Name: "SEV1", Aliases: []string{"critical", "Page"}, Pager: config.PagerCritical, UpdateEvery: 30 * time.Minute,
		}, severity)
		team, ok := catalogue.Team("shop")
		require.True(t, ok)
		require.Equal(t, config.Team{Name: "Shop", SlackChannel: "team-shop", Email: "shop@example.com", Timezone: "Europe/Berlin"}, team)
	})

	t.Run("does not find what is not there", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"", "pa", "payments "} {
			_, ok := catalogue.Service(name)
			require.False(t, ok, "%q", name)
			_, ok = catalogue.Severity(name)
			require.False(t, ok, "%q", name)
			_, ok = catalogue.Team(name)
			require.False(t, ok, "%q", name)
		}
	})

	t.Run("keeps the order of the file", func(t *testing.T) {
		t.Parallel()
		require.Len(t, catalogue.Scale(), 2)
		require.Equal(t, "SEV1", catalogue.Scale()[0].Name)
		require.Len(t, catalogue.Teams(), 2)
		require.Len(t, catalogue.Services(), 3)
	})

	t.Run("reads every part of a service and spells references as their entries do", func(t *testing.T) {
		t.Parallel()
		service, _ := catalogue.Service("payments")
		require.Equal(t, config.Service{
			Name: "payments", Aliases: []string{"pay"}, Description: "Charges\nand refunds.", Team: "Shop",
			PagerDuty:  config.PagerDuty{Service: "PPLATFM"},
			Jira:       config.Jira{Project: "OPS"},
			Chat:       config.Chat{Prefix: "inc-pay"},
			Runbooks:   []config.Link{{Title: "Refunds", URL: "https://runbooks.example.com/refunds?all=1#top"}},
			Dashboards: []config.Link{{Title: "Board", URL: "http://grafana.internal:3000/d/1"}},
			Fallback:   config.Fallback{Emails: []string{"shop@example.com"}, SlackChannel: "team-shop"},
		}, service)
		require.Equal(t, config.Defaults{Service: "platform", Severity: "SEV2", Playbook: config.DefaultPlaybook}, catalogue.Defaults())
	})

	t.Run("merges a YAML anchor and lets the service's own keys win", func(t *testing.T) {
		t.Parallel()
		service, _ := catalogue.Service("search")
		require.Equal(t, "search", service.Name)
		require.Empty(t, service.Aliases)
		require.Equal(t, "Shop", service.Team)
		require.Equal(t, "SRCH", service.Jira.Project)
		require.Equal(t, "PPLATFM", service.PagerDuty.Service, "of the default service")
		platform, _ := catalogue.Service("platform")
		require.Equal(t, config.DefaultChatPrefix, platform.Chat.Prefix)
		require.Equal(t, service.Dashboards, platform.Dashboards)
	})
}

func TestParseAcceptsFilesFromOtherEditors(t *testing.T) {
	t.Parallel()
	windows := "\ufeff" + strings.ReplaceAll(small, "\n", "\r\n")
	require.Equal(t, parse(t, small).Services(), parse(t, windows).Services())
}

func TestParseRefusesAFileThatIsTooLarge(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("muster.yaml", []byte(strings.Repeat("# padding\n", 200_000)))
	require.EqualError(t, err, "muster.yaml:1:1: the file is larger than 1 MiB\n  hint: check that this is the right file")
}

func TestFindingsAreCountedBeyondThoseShown(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("other.yaml", []byte("teams:\n"+strings.Repeat("  - 1\n", 100)))
	var findings config.Findings
	require.ErrorAs(t, err, &findings)
	require.Len(t, findings, 103)
	require.True(t, strings.HasSuffix(findings.Error(), "\n\n73 more findings in other.yaml are not shown"), findings.Error())
}

func TestLoad(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, content string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "muster.yaml")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}

	t.Run("reads a file and finds the playbooks folder beside it", func(t *testing.T) {
		t.Parallel()
		path := write(t, small+"playbooks: our/playbooks\n")
		folder := filepath.Join(filepath.Dir(path), "our", "playbooks")
		require.NoError(t, os.MkdirAll(folder, 0o700))
		catalogue, err := config.Load(path)
		require.NoError(t, err)
		require.Equal(t, folder, catalogue.PlaybooksDir())
	})

	t.Run("takes an absolute playbooks folder as it is", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		catalogue, err := config.Load(write(t, small+"playbooks: "+folder+"\n"))
		require.NoError(t, err)
		require.Equal(t, folder, catalogue.PlaybooksDir())
	})

	t.Run("has no playbooks folder when none is given", func(t *testing.T) {
		t.Parallel()
		catalogue, err := config.Load(write(t, small))
		require.NoError(t, err)
		require.Empty(t, catalogue.PlaybooksDir())
	})

	t.Run("refuses a playbooks folder that is a file", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(write(t, small+"playbooks: muster.yaml\n"))
		require.ErrorContains(t, err, `playbooks must be a folder, and "muster.yaml" is a file`)
	})

	t.Run("says why a file cannot be read", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"))
		require.ErrorIs(t, err, os.ErrNotExist)
		require.ErrorContains(t, err, "none.yaml")
	})
}

func TestCheckPlaybooks(t *testing.T) {
	t.Parallel()
	catalogue := parse(t, small)
	require.NoError(t, catalogue.CheckPlaybooks("default", "payments"))
	compareWithGolden(t, catalogue.CheckPlaybooks("default", "payment"), "testdata/check_playbooks.txt")
}
