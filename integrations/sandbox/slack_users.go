package sandbox

import (
	"context"
	"strings"
)

// slackUsers are the workspace's users: the responders and the bot.
func slackUsers() []object {
	users := make([]object, 0, len(responders)+1)
	for _, p := range responders {
		users = append(users, slackUser(p))
	}
	return append(users, object{
		"id": slackBotUserID, "team_id": slackTeamID, "name": slackBotName, "real_name": "Muster",
		"deleted": false, "is_bot": true, "tz": "Etc/UTC", "tz_offset": 0,
		"profile": object{"real_name": "Muster", "display_name": "Muster", "bot_id": slackBotID, "team": slackTeamID},
	})
}

func slackUser(p person) object {
	return object{
		"id": p.slackID, "team_id": slackTeamID, "name": p.handle, "real_name": p.name,
		"deleted": false, "is_bot": false, "tz": "Etc/UTC", "tz_offset": 0,
		"profile": object{"real_name": p.name, "display_name": p.name, "email": p.email, "team": slackTeamID},
	}
}

func isSlackUser(id string) bool {
	_, ok := find(func(p person) bool { return p.slackID == id })
	return ok || id == slackBotUserID
}

func (s *Sandbox) listUsers(_ context.Context, c slackCall) (object, error) {
	members, next, err := page(c, slackUsers(), 100, 1000)
	if err != nil {
		return nil, err
	}
	return object{"members": members, "cache_ts": s.now().Unix(), "response_metadata": nextCursor(next)}, nil
}

func (s *Sandbox) userInfo(_ context.Context, c slackCall) (object, error) {
	for _, user := range slackUsers() {
		if user["id"] == c.Get("user") {
			return object{"user": user}, nil
		}
	}
	return nil, refuse("user_not_found")
}

func (s *Sandbox) lookupUserByEmail(_ context.Context, c slackCall) (object, error) {
	p, ok := find(func(p person) bool { return strings.EqualFold(p.email, c.Get("email")) })
	if !ok {
		return nil, refuse("users_not_found")
	}
	return object{"user": slackUser(p)}, nil
}
