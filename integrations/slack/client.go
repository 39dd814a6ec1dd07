package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations"
)

// Options say how to reach Slack.
type Options struct {
	// Token is the app's bot token.
	Token integrations.Secret
	// APIURL is the base of the Web API. Empty means https://slack.com/api/.
	APIURL string
	// HTTPClient carries the requests, with the guards of
	// [integrations.NewHTTPClient] added. Nil means a client of its own.
	HTTPClient *http.Client
	// Directory has the exceptions to joining people by their e-mail addresses. Nil has none.
	Directory integrations.Directory
	// Unshaped sends calls without regard to Slack's limits: for a stand-in that has none.
	Unshaped bool
}

// Client acts in one Slack workspace. Its methods may be repeated and called by many
// goroutines at once; every error is an [*integrations.Error].
type Client struct {
	api       *slackapi.Client
	calls     *integrations.Caller
	http      *http.Client
	apiOrigin string
	directory integrations.Directory

	accounts cache[string]          // by e-mail address; empty where there is none
	people   cache[incident.Person] // by account

	mu       sync.Mutex
	identity *slackapi.AuthTestResponse
}

// New returns a client. It sends nothing yet: a wrong token shows in the first call.
func New(options Options) *Client {
	apiURL := strings.TrimSuffix(cmp.Or(options.APIURL, slackapi.APIURL), "/") + "/"
	calls := integrations.NewCaller(integrations.Slack, explain, options.Token)
	if !options.Unshaped {
		calls = calls.Shaped(limits)
	}
	client := integrations.NewHTTPClient(options.HTTPClient)
	var apiOrigin string
	if address, ok := integrations.WebAddress(apiURL); ok {
		apiOrigin = originOf(address)
	}
	return &Client{
		api: slackapi.New(options.Token.Reveal(),
			slackapi.OptionAPIURL(apiURL), slackapi.OptionHTTPClient(client)),
		calls: calls, http: client, apiOrigin: apiOrigin, directory: options.Directory,
	}
}

// self returns who we are in Slack. It asks once and remembers the answer, which
// cannot change while the token stays the same.
func (c *Client) self(ctx context.Context) (*slackapi.AuthTestResponse, error) {
	const operation = "auth.test"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.identity != nil {
		return c.identity, nil
	}
	identity, err := integrations.Ask(ctx, c.calls, operation, c.api.AuthTestContext)
	if err != nil {
		return nil, err
	}
	if identity.UserID == "" {
		return nil, c.calls.Unreadable(operation, "the app's user id")
	}
	c.identity = identity
	return identity, nil
}

// wrongToken is what to mend when Slack does not know the token.
const wrongToken = "set MUSTER_SLACK_TOKEN to the bot token (xoxb-…) of an app that is installed in the workspace"

// tooLate is what to do when a form did not open.
const tooLate = "the form did not open within Slack's three seconds: press the button or send the command again"

// remedies say what to mend, by Slack's error code.
var remedies = map[string]string{
	"account_inactive":       wrongToken,
	"invalid_auth":           wrongToken,
	"not_authed":             wrongToken,
	"token_expired":          wrongToken,
	"token_revoked":          wrongToken,
	"access_denied":          "an admin has limited what the app may do: ask them to allow it",
	"cant_update_message":    "the message is somebody else's, so Muster cannot edit it",
	"edit_window_closed":     "the workspace lets nobody edit messages that old",
	"exchanged_trigger_id":   tooLate,
	"expired_trigger_id":     tooLate,
	"invalid_blocks":         "Slack does not take the layout; a picture in it may have an address that Slack cannot reach",
	"invalid_trigger_id":     tooLate,
	"message_not_found":      "the message was deleted",
	"msg_blocks_too_long":    "the message is longer than Slack takes",
	"thread_not_found":       "the message to answer was deleted",
	"trigger_exchanged":      tooLate,
	"trigger_expired":        tooLate,
	"user_not_found":         "Slack does not know the account, or the app may not see it",
	"user_not_in_channel":    "the person is not in the channel",
	"user_not_visible":       "the app may not see the account",
	"view_too_large":         "the form is longer than Slack takes",
	"accesslimited":          "the workspace does not let the app in from this network: ask an admin to allow Muster's address",
	"channel_not_found":      "the channel does not exist, or the app may not see it",
	"is_archived":            "the channel is archived: unarchive it and try again",
	"message_limit_exceeded": "the workspace sends more messages than Slack lets it",
	"not_in_channel":         "invite the Muster app to the channel",
	"restricted_action":      "a setting of the workspace forbids this to apps: ask an admin to allow it",
	"ratelimited":            "too many requests",
	"team_added_to_org":      "the workspace is being moved to an organization; Slack answers again when that is done",
	"too_many_pins":          "the channel has as many pins as Slack allows: remove one",
	"too_many_bookmarks":     "the channel has as many bookmarks as Slack allows: remove one",
}

// explain reads Slack's code and words out of an error of its library, or out of the
// answer where the library keeps no more than its status. It is an
// [integrations.Explain].
func explain(refusal integrations.Refusal) (code, message string) {
	var response slackapi.SlackErrorResponse
	if !errors.As(refusal.Err, &response) {
		var answer slackapi.SlackResponse
		if err := json.Unmarshal(refusal.Body, &answer); err != nil {
			return "", "" // a page of a proxy
		}
		return answer.Error, remedies[answer.Error]
	}
	message = remedies[response.Err]
	if response.Err == "missing_scope" {
		message = fmt.Sprintf("add the scope %s to the Slack app and install it again", response.Needed)
	}
	if details := response.ResponseMetadata.Messages; len(details) > 0 {
		message = strings.TrimPrefix(message+"; "+strings.Join(details, "; "), "; ")
	}
	return response.Err, message
}
