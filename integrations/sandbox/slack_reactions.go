package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
)

// maxReactions is how many different emoji a message takes:
// https://docs.slack.dev/reference/methods/reactions.add.
const maxReactions = 50

// emojiName is the form of an emoji's name; a skin tone follows after two colons.
var emojiName = regexp.MustCompile(`^[a-z0-9_+\-']{1,100}(::skin-tone-[2-6])?$`)

// react adds somebody's reaction to a message and tells of it.
func (s *Sandbox) react(ctx context.Context, tx *sql.Tx, m slackMessage, user, name string) error {
	if !emojiName.MatchString(name) {
		return refuse("invalid_name")
	}
	var mine, others, kinds int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE name = ? AND user_id = ?), COUNT(*) FILTER (WHERE name = ?),
		COUNT(DISTINCT name) FROM slack_reactions WHERE ts = ?`, name, user, name, m.ts).Scan(&mine, &others, &kinds)
	switch {
	case err != nil:
		return err
	case mine > 0:
		return refuse("already_reacted")
	case others == 0 && kinds >= maxReactions:
		return refuse("too_many_emoji")
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO slack_reactions (ts, name, user_id) VALUES (?, ?, ?)`, m.ts, name, user); err != nil {
		return err
	}
	return s.tell(ctx, tx, m.channelID, reactionEvent("reaction_added", m, user, name))
}

// unreact takes somebody's reaction back.
func (s *Sandbox) unreact(ctx context.Context, tx *sql.Tx, m slackMessage, user, name string) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM slack_reactions WHERE ts = ? AND name = ? AND user_id = ?`, m.ts, name, user)
	if err != nil {
		return err
	}
	if removed, err := result.RowsAffected(); err != nil || removed == 0 {
		return errors.Join(err, refuse("no_reaction"))
	}
	return s.tell(ctx, tx, m.channelID, reactionEvent("reaction_removed", m, user, name))
}

func reactionEvent(kind string, m slackMessage, user, name string) object {
	return object{
		"type": kind, "user": user, "reaction": name, "item_user": m.userID,
		"item": object{"type": "message", "channel": m.channelID, "ts": formatTS(m.ts)},
	}
}

// item finds the message that the methods for reactions name.
func (c slackCall) item(ctx context.Context) (slackMessage, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return slackMessage{}, err
	}
	if c.Get("timestamp") == "" {
		return slackMessage{}, refuse("no_item_specified")
	}
	return c.message(ctx, channel, c.Get("timestamp"))
}

func (s *Sandbox) addReaction(ctx context.Context, c slackCall) (object, error) {
	m, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return object{}, s.react(ctx, c.tx, m, slackBotUserID, strings.Trim(c.Get("name"), ":"))
}

func (s *Sandbox) removeReaction(ctx context.Context, c slackCall) (object, error) {
	m, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return object{}, s.unreact(ctx, c.tx, m, slackBotUserID, strings.Trim(c.Get("name"), ":"))
}

func (s *Sandbox) getReactions(ctx context.Context, c slackCall) (object, error) {
	m, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	message := m.document(false)
	message["permalink"] = s.permalink(m.channelID, m.ts)
	return object{"type": "message", "channel": m.channelID, "message": message}, nil
}
