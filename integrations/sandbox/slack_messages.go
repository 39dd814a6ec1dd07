package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Slack's limits: https://docs.slack.dev/reference/methods/chat.postMessage and
// https://docs.slack.dev/reference/methods/chat.update, which takes less text.
const (
	maxMessageCharacters = 40000
	maxUpdateCharacters  = 4000
)

// slackMessage is a message of the bot, of a person, or of Slack itself.
type slackMessage struct {
	ts                          int64 // microseconds since the epoch, unique in the workspace
	channelID, userID           string
	subtype                     string // channel_join, tombstone …; "" for what was said
	text, blocks, metadata      string // blocks and metadata are JSON or ""
	files                       string // JSON or ""
	threadTS, editedAt          int64  // 0: none
	broadcast                   bool
	ephemeralTo                 string
	replies, latestReply, pinAt int64
	pinnedBy                    string
	reactions                   string // JSON or ""
}

const selectMessages = `SELECT ts, channel_id, user_id, subtype, text, blocks, metadata, files, thread_ts, edited_at, broadcast, ephemeral_to,
	COALESCE((SELECT json_group_array(json_object('name', name, 'users', json(users), 'count', count)) FROM (
		SELECT name, json_group_array(user_id ORDER BY number) AS users, COUNT(*) AS count FROM slack_reactions x
		WHERE x.ts = m.ts GROUP BY name ORDER BY MIN(number)) HAVING COUNT(*) > 0), ''),
	(SELECT COUNT(*) FROM slack_messages r WHERE r.thread_ts > 0 AND r.thread_ts = m.ts),
	(SELECT COALESCE(MAX(r.ts), 0) FROM slack_messages r WHERE r.thread_ts > 0 AND r.thread_ts = m.ts),
	(SELECT COALESCE(MAX(p.created_at), 0) FROM slack_pins p WHERE p.channel_id = m.channel_id AND p.ts = m.ts),
	(SELECT COALESCE(MAX(p.user_id), '') FROM slack_pins p WHERE p.channel_id = m.channel_id AND p.ts = m.ts)
	FROM slack_messages m`

func scanMessage(row scanner) (m slackMessage, err error) {
	err = row.Scan(&m.ts, &m.channelID, &m.userID, &m.subtype, &m.text, &m.blocks, &m.metadata, &m.files, &m.threadTS, &m.editedAt,
		&m.broadcast, &m.ephemeralTo, &m.reactions, &m.replies, &m.latestReply, &m.pinAt, &m.pinnedBy)
	return m, err
}

// formatTS writes a timestamp as Slack does: seconds, a dot, six digits.
func formatTS(microseconds int64) string {
	return fmt.Sprintf("%d.%06d", microseconds/1e6, microseconds%1e6)
}

// parseTS reads a timestamp with up to six digits after the dot. Anything else is not
// one, and ok is false.
func parseTS(ts string) (microseconds int64, ok bool) {
	whole, fraction, _ := strings.Cut(ts, ".")
	if len(fraction) > 6 {
		return 0, false
	}
	seconds, err := strconv.ParseUint(whole, 10, 32)
	if err != nil {
		return 0, false
	}
	micros, err := strconv.ParseUint((fraction + "000000")[:6], 10, 32)
	if err != nil {
		return 0, false
	}
	return int64(seconds)*1e6 + int64(micros), true
}

// document is the message as Slack shows it; metadata only goes to those who ask for it.
func (m slackMessage) document(withMetadata bool) object {
	doc := object{"type": "message", "user": m.userID, "text": m.text, "ts": formatTS(m.ts)}
	switch {
	case m.subtype != "":
		doc["subtype"] = m.subtype
	case m.userID == slackBotUserID:
		doc["team"], doc["bot_id"], doc["app_id"] = slackTeamID, slackBotID, slackAppID
	default:
		doc["team"], doc["client_msg_id"] = slackTeamID, clientMessageID(m.ts)
	}
	if m.blocks != "" {
		doc["blocks"] = json.RawMessage(m.blocks)
	}
	if m.files != "" {
		doc["files"] = json.RawMessage(m.files)
	}
	if m.reactions != "" {
		doc["reactions"] = json.RawMessage(m.reactions)
	}
	if m.metadata != "" && withMetadata {
		doc["metadata"] = json.RawMessage(m.metadata)
	}
	if m.editedAt > 0 {
		doc["edited"] = object{"user": m.userID, "ts": formatTS(m.editedAt)}
	}
	switch {
	case m.threadTS > 0:
		doc["thread_ts"] = formatTS(m.threadTS)
	case m.replies > 0:
		doc["thread_ts"] = formatTS(m.ts)
		doc["reply_count"] = m.replies
		doc["latest_reply"] = formatTS(m.latestReply)
	}
	if m.pinAt > 0 {
		doc["pinned_to"] = []string{m.channelID}
	}
	return doc
}

