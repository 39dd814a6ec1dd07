package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestProductionNeedsPostgresAndWholeVendors(t *testing.T) {
	t.Parallel()
	const url = "postgres://muster:s3cret@db/muster"
	for name, test := range map[string]struct {
		variables map[string]string
		says      string
	}{
		"a database is enough":           {map[string]string{"MUSTER_DATABASE_URL": url}, ""},
		"without a database":             {nil, "MUSTER_DATABASE_URL is not set"},
		"another kind of database":       {map[string]string{"MUSTER_DATABASE_URL": "mysql://muster:s3cret@db/muster"}, "is not the address of a Postgres database"},
		"a vendor by half":               {map[string]string{"MUSTER_DATABASE_URL": url, "MUSTER_JIRA_TOKEN": "t"}, "MUSTER_JIRA_URL"},
		"the sandbox's app token alone":  {map[string]string{"MUSTER_DATABASE_URL": url, "MUSTER_SLACK_APP_TOKEN": "xapp-sandbox"}, "MUSTER_SLACK_TOKEN is not set, but MUSTER_SLACK_APP_TOKEN is"},
		"Slack's signing secret alone":   {map[string]string{"MUSTER_DATABASE_URL": url, "MUSTER_SLACK_SIGNING_SECRET": "s3cret"}, "MUSTER_SLACK_TOKEN is not set, but MUSTER_SLACK_SIGNING_SECRET is"},
		"Slack by Socket Mode":           {map[string]string{"MUSTER_DATABASE_URL": url, "MUSTER_SLACK_TOKEN": "xoxb-s3cret", "MUSTER_SLACK_APP_TOKEN": "xapp-s3cret"}, ""},
		"a heartbeat that leads nowhere": {map[string]string{"MUSTER_DATABASE_URL": url, "MUSTER_HEARTBEAT_URL": "s3cret"}, "MUSTER_HEARTBEAT_URL is not a web address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p config.Production
			require.NoError(t, p.ReadSecrets(func(name string) (string, bool) { v, ok := test.variables[name]; return v, ok }))
			p.Slack.APIURL, p.PagerDuty.APIURL, p.PagerDuty.EventsURL = "https://slack.com/api/", "https://api.pagerduty.com", "https://events.pagerduty.com"
			p.Heartbeat.Every = config.MinHeartbeatEvery
			err := p.Validate()
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestAWorkerAndTheSandboxSayWhatTheyCannotUse(t *testing.T) {
	t.Parallel()
	require.NoError(t, config.WorkerHTTP{Listen: "127.0.0.1:8081", PublicURL: "https://muster.example.com"}.Validate())
	require.ErrorContains(t, config.WorkerHTTP{Listen: "8081"}.Validate(), "MUSTER_WORKER_LISTEN")
	require.ErrorContains(t, config.WorkerHTTP{Listen: ":8081", PublicURL: "https://muster.example.com/?x"}.Validate(), "MUSTER_PUBLIC_URL")

	sandbox := config.Sandbox{Listen: "127.0.0.1:8090", JiraWebhookURL: "http://server:8080/webhooks/jira"}
	require.NoError(t, sandbox.Validate())
	require.Equal(t, "http://127.0.0.1:4711", sandbox.BaseURL("127.0.0.1:4711"))
	sandbox.JiraWebhookURL = "server"
	require.ErrorContains(t, sandbox.Validate(), "MUSTER_SANDBOX_JIRA_WEBHOOK_URL")
}
