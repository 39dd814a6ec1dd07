package doctor_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/config"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
	"muster/internal/doctor"
)

// fakes are vendors that a test has answer as it likes, at addresses that are none of the
// sandbox.
type fakes struct {
	slack, pagerDuty, jira *vendortest.Fake
}

// connectFakes connects Slack, PagerDuty and Jira to fakes that tell the time and take the
// credentials. The rest is the test's to answer.
func (i *installation) connectFakes() fakes {
	i.t.Helper()
	f := fakes{
		vendortest.NewFake(i.t, integrations.Slack), vendortest.NewFake(i.t, integrations.PagerDuty), vendortest.NewFake(i.t, integrations.Jira),
	}
	for _, fake := range []*vendortest.Fake{f.slack, f.pagerDuty, f.jira} {
		fake.Handle("HEAD /{$}", func(http.ResponseWriter, *http.Request) {})
	}
	v := i.vendors()
	v.Slack = config.Slack{Token: config.NewSecret("xoxb-sample"), SigningSecret: config.NewSecret("sample-signing"), APIURL: f.slack.URL + "/"}
	v.PagerDuty = config.PagerDutyAPI{Token: config.NewSecret("sample-key"), From: responder, APIURL: f.pagerDuty.URL, EventsURL: f.pagerDuty.URL}
	v.Jira = config.JiraAPI{URL: f.jira.URL, User: responder, Token: config.NewSecret("sample-api-token"), WebhookSecret: config.NewSecret("sample-webhook")}
	v.Alertmanager.Token = config.NewSecret("sample-alertmanager")
	f.pagerDuty.Answer("GET /abilities", http.StatusOK, `{"abilities":[]}`)
	f.jira.Answer("GET /rest/api/2/myself", http.StatusOK, `{"displayName":"Muster"}`)
	return f
}

// answerIdentity has Slack know the token, with some scopes.
func (f fakes) answerIdentity(t *testing.T, scopes ...string) {
	t.Helper()
	f.slack.Handle("POST /auth.test", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-OAuth-Scopes", strings.Join(scopes, ","))
		vendortest.WriteJSON(t, w, http.StatusOK, `{"ok":true,"team":"Sample","user":"muster","user_id":"U0MUSTER"}`)
	})
}

// pagerDutyService is how PagerDuty shows a service.
func pagerDutyService(name, status, policy, integrationType string) string {
	return `{"service":{"name":"` + name + `","status":"` + status + `","escalation_policy":{"id":"` + policy +
		`"},"integrations":[{"type":"` + integrationType + `","integration_key":"0123456789abcdef0123456789abcdef"}]}}`
}

const (
	eventsAPI = "events_api_v2_inbound_integration"
	schedule  = `{"schedule":{"id":"PSTRSCH","type":"schedule"}}`
	notFound  = `{"error":{"message":"Not Found","code":2100}}`
)

// permissions are how Jira shows that the account has some of four.
func permissions(has ...string) string {
	var entries []string
	for _, key := range has {
		entries = append(entries, `"`+key+`":{"havePermission":true}`)
	}
	return `{"permissions":{` + strings.Join(entries, ",") + `}}`
}

// closedPort is an address where nobody listens: the port is one that is given to nobody
// by chance.
const closedPort = "127.0.0.1:1"

// sick is an installation in which much is wrong.
func sick(t *testing.T) *installation {
	t.Helper()
	i := newInstallation(t)
	f := i.connectFakes()
	i.options.Now = func() time.Time { return time.Now().Add(-10 * time.Minute) }

	i.set("MUSTER_SLAK_TOKEN", "xoxb-sample")
	i.set("MUSTER_SLACK_TOKEN_FILE", i.write("slack-token", "xoxb-sample", 0o644))
	i.vendors().Alertmanager.Token = config.Secret{}
	i.vendors().Slack.SigningSecret = config.Secret{}
	i.options.SettingProblems = config.Problems{{
		Setting: "MUSTER_SLACK_SIGNING_SECRET",
		Message: "is not set, but MUSTER_SLACK_TOKEN is; set both to use Slack, or neither to do without it",
	}}
	i.options.Settings.PublicURL = "http://" + closedPort
	require.NoError(t, os.WriteFile(filepath.Join(i.options.Settings.DataDir, "muster.db"), []byte(strings.Repeat("no database ", 100)), 0o600))

	temporal := newTemporal()
	temporal.retention = 24 * time.Hour
	delete(temporal.attributes, "MusterStatus")
	temporal.idle["muster-pager"] = true
	i.options.Temporal = doctor.Temporal{Options: client.Options{HostPort: temporal.start(t), Namespace: "muster"}}

	f.answerIdentity(t, "channels:read", "chat:write", "reactions:write")
	f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[{"id":"C0AAAAAAA","name":"team-storefront"}]}`)

	f.pagerDuty.Answer("GET /users", http.StatusOK, `{"users":[]}`)
	f.pagerDuty.Answer("GET /services/PCHKOUT", http.StatusOK, pagerDutyService("Checkout", "disabled", "POLICYA", eventsAPI))
	f.pagerDuty.Answer("GET /services/PSEARCH", http.StatusNotFound, notFound)
	f.pagerDuty.Answer("GET /services/PPAYMNT", http.StatusOK, pagerDutyService("Payments", "active", "POLICYB", eventsAPI))
	f.pagerDuty.Answer("GET /escalation_policies/PSTRPOL", http.StatusNotFound, notFound)
	f.pagerDuty.Answer("GET /schedules/PSTRSCH", http.StatusOK, schedule)
	f.pagerDuty.Answer("GET /oncalls", http.StatusOK, `{"oncalls":[{"escalation_policy":{"id":"POLICYA"},"user":{"id":"U1"}}]}`)

	i.vendors().Jira.WebhookSecret = config.Secret{}
	f.jira.Answer("GET /rest/api/2/project/SHOP", http.StatusOK, `{"key":"SHOP","name":"Shop","issueTypes":[{"name":"Bug"}]}`)
	f.jira.Answer("GET /rest/api/2/mypermissions", http.StatusOK, permissions("BROWSE_PROJECTS", "ASSIGN_ISSUES"))
	f.jira.Answer("GET /rest/api/2/project/PAY", http.StatusNotFound, `{"errorMessages":["No project could be found with key 'PAY'."],"errors":{}}`)

	i.vendors().Mail = config.Mail{URL: config.NewSecret("smtp://" + closedPort), From: "muster@example.com"}
	return i
}

func TestASickInstallation(t *testing.T) {
	t.Parallel()
	report := sick(t).examine()
	require.False(t, report.Healthy)
	compareWithGolden(t, "sick.golden", printed(t, report))
}

func TestScopesOfTheSandboxAreThoseThatMusterNeeds(t *testing.T) {
	t.Parallel()
	report := newInstallation(t).connect().examine("slack")
	requireFinding(t, report, doctor.Fine, fmt.Sprintf("it has the %d scopes", len(slack.Scopes())), "")
	require.Zero(t, report.Count(doctor.Problem)+report.Count(doctor.Warning), printed(t, report))
}
