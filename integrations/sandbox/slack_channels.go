package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slack's limits: https://docs.slack.dev/reference/methods/conversations.create and
// https://docs.slack.dev/reference/methods/conversations.setTopic.
const (
	maxChannelNameCharacters = 80
	maxTopicCharacters       = 250
	maxInvitedUsers          = 1000
)

type slackChannel struct {
	id, name, topic, purpose string
	imUser                   string // whose direct messages with the bot these are; "" for a channel
	isPrivate, archived      bool
	standing                 bool // people made it
	createdAt                int64
	memberCount              int
	hasBot                   bool
}

const selectChannels = `SELECT id, name, topic, purpose, im_user, is_private, archived, standing, created_at,
	(SELECT COUNT(*) FROM slack_members m WHERE m.channel_id = c.id),
	(SELECT COUNT(*) FROM slack_members m WHERE m.channel_id = c.id AND m.user_id = '` + slackBotUserID + `') FROM slack_channels c`

func scanChannel(row scanner) (c slackChannel, err error) {
	err = row.Scan(&c.id, &c.name, &c.topic, &c.purpose, &c.imUser, &c.isPrivate, &c.archived, &c.standing, &c.createdAt,
		&c.memberCount, &c.hasBot)
	return c, err
}

// channel finds the channel that the argument names by its ID or, with or without a
// leading #, by its name.
func (c slackCall) channel(ctx context.Context, argument string) (slackChannel, error) {
	name := c.Get(argument)
	channel, err := scanChannel(c.tx.QueryRowContext(ctx, selectChannels+` WHERE id = ? OR name = ?`, name, strings.TrimPrefix(name, "#")))
	if errors.Is(err, sql.ErrNoRows) {
		return channel, refuse("channel_not_found")
	}
	return channel, err
}

// openChannel is channel for the methods that an archived channel refuses.
func (c slackCall) openChannel(ctx context.Context, argument string) (slackChannel, error) {
	channel, err := c.channel(ctx, argument)
	if err == nil && channel.archived {
		err = refuse("is_archived")
	}
	return channel, err
}

func (c slackChannel) document() object {
	created, creator := timeOf(c.createdAt).Unix(), slackBotUserID
	if c.imUser != "" {
		return object{"id": c.id, "created": created, "is_im": true, "is_archived": false, "is_org_shared": false, "user": c.imUser}
	}
	if c.standing {
		creator = responders[0].slackID
	}
	note := func(value string) object {
		if value == "" {
			return object{"value": "", "creator": "", "last_set": 0}
		}
		return object{"value": value, "creator": slackBotUserID, "last_set": created}
	}
	return object{
		"id": c.id, "name": c.name, "name_normalized": c.name, "created": created, "creator": creator,
		"is_channel": !c.isPrivate, "is_group": c.isPrivate, "is_private": c.isPrivate, "is_im": false,
		"is_archived": c.archived, "is_member": c.hasBot, "num_members": c.memberCount,
		"topic": note(c.topic), "purpose": note(c.purpose),
	}
}

// channelNameError returns Slack's error code for a name, or "".
func channelNameError(name string) string {
	switch {
	case name == "":
		return "invalid_name_required"
	case utf8.RuneCountInString(name) > maxChannelNameCharacters:
		return "invalid_name_maxlength"
	}
	punctuation := true
	for _, r := range name {
		switch {
		case r == '-' || r == '_':
		case unicode.IsDigit(r), unicode.IsLetter(r) && !unicode.IsUpper(r):
			punctuation = false
		default:
			return "invalid_name_specials"
		}
	}
	if punctuation {
		return "invalid_name_punctuation"
	}
	return ""
}

