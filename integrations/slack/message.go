package slack

import (
	"context"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations"
)

const (
	// messageEvent and its fields are how a message's metadata holds its key, and a prompt's
	// card: https://docs.slack.dev/messaging/message-metadata
	messageEvent = "muster_message"
	keyField     = "key"
	promptField  = "card"
	// messagesPerPage and historyPages bound the search for a message that was posted
	// already; pages go back in time from the newest message.
	messagesPerPage = 200
	historyPages    = 5
)

// Post says something in a channel and returns the address of the message, which is
// empty when Slack does not tell it. A message with a key is posted once: a repetition
// finds it in the recent history. Without a key every call posts. Unlike in a card, Slack's
// markup counts in the text, but for mentions and links.
func (c *Client) Post(ctx context.Context, message incident.Message) (url string, err error) {
	text := escapedText(message.Text, maxSectionLength)
	if text == "" {
		return "", c.calls.Refuse("chat.postMessage", "the message is empty")
	}
	posted, err := c.postOnce(ctx, posting{
		channelID: message.ChannelID, key: message.Key, text: text, blocks: blocks(text, message.Links),
	}, message.Pin)
	return posted.URL, err
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

// blocks lay out a message: its text, and below it its links. Verbatim keeps Slack from
// turning "@name" and "#name" in the text into mentions.
func blocks(text string, links []incident.Link) []slackapi.Block {
	layout := []slackapi.Block{slackapi.NewSectionBlock(verbatim(text), nil, nil)}
	if line := formatLinks(links); line != "" {
		layout = append(layout, slackapi.NewContextBlock("", verbatim(line)))
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
