package slack

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/vendortest"
)

// sampleAnswer is laid out as those of Answer are.
func sampleAnswer() posting {
	return posting{text: "done", blocks: []slackapi.Block{slackapi.NewDividerBlock()}}
}

// TestAnswersKeepThePromisesOfAllVendors tries the one call that is none of the Web API's.
func TestAnswersKeepThePromisesOfAllVendors(t *testing.T) {
	t.Parallel()
	const token = "xoxb-sample-token-of-a-test"
	vendortest.Conform(t, vendortest.Subject{
		Vendor: integrations.Slack,
		New: func(_ *testing.T, url string, client *http.Client) func(context.Context) error {
			c := New(Options{Token: token, APIURL: url + "/api/", HTTPClient: client})
			return func(ctx context.Context) error { return c.reply(ctx, url+"/actions/T1/2/x", sampleAnswer()) }
		},
		Refusal: func(code string) string { return `{"ok":false,"error":` + strconv.Quote(code) + `}` },
		Secrets: []string{token},
	})
}

func TestAnErrorDoesNotTellWhereAnswersGo(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Slack)
	address := fake.URL + "/actions/T1/2/x"
	fake.Answer("POST /actions/T1/2/x", http.StatusGone, `{"ok":false,"error":"there is nothing at `+address+`"}`)
	err := New(Options{APIURL: fake.URL + "/api"}).reply(t.Context(), address, sampleAnswer())
	require.ErrorContains(t, err, "there is nothing at [redacted]")

	err = New(Options{}).reply(t.Context(), "http://127.0.0.1:1/actions/T1/2/x", sampleAnswer())
	require.ErrorContains(t, err, "cannot be reached")
	require.NotContains(t, err.Error(), "actions")
}

func TestAnswersGoToSlackOnly(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		api, address string
		want         bool
	}{
		"Slack's own address":                    {"", "https://hooks.slack.com/actions/T1/2/x", true},
		"Slack's own address for commands":       {"https://slack.com/api/", "https://hooks.slack.com/commands/T1/2/x", true},
		"GovSlack's":                             {"https://slack-gov.com/api/", "https://hooks.slack-gov.com/actions/T1/2/x", true},
		"GovSlack's from elsewhere":              {"https://slack.com/api/", "https://hooks.slack-gov.com/actions/T1/2/x", false},
		"without encryption":                     {"", "http://hooks.slack.com/actions/T1/2/x", false},
		"another host":                           {"", "https://hooks.slack.com.evil.example.com/actions", false},
		"another port":                           {"", "https://hooks.slack.com:8443/actions", false},
		"a host behind a name":                   {"", "https://hooks.slack.com@evil.example.com/actions", false},
		"a name before the host":                 {"", "https://name@hooks.slack.com/actions", false},
		"the API's own host is not the hooks'":   {"", "https://slack.com/api/chat.postMessage", false},
		"no address":                             {"", "hooks.slack.com/actions", false},
		"the sandbox's own host":                 {"http://127.0.0.1:8080/sandbox/slack/api", "http://127.0.0.1:8080/sandbox/slack/answers/1", true},
		"another port of the sandbox's host":     {"http://127.0.0.1:8080/sandbox/slack/api", "http://127.0.0.1:9090/answers/1", false},
		"Slack's own host where the API is ours": {"http://127.0.0.1:8080/api", "https://hooks.slack.com/actions/T1/2/x", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, New(Options{APIURL: row.api}).takesAnswers(row.address))
		})
	}
}
