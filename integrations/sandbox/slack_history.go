package sandbox

import (
	"context"
	"errors"
	"math"
)

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
