package slack

import (
	"context"
	"regexp"

	slackapi "github.com/slack-go/slack"
)

// channelIDPattern is what ids of channels look like; names have no capital letters:
// https://docs.slack.dev/reference/methods/conversations.create#naming
var channelIDPattern = regexp.MustCompile(`^[CG][A-Z0-9]{8,}$`)

// ChannelID returns the id of a public channel by its name without "#". An id is returned
// as it is, without asking; a private channel can be given by its id only. The app has to
// be a member of the channel to post in it.
func (c *Client) ChannelID(ctx context.Context, channel string) (string, error) {
	const operation = "conversations.list"
	if channelIDPattern.MatchString(channel) {
		return channel, nil
	}
	page := slackapi.GetConversationsParameters{Limit: channelsPerPage, Types: []string{"public_channel"}, ExcludeArchived: true}
	for range channelPages {
		var channels []slackapi.Channel
		err := c.calls.Call(ctx, operation, func(ctx context.Context) (err error) {
			channels, page.Cursor, err = c.api.GetConversationsContext(ctx, &page)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, found := range channels {
			if found.Name == channel {
				return found.ID, nil
			}
		}
		if page.Cursor == "" {
			break
		}
	}
	return "", c.calls.Refuse(operation, "there is no public channel #%s: create it and invite the app, or give the id of a private one", channel)
}
