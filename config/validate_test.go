package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
)

// defaultSettings are the settings when nothing is set.
func defaultSettings() config.Settings {
	var s config.Settings
	s.Listen = "127.0.0.1:8080"
	s.DataDir = ".muster"
	s.TemporalUIListen = "127.0.0.1:8233"
	s.TemporalListen = "127.0.0.1:7233"
	s.Slack.APIURL = "https://slack.com/api/"
	s.PagerDuty.APIURL = "https://api.pagerduty.com"
	s.PagerDuty.EventsURL = "https://events.pagerduty.com"
	s.Heartbeat.Every = time.Minute
	return s
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		listenHint   = "which is no address to listen on; write host:port, as in 127.0.0.1:8080, with a port from 0 (any) to 65535"
		databaseHint = "MUSTER_DATABASE_URL is not the address of a Postgres database; write postgres://user:password@host:5432/database, " +
			"with special characters in the password percent-encoded"
		urlHint = "is not a web address; write it whole, as in https://muster.example.com"
	)
	set := config.NewSecret
	for name, test := range map[string]struct {
		change func(*config.Settings)
		want   string // one line per problem; "" if there is none
	}{
		"the defaults work": {func(*config.Settings) {}, ""},
		"several ports of 0 do not collide": {func(s *config.Settings) {
			s.Listen, s.TemporalListen, s.TemporalUIListen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
		}, ""},
		"a listen address may leave out the host": {func(s *config.Settings) { s.Listen = ":8080" }, ""},
		"a listen address needs a port": {func(s *config.Settings) { s.Listen = "localhost" },
			`MUSTER_LISTEN is "localhost", ` + listenHint},
		"a port is a number of 16 bits": {func(s *config.Settings) { s.TemporalListen, s.TemporalUIListen = "127.0.0.1:http", "127.0.0.1:70000" },
			`MUSTER_TEMPORAL_UI_LISTEN is "127.0.0.1:70000", ` + listenHint + "\n" +
				`MUSTER_TEMPORAL_LISTEN is "127.0.0.1:http", ` + listenHint},
		"two servers cannot share an address": {func(s *config.Settings) { s.TemporalListen = s.Listen },
			"MUSTER_TEMPORAL_LISTEN is 127.0.0.1:8080, and so is MUSTER_LISTEN; give one of them another port"},
		"the data folder needs a name": {func(s *config.Settings) { s.DataDir = "" },
			"MUSTER_DATA_DIR is empty; name a folder for the embedded state, as in .muster"},
		"both names of Postgres' scheme work":   {func(s *config.Settings) { s.DatabaseURL = set("postgresql://db/muster") }, ""},
		"another database does not work":        {func(s *config.Settings) { s.DatabaseURL = set("mysql://db/muster") }, databaseHint},
		"a database URL that cannot be parsed":  {func(s *config.Settings) { s.DatabaseURL = set("postgres://u:p%@db/muster") }, databaseHint},
		"a public URL needs its scheme":         {func(s *config.Settings) { s.PublicURL = "muster.example.com" }, "MUSTER_PUBLIC_URL " + urlHint},
		"a public URL may have a path":          {func(s *config.Settings) { s.PublicURL = "https://example.com/muster" }, ""},
		"a public URL may not have a query":     {func(s *config.Settings) { s.PublicURL = "https://example.com/?a=b" }, "MUSTER_PUBLIC_URL must end before ? and #, since paths are added to it"},
		"a vendor's URL holds no password":      {func(s *config.Settings) { s.Slack.APIURL = "https://a:b@slack.com" }, "MUSTER_SLACK_API_URL holds a user or a password; credentials have settings of their own"},
		"a vendor's URL that cannot be parsed":  {func(s *config.Settings) { s.PagerDuty.APIURL = "https://a:%zz@b" }, "MUSTER_PAGERDUTY_API_URL " + urlHint},
		"a vendor's URL may not be blanked out": {func(s *config.Settings) { s.PagerDuty.EventsURL = "" }, "MUSTER_PAGERDUTY_EVENTS_URL " + urlHint},
		"Slack needs a signing secret": {func(s *config.Settings) { s.Slack.Token = set("a") },
			"MUSTER_SLACK_SIGNING_SECRET is not set, but MUSTER_SLACK_TOKEN is; set it so that Slack can reach Muster, or MUSTER_SLACK_APP_TOKEN so that Muster connects to Slack"},
		"Slack by Socket Mode needs no signing secret": {func(s *config.Settings) { s.Slack.Token, s.Slack.AppToken = set("a"), set("xapp-b") }, ""},
		"Slack by Socket Mode needs a token": {func(s *config.Settings) { s.Slack.AppToken = set("xapp-b") },
			"MUSTER_SLACK_TOKEN is not set, but MUSTER_SLACK_APP_TOKEN is; set both to use Slack, or neither to do without it"},
		"the sandbox's Slack may be heard by Socket Mode": {func(s *config.Settings) { s.Slack.AppToken = set(config.SandboxAppToken) }, ""},
		"Socket Mode takes an app's token and no other": {func(s *config.Settings) { s.Slack.Token, s.Slack.AppToken = set("a"), set("xoxb-b") },
			"MUSTER_SLACK_APP_TOKEN is not an app-level token; those begin with xapp- and are made under Basic Information on the app's page"},
		"the sandbox may be given a signing secret": {func(s *config.Settings) { s.Slack.SigningSecret = set("a") }, ""},
		"Slack is whole": {func(s *config.Settings) { s.Slack.Token, s.Slack.SigningSecret = set("a"), set("b") }, ""},
		"PagerDuty needs a user": {func(s *config.Settings) { s.PagerDuty.Token = set("a") },
			"MUSTER_PAGERDUTY_FROM is not set, but MUSTER_PAGERDUTY_TOKEN is; set both to use PagerDuty, or neither to do without it"},
		"PagerDuty needs more than a webhook secret": {func(s *config.Settings) { s.PagerDuty.WebhookSecret = set("a") },
			"MUSTER_PAGERDUTY_TOKEN is not set, but MUSTER_PAGERDUTY_WEBHOOK_SECRET is; set both to use PagerDuty, or neither to do without it\n" +
				"MUSTER_PAGERDUTY_FROM is not set, but MUSTER_PAGERDUTY_WEBHOOK_SECRET is; set both to use PagerDuty, or neither to do without it"},
		"PagerDuty needs the user's bare address": {func(s *config.Settings) { s.PagerDuty.Token, s.PagerDuty.From = set("a"), "Muster <m@example.com>" },
			`MUSTER_PAGERDUTY_FROM is "Muster <m@example.com>", which is not an email address; write that of a PagerDuty user, as in muster@example.com`},
		"PagerDuty does without a webhook secret": {func(s *config.Settings) { s.PagerDuty.Token, s.PagerDuty.From = set("a"), "m@example.com" }, ""},
		"Jira needs a user and a token": {func(s *config.Settings) { s.Jira.URL = "https://example.atlassian.net" },
			"MUSTER_JIRA_USER is not set, but MUSTER_JIRA_URL is; set both to use Jira, or neither to do without it\n" +
				"MUSTER_JIRA_TOKEN is not set, but MUSTER_JIRA_URL is; set both to use Jira, or neither to do without it"},
		"Jira needs a whole address": {func(s *config.Settings) { s.Jira = config.JiraAPI{URL: "example", User: "u", Token: set("a")} },
			"MUSTER_JIRA_URL " + urlHint},
		"Jira does without a webhook secret": {func(s *config.Settings) {
			s.Jira = config.JiraAPI{URL: "https://example.atlassian.net", User: "u", Token: set("a")}
		}, ""},
		"a heartbeat needs a whole address, which is not repeated": {func(s *config.Settings) { s.Heartbeat.URL = set("watch.example.com/token") },
			"MUSTER_HEARTBEAT_URL is not a web address; write it whole, as the service that watches Muster shows it, beginning with https://"},
		"a heartbeat's address may hold credentials": {func(s *config.Settings) { s.Heartbeat.URL = set("https://muster:token@watch.example.com/") }, ""},
		"a heartbeat takes its time": {func(s *config.Settings) { s.Heartbeat.Every = 9 * time.Second },
			"MUSTER_HEARTBEAT_EVERY is 9s; make it 10s at least"},
		"Alertmanager's token stands alone": {func(s *config.Settings) { s.Alertmanager.Token = set("a") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := defaultSettings()
			test.change(&settings)
			err := settings.Validate()
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
		})
	}
}