// clientMessageID is what Slack's apps give to what people write: a UUID, here of the
// message's time.
func clientMessageID(ts int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", ts) }

// content reads and checks what posting and updating have in common; mostCharacters bounds
// the text.
func (c slackCall) content(mostCharacters int) (m slackMessage, err error) {
	m = slackMessage{userID: slackBotUserID, text: c.Get("text"), blocks: c.Get("blocks"), metadata: c.Get("metadata")}
	if m.blocks != "" {
		named, messages, ok := inspectBlocks(m.blocks, onMessage, maxMessageBlocks)
		switch {
		case !ok:
			return m, refuse("invalid_blocks_format")
		case len(messages) > 0:
			return m, invalid("invalid_blocks", messages)
		}
		m.blocks = named
	}
	if m.blocks == "[]" {
		m.blocks = ""
	}
	if m.text == "" && m.blocks == "" && c.Get("attachments") == "" {
		return m, refuse("no_text")
	}
	if utf8.RuneCountInString(m.text) > mostCharacters {
		return m, refuse("msg_too_long")
	}
	if m.metadata != "" {
		var metadata struct {
			EventType    string                     `json:"event_type"`
			EventPayload map[string]json.RawMessage `json:"event_payload"`
		}
		if json.Unmarshal([]byte(m.metadata), &metadata) != nil {
			return m, refuse("invalid_metadata_format")
		}
		if metadata.EventType == "" || metadata.EventPayload == nil {
			return m, refuse("invalid_metadata_schema")
		}
	}
	return m, nil
}

// nextTS returns the time as a timestamp that is above every one given before.
func (s *Sandbox) nextTS(ctx context.Context, tx *sql.Tx) (int64, error) {
	var latest int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(ts), 0) FROM slack_messages`).Scan(&latest); err != nil {
		return 0, err
	}
	return max(microseconds(s.now()), latest+1), nil
}

// insertMessage gives a message its timestamp and keeps it. Apps in the channel are told.
func (s *Sandbox) insertMessage(ctx context.Context, tx *sql.Tx, m slackMessage) (slackMessage, error) {
	ts, err := s.nextTS(ctx, tx)
	if err != nil {
		return m, err
	}
	m.ts = ts
	_, err = tx.ExecContext(ctx, `INSERT INTO slack_messages
		(ts, channel_id, user_id, subtype, text, blocks, metadata, files, thread_ts, broadcast, ephemeral_to)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ts, m.channelID, m.userID, m.subtype, m.text, m.blocks, m.metadata, m.files, m.threadTS, m.broadcast, m.ephemeralTo)
	if err != nil || m.ephemeralTo != "" {
		return m, err
	}
	return m, s.tellMessage(ctx, tx, m)
}

func (s *Sandbox) postMessage(ctx context.Context, c slackCall) (object, error) {
	channel, err := s.addressee(ctx, c)
	if err != nil {
		return nil, err
	}
	m, err := c.content(maxMessageCharacters)
	if err != nil {
		return nil, err
	}
	m.channelID, m.broadcast = channel.id, c.flag("reply_broadcast")
	if m.threadTS, err = c.thread(ctx, channel, c.Get("thread_ts")); errors.Is(err, refuse("message_not_found")) {
		err = nil // Slack posts a reply to a vanished message outside of any thread.
	}
	if err != nil {
		return nil, err
	}
	if m, err = s.insertMessage(ctx, c.tx, m); err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "ts": formatTS(m.ts), "message": m.document(true)}, nil
}

// thread finds the message with which the thread of a message begins; 0 for no thread.
func (c slackCall) thread(ctx context.Context, channel slackChannel, ts string) (int64, error) {
	if ts == "" {
		return 0, nil
	}
	parent, err := c.message(ctx, channel, ts)
	if parent.threadTS > 0 {
		return parent.threadTS, err
	}
	return parent.ts, err
}

// message finds a message that everyone in the channel sees.
func (c slackCall) message(ctx context.Context, channel slackChannel, ts string) (slackMessage, error) {
	m, err := c.anyMessage(ctx, channel, ts)
	if err == nil && (m.ephemeralTo != "" || m.subtype == subtypeTombstone) {
		err = refuse("message_not_found")
	}
	return m, err
}

