package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxBookmarks is how many bookmarks a channel takes:
// https://docs.slack.dev/reference/methods/bookmarks.add.
const maxBookmarks = 100

func (s *Sandbox) addPin(ctx context.Context, c slackCall) (object, error) {
	m, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return object{}, s.pin(ctx, c.tx, m, slackBotUserID)
}

func (s *Sandbox) removePin(ctx context.Context, c slackCall) (object, error) {
	m, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return object{}, s.unpin(ctx, c.tx, m, slackBotUserID)
}

// pin keeps a message at hand in its channel and tells of it.
func (s *Sandbox) pin(ctx context.Context, tx *sql.Tx, m slackMessage, user string) error {
	if m.pinAt > 0 {
		return refuse("already_pinned")
	}
	m.pinAt = microseconds(s.now())
	if _, err := tx.ExecContext(ctx, `INSERT INTO slack_pins (channel_id, ts, created_at, user_id) VALUES (?, ?, ?, ?)`,
		m.channelID, m.ts, m.pinAt, user); err != nil {
		return err
	}
	return s.tell(ctx, tx, m.channelID, s.pinEvent("pin_added", m, user))
}

// unpin is the opposite of pin.
func (s *Sandbox) unpin(ctx context.Context, tx *sql.Tx, m slackMessage, user string) error {
	if m.pinAt == 0 {
		return refuse("no_pin")
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM slack_pins WHERE channel_id = ? AND ts = ?`, m.channelID, m.ts); err != nil {
		return err
	}
	return s.tell(ctx, tx, m.channelID, s.pinEvent("pin_removed", m, user))
}

func (s *Sandbox) pinEvent(kind string, m slackMessage, user string) object {
	message := m.document(false)
	message["permalink"] = s.permalink(m.channelID, m.ts)
	return object{
		"type": kind, "user": user, "channel_id": m.channelID, "item_user": m.userID,
		"item": object{
			"type": "message", "channel": m.channelID, "created": timeOf(m.pinAt).Unix(), "created_by": user, "message": message,
		},
	}
}

func (s *Sandbox) listPins(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	pinned, err := collect(ctx, c.tx, scanMessage, `SELECT * FROM (`+selectMessages+` WHERE channel_id = ?) pinned
		WHERE ts IN (SELECT ts FROM slack_pins) ORDER BY ts DESC`, channel.id)
	if err != nil {
		return nil, err
	}
	items := make([]object, 0, len(pinned))
	for _, m := range pinned {
		message := m.document(true)
		message["permalink"] = s.permalink(channel.id, m.ts)
		items = append(items, object{
			"type": "message", "channel": channel.id, "created": timeOf(m.pinAt).Unix(),
			"created_by": m.pinnedBy, "message": message,
		})
	}
	return object{"items": items}, nil
}

type bookmark struct {
	number               int
	title, link, emoji   string
	createdAt, updatedAt int64
}

const selectBookmarks = `SELECT number, title, link, emoji, created_at, updated_at FROM slack_bookmarks`

func scanBookmark(row scanner) (b bookmark, err error) {
	err = row.Scan(&b.number, &b.title, &b.link, &b.emoji, &b.createdAt, &b.updatedAt)
	return b, err
}

func (b bookmark) id() string { return fmt.Sprintf("Bk0SANDBOX%03d", b.number) }

func (b bookmark) document(channelID string) object {
	return object{
		"id": b.id(), "channel_id": channelID, "title": b.title, "link": b.link, "emoji": b.emoji, "type": "link",
		"date_created": timeOf(b.createdAt).Unix(), "date_updated": timeOf(b.updatedAt).Unix(),
		"last_updated_by_user_id": slackBotUserID, "last_updated_by_team_id": slackTeamID,
	}
}

func isWebLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func bookmarks(ctx context.Context, tx *sql.Tx, channelID string) ([]bookmark, error) {
	return collect(ctx, tx, scanBookmark, selectBookmarks+` WHERE channel_id = ? ORDER BY number`, channelID)
}

func (s *Sandbox) addBookmark(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel_id")
	if err != nil {
		return nil, err
	}
	b := bookmark{title: c.Get("title"), link: c.Get("link"), emoji: c.Get("emoji"), createdAt: microseconds(s.now())}
	b.updatedAt = b.createdAt
	switch {
	case b.title == "":
		return nil, refuse("invalid_arguments")
	case c.Get("type") != "link":
		return nil, refuse("invalid_bookmark_type")
	case !isWebLink(b.link):
		return nil, refuse("invalid_link")
	}
	existing, err := bookmarks(ctx, c.tx, channel.id)
	if err != nil {
		return nil, err
	}
	if len(existing) >= maxBookmarks {
		return nil, refuse("too_many_bookmarks")
	}
	if err := c.tx.QueryRowContext(ctx, `INSERT INTO slack_bookmarks (channel_id, title, link, emoji, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING number`, channel.id, b.title, b.link, b.emoji, b.createdAt, b.updatedAt).Scan(&b.number); err != nil {
		return nil, err
	}
	return object{"bookmark": b.document(channel.id)}, nil
}

func (s *Sandbox) listBookmarks(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel_id")
	if err != nil {
		return nil, err
	}
	all, err := bookmarks(ctx, c.tx, channel.id)
	if err != nil {
		return nil, err
	}
	documents := make([]object, 0, len(all))
	for _, b := range all {
		documents = append(documents, b.document(channel.id))
	}
	return object{"bookmarks": documents}, nil
}

func (s *Sandbox) editBookmark(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.openChannel(ctx, "channel_id")
	if err != nil {
		return nil, err
	}
	number := 0
	if _, err := fmt.Sscanf(c.Get("bookmark_id"), "Bk0SANDBOX%d", &number); err != nil {
		return nil, refuse("not_found")
	}
	b, err := scanBookmark(c.tx.QueryRowContext(ctx, selectBookmarks+` WHERE channel_id = ? AND number = ?`, channel.id, number))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, refuse("not_found")
	}
	if err != nil {
		return nil, err
	}
	if c.Has("title") {
		b.title = c.Get("title")
	}
	if c.Has("emoji") {
		b.emoji = c.Get("emoji")
	}
	if link := c.Get("link"); link != "" {
		if b.link = link; !isWebLink(link) {
			return nil, refuse("invalid_link")
		}
	}
	b.updatedAt = microseconds(s.now())
	if _, err := c.tx.ExecContext(ctx, `UPDATE slack_bookmarks SET title = ?, link = ?, emoji = ?, updated_at = ? WHERE number = ?`,
		b.title, b.link, b.emoji, b.updatedAt, b.number); err != nil {
		return nil, err
	}
	return object{"bookmark": b.document(channel.id)}, nil
}

// permalink has the form of Slack's: the timestamp without its dot after a p.
func (s *Sandbox) permalink(channelID string, ts int64) string {
	return fmt.Sprintf("%s/archives/%s/p%d", s.address("/slack"), channelID, ts)
}

func (s *Sandbox) getPermalink(ctx context.Context, c slackCall) (object, error) {
	channel, err := c.channel(ctx, "channel")
	if err != nil {
		return nil, err
	}
	m, err := c.message(ctx, channel, c.Get("message_ts"))
	if err != nil {
		return nil, err
	}
	return object{"channel": channel.id, "permalink": s.permalink(channel.id, m.ts)}, nil
}

// redirectToChannel opens what a permalink, or a channel's link, points at on the page.
func (s *Sandbox) redirectToChannel(w http.ResponseWriter, r *http.Request) {
	target := url.URL{Path: "/sandbox", RawQuery: url.Values{"channel": {r.PathValue("channel")}}.Encode()}
	if message := r.PathValue("message"); message != "" {
		target.Fragment = "m" + strings.TrimPrefix(message, "p")
	}
	http.Redirect(w, r, target.String(), http.StatusFound)
}
