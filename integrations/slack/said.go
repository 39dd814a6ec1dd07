package slack

import (
	"context"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// notThere are Slack's reasons why there is no such message:
// https://docs.slack.dev/reference/methods/conversations.replies#errors.
var notThere = []string{"message_not_found", "thread_not_found", "channel_not_found"}

// Message returns what a message says, with its address. It is false where there is none, or
// none any more, or where the app may not see its channel.
func (c *Client) Message(ctx context.Context, ref incident.MessageRef) (chat.Message, bool, error) {
	found, ok, err := c.find(ctx, ref)
	if err != nil || !ok {
		return chat.Message{}, false, err
	}
	said := messageOf(found).in(ref.ChannelID)
	if said.Ref.URL = ref.URL; said.Ref.URL == "" {
		said.Ref.URL = c.permalink(ctx, ref.ChannelID, ref.ID)
	}
	said.Edited = found.Edited != nil
	return said, true, nil
}

// find reads one message. A channel's history has no answers in threads, and a thread is
// found by any of its messages: https://docs.slack.dev/messaging/retrieving-messages.
func (c *Client) find(ctx context.Context, ref incident.MessageRef) (slackapi.Message, bool, error) {
	history, err := c.history(ctx, slackapi.GetConversationHistoryParameters{
		ChannelID: ref.ChannelID, Latest: ref.ID, Oldest: ref.ID, Inclusive: true, Limit: 1, IncludeAllMetadata: true,
	})
	switch {
	case integrations.HasCode(err, notThere...):
		return slackapi.Message{}, false, nil
	case err != nil:
		return slackapi.Message{}, false, err
	}
	if found, ok := among(history.Messages, ref.ID); ok {
		return found, true, nil
	}
	thread, _, err := c.replies(ctx, slackapi.GetConversationRepliesParameters{
		ChannelID: ref.ChannelID, Timestamp: ref.ID, Latest: ref.ID, Oldest: ref.ID, Inclusive: true, Limit: 1, IncludeAllMetadata: true,
	})
	switch {
	case integrations.HasCode(err, notThere...):
		return slackapi.Message{}, false, nil
	case err != nil:
		return slackapi.Message{}, false, err
	}
	found, ok := among(thread, ref.ID)
	return found, ok, nil
}

// among finds a message. Slack gives the first of a thread along with an answer in it.
func among(messages []slackapi.Message, id string) (slackapi.Message, bool) {
	for _, one := range messages {
		if one.Timestamp == id {
			return one, true
		}
	}
	return slackapi.Message{}, false
}

// messageOf is a message that was asked for, as events have it.
func messageOf(found slackapi.Message) postedMessage {
	said := postedMessage{
		Subtype: found.SubType, User: found.User, Username: found.Username, BotID: found.BotID,
		Text: found.Text, TS: found.Timestamp, ThreadTS: found.ThreadTimestamp, Permalink: found.Permalink,
	}
	for _, f := range found.Files {
		said.Files = append(said.Files, postedFile{
			ID: f.ID, Name: f.Name, Title: f.Title, Mimetype: f.Mimetype, Permalink: f.Permalink, URLPrivate: f.URLPrivate,
		})
	}
	return said
}
