package sandbox

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// generalChannel is there before anything else, as in every workspace, and everybody is in it.
const generalChannel = "general"

// channelID is Slack's form of an id.
var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{8,}$`)

// addStandingChannels makes the channels that are there without Muster's doing. Everybody is
// in them, the bot too.
func (s *Sandbox) addStandingChannels(ctx context.Context) error {
	return s.db.transact(ctx, func(tx *sql.Tx) error {
		for _, name := range append([]string{generalChannel}, s.options.SlackChannels...) {
			if err := s.addStandingChannel(ctx, tx, strings.TrimPrefix(name, "#")); err != nil {
				return fmt.Errorf("sandbox: add the channel %s: %w", name, err)
			}
		}
		return nil
	})
}

func (s *Sandbox) addStandingChannel(ctx context.Context, tx *sql.Tx, name string) error {
	id := "C0STANDING" + strings.ToUpper(hex.EncodeToString([]byte(name)))
	if channelID.MatchString(name) {
		id, name = name, strings.ToLower(name)
	}
	// Numbers below 1 leave those of Muster's own channels as they were.
	_, err := tx.ExecContext(ctx, `INSERT INTO slack_channels (number, id, name, standing, created_at)
		SELECT MIN(0, COALESCE(MIN(number), 0)) - 1, ?, ?, 1, ? FROM slack_channels WHERE TRUE ON CONFLICT DO NOTHING`,
		id, name, microseconds(s.now()))
	if err != nil {
		return err
	}
	for _, user := range append([]string{slackBotUserID}, responderIDs()...) {
		_, err := tx.ExecContext(ctx, `INSERT INTO slack_members (channel_id, user_id)
			SELECT id, ? FROM slack_channels WHERE id = ? AND standing ON CONFLICT DO NOTHING`, user, id)
		if err != nil {
			return err
		}
	}
	return nil
}

func responderIDs() []string {
	ids := make([]string, 0, len(responders))
	for _, p := range responders {
		ids = append(ids, p.slackID)
	}
	return ids
}

func addMember(ctx context.Context, tx *sql.Tx, channelID, userID string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO slack_members (channel_id, user_id) VALUES (?, ?)`, channelID, userID)
	return err
}

func members(ctx context.Context, tx *sql.Tx, channelID string) ([]string, error) {
	return collect(ctx, tx, scanString, `SELECT user_id FROM slack_members WHERE channel_id = ? ORDER BY position`, channelID)
}

// enter makes somebody a member, which the channel and the apps in it are told.
func (s *Sandbox) enter(ctx context.Context, tx *sql.Tx, channel slackChannel, user, inviter string) error {
	if err := addMember(ctx, tx, channel.id, user); err != nil {
		return err
	}
	_, err := s.insertMessage(ctx, tx, slackMessage{
		channelID: channel.id, userID: user, subtype: "channel_join", text: "<@" + user + "> has joined the channel",
	})
	if err != nil {
		return err
	}
	event := object{"type": "member_joined_channel", "user": user, "channel": channel.id, "channel_type": channel.letter(), "team": slackTeamID}
	if inviter != "" {
		event["inviter"] = inviter
	}
	return s.tell(ctx, tx, channel.id, event)
}