// anyMessage is message for one that perhaps only one person sees, or that was deleted.
func (c slackCall) anyMessage(ctx context.Context, channel slackChannel, ts string) (slackMessage, error) {
	micros, ok := parseTS(ts)
	if !ok {
		return slackMessage{}, refuse("message_not_found")
	}
	m, err := scanMessage(c.tx.QueryRowContext(ctx, selectMessages+` WHERE ts = ? AND channel_id = ?`, micros, channel.id))
	if errors.Is(err, sql.ErrNoRows) {
		return m, refuse("message_not_found")
	}
	return m, err
}

func (s *Sandbox) updateMessage(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.message(ctx, channel, c.Get("ts"))
	if err != nil {
		return nil, err
	}
	if m.userID != slackBotUserID || m.subtype != "" {
		return nil, refuse("cant_update_message")
	}
	next, err := c.content(maxUpdateCharacters)
	if err != nil {
		return nil, err
	}
	if !c.Has("blocks") {
		next.blocks = m.blocks // an empty list would remove them
	}
	if m, err = s.editMessage(ctx, c.tx, m, next); err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "ts": formatTS(m.ts), "text": m.text, "message": m.document(true)}, nil
}

// editMessage puts other words, and other metadata where there are any, in a message's place.
func (s *Sandbox) editMessage(ctx context.Context, tx *sql.Tx, m, next slackMessage) (slackMessage, error) {
	before := m
	m.text, m.blocks, m.editedAt = next.text, next.blocks, microseconds(s.now())
	if next.metadata != "" {
		m.metadata = next.metadata
	}
	_, err := tx.ExecContext(ctx, `UPDATE slack_messages SET text = ?, blocks = ?, metadata = ?, edited_at = ? WHERE ts = ?`,
		m.text, m.blocks, m.metadata, m.editedAt, m.ts)
	if err != nil || m.ephemeralTo != "" {
		return m, err
	}
	return m, s.tell(ctx, tx, m.channelID, object{
		"type": "message", "subtype": "message_changed", "hidden": true,
		"message": m.document(false), "previous_message": before.document(false),
	})
}

// subtypeTombstone is what remains of a message that had replies.
const subtypeTombstone = "tombstone"

func (s *Sandbox) deleteMessage(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.message(ctx, channel, c.Get("ts"))
	if err != nil {
		return nil, err
	}
	if m.userID != slackBotUserID || m.subtype != "" {
		return nil, refuse("cant_delete_message")
	}
	if err := s.removeMessage(ctx, c.tx, m); err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "ts": formatTS(m.ts)}, nil
}

// removeMessage deletes a message with its pin and its reactions. One that has replies leaves
// a tombstone behind, so that they still stand below something.
func (s *Sandbox) removeMessage(ctx context.Context, tx *sql.Tx, m slackMessage) error {
	removals := []string{`DELETE FROM slack_pins WHERE ts = ?`, `DELETE FROM slack_reactions WHERE ts = ?`}
	if m.replies > 0 {
		removals = append(removals, `UPDATE slack_messages SET user_id = '`+slackbotUserID+`', subtype = '`+subtypeTombstone+`',
			text = 'This message was deleted.', blocks = '', metadata = '', files = '' WHERE ts = ?`)
	} else {
		removals = append(removals, `DELETE FROM slack_messages WHERE ts = ?`)
	}
	for _, removal := range removals {
		if _, err := tx.ExecContext(ctx, removal, m.ts); err != nil {
			return err
		}
	}
	if m.ephemeralTo != "" {
		return nil
	}
	return s.tell(ctx, tx, m.channelID, object{
		"type": "message", "subtype": "message_deleted", "hidden": true,
		"deleted_ts": formatTS(m.ts), "previous_message": m.document(false),
	})
}

func (s *Sandbox) postEphemeral(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.content(maxMessageCharacters)
	if err != nil {
		return nil, err
	}
	present, err := members(ctx, c.tx, channel.id)
	if err != nil {
		return nil, err
	}
	if m.ephemeralTo = c.Get("user"); !slices.Contains(present, m.ephemeralTo) {
		return nil, refuse("user_not_in_channel")
	}
	m.channelID = channel.id
	if m.threadTS, err = c.thread(ctx, channel, c.Get("thread_ts")); errors.Is(err, refuse("message_not_found")) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if m, err = s.insertMessage(ctx, c.tx, m); err != nil {
		return nil, err
	}
	return object{"message_ts": formatTS(m.ts)}, nil
}
