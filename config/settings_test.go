package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"muster/config"
)

// devCommand embeds all settings, as `muster dev` does.
type devCommand struct {
	config.Settings
}

// Run lets kong take the struct for a command.
func (devCommand) Run() error { return nil }

// migrateCommand embeds one group.
type migrateCommand struct {
	config.Storage
}

// Run lets kong take the struct for a command.
func (migrateCommand) Run() error { return nil }

type commandLine struct {
	Dev     devCommand     `cmd:""`
	Migrate migrateCommand `cmd:""`
}

// parseArguments runs kong with nothing in the environment but the variables.
func parseArguments(t *testing.T, variables map[string]string, arguments ...string) (commandLine, error) {
	t.Helper()
	for _, setting := range os.Environ() {
		name, value, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, "MUSTER_") {
			t.Setenv(name, value) // restores it after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
	var parsed commandLine
	parser, err := kong.New(&parsed, kong.Name("muster"))
	require.NoError(t, err)
	_, err = parser.Parse(arguments)
	return parsed, err
}

func TestSettingsHaveTheirDocumentedDefaults(t *testing.T) {
	parsed, err := parseArguments(t, nil, "dev")
	require.NoError(t, err)
	require.Equal(t, defaultSettings(), parsed.Dev.Settings)
	require.True(t, parsed.Dev.SlackSandboxed())
	require.True(t, parsed.Dev.PagerDutySandboxed())
	require.True(t, parsed.Dev.JiraSandboxed())
	require.True(t, parsed.Dev.MailSandboxed())
	require.True(t, parsed.Dev.WebhookSandboxed())
	require.True(t, parsed.Dev.PrometheusSandboxed())
}

func TestSettingsComeFromFlagsBeforeTheEnvironment(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(credential+"\n"), 0o600))
	heartbeat := filepath.Join(t.TempDir(), "heartbeat")
	require.NoError(t, os.WriteFile(heartbeat, []byte("https://watch.example.com/token\n"), 0o600))
	parsed, err := parseArguments(t, map[string]string{
		"MUSTER_LISTEN":               "0.0.0.0:80",
		"MUSTER_DATA_DIR":             "/var/lib/muster",
		"MUSTER_CONFIG":               "/etc/muster.yaml",
		"MUSTER_PUBLIC_URL":           "https://muster.example.com/",
		"MUSTER_TEMPORAL_UI_LISTEN":   "127.0.0.1:1",
		"MUSTER_TEMPORAL_LISTEN":      "127.0.0.1:2",
		"MUSTER_DATABASE_URL":         "postgres://muster:pass@db/muster",
		"MUSTER_SLACK_TOKEN_FILE":     token,
		"MUSTER_SLACK_SIGNING_SECRET": "signing",
		"MUSTER_SLACK_API_URL":        "http://127.0.0.1:9/api/",
		"MUSTER_PAGERDUTY_TOKEN":      "pd",
		"MUSTER_PAGERDUTY_FROM":       "muster@example.com",
		"MUSTER_PAGERDUTY_API_URL":    "https://api.eu.pagerduty.com",
		"MUSTER_PAGERDUTY_EVENTS_URL": "https://events.eu.pagerduty.com",
		"MUSTER_JIRA_URL":             "https://example.atlassian.net",
		"MUSTER_JIRA_USER":            "muster@example.com",
		"MUSTER_JIRA_TOKEN":           "jira",
		"MUSTER_SMTP_URL":             "smtps://muster:pass@mail.example.com",
		"MUSTER_SMTP_FROM":            "muster@example.com",
		"MUSTER_FALLBACK_WEBHOOK_URL": "https://hooks.example.com/token",
		"MUSTER_ALERTMANAGER_TOKEN":   "bearer",
		"MUSTER_HEARTBEAT_URL_FILE":   heartbeat,
		"MUSTER_HEARTBEAT_EVERY":      "5m",
	}, "dev", "--data-dir", "here")
	require.NoError(t, err)

	var want config.Settings
	want.Listen, want.PublicURL = "0.0.0.0:80", "https://muster.example.com/"
	want.TemporalUIListen, want.TemporalListen = "127.0.0.1:1", "127.0.0.1:2"
	want.DataDir, want.DatabaseURL = "here", config.NewSecret("postgres://muster:pass@db/muster")
	want.CataloguePath = "/etc/muster.yaml"
	want.Slack = config.Slack{Token: config.NewSecret(credential), SigningSecret: config.NewSecret("signing"), APIURL: "http://127.0.0.1:9/api/"}
	want.PagerDuty = config.PagerDutyAPI{Token: config.NewSecret("pd"), From: "muster@example.com",
		APIURL: "https://api.eu.pagerduty.com", EventsURL: "https://events.eu.pagerduty.com"}
	want.Jira = config.JiraAPI{URL: "https://example.atlassian.net", User: "muster@example.com", Token: config.NewSecret("jira")}
	want.Mail = config.Mail{URL: config.NewSecret("smtps://muster:pass@mail.example.com"), From: "muster@example.com"}
	want.Webhook = config.Webhook{URL: config.NewSecret("https://hooks.example.com/token")}
	want.Alertmanager = config.Alertmanager{Token: config.NewSecret("bearer")}
	want.Heartbeat = config.Heartbeat{URL: config.NewSecret("https://watch.example.com/token"), Every: 5 * time.Minute}
	require.Equal(t, want, parsed.Dev.Settings)
	require.False(t, parsed.Dev.SlackSandboxed())
	require.False(t, parsed.Dev.PagerDutySandboxed())
	require.False(t, parsed.Dev.JiraSandboxed())
	require.False(t, parsed.Dev.MailSandboxed())
	require.False(t, parsed.Dev.WebhookSandboxed())
	require.Equal(t, "https://muster.example.com", parsed.Dev.BaseURL("127.0.0.1:4711"))
}