func (s *Sandbox) createChannel(ctx context.Context, c slackCall) (object, error) {
	name := c.Get("name")
	if code := channelNameError(name); code != "" {
		return nil, refuse(code)
	}
	var taken bool
	if err := c.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM slack_channels WHERE name = ?)`, name).Scan(&taken); err != nil {
		return nil, err
	}
	if taken {
		return nil, refuse("name_taken")
	}
	var number int
	if err := c.tx.QueryRowContext(ctx, `SELECT MAX(0, COALESCE(MAX(number), 0)) + 1 FROM slack_channels`).Scan(&number); err != nil {
		return nil, err
	}
	channel := slackChannel{
		id: fmt.Sprintf("C0SANDBOX%03d", number), name: name, isPrivate: c.flag("is_private"),
		createdAt: microseconds(s.now()), memberCount: 1, hasBot: true,
	}
	if _, err := c.tx.ExecContext(ctx, `INSERT INTO slack_channels (number, id, name, is_private, created_at) VALUES (?, ?, ?, ?, ?)`,
		number, channel.id, channel.name, channel.isPrivate, channel.createdAt); err != nil {
		return nil, err
	}
	if err := addMember(ctx, c.tx, channel.id, slackBotUserID); err != nil {
		return nil, err
	}
	return object{"channel": channel.document()}, nil
}

func (s *Sandbox) channelInfo(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	return object{"channel": channel.document()}, nil
}

func (s *Sandbox) listChannels(ctx context.Context, c slackCall) (object, error) {
	types := strings.Split(c.Get("types"), ",")
	wanted := func(channel slackChannel) bool {
		kind := "public_channel"
		switch {
		case channel.imUser != "":
			kind = "im"
		case channel.isPrivate:
			kind = "private_channel"
		}
		return slices.Contains(types, kind) && (!channel.archived || !c.flag("exclude_archived"))
	}
	if c.Get("types") == "" {
		types = []string{"public_channel"}
	}
	all, err := collect(ctx, c.tx, scanChannel, selectChannels+` ORDER BY number`)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(channel slackChannel) bool { return !wanted(channel) })
	part, next, err := page(c, all, 100, 1000)
	if err != nil {
		return nil, err
	}
	documents := make([]object, 0, len(part))
	for _, channel := range part {
		documents = append(documents, channel.document())
	}
	return object{"channels": documents, "response_metadata": nextCursor(next)}, nil
}

func (s *Sandbox) setTopic(ctx context.Context, c slackCall) (object, error) {
	return setNote(ctx, c, "topic", `UPDATE slack_channels SET topic = ? WHERE id = ?`)
}

func (s *Sandbox) setPurpose(ctx context.Context, c slackCall) (object, error) {
	return setNote(ctx, c, "purpose", `UPDATE slack_channels SET purpose = ? WHERE id = ?`)
}

func setNote(ctx context.Context, c slackCall, argument, update string) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	if channel.imUser != "" {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	value := c.Get(argument)
	if utf8.RuneCountInString(value) > maxTopicCharacters {
		return nil, refuse("too_long")
	}
	if _, err := c.tx.ExecContext(ctx, update, value, channel.id); err != nil {
		return nil, err
	}
	channel, err = c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	return object{"channel": channel.document(), argument: value}, nil
}

// inviteToChannel invites nobody where one of the users cannot be invited, unless force
// is set: then it invites the others.
func (s *Sandbox) inviteToChannel(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	users := strings.FieldsFunc(c.Get("users"), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(users) == 0:
		return nil, refuse("no_user")
	case len(users) > maxInvitedUsers:
		return nil, refuse("too_many_users")
	}
	present, err := members(ctx, c.tx, channel.id)
	if err != nil {
		return nil, err
	}
	if channel.imUser != "" {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	var refused []object
	var invited int
	for _, user := range users {
		code := ""
		switch {
		case user == slackBotUserID:
			code = "cant_invite_self"
		case !isSlackUser(user):
			code = "user_not_found"
		case slices.Contains(present, user):
			code = "already_in_channel"
		}
		if code != "" {
			refused = append(refused, object{"ok": false, "user": user, "error": code})
			continue
		}
		if err := s.enter(ctx, c.tx, channel, user, slackBotUserID); err != nil {
			return nil, err
		}
		present = append(present, user)
		invited++
	}
	if len(refused) > 0 && (invited == 0 || !c.flag("force")) {
		return nil, slackError{code: refused[0]["error"].(string), fields: object{"errors": refused}}
	}
	channel.memberCount = len(present)
	answer := object{"channel": channel.document()}
	if len(refused) > 0 {
		answer["errors"] = refused
	}
	return answer, nil
}

func (s *Sandbox) channelMembers(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	all, err := members(ctx, c.tx, channel.id)
	if err != nil {
		return nil, err
	}
	part, next, err := page(c, all, 100, 1000)
	if err != nil {
		return nil, err
	}
	return object{"members": part, "response_metadata": nextCursor(next)}, nil
}

func (s *Sandbox) archiveChannel(ctx context.Context, c slackCall) (object, error) {
	return setArchived(ctx, c, true, "already_archived")
}

func (s *Sandbox) unarchiveChannel(ctx context.Context, c slackCall) (object, error) {
	return setArchived(ctx, c, false, "not_archived")
}

func setArchived(ctx context.Context, c slackCall, archived bool, already string) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	if channel.imUser != "" {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	if channel.archived == archived {
		return nil, refuse(already)
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE slack_channels SET archived = ? WHERE id = ?`, archived, channel.id)
	return object{}, err
}
