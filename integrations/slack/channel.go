package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations"
)

const (
	// maxNameLength is the longest channel name. Names hold lower-case letters,
	// digits, hyphens and underscores:
	// https://docs.slack.dev/reference/methods/conversations.create#naming
	maxNameLength = 80
	// maxNames bounds how many names are tried: NAME, NAME-2 … NAME-10. One attempt must
	// not need more creations than Slack's limit lets through at once.
	maxNames = 10
	// maxMarkedKeyLength leaves most of a purpose to people. A longer key is marked by
	// its hash.
	maxMarkedKeyLength = 80
	// channelsPerPage is the most that Slack lists at once, and channelPages bounds
	// the search for a channel of ours:
	// https://docs.slack.dev/reference/methods/conversations.list
	channelsPerPage = 999
	channelPages    = 50
)

// OpenChannel creates the channel of an incident, or finds the one that an earlier
// attempt created, and gives it its topic and purpose. The name is fitted to Slack's
// rules and numbered when it is taken by another channel, archived ones included. A
// channel of ours that was archived is opened again where Slack lets the app do it.
func (c *Client) OpenChannel(ctx context.Context, request incident.ChannelRequest) (incident.Channel, error) {
	const operation = "conversations.create"
	if request.Key == "" {
		return incident.Channel{}, c.calls.Refuse(operation, "the channel request has no key, so a repetition could not find the channel")
	}
	names := channelNames(request)
	var taken []string
	for i, name := range names {
		if slices.Contains(taken, name) {
			continue
		}
		channel, err := c.create(ctx, name, request.Private)
		if err == nil {
			return c.furnish(ctx, channel, request)
		}
		if !integrations.HasCode(err, "name_taken") {
			return incident.Channel{}, err
		}
		if i > 0 {
			continue // by a channel that the list does not show
		}
		channel, taken, err = c.findOurs(ctx, request, names)
		if err != nil {
			return incident.Channel{}, err
		}
		if channel != nil {
			return c.furnish(ctx, channel, request)
		}
	}
	return incident.Channel{}, c.calls.Refuse(operation, "the names %s to %s are all taken: rename channels that are no longer needed",
		names[0], names[len(names)-1])
}

// create makes a channel.
func (c *Client) create(ctx context.Context, name string, private bool) (*slackapi.Channel, error) {
	const operation = "conversations.create"
	channel, err := integrations.Ask(ctx, c.calls, operation, func(ctx context.Context) (*slackapi.Channel, error) {
		return c.api.CreateConversationContext(ctx, slackapi.CreateConversationParams{ChannelName: name, IsPrivate: private})
	})
	if err == nil && channel.ID == "" {
		err = c.calls.Unreadable(operation, "the channel's id")
	}
	return channel, err
}