func TestACommandTakesOnlyTheGroupsItEmbeds(t *testing.T) {
	parsed, err := parseArguments(t, map[string]string{"MUSTER_DATABASE_URL": "postgres://db/muster", "MUSTER_LISTEN": "nonsense"}, "migrate")
	require.NoError(t, err)
	require.Equal(t, "postgres://db/muster", parsed.Migrate.DatabaseURL.Reveal())

	_, err = parseArguments(t, nil, "migrate", "--listen", "127.0.0.1:8080")
	require.ErrorContains(t, err, "unknown flag --listen")
}

func TestKongRefusesSettingsThatDoNotWork(t *testing.T) {
	_, err := parseArguments(t, map[string]string{"MUSTER_JIRA_URL": "jira", "MUSTER_LISTEN": "8080"}, "dev")
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 4, "%v", problems)

	_, err = parseArguments(t, map[string]string{"MUSTER_DATABASE_URL": "mysql://muster:pass@db/muster"}, "migrate")
	require.ErrorContains(t, err, "MUSTER_DATABASE_URL is not the address of a Postgres database")
	require.NotContains(t, err.Error(), "pass@")

	_, err = parseArguments(t, map[string]string{"MUSTER_SLACK_TOKEN": "a", "MUSTER_SLACK_TOKEN_FILE": "b"}, "dev")
	require.ErrorContains(t, err, "MUSTER_SLACK_TOKEN is set, and so is MUSTER_SLACK_TOKEN_FILE")
}

func TestSecretsHaveNoFlag(t *testing.T) {
	var parsed commandLine
	var help bytes.Buffer
	parser, err := kong.New(&parsed, kong.Name("muster"), kong.Writers(&help, &help), kong.Exit(func(int) {}))
	require.NoError(t, err)
	_, err = parser.Parse([]string{"dev", "--help"})
	require.NoError(t, err)
	require.Contains(t, help.String(), "--slack-api-url")
	for _, word := range []string{"token", "secret", "database-url", "heartbeat-url", "smtp-url", "webhook-url"} {
		require.NotContains(t, help.String(), "--"+word)
		require.NotContains(t, help.String(), "-"+word+"=")
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		http  config.HTTP
		bound string
		want  string
	}{
		"the public URL wins, without its last slash": {config.HTTP{Listen: "127.0.0.1:8080", PublicURL: "https://m.example.com/muster/"}, "127.0.0.1:9", "https://m.example.com/muster"},
		"the listen address serves otherwise":         {config.HTTP{Listen: "127.0.0.1:8080"}, "", "http://127.0.0.1:8080"},
		"the port really bound replaces port 0":       {config.HTTP{Listen: "127.0.0.1:0"}, "127.0.0.1:4711", "http://127.0.0.1:4711"},
		"localhost stands for all IPv4 interfaces":    {config.HTTP{Listen: "0.0.0.0:80"}, "", "http://localhost:80"},
		"localhost stands for all IPv6 interfaces":    {config.HTTP{}, "[::]:8080", "http://localhost:8080"},
		"localhost stands for a missing host":         {config.HTTP{Listen: ":8080"}, "", "http://localhost:8080"},
		"an IPv6 address keeps its brackets":          {config.HTTP{Listen: "[::1]:8080"}, "", "http://[::1]:8080"},
		"a host's name is kept":                       {config.HTTP{Listen: "muster.internal:8080"}, "", "http://muster.internal:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.http.BaseURL(test.bound))
		})
	}
}

func TestCatalogueFile(t *testing.T) {
	t.Parallel()
	t.Run("the sample serves without a file", func(t *testing.T) {
		t.Parallel()
		catalogue, err := config.CatalogueFile{}.Catalogue()
		require.NoError(t, err)
		require.Same(t, config.Sample(), catalogue)
	})
	t.Run("a file that is not there is an error", func(t *testing.T) {
		t.Parallel()
		_, err := config.CatalogueFile{CataloguePath: filepath.Join(t.TempDir(), "muster.yaml")}.Catalogue()
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}

func TestTemporalAddressSet(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "")
	require.False(t, config.TemporalAddressSet())
	t.Setenv("TEMPORAL_ADDRESS", "temporal:7233")
	require.True(t, config.TemporalAddressSet())
}
