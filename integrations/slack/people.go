package slack

import (
	"context"

	"muster/incident"
	"muster/integrations"
)

// Slack's reasons against one person, which are no reason against the others. See
// https://docs.slack.dev/reference/methods/conversations.invite#errors.
var notInvitable = []string{
	"cant_invite",
	"user_disabled",
	"user_is_restricted",
	"user_is_ultra_restricted",
	"user_not_found",
	"user_team_not_in_channel",
}

// Invite brings people into a channel and returns those who are now in it, in the order
// given; who was in it before is among them. People are found as by [Client.AccountOf].
// Who has none, is unknown to Slack, has left or may not be invited is left out without
// an error. On an error, the people returned are those who were reached until then.
func (c *Client) Invite(ctx context.Context, channelID string, people []incident.Person) (invited []incident.Person, err error) {
	seen := map[string]bool{}
	for _, person := range people {
		userID, known, err := c.AccountOf(ctx, person)
		if err != nil {
			return invited, err
		}
		if !known || seen[userID] {
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
