package doctor_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
	"muster/internal/doctor"
	"muster/playbooks"
)

// follow has the installation know one playbook.
func (i *installation) follow(text string) {
	i.t.Helper()
	p, err := playbooks.Parse("rollback.yaml", []byte(text))
	require.NoError(i.t, err)
	i.options.LoadCatalogue = func() (*config.Catalogue, playbooks.Library, error) {
		return config.Sample(), playbooks.Library{p.Name: p}, nil
	}
}

// secret sets a secret of playbooks, as the settings have read it.
func (i *installation) secret(variable, value string) {
	i.t.Helper()
	require.NoError(i.t, i.vendors().ReadPlaybookSecrets([]string{variable + "=" + value}))
	i.set(variable, value)
}

const rollback = `
name: rollback
steps:
  - {id: roll, title: Roll back, do: http.request, with: {url: https://deploy.example.com, headers: {Authorization: 'Bearer ${secret("deploy_token")}'}}}
  - {id: look, title: Look, do: prometheus.query, with: {query: up}}
  - {id: open, title: Open a channel, do: slack.create_channel, with: {name: inc, private: true}}
`

func TestSecretsThatPlaybooksUse(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.follow(rollback)
	requireFinding(t, i.examine("settings"), doctor.Warning,
		"the secret deploy_token is not set; steps of rollback that use it fail", "set MUSTER_SECRET_DEPLOY_TOKEN for the workers")

	i.secret("MUSTER_SECRET_DEPLOY_TOKEN", "SAMPLE-SECRET-deploy")
	report := i.examine("settings")
	requireFinding(t, report, doctor.Fine, "1 secret of playbooks set", "")
	require.NotContains(t, printed(t, report), "has no such setting")
	require.NotContains(t, printed(t, report), "SAMPLE-SECRET")

	i.secret("MUSTER_SECRET_OTHER", "SAMPLE-SECRET-other")
	requireFinding(t, i.examine("settings"), doctor.Warning, `MUSTER_SECRET_OTHER is set, but no playbook uses secret("other")`, "unset it")
}

func TestAFileOfAPlaybooksSecretThatEverybodyCanRead(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.set("MUSTER_SECRET_DEPLOY_TOKEN_FILE", i.write("token", "SAMPLE-SECRET", 0o644))
	report := i.examine("settings")
	requireFinding(t, report, doctor.Warning, "the file of MUSTER_SECRET_DEPLOY_TOKEN, can be read by everybody", "chmod 640")
	require.NotContains(t, printed(t, report), "has no such setting")
}

func TestPrometheusIsAsked(t *testing.T) {
	t.Parallel()
	i := newInstallation(t).connect()
	requireFinding(t, i.examine("prometheus"), doctor.Fine, "answers queries", "")
}

func TestPrometheusThatIsNotConnected(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	requireFinding(t, i.examine("prometheus"), doctor.Note, "Prometheus is not connected: muster dev has its sandbox play it", "set MUSTER_PROMETHEUS_URL")
	i.options.Settings.DatabaseURL = config.NewSecret("postgres://example.com/muster")
	requireFinding(t, i.examine("prometheus"), doctor.Note, "Prometheus is not connected: steps that need it fail", "set MUSTER_PROMETHEUS_URL")
	i.follow(rollback)
	requireFinding(t, i.examine("prometheus"), doctor.Warning, "Prometheus is not connected, but rollback ask it for metrics", "set MUSTER_PROMETHEUS_URL")
}

func TestPrometheusThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		text, mend string
	}{
		"something else is there":  {http.StatusNotFound, "Prometheus refuses query (HTTP 404)", "check MUSTER_PROMETHEUS_URL"},
		"the token is refused":     {http.StatusUnauthorized, "Prometheus refuses query (HTTP 401)", "check MUSTER_PROMETHEUS_TOKEN"},
		"Prometheus is overloaded": {http.StatusServiceUnavailable, "Prometheus does not do its work: query (HTTP 503)", "status page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			fake := vendortest.NewFake(t, integrations.Prometheus)
			fake.Handle("POST /api/v1/query", func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, "no: "+r.Header.Get("Authorization"), test.status)
			})
			i.vendors().Prometheus = config.Prometheus{URL: fake.URL, Token: config.NewSecret("SAMPLE-SECRET-prometheus")}
			report := i.examine("prometheus")
			requireFinding(t, report, doctor.Problem, test.text, test.mend)
			require.NotContains(t, printed(t, report), "SAMPLE-SECRET")
		})
	}
}

func TestPrivateChannelsNeedScopesOfTheirOwn(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	f := i.connectFakes()
	i.follow(rollback)
	f.answerIdentity(t, slack.Scopes()...)
	f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[]}`)
	requireFinding(t, i.examine("slack"), doctor.Warning, "rollback opens private channels, for which the token lacks 3 scopes: groups:history, groups:read, groups:write", "install the app again")
}
