package doctor_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/integrations"
	"muster/integrations/vendortest"
	"muster/internal/doctor"
)

// TestNothingSecretIsInAReport has every vendor quote what it was sent, and every setting
// be wrong in the words of somebody who quotes it.
func TestNothingSecretIsInAReport(t *testing.T) {
	t.Parallel()
	const mark = "SAMPLE-SECRET-"
	secret := func(of string) string { return mark + of + "/+ &?" }
	i := newInstallation(t)
	echo := func(vendor string) string {
		fake := vendortest.NewFake(t, vendor)
		for _, method := range []string{"GET", "POST"} {
			fake.Handle(method+" /{path...}", func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm() // what cannot be read is not quoted
				words := r.Header.Get("Authorization") + r.Form.Encode()
				if user, password, ok := r.BasicAuth(); ok {
					words += user + password
				}
				document, err := json.Marshal(map[string]any{
					"ok": false, "error": words, "errorMessages": []string{words}, "errors": map[string]string{"summary": words}, "message": words,
				})
				if err != nil {
					t.Errorf("write what was sent: %v", err)
				}
				vendortest.WriteJSON(t, w, http.StatusUnauthorized, string(document))
			})
		}
		return fake.URL
	}
	v := i.vendors()
	v.Slack = config.Slack{Token: config.NewSecret(secret("slack")), SigningSecret: config.NewSecret(secret("signing")), AppToken: config.NewSecret("xapp-" + secret("app")), APIURL: echo(integrations.Slack) + "/"}
	pagerDuty := echo(integrations.PagerDuty)
	v.PagerDuty = config.PagerDutyAPI{
		Token: config.NewSecret(secret("pagerduty")), WebhookSecret: config.NewSecret(secret("pagerduty-webhook")), From: responder, APIURL: pagerDuty, EventsURL: pagerDuty,
	}
	v.Jira = config.JiraAPI{URL: echo(integrations.Jira), User: responder, Token: config.NewSecret(secret("jira")), WebhookSecret: config.NewSecret(secret("jira-webhook"))}
	quote := secret("mail")
	v.Mail = config.Mail{
		URL:  config.NewSecret("smtp://" + url.UserPassword("responder", quote).String() + "@" + mailServer(t, map[string]string{"AUTH": "535 no: " + quote})),
		From: "muster@example.com",
	}
	hidden := mark + "in-the-path-of-an-address"
	v.Webhook = config.Webhook{URL: config.NewSecret("https://" + closedPort + "/" + hidden), Secret: config.NewSecret(secret("fallback"))}
	i.options.Settings.Heartbeat.URL = config.NewSecret("https://" + closedPort + "/" + hidden + "?key=" + hidden)
	i.options.Settings.DatabaseURL = config.NewSecret("postgres://" + url.UserPassword("muster", secret("database")).String() + "@" + closedPort + "/muster")
	i.options.Temporal = doctor.Temporal{Err: sampleError("the API key " + secret("temporal") + " is refused"), APIKey: integrations.Secret(secret("temporal"))}
	for _, text := range []string{secret("slack"), secret("database"), v.Webhook.URL.Reveal(), hidden} {
		i.options.SettingProblems = append(i.options.SettingProblems, config.Problem{Setting: "MUSTER_LISTEN", Message: "is " + text + "; not " + text})
	}

	report := i.examine()
	document, err := json.Marshal(report)
	require.NoError(t, err)
	for _, text := range []string{printed(t, report), string(document)} {
		require.NotContains(t, text, mark)
		require.NotContains(t, text, url.QueryEscape(mark))
	}
	require.Positive(t, strings.Count(printed(t, report), "[redacted]"))
	require.Positive(t, report.Count(doctor.Problem))
}