// quit is the opposite of enter.
func (s *Sandbox) quit(ctx context.Context, tx *sql.Tx, channel slackChannel, user string) error {
	event := object{"type": "member_left_channel", "user": user, "channel": channel.id, "channel_type": channel.letter(), "team": slackTeamID}
	if err := s.tell(ctx, tx, channel.id, event); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM slack_members WHERE channel_id = ? AND user_id = ?`, channel.id, user); err != nil {
		return err
	}
	_, err := s.insertMessage(ctx, tx, slackMessage{
		channelID: channel.id, userID: user, subtype: "channel_leave", text: "<@" + user + "> has left the channel",
	})
	return err
}

// letter is how events about members tell kinds of channels apart.
func (c slackChannel) letter() string {
	if c.isPrivate {
		return "G"
	}
	return "C"
}

// kind is how events about messages tell kinds of channels apart.
func (c slackChannel) kind() string {
	switch {
	case c.imUser != "":
		return "im"
	case c.isPrivate:
		return "group"
	}
	return "channel"
}

func (s *Sandbox) joinChannel(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	if channel.isPrivate || channel.imUser != "" {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	if channel.hasBot {
		return object{"channel": channel.document(), "warning": "already_in_channel", "response_metadata": object{"warnings": []string{"already_in_channel"}}}, nil
	}
	if err := s.enter(ctx, c.tx, channel, slackBotUserID, ""); err != nil {
		return nil, err
	}
	channel.hasBot = true
	channel.memberCount++
	return object{"channel": channel.document()}, nil
}

func (s *Sandbox) leaveChannel(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	switch {
	case err != nil:
		return nil, err
	case channel.imUser != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case channel.name == generalChannel:
		return nil, refuse("cant_leave_general")
	case !channel.hasBot:
		return object{"not_in_channel": true}, nil
	}
	return object{}, s.quit(ctx, c.tx, channel, slackBotUserID)
}

// openDirectMessages finds the direct messages between the bot and one person:
// https://docs.slack.dev/reference/methods/conversations.open. Those of several people are
// refused, because Muster has no use for them.
func (s *Sandbox) openDirectMessages(ctx context.Context, c slackCall) (object, error) {
	users := strings.FieldsFunc(c.Get("users"), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(users) == 0:
		return nil, refuse("users_list_not_supplied")
	case len(users) > 1:
		return nil, refuse("method_not_supported_for_channel_type")
	case !slices.Contains(responderIDs(), users[0]):
		return nil, refuse("user_not_found")
	}
	_, missing := s.directMessages(ctx, c.tx, users[0])
	channel, err := s.talkTo(ctx, c.tx, users[0])
	if err != nil {
		return nil, err
	}
	answer := object{"channel": object{"id": channel.id}}
	if c.flag("return_im") {
		answer["channel"] = channel.document()
	}
	if missing == nil {
		answer["no_op"], answer["already_open"] = true, true
	}
	return answer, nil
}

func (s *Sandbox) directMessages(ctx context.Context, tx *sql.Tx, user string) (slackChannel, error) {
	return scanChannel(tx.QueryRowContext(ctx, selectChannels+` WHERE im_user = ?`, user))
}

// talkTo is directMessages that opens them where they are not open yet.
func (s *Sandbox) talkTo(ctx context.Context, tx *sql.Tx, user string) (slackChannel, error) {
	channel, err := s.directMessages(ctx, tx, user)
	if !errors.Is(err, sql.ErrNoRows) {
		return channel, err
	}
	// No channel can have such a name, and the number is below those of Muster's own channels.
	id := "D0" + strings.TrimPrefix(user, "U0")
	_, err = tx.ExecContext(ctx, `INSERT INTO slack_channels (number, id, name, im_user, is_private, created_at)
		SELECT MIN(0, COALESCE(MIN(number), 0)) - 1, ?, ?, ?, 1, ? FROM slack_channels WHERE TRUE`,
		id, "@"+user, user, microseconds(s.now()))
	if err != nil {
		return slackChannel{}, err
	}
	for _, member := range []string{slackBotUserID, user} {
		if err := addMember(ctx, tx, id, member); err != nil {
			return slackChannel{}, err
		}
	}
	return s.directMessages(ctx, tx, user)
}

// addressee is the channel that a message goes to, or the direct messages of the person it
// goes to.
func (s *Sandbox) addressee(ctx context.Context, c slackCall) (slackChannel, error) {
	if user := c.Get("channel"); slices.Contains(responderIDs(), user) {
		return s.talkTo(ctx, c.tx, user)
	}
	return c.openChannel(ctx, "channel")
}
