package slack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// hooks are where Slack takes answers to what people did, by where its API is. See
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses and
// https://docs.slack.dev/govslack.
var hooks = map[string]string{
	"https://slack.com":     "https://hooks.slack.com",
	"https://slack-gov.com": "https://hooks.slack-gov.com",
}

// notReachable are Slack's reasons why an answer cannot be shown in a channel to one person
// that are none against a private message:
// https://docs.slack.dev/reference/methods/chat.postEphemeral#errors.
var notReachable = []string{"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "user_not_in_channel"}

// notWritable are Slack's reasons why somebody gets no private messages from Muster:
// https://docs.slack.dev/reference/methods/conversations.open#errors and
// https://docs.slack.dev/reference/methods/chat.postMessage#errors.
var notWritable = []string{
	"cannot_dm_bot", "channel_not_found", "invalid_user_combination", "messages_tab_disabled",
	"user_disabled", "user_not_found", "user_not_visible",
}

// Tell sends a private message to a person, once for each key. It is false, without an
// error, for a person whom Slack does not know or lets nobody write to.
func (c *Client) Tell(ctx context.Context, key string, person incident.Person, card chat.Card) (told bool, err error) {
	accountID, ok, err := c.AccountOf(ctx, person)
	if err != nil || !ok {
		return false, err
	}
	return c.TellAccount(ctx, key, accountID, card)
}

// TellAccount is [Client.Tell] for an account, by its id.
func (c *Client) TellAccount(ctx context.Context, key, accountID string, card chat.Card) (told bool, err error) {
	const operation = "conversations.open"
	channel, err := integrations.Ask(ctx, c.calls, operation, func(ctx context.Context) (*slackapi.Channel, error) {
		channel, _, _, err := c.api.OpenConversationContext(ctx, &slackapi.OpenConversationParameters{Users: []string{accountID}})
		return channel, err
	})
	switch {
	case integrations.HasCode(err, notWritable...):
		return false, nil
	case err != nil:
		return false, err
	case channel == nil || channel.ID == "":
		return false, c.calls.Unreadable(operation, "the conversation's id")
	}
	_, err = c.Show(ctx, chat.Outgoing{Key: key, ChannelID: channel.ID, Card: card})
	if integrations.HasCode(err, notWritable...) {
		return false, nil
	}
	return err == nil, err
}

// Answer shows a card to whoever did an act, and to nobody else: where the act says, or else
// in its channel, or else as a private message. A private message is sent once for an act; the
// others are shown again by a repetition, and are gone when their reader starts Slack anew.
func (c *Client) Answer(ctx context.Context, act chat.Act, card chat.Card) error {
	answer, err := c.layOut(ctx, card)
	if err != nil {
		return err
	}
	if act.ReplyTo != "" && c.takesAnswers(act.ReplyTo) {
		// The address is good for five answers within half an hour:
		// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
		err := c.reply(ctx, act.ReplyTo, answer)
		if err == nil || !integrations.IsFinal(err) {
			return err
		}
	}
	if act.Channel != "" {
		err := c.whisper(ctx, act, answer)
		if err == nil || !integrations.HasCode(err, notReachable...) {
			return err
		}
	}
	told, err := c.TellAccount(ctx, "answer:"+act.ID, act.By.ID, card)
	if err == nil && !told {
		return c.calls.Refuse("conversations.open", "the answer to %s cannot be shown to the account %s, which takes no messages from Muster",
			act.ID, act.By.ID)
	}
	return err
}

// takesAnswers says whether an address may be one of Slack's for answers. The address came
// with an act, so it must not lead anywhere else: to Slack's own host for it or, where the
// API is another's, such as the sandbox's, to that.
func (c *Client) takesAnswers(address string) bool {
	to, ok := integrations.WebAddress(address)
	return ok && to.User == nil && originOf(to) == cmp.Or(hooks[c.apiOrigin], c.apiOrigin)
}

// originOf is whom an address belongs to.
func originOf(address *url.URL) string { return address.Scheme + "://" + address.Host }

// whisper shows an answer in the channel of an act to whoever did it.
func (c *Client) whisper(ctx context.Context, act chat.Act, answer posting) error {
	return c.calls.On(act.Channel).Call(ctx, "chat.postEphemeral", func(ctx context.Context) error {
		_, err := c.api.PostEphemeralContext(ctx, act.Channel, act.By.ID, answer.content()...)
		return err
	})
}

// reply sends an answer to the address that came with an act.
func (c *Client) reply(ctx context.Context, address string, answer posting) error {
	const operation = "response_url"
	body, err := json.Marshal(map[string]any{
		"response_type": "ephemeral", "replace_original": false,
		"text": answer.text, "blocks": answer.blocks, "unfurl_links": false, "unfurl_media": false,
	})
	if err != nil {
		return c.calls.Refuse(operation, "the answer cannot be written: %v", err)
	}
	// Whoever knows the address can answer in Muster's name.
	return c.calls.Concealing(integrations.Secret(address)).Call(ctx, operation, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp, err := c.http.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }() // nothing of it is needed any more
		return replied(resp)
	})
}

// replied reads the answer to an answer: "ok", or a JSON document, with an error or without.
func replied(resp *http.Response) error {
	var said bytes.Buffer
	if _, err := said.ReadFrom(resp.Body); err != nil {
		return err
	}
	if resp.StatusCode < http.StatusMultipleChoices && said.String() == "ok" {
		return nil
	}
	var answer slackapi.SlackResponse
	if err := json.Unmarshal(said.Bytes(), &answer); err != nil {
		return err
	}
	if answer.Ok && resp.StatusCode < http.StatusMultipleChoices {
		return nil
	}
	return slackapi.SlackErrorResponse{Err: cmp.Or(answer.Error, "refused")}
}
