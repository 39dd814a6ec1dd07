//go:build counterparts

package slack_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
)

// These tests drive the client against a Slack that others wrote: the stateful stand-in of
// `emulate`. `make counterparts` installs it and runs them. It checks the scopes of every
// call, remembers what was posted, edited, pinned and opened, and knows which messages are
// whose. What it does not do: refuse blocks for their shape or size, take the address that
// came with an act, give history between two times, hold anybody to a rate, press buttons
// and send commands, and know Slack Connect or Enterprise Grid. Those are tried against
// fakes, the sandbox and Slack's documentation.

// observer is the token that the tests look with.
const observer = "xoxb-sample-token-of-an-observer"

// bearer puts the token where the counterpart wants it.
type bearer struct{ token string }

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(req)
}

// counterpart is a running stand-in.
type counterpart struct {
	client *slack.Client
	// api asks for what the client has no use for.
	api *slackapi.Client
	url string
}

// newCounterpart starts a stand-in in which the app has exactly the scopes that Muster asks
// for.
func newCounterpart(t *testing.T) counterpart {
	t.Helper()
	folder := os.Getenv("MUSTER_EMULATE")
	require.NotEmpty(t, folder, "run `make counterparts`, which says where node and emulate are")
	seed := filepath.Join(t.TempDir(), "seed.json")
	scopes, err := json.Marshal(slack.Scopes())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(seed, fmt.Appendf(nil, `{"slack": {
		"team": {"name": "Sample", "domain": "sample"},
		"users": [
			{"name": "muster", "real_name": "Muster", "email": "muster@example.com"},
			{"name": "responder", "real_name": "Sample Responder", "email": %q}],
		"channels": [{"name": "incidents"}],
		"tokens": [
			{"token": %q, "user": "muster", "scopes": %s},
			{"token": %q, "user": "muster", "scopes": ["channels:history", "channels:read", "im:history", "im:write",
				"pins:read", "bookmarks:read", "chat:write"]}],
		"strict_scopes": true}}`, known.Email, token, scopes, observer), 0o600))

	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(free.Addr().String())
	require.NoError(t, err)
	require.NoError(t, free.Close())
	server := exec.CommandContext(t.Context(), filepath.Join(folder, "node_modules/node/bin/node"),
		filepath.Join(folder, "node_modules/emulate/dist/index.js"), "start", "--service", "slack", "--port", port, "--seed", seed)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		// It is killed with the test's context; how it ended says nothing.
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(out); ; {
		require.True(t, lines.Scan(), "emulate ended before it was ready")
		if strings.Contains(lines.Text(), "Ready") {
			break
		}
	}
	c := counterpart{url: "http://127.0.0.1:" + port}
	c.client = slack.New(slack.Options{
		Token: token, APIURL: c.url + "/api", HTTPClient: &http.Client{Transport: bearer{token}}, Unshaped: true,
	})
	c.api = slackapi.New(observer, slackapi.OptionAPIURL(c.url+"/api/"), slackapi.OptionHTTPClient(&http.Client{Transport: bearer{observer}}))
	return c
}

// messages are what a channel shows, the newest first.
func (c counterpart) messages(t *testing.T, channel string) []slackapi.Message {
	t.Helper()
	history, err := c.api.GetConversationHistoryContext(t.Context(),
		&slackapi.GetConversationHistoryParameters{ChannelID: channel, Limit: 100, IncludeAllMetadata: true})
	require.NoError(t, err)
	return history.Messages
}

// open opens the channel of an incident.
func (c counterpart) open(t *testing.T) incident.Channel {
	t.Helper()
	channel, err := c.client.OpenChannel(t.Context(), incident.ChannelRequest{
		Key: "INC-42/channel", Name: "INC-42 Checkout fails", Topic: "SEV1 <checkout>", Purpose: "Checkout & payments",
	})
	require.NoError(t, err)
	return channel
}

func TestCounterpartOpensAChannelOnce(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	channel := c.open(t)
	require.Equal(t, channel, c.open(t))
	require.Equal(t, "inc-42-checkout-fails", channel.Name)
	require.NoError(t, c.client.SetTopic(t.Context(), channel.ID, "SEV2"))
	found, err := c.api.GetConversationInfoContext(t.Context(), &slackapi.GetConversationInfoInput{ChannelID: channel.ID})
	require.NoError(t, err)
	require.Equal(t, "SEV2", found.Topic.Value)
	require.Contains(t, found.Purpose.Value, "[muster:INC-42/channel]")

	invited, err := c.client.Invite(t.Context(), channel.ID, []incident.Person{known, unknown})
	require.NoError(t, err)
	require.Equal(t, []incident.Person{known}, invited)

	link := incident.Link{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}
	for range 2 {
		require.NoError(t, c.client.Bookmark(t.Context(), channel.ID, link))
	}
	bookmarks, err := c.api.ListBookmarksContext(t.Context(), channel.ID)
	require.NoError(t, err)
	require.Len(t, bookmarks, 1)
}

