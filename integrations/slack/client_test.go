package slack_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

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
		Codes:   codes(),
	})
}

// codes are Slack's error codes that matter to Muster's methods, with what follows. All
// come with status 200. See
// https://docs.slack.dev/reference/methods/chat.postMessage#errors.
func codes() []vendortest.Code {
	const pause = 30 * time.Second
	var codes []vendortest.Code
	for code, delay := range map[string]time.Duration{
		"ratelimited": pause, "rate_limited": pause,
		"internal_error": 0, "fatal_error": 0, "service_unavailable": 0, "request_timeout": 0,
		"team_added_to_org": 0, "org_login_required": 0, "external_channel_migrating": 0,
		"message_limit_exceeded": 0, "invalid_cursor": 0,
	} {
		codes = append(codes, vendortest.Code{Code: code, Status: http.StatusOK, Document: refusal(code), Delay: delay})
	}
	for _, code := range []string{
		"accesslimited", "access_denied", "account_inactive", "channel_not_found", "deprecated_endpoint", "ekm_access_denied",
		"enterprise_is_restricted", "invalid_arguments", "invalid_auth", "invalid_blocks", "is_archived", "missing_scope",
		"msg_too_long", "no_permission", "no_text", "not_allowed_token_type", "not_authed", "not_in_channel",
		"restricted_action", "some_future_code", "team_access_not_granted", "token_expired", "token_revoked",
		"too_many_attachments", "two_factor_setup_required",
	} {
		codes = append(codes, vendortest.Code{Code: code, Status: http.StatusOK, Document: refusal(code), Final: true})
	}
	return append(codes, vendortest.Code{
		Code: "ratelimited", Status: http.StatusTooManyRequests, Document: refusal("ratelimited"),
		Header: []string{"Retry-After", "7"}, Delay: 7 * time.Second,
	})
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
