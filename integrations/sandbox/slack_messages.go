package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Slack's limits: https://docs.slack.dev/reference/methods/chat.postMessage and
// https://docs.slack.dev/reference/block-kit/blocks.
const (
	maxMessageCharacters = 40000
	maxMessageBlocks     = 50
	maxSectionCharacters = 3000
	maxHeaderCharacters  = 150
)

// slackMessage is a message of the bot: nobody else can post here.
type slackMessage struct {
	ts                          int64 // microseconds since the epoch, unique in the workspace
	channelID                   string
	text, blocks, metadata      string // blocks and metadata are JSON or ""
	threadTS, editedAt          int64  // 0: none
	broadcast                   bool
	ephemeralTo                 string
	replies, latestReply, pinAt int64
}

const selectMessages = `SELECT ts, channel_id, text, blocks, metadata, thread_ts, edited_at, broadcast, ephemeral_to,
	(SELECT COUNT(*) FROM slack_messages r WHERE r.thread_ts > 0 AND r.thread_ts = m.ts),
	(SELECT COALESCE(MAX(r.ts), 0) FROM slack_messages r WHERE r.thread_ts > 0 AND r.thread_ts = m.ts),
	(SELECT COALESCE(MAX(p.created_at), 0) FROM slack_pins p WHERE p.channel_id = m.channel_id AND p.ts = m.ts)
	FROM slack_messages m`

func scanMessage(row scanner) (m slackMessage, err error) {
	err = row.Scan(&m.ts, &m.channelID, &m.text, &m.blocks, &m.metadata, &m.threadTS, &m.editedAt, &m.broadcast,
		&m.ephemeralTo, &m.replies, &m.latestReply, &m.pinAt)
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
	doc := object{
		"type": "message", "user": slackBotUserID, "bot_id": slackBotID, "team": slackTeamID,
		"text": m.text, "ts": formatTS(m.ts),
	}
	if m.blocks != "" {
		doc["blocks"] = json.RawMessage(m.blocks)
	}
	if m.metadata != "" && withMetadata {
		doc["metadata"] = json.RawMessage(m.metadata)
	}
	if m.editedAt > 0 {
		doc["edited"] = object{"user": slackBotUserID, "ts": formatTS(m.editedAt)}
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

// content reads and checks what posting and updating have in common.
func (c slackCall) content() (m slackMessage, err error) {
	m = slackMessage{text: c.Get("text"), blocks: c.Get("blocks"), metadata: c.Get("metadata")}
	if m.blocks != "" {
		if err := checkBlocks(m.blocks); err != nil {
			return m, err
		}
	}
	if m.blocks == "[]" {
		m.blocks = ""
	}
	if m.text == "" && m.blocks == "" && c.Get("attachments") == "" {
		return m, refuse("no_text")
	}
	if utf8.RuneCountInString(m.text) > maxMessageCharacters {
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

// checkBlocks refuses the blocks that Slack would refuse for their shape or size.
func checkBlocks(raw string) error {
	var blocks []block
	if json.Unmarshal([]byte(raw), &blocks) != nil {
		return refuse("invalid_blocks_format")
	}
	invalid := func(format string, args ...any) error {
		return slackError{code: "invalid_blocks", fields: object{
			"response_metadata": object{"messages": []string{"[ERROR] " + fmt.Sprintf(format, args...)}},
		}}
	}
	if len(blocks) > maxMessageBlocks {
		return invalid("no more than %d items allowed [json-pointer:/blocks]", maxMessageBlocks)
	}
	for i, b := range blocks {
		most := maxSectionCharacters
		switch b.Type {
		case "":
			return invalid("missing required field: type [json-pointer:/blocks/%d]", i)
		case "header":
			most = maxHeaderCharacters
		case "section":
		default:
			continue
		}
		if utf8.RuneCountInString(b.text().Text) > most {
			return invalid("must be less than %d characters [json-pointer:/blocks/%d/text/text]", most+1, i)
		}
	}
	return nil
}

// nextTS returns the time as a timestamp that is above every one given before.
func (s *Sandbox) nextTS(ctx context.Context, tx *sql.Tx) (int64, error) {
	var latest int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(ts), 0) FROM slack_messages`).Scan(&latest); err != nil {
		return 0, err
	}
	return max(microseconds(s.now()), latest+1), nil
}

func (s *Sandbox) insertMessage(ctx context.Context, tx *sql.Tx, m slackMessage) (slackMessage, error) {
	ts, err := s.nextTS(ctx, tx)
	if err != nil {
		return m, err
	}
	m.ts = ts
	_, err = tx.ExecContext(ctx, `INSERT INTO slack_messages (ts, channel_id, text, blocks, metadata, thread_ts, broadcast, ephemeral_to)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, m.ts, m.channelID, m.text, m.blocks, m.metadata, m.threadTS, m.broadcast, m.ephemeralTo)
	return m, err
}

func (s *Sandbox) postMessage(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.content()
	if err != nil {
		return nil, err
	}
	m.channelID, m.broadcast = channel.id, c.flag("reply_broadcast")
	if raw := c.Get("thread_ts"); raw != "" {
		parent, err := c.message(ctx, channel, raw)
		switch {
		case errors.Is(err, refuse("message_not_found")):
			// Slack posts a reply to a vanished message outside of any thread.
		case err != nil:
			return nil, err
		case parent.threadTS > 0:
			m.threadTS = parent.threadTS
		default:
			m.threadTS = parent.ts
		}
	}
	m, err = s.insertMessage(ctx, c.tx, m)
	if err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "ts": formatTS(m.ts), "message": m.document(true)}, nil
}

// message finds a message that everyone in the channel sees.
func (c slackCall) message(ctx context.Context, channel slackChannel, ts string) (slackMessage, error) {
	micros, ok := parseTS(ts)
	if !ok {
		return slackMessage{}, refuse("message_not_found")
	}
	m, err := scanMessage(c.tx.QueryRowContext(ctx, selectMessages+` WHERE ts = ? AND channel_id = ? AND ephemeral_to = ''`, micros, channel.id))
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
	next, err := c.content()
	if err != nil {
		return nil, err
	}
	m.text, m.blocks, m.editedAt = next.text, next.blocks, microseconds(s.now())
	if next.metadata != "" {
		m.metadata = next.metadata
	}
	if _, err := c.tx.ExecContext(ctx, `UPDATE slack_messages SET text = ?, blocks = ?, metadata = ?, edited_at = ? WHERE ts = ?`,
		m.text, m.blocks, m.metadata, m.editedAt, m.ts); err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "ts": formatTS(m.ts), "text": m.text, "message": m.document(true)}, nil
}