func TestCounterpartKeepsTheBrief(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	channel := c.open(t)
	before := len(c.messages(t, channel.ID))
	out := chat.Outgoing{Key: "INC-42/brief", ChannelID: channel.ID, Card: everyPart("*SEV1* <!channel>"), Pin: true}
	brief, err := c.client.Show(t.Context(), out)
	require.NoError(t, err)
	again, err := c.client.Show(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, brief, again)
	require.NotEmpty(t, brief.URL)
	require.Len(t, c.messages(t, channel.ID), before+1)
	pins, _, err := c.api.ListPinsContext(t.Context(), channel.ID)
	require.NoError(t, err)
	require.Len(t, pins, 1)

	out.Edit, out.Card, out.Key = brief, card("INC-42 SEV2"), "INC-42/brief/2"
	edited, err := c.client.Show(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, brief, edited)
	newest := c.messages(t, channel.ID)[0]
	require.Equal(t, "INC-42 SEV2", newest.Text)
	require.Len(t, newest.Blocks.BlockSet, 1)
	require.Equal(t, "INC-42/brief", newest.Metadata.EventPayload["key"], "what it is known by stays")

	_, _, err = c.api.DeleteMessageContext(t.Context(), channel.ID, brief.ID)
	require.NoError(t, err)
	anew, err := c.client.Show(t.Context(), out)
	require.NoError(t, err)
	require.NotEqual(t, brief.ID, anew.ID)
	again, err = c.client.Show(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, anew, again, "the one that was posted anew is found too")
}

func TestCounterpartAnswersInThreads(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	channel := c.open(t)
	first, err := c.client.Show(t.Context(), chat.Outgoing{Key: "INC-42/announcement", ChannelID: channel.ID, Card: card("INC-42")})
	require.NoError(t, err)
	shown := len(c.messages(t, channel.ID))
	out := chat.Outgoing{Key: "INC-42/update/1", ChannelID: channel.ID, Thread: first.ID, Card: card("We know why")}
	for range 2 {
		_, err = c.client.Show(t.Context(), out)
		require.NoError(t, err)
	}
	thread, _, _, err := c.api.GetConversationRepliesContext(t.Context(),
		&slackapi.GetConversationRepliesParameters{ChannelID: channel.ID, Timestamp: first.ID})
	require.NoError(t, err)
	require.Len(t, thread, 2)
	require.Len(t, c.messages(t, channel.ID), shown, "an answer is in its thread only")

	ref := incident.MessageRef{ChannelID: channel.ID, ID: thread[1].Timestamp}
	said, found, err := c.client.Message(t.Context(), ref)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first.ID, said.Thread)
	require.Equal(t, "We know why", said.Text)
	require.NotEmpty(t, said.Ref.URL)
	ref.ID = "1600000000.000100"
	_, found, err = c.client.Message(t.Context(), ref)
	require.NoError(t, err)
	require.False(t, found)
}

func TestCounterpartTellsPeople(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	account, ok, err := c.client.AccountOf(t.Context(), known)
	require.NoError(t, err)
	require.True(t, ok)
	person, err := c.client.Person(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, known, person)
	for range 2 {
		told, err := c.client.Tell(t.Context(), "INC-42/notify/1", known, card("You are needed"))
		require.NoError(t, err)
		require.True(t, told)
	}
	private, _, _, err := c.api.OpenConversationContext(t.Context(), &slackapi.OpenConversationParameters{Users: []string{account}})
	require.NoError(t, err)
	require.Len(t, c.messages(t, private.ID), 1)

	told, err := c.client.Tell(t.Context(), "INC-42/notify/1", unknown, card("You are needed"))
	require.NoError(t, err)
	require.False(t, told)
}

func TestCounterpartShowsFormsAndAnswers(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	channel := c.open(t)
	account, _, err := c.client.AccountOf(t.Context(), known)
	require.NoError(t, err)
	_, err = c.client.Invite(t.Context(), channel.ID, []incident.Person{known})
	require.NoError(t, err)

	form := everyField("text")
	require.NoError(t, c.client.OpenForm(t.Context(), c.trigger(t, account), form))
	used := c.trigger(t, account)
	require.NoError(t, c.client.OpenForm(t.Context(), used, form))
	err = c.client.OpenForm(t.Context(), used, form)
	require.True(t, integrations.IsFinal(err), "a trigger opens one form: %v", err)

	act := chat.Act{ID: "act-1", Channel: channel.ID, By: chat.Account{ID: account}}
	shown := len(c.messages(t, channel.ID))
	require.NoError(t, c.client.Answer(t.Context(), act, card("Done")))
	require.Len(t, c.messages(t, channel.ID), shown, "nobody else sees the answer")
	act.Channel = ""
	require.NoError(t, c.client.Answer(t.Context(), act, card("Done")))
}

// trigger is what would come with a press of a button.
func (c counterpart) trigger(t *testing.T, account string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/api/views.generateTriggerId",
		strings.NewReader("user_id="+account))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := (&http.Client{Transport: bearer{token}}).Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	var answer struct {
		TriggerID string `json:"trigger_id"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	require.NotEmpty(t, answer.TriggerID)
	return answer.TriggerID
}
