package slack_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
)

const (
	token     = "xoxb-sample-token-of-a-test"
	botUser   = "U0MUSTER"
	channelID = "C0INCIDENT"
	accepted  = `{"ok":true}`
)

// newClient returns a client that talks to a fake Slack, whose identity is known.
func newClient(t *testing.T) (*slack.Client, *vendortest.Fake) {
	t.Helper()
	fake := vendortest.NewFake(t, integrations.Slack)
	fake.Answer("POST /api/auth.test", http.StatusOK,
		`{"ok":true,"url":"https://sample.slack.com/","user_id":"`+botUser+`","bot_id":"B0MUSTER"}`)
	return slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", HTTPClient: fake.Client()}), fake
}

// refusal is how Slack answers what it does not do.
func refusal(code string) string { return `{"ok":false,"error":` + strconv.Quote(code) + `}` }

func TestClientKeepsThePromisesOfAllVendors(t *testing.T) {
	t.Parallel()
	vendortest.Conform(t, vendortest.Subject{
		Vendor: integrations.Slack,
		New: func(_ *testing.T, url string, client *http.Client) func(context.Context) error {
			c := slack.New(slack.Options{Token: token, APIURL: url + "/api/", HTTPClient: client})
			return func(ctx context.Context) error { return c.SetTopic(ctx, channelID, "topic") }
		},
		Refusal: refusal,
		Secrets: []string{token},
	})
}

func TestSlackCodeDecidesWhetherToRetry(t *testing.T) {
	t.Parallel()
	for code, final := range map[string]bool{
		"ratelimited":         false,
		"internal_error":      false,
		"fatal_error":         false,
		"service_unavailable": false,
		"request_timeout":     false,
		"team_added_to_org":   false,
		"channel_not_found":   true,
		"invalid_auth":        true,
		"is_archived":         true,
		"not_in_channel":      true,
		"some_future_code":    true,
	} {
		t.Run(fmt.Sprintf("%s is final: %t", code, final), func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer("POST /api/conversations.info", http.StatusOK, refusal(code))
			err := client.SetTopic(t.Context(), channelID, "topic")
			require.ErrorContains(t, err, code)
			require.Equal(t, final, integrations.IsFinal(err))
		})
	}
}

func TestErrorNamesWhatToMend(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ answer, want string }{
		"a missing scope is named": {
			`{"ok":false,"error":"missing_scope","needed":"pins:write","provided":"chat:write"}`,
			"add the scope pins:write to the Slack app",
		},
		"a wrong token leads to the setting": {refusal("invalid_auth"), "MUSTER_SLACK_TOKEN"},
		"an app outside of the channel":      {refusal("not_in_channel"), "invite the Muster app"},
		"details are passed on": {
			`{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] too long"]}}`,
			"[ERROR] too long",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(post, http.StatusOK, row.answer)
			_, err := client.Post(t.Context(), incident.Message{ChannelID: channelID, Text: "text"})
			require.ErrorContains(t, err, row.want)
		})
	}
}