func (s *Sandbox) postEphemeral(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.content()
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
	if m, err = s.insertMessage(ctx, c.tx, m); err != nil {
		return nil, err
	}
	return object{"message_ts": formatTS(m.ts)}, nil
}

// channelHistory returns a channel's messages, newest first, without the replies that
// stayed in their threads.
func (s *Sandbox) channelHistory(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	return c.history(ctx, channel, `AND (thread_ts = 0 OR broadcast) AND ephemeral_to = '' ORDER BY ts DESC`)
}

// threadReplies returns a thread, oldest first: the message it began with, then the replies.
func (s *Sandbox) threadReplies(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	parent, err := c.message(ctx, channel, c.Get("ts"))
	if errors.Is(err, refuse("message_not_found")) {
		return nil, refuse("thread_not_found")
	}
	if err != nil {
		return nil, err
	}
	root := parent.ts
	if parent.threadTS > 0 {
		root = parent.threadTS
	}
	return c.history(ctx, channel, `AND (ts = ? OR thread_ts = ?) AND ephemeral_to = '' ORDER BY ts`, root, root)
}

func (c slackCall) history(ctx context.Context, channel slackChannel, rest string, args ...any) (object, error) {
	oldest, newest := int64(0), int64(math.MaxInt64)
	if raw := c.Get("oldest"); raw != "" {
		ts, ok := parseTS(raw)
		if !ok {
			return nil, refuse("invalid_ts_oldest")
		}
		oldest = ts
	}
	if raw := c.Get("latest"); raw != "" && raw != "now" {
		ts, ok := parseTS(raw)
		if !ok {
			return nil, refuse("invalid_ts_latest")
		}
		newest = ts
	}
	if !c.flag("inclusive") {
		oldest, newest = oldest+1, newest-1
	}
	all, err := collect(ctx, c.tx, scanMessage, selectMessages+` WHERE channel_id = ? AND ts BETWEEN ? AND ? `+rest,
		append([]any{channel.id, oldest, newest}, args...)...)
	if err != nil {
		return nil, err
	}
	part, next, err := page(c, all, 100, 999)
	if err != nil {
		return nil, err
	}
	documents := make([]object, 0, len(part))
	for _, m := range part {
		documents = append(documents, m.document(c.flag("include_all_metadata")))
	}
	return object{"messages": documents, "has_more": next != "", "response_metadata": nextCursor(next)}, nil
}
