package slack

import (
	"context"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations"
)

const (
	// messageEvent and keyField are how a message's metadata holds its key:
	// https://docs.slack.dev/messaging/message-metadata
	messageEvent = "muster_message"
	keyField     = "key"
	// messagesPerPage and historyPages bound the search for a message that was posted
	// already; pages go back in time from the newest message.
	messagesPerPage = 200
	historyPages    = 5
)

// Post says something in a channel and returns the address of the message, which is
// empty when Slack does not tell it. A message with a key is posted once: a repetition
// finds it in the recent history. Without a key every call posts.
func (c *Client) Post(ctx context.Context, message incident.Message) (url string, err error) {
	timestamp, err := c.findMessage(ctx, message)
	if err != nil {
		return "", err
	}
	if timestamp == "" {
		if timestamp, err = c.postNew(ctx, message); err != nil {
			return "", err
		}
	}
	if message.Pin {
		if err := c.pin(ctx, message.ChannelID, timestamp); err != nil {
			return "", err
		}
	}
	return c.permalink(ctx, message.ChannelID, timestamp), nil
}

// permalink returns the address of a message, or nothing when it cannot be had. That is
// no error, since the message stands: an error would only make a repetition necessary,
// which without a key would post again.
func (c *Client) permalink(ctx context.Context, channelID, timestamp string) string {
	url, err := integrations.Ask(ctx, c.calls, "chat.getPermalink", func(ctx context.Context) (string, error) {
		return c.api.GetPermalinkContext(ctx, &slackapi.PermalinkParameters{Channel: channelID, Ts: timestamp})
	})
	if err != nil {
		return ""
	}
	return url
}

// findMessage returns the timestamp, Slack's id, of a message that was posted already.
func (c *Client) findMessage(ctx context.Context, message incident.Message) (timestamp string, err error) {
	if message.Key == "" {
		return "", nil
	}
	page := slackapi.GetConversationHistoryParameters{
		ChannelID: message.ChannelID, Limit: messagesPerPage, IncludeAllMetadata: true,
	}
	for range historyPages {
		history, err := integrations.Ask(ctx, c.calls, "conversations.history",
			func(ctx context.Context) (*slackapi.GetConversationHistoryResponse, error) {
				return c.api.GetConversationHistoryContext(ctx, &page)
			})
		if err != nil {
			return "", err
		}
		for _, posted := range history.Messages {
			if posted.Metadata.EventType == messageEvent && posted.Metadata.EventPayload[keyField] == message.Key {
				return posted.Timestamp, nil
			}
		}
		page.Cursor = history.ResponseMetaData.NextCursor
		if page.Cursor == "" {
			break
		}
	}
	return "", nil
}

// postNew posts a message that is not there yet.
func (c *Client) postNew(ctx context.Context, message incident.Message) (timestamp string, err error) {
	const operation = "chat.postMessage"
	text := escapedText(message.Text, maxSectionLength)
	if text == "" {
		return "", c.calls.Refuse(operation, "the message is empty")
	}
	options := []slackapi.MsgOption{
		// What a notification shows, where blocks cannot be shown.
		slackapi.MsgOptionText(text, false),
		slackapi.MsgOptionBlocks(blocks(text, message.Links)...),
		slackapi.MsgOptionDisableLinkUnfurl(),
		slackapi.MsgOptionDisableMediaUnfurl(),
	}
	if message.Key != "" {
		options = append(options, slackapi.MsgOptionMetadata(slackapi.SlackMetadata{
			EventType: messageEvent, EventPayload: map[string]any{keyField: message.Key},
		}))
	}
	timestamp, err = integrations.Ask(ctx, c.calls.On(message.ChannelID), operation, func(ctx context.Context) (string, error) {
		_, timestamp, err := c.api.PostMessageContext(ctx, message.ChannelID, options...)
		return timestamp, err
	})
	if err == nil && timestamp == "" {
		err = c.calls.Unreadable(operation, "the message's timestamp")
	}
	return timestamp, err
}

// blocks lay out a message: its text, and below it its links. Verbatim keeps Slack from
// turning "@name" and "#name" in the text into mentions.
func blocks(text string, links []incident.Link) []slackapi.Block {
	const emoji, verbatim = false, true
	layout := []slackapi.Block{
		slackapi.NewSectionBlock(slackapi.NewTextBlockObject(slackapi.MarkdownType, text, emoji, verbatim), nil, nil),
	}
	if line := formatLinks(links); line != "" {
		layout = append(layout,
			slackapi.NewContextBlock("", slackapi.NewTextBlockObject(slackapi.MarkdownType, line, emoji, verbatim)))
	}
	return layout
}

// pin keeps a message at hand. Pinning it again changes nothing.
func (c *Client) pin(ctx context.Context, channelID, timestamp string) error {
	err := c.calls.Call(ctx, "pins.add", func(ctx context.Context) error {
		return c.api.AddPinContext(ctx, channelID, slackapi.NewRefToMessage(channelID, timestamp))
	})
	if integrations.HasCode(err, "already_pinned") {
		return nil
	}
	return err
}

// Bookmark adds a link to the bar at the top of a channel, unless the bar has a link to
// the same address already.
func (c *Client) Bookmark(ctx context.Context, channelID string, link incident.Link) error {
	bookmarks, err := integrations.Ask(ctx, c.calls, "bookmarks.list", func(ctx context.Context) ([]slackapi.Bookmark, error) {
		return c.api.ListBookmarksContext(ctx, channelID)
	})
	if err != nil {
		return err
	}
	for _, bookmark := range bookmarks {
		if sameAddress(bookmark.Link, link.URL) {
			return nil
		}
	}
	title := integrations.Shorten(integrations.Line(link.Title), maxLinkTitleLength, integrations.UTF16Length)
	return c.calls.Call(ctx, "bookmarks.add", func(ctx context.Context) error {
		_, err := c.api.AddBookmarkContext(ctx, channelID, slackapi.AddBookmarkParameters{
			Title: title, Type: "link", Link: link.URL,
		})
		return err
	})
}

// sameAddress compares the address of a bookmark with ours; Slack may escape it and end
// it in a slash.
func sameAddress(shown, ours string) bool {
	return strings.TrimSuffix(unescaper.Replace(shown), "/") == strings.TrimSuffix(ours, "/")
}
