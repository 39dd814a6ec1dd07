package slack

import (
	"context"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations"
)

// Slack's reasons against one person, which are no reason against the others. See
// https://docs.slack.dev/reference/methods/conversations.invite#errors.
var notInvitable = []string{
	"cant_invite",
	"user_is_restricted",
	"user_is_ultra_restricted",
	"user_not_found",
	"user_team_not_in_channel",
}

// Invite brings people into a channel and returns those who are now in it, in the order
// given; who was in it before is among them. People are found by their e-mail address.
// Who has none, is unknown to Slack, has left or may not be invited is left out without
// an error. On an error, the people returned are those who were reached until then.
func (c *Client) Invite(ctx context.Context, channelID string, people []incident.Person) (invited []incident.Person, err error) {
	seen := map[string]bool{}
	for _, person := range people {
		userID, err := c.findUser(ctx, person)
		if err != nil {
			return invited, err
		}
		if userID == "" || seen[userID] {
			continue
		}
		seen[userID] = true
		// One by one, since Slack refuses a list as a whole for one person on it.
		err = c.calls.Call(ctx, "conversations.invite", func(ctx context.Context) error {
			_, err := c.api.InviteUsersToConversationContext(ctx, channelID, userID)
			return err
		})
		switch {
		case err == nil, integrations.HasCode(err, "already_in_channel", "cant_invite_self"):
			invited = append(invited, person)
		case !integrations.HasCode(err, notInvitable...):
			return invited, err
		}
	}
	return invited, nil
}

// findUser returns a person's user id, or nothing when they have no account that can
// be invited.
func (c *Client) findUser(ctx context.Context, person incident.Person) (userID string, err error) {
	if person.Email == "" {
		return "", nil
	}
	user, err := integrations.Ask(ctx, c.calls, "users.lookupByEmail", func(ctx context.Context) (*slackapi.User, error) {
		return c.api.GetUserByEmailContext(ctx, person.Email)
	})
	switch {
	case integrations.HasCode(err, "users_not_found"):
		return "", nil
	case err != nil:
		return "", err
	case user.Deleted:
		return "", nil
	default:
		return user.ID, nil
	}
}