// findOurs looks for the channel that an earlier attempt at the same request made. It
// returns nil when there is none that can be used, and then which of the names other
// channels have.
func (c *Client) findOurs(
	ctx context.Context, request incident.ChannelRequest, names []string,
) (ours *slackapi.Channel, taken []string, err error) {
	self, err := c.self(ctx)
	if err != nil {
		return nil, nil, err
	}
	page := slackapi.GetConversationsParameters{Limit: channelsPerPage, Types: []string{"public_channel"}}
	if request.Private {
		page.Types = []string{"private_channel"} // those that the app is in, as in all that it made
	}
	for range channelPages {
		var channels []slackapi.Channel
		err := c.calls.Call(ctx, "conversations.list", func(ctx context.Context) (err error) {
			channels, page.Cursor, err = c.api.GetConversationsContext(ctx, &page)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		for i, channel := range channels {
			// Between creation and the first purpose, only these three tell.
			unmarked := channel.Creator == self.UserID && channel.Purpose.Value == "" && slices.Contains(names, channel.Name)
			if unmarked || strings.Contains(unescaper.Replace(channel.Purpose.Value), marker(request.Key)) {
				ours, err = c.reopen(ctx, &channels[i])
				return ours, taken, err
			}
			if slices.Contains(names, channel.Name) {
				taken = append(taken, channel.Name)
			}
		}
		if page.Cursor == "" {
			break
		}
	}
	return nil, taken, nil
}

// reopen makes sure that a channel of ours can be written to. It returns nil when it
// is archived and Slack does not let us change that, so that another is opened.
func (c *Client) reopen(ctx context.Context, channel *slackapi.Channel) (*slackapi.Channel, error) {
	if !channel.IsArchived {
		return channel, nil
	}
	err := c.calls.Call(ctx, "conversations.unarchive", func(ctx context.Context) error {
		return c.api.UnArchiveConversationContext(ctx, channel.ID)
	})
	switch {
	case err == nil, integrations.HasCode(err, "not_archived"):
		return channel, nil
	case integrations.IsFinal(err):
		return nil, nil
	default:
		return nil, err
	}
}

// furnish gives a channel its purpose and topic, the purpose first: it holds the mark.
func (c *Client) furnish(ctx context.Context, channel *slackapi.Channel, request incident.ChannelRequest) (incident.Channel, error) {
	self, err := c.self(ctx)
	if err != nil {
		return incident.Channel{}, err
	}
	if purpose := markedPurpose(request); !same(channel.Purpose.Value, purpose) {
		err := c.calls.Call(ctx, "conversations.setPurpose", func(ctx context.Context) error {
			_, err := c.api.SetPurposeOfConversationContext(ctx, channel.ID, purpose)
			return err
		})
		if err != nil {
			return incident.Channel{}, err
		}
	}
	if err := c.changeTopic(ctx, channel, request.Topic); err != nil {
		return incident.Channel{}, err
	}
	return incident.Channel{
		ID: channel.ID, Name: channel.Name,
		URL: strings.TrimSuffix(self.URL, "/") + "/archives/" + channel.ID,
	}, nil
}

// SetTopic changes the topic of a channel, cut to Slack's 250 characters. Nothing is
// sent when the topic already reads so, because Slack announces each change.
func (c *Client) SetTopic(ctx context.Context, channelID, topic string) error {
	channel, err := integrations.Ask(ctx, c.calls, "conversations.info", func(ctx context.Context) (*slackapi.Channel, error) {
		return c.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: channelID})
	})
	if err != nil {
		return err
	}
	return c.changeTopic(ctx, channel, topic)
}

// changeTopic sets a topic that the channel does not have yet.
func (c *Client) changeTopic(ctx context.Context, channel *slackapi.Channel, topic string) error {
	topic = escapedLine(topic, maxTopicLength)
	if same(channel.Topic.Value, topic) {
		return nil
	}
	return c.calls.Call(ctx, "conversations.setTopic", func(ctx context.Context) error {
		_, err := c.api.SetTopicOfConversationContext(ctx, channel.ID, topic)
		return err
	})
}

// marker is what makes a channel known as the one of a key.
func marker(key string) string {
	if len(key) > maxMarkedKeyLength || strings.ContainsAny(key, "[]<>& \t\r\n") {
		key = shortHash(key)
	}
	return "[muster:" + key + "]"
}

// markedPurpose returns the purpose with the marker at its end, within Slack's limit.
func markedPurpose(request incident.ChannelRequest) string {
	mark := marker(request.Key)
	return strings.TrimSpace(escapedLine(request.Purpose, maxTopicLength-len(mark)-1) + " " + mark)
}

// channelNames returns the names to try, the wished-for one first.
func channelNames(request incident.ChannelRequest) []string {
	base := channelName(request.Name)
	if base == "" {
		base = "incident-" + shortHash(request.Key)
	}
	names := []string{cutName(base, maxNameLength)}
	for i := 2; i <= maxNames; i++ {
		suffix := fmt.Sprintf("-%d", i)
		names = append(names, cutName(base, maxNameLength-len(suffix))+suffix)
	}
	return names
}

// cutName cuts a channel name, which is ASCII, to a length.
func cutName(name string, length int) string {
	return strings.TrimRight(name[:min(len(name), length)], "-_")
}

// channelName turns a wish into a name of lower-case ASCII letters, digits, hyphens
// and underscores; it is empty when nothing of the wish can be kept.
func channelName(wish string) string {
	var name strings.Builder
	for _, r := range strings.ToLower(wish) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			name.WriteRune(r)
		case !strings.HasSuffix(name.String(), "-"):
			name.WriteByte('-')
		}
	}
	return strings.Trim(name.String(), "-_")
}

// shortHash stands in for a key that cannot be shown as it is.
func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}
