package slack

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/integrations"
)

// scopes are what each method that this package calls asks of a bot token; a method with
// none needs a valid token only. They stand on the methods' pages, as in
// https://docs.slack.dev/reference/methods/conversations.create. Where a page lists
// several that will do, this is the one that serves the other methods too. Channels of
// incidents are public unless a playbook says otherwise: see [PrivateScopes].
var scopes = map[string][]string{
	"auth.test":                nil,
	"bookmarks.add":            {"bookmarks:write"},
	"bookmarks.list":           {"bookmarks:read"},
	"chat.getPermalink":        nil,
	"chat.postEphemeral":       {"chat:write"},
	"chat.postMessage":         {"chat:write"},
	"chat.update":              {"chat:write"},
	"conversations.create":     {"channels:manage"},
	"conversations.history":    {"channels:history", "im:history"},
	"conversations.info":       {"channels:read"},
	"conversations.invite":     {"channels:manage"},
	"conversations.list":       {"channels:read"},
	"conversations.open":       {"im:write"},
	"conversations.replies":    {"channels:history", "im:history"},
	"conversations.setPurpose": {"channels:manage"},
	"conversations.setTopic":   {"channels:manage"},
	"conversations.unarchive":  {"channels:manage"},
	"pins.add":                 {"pins:write"},
	"users.info":               {"users:read", "users:read.email"},
	// The address is of no use without the right to see users at all.
	"users.lookupByEmail": {"users:read", "users:read.email"},
	"views.open":          nil,
}

// eventScopes are the events that the app is told of, and what each asks for besides. They
// stand on the events' pages, as in https://docs.slack.dev/reference/events/pin_added.
var eventScopes = map[string][]string{
	"app_uninstalled":       nil,
	"member_joined_channel": {"channels:read"},
	"member_left_channel":   {"channels:read"},
	"message.channels":      {"channels:history"},
	"pin_added":             {"pins:read"},
	"pin_removed":           {"pins:read"},
	"reaction_added":        {"reactions:read"},
	"reaction_removed":      {"reactions:read"},
	"tokens_revoked":        nil,
}

// commandScope lets the app have a command and shortcuts:
// https://docs.slack.dev/reference/scopes/commands.
const commandScope = "commands"

// uses are all that scopes are needed for: methods, events by their names, and the command.
func uses() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, table := range []map[string][]string{scopes, eventScopes, {"the command and the shortcuts": {commandScope}}} {
			for _, use := range slices.Sorted(maps.Keys(table)) {
				if !yield(use, table[use]) {
					return
				}
			}
		}
	}
}

// Scopes returns the scopes that the app needs for all that Muster does in Slack, in the
// order of their names.
func Scopes() []string {
	var all []string
	for _, needed := range uses() {
		all = append(all, needed...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// PrivateScopes returns the scopes that the app needs besides for private channels, in the
// order of their names: to create them, to find them again, to find messages in them, and to
// hear of those. They stand on the same pages.
func PrivateScopes() []string { return []string{"groups:history", "groups:read", "groups:write"} }

// Events returns the events that the app has to be told of, in the order of their names.
func Events() []string { return slices.Sorted(maps.Keys(eventScopes)) }

// PrivateEvents returns the events that the app has to be told of besides where incidents
// have private channels. Those of [Events] that have no word for the kind of the channel tell
// of both kinds.
func PrivateEvents() []string { return []string{"message.groups"} }

// Access is who a token is and what it may do.
type Access struct {
	// Workspace is the name of the workspace, App that of the bot user.
	Workspace, App string
	// Granted are the token's scopes in the order of their names. ScopesTold is false
	// where Slack does not say which it has.
	Granted    []string
	ScopesTold bool
}

// Missing returns those of [Scopes] that the token was not granted, each with the methods
// that cannot be called without it, the events that are not told, and the command.
func (a Access) Missing() map[string][]string {
	missing := map[string][]string{}
	for use, needed := range uses() {
		for _, scope := range needed {
			if !slices.Contains(a.Granted, scope) {
				missing[scope] = append(missing[scope], use)
			}
		}
	}
	return missing
}

// Unused returns the scopes that the token was granted and Muster has no use for, whatever a
// playbook says.
func (a Access) Unused() []string {
	needed := slices.Concat(Scopes(), PrivateScopes())
	return slices.DeleteFunc(slices.Clone(a.Granted), func(scope string) bool { return slices.Contains(needed, scope) })
}

// grantedScopes is the header in which Slack lists the scopes of the token that a request
// came with: https://docs.slack.dev/authentication/installing-with-oauth#checking.
const grantedScopes = "X-Oauth-Scopes"

// Access asks Slack who the token is and which scopes it has. It changes nothing there.
func (c *Client) Access(ctx context.Context) (Access, error) {
	identity, err := integrations.Ask(ctx, c.calls, "auth.test", c.api.AuthTestContext)
	if err != nil {
		return Access{}, err
	}
	access := Access{Workspace: identity.Team, App: identity.User}
	values := identity.Header.Values(grantedScopes)
	access.ScopesTold = len(values) > 0
	for scope := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			access.Granted = append(access.Granted, scope)
		}
	}
	slices.Sort(access.Granted)
	return access, nil
}

// Standing is how the app stands in a channel.
type Standing struct {
	// Asked is the name or id that was asked for, Name the channel's name now.
	Asked, Name string
	// Exists is false for a channel that is not there, or that the app may not see.
	Exists   bool
	Archived bool
	// Member says that the app may post there.
	Member bool
}

// Standings says of channels, by their names without "#" or their ids, whether the app
// can post in them. The answer is in the order given. Names are looked for among the
// public channels, all in one pass. It changes nothing in Slack.
func (c *Client) Standings(ctx context.Context, channels []string) ([]Standing, error) {
	standings := make([]Standing, len(channels))
	wanted := map[string]int{}
	for i, channel := range channels {
		standings[i].Asked = channel
		if !channelIDPattern.MatchString(channel) {
			wanted[channel] = i
			continue
		}
		found, err := c.info(ctx, channel)
		switch {
		case integrations.HasCode(err, "channel_not_found"):
		case err != nil:
			return nil, err
		default:
			standings[i].fill(*found)
		}
	}
	page := slackapi.GetConversationsParameters{Limit: channelsPerPage, Types: []string{"public_channel"}}
	for pages := 0; len(wanted) > 0 && pages < channelPages; pages++ {
		listed, err := c.listPage(ctx, &page)
		if err != nil {
			return nil, err
		}
		for _, channel := range listed {
			if i, ok := wanted[channel.Name]; ok {
				standings[i].fill(channel)
				delete(wanted, channel.Name)
			}
		}
		if page.Cursor == "" {
			break
		}
	}
	return standings, nil
}

func (s *Standing) fill(channel slackapi.Channel) {
	s.Exists, s.Name, s.Archived, s.Member = true, channel.Name, channel.IsArchived, channel.IsMember
}

// info reads one channel.
func (c *Client) info(ctx context.Context, channelID string) (*slackapi.Channel, error) {
	return integrations.Ask(ctx, c.calls, "conversations.info", func(ctx context.Context) (*slackapi.Channel, error) {
		return c.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: channelID})
	})
}

// listPage lists a page of channels and moves the cursor to the next.
func (c *Client) listPage(ctx context.Context, page *slackapi.GetConversationsParameters) (channels []slackapi.Channel, err error) {
	err = c.calls.Call(ctx, "conversations.list", func(ctx context.Context) (err error) {
		channels, page.Cursor, err = c.api.GetConversationsContext(ctx, page)
		return err
	})
	return channels, err
}
