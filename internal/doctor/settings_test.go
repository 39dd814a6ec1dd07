package doctor_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/internal/doctor"
)

func TestSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change     func(*installation)
		status     doctor.Status
		text, mend string
	}{
		"a mistake in muster.yaml": {
			func(i *installation) {
				i.options.Settings.CataloguePath = i.write("muster.yaml", "severities: []\nservice: none\n", 0o600)
			}, doctor.Problem, "muster.yaml:2:1:", "services",
		},
		"a muster.yaml that is not there": {
			func(i *installation) { i.options.Settings.CataloguePath = "nowhere.yaml" },
			doctor.Problem, "the catalogue cannot be read", "--config or MUSTER_CONFIG",
		},
		"the sample serves while a vendor is connected": {
			func(i *installation) { i.options.Settings.CataloguePath = ""; i.connectFakes() },
			doctor.Problem, "the built-in sample catalogue serves", "muster config sample",
		},
		"the sample serves and no vendor is connected": {
			func(i *installation) { i.options.Settings.CataloguePath = "" }, doctor.Note, "the built-in sample catalogue serves", "--config",
		},
		"the sample serves and the sandbox plays the vendors": {
			func(i *installation) { i.connect(); i.options.Settings.CataloguePath = "" }, doctor.Note, "the built-in sample catalogue serves", "--config",
		},
		"a variable that is none": {
			func(i *installation) { i.set("MUSTER_SLACK_TOKN", "xoxb-sample") },
			doctor.Warning, "MUSTER_SLACK_TOKN is set, but Muster has no such setting", "correct its name",
		},
		"a setting that belongs to no other area": {
			func(i *installation) {
				i.options.SettingProblems = config.Problems{{Setting: "MUSTER_DATA_DIR", Message: "is empty; name a folder"}}
			}, doctor.Problem, "MUSTER_DATA_DIR is empty", "name a folder",
		},
		"a file with a secret that everybody can read": {
			func(i *installation) { i.set("MUSTER_SLACK_TOKEN_FILE", i.write("token", "xoxb", 0o644)) },
			doctor.Warning, "the file of MUSTER_SLACK_TOKEN, can be read by everybody on this machine (0644)", "chmod 640",
		},
		"Temporal's key that everybody can read": {
			func(i *installation) { i.set("TEMPORAL_TLS_CLIENT_KEY_PATH", i.write("key.pem", "", 0o604)) },
			doctor.Warning, "Temporal's client key", "chmod 600",
		},
		"a webhook that muster.yaml does not use": {
			func(i *installation) {
				i.options.Settings.CataloguePath = i.write("muster.yaml", withoutAddresses, 0o600)
				i.vendors().Webhook.URL = config.NewSecret("https://hooks.example.com/muster")
			}, doctor.Problem, "MUSTER_FALLBACK_WEBHOOK_URL is set, but", "add webhook: true",
		},
		"alerts that need no token": {
			func(i *installation) { i.connectFakes(); i.vendors().Alertmanager.Token = config.Secret{} },
			doctor.Warning, "MUSTER_ALERTMANAGER_TOKEN is not set", "give the same token to Alertmanager",
		},
		"a mail server and nobody to mail to": {
			func(i *installation) {
				i.options.Settings.CataloguePath = i.write("muster.yaml", withoutAddresses, 0o600)
				i.vendors().Mail = config.Mail{URL: config.NewSecret("smtp://mail.example.com"), From: "muster@example.com"}
			}, doctor.Warning, "muster.yaml names nobody to mail to", "fallback:",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			test.change(i)
			requireFinding(t, i.examine("settings"), test.status, test.text, test.mend)
		})
	}
}

const withoutAddresses = `
severities: [{name: SEV1, pager: critical}]
teams: [{name: storefront}]
services: [{name: checkout, team: storefront}]
defaults: {service: checkout, severity: SEV1}
`

func TestSettingsThatAreKnownAreNotReported(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.set("MUSTER_SLACK_TOKEN_FILE", i.write("token", "xoxb", 0o600))
	i.set("MUSTER_CONFIG", "muster.yaml")
	i.set("HOME", "/root")
	report := i.examine("settings")
	require.True(t, report.Healthy)
	require.Zero(t, report.Count(doctor.Warning), printed(t, report))
	requireFinding(t, report, doctor.Fine, "1 file with secrets or incidents", "")
}

func TestAProblemOfASettingIsReportedWhereItBelongs(t *testing.T) {
	t.Parallel()
	for setting, area := range map[string]string{
		"MUSTER_SLACK_SIGNING_SECRET": "slack", "MUSTER_PAGERDUTY_FROM": "pagerduty", "MUSTER_JIRA_URL": "jira", "MUSTER_SMTP_URL": "mail",
		"MUSTER_FALLBACK_WEBHOOK_URL": "webhook", "MUSTER_HEARTBEAT_URL": "heartbeat", "MUSTER_DATABASE_URL": "database",
		"MUSTER_DATABASE_URL_FILE": "database", "MUSTER_PUBLIC_URL": "address", "MUSTER_LISTEN": "settings",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			i.options.SettingProblems = config.Problems{{Setting: setting, Message: "is wrong; mend it"}}
			i.options.Temporal.Options.HostPort = closedPort
			for _, section := range i.examine().Sections {
				found := 0
				for _, finding := range section.Findings {
					if finding.Text == setting+" is wrong" && finding.Mend == "mend it" {
						found++
					}
				}
				if section.Area == area {
					require.Equal(t, 1, found, section.Area)
				} else {
					require.Zero(t, found, section.Area)
				}
			}
		})
	}
}

func TestWhatMusterYamlNamesIsNotExaminedWhileItIsBroken(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	f := i.connectFakes()
	f.answerIdentity(t)
	f.pagerDuty.Answer("GET /users", 200, `{"users":[{"email":"`+responder+`"}]}`)
	f.pagerDuty.Answer("GET /oncalls", 200, `{"oncalls":[]}`)
	i.options.Settings.CataloguePath = filepath.Join(t.TempDir(), "nowhere.yaml")
	report := i.examine("slack", "pagerduty", "jira", "mail", "webhook")
	for _, section := range report.Sections[:3] {
		require.Contains(t, section.Findings, doctor.Finding{
			Status: doctor.Note, Text: "what muster.yaml names is not examined until the file is mended",
		}, section.Area)
	}
}
