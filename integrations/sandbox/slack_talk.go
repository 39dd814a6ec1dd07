package sandbox

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"unicode/utf8"
)

// What people do in Slack without an app: talking, reacting, coming and going.

// talk runs an act that needs no answer from Muster.
func (s *Sandbox) talk(ctx context.Context, work func(*sql.Tx) (slackChannel, int64, error)) (happened, error) {
	var channel slackChannel
	var ts int64
	err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		channel, ts, err = work(tx)
		return err
	})
	result := happened{Channel: channel.id}
	if ts > 0 {
		result.TS = formatTS(ts)
	}
	return result, err
}

// write checks what a person typed and turns it into a message.
func (s *Sandbox) write(ctx context.Context, tx *sql.Tx, who person, channel slackChannel, d deed) (m slackMessage, err error) {
	switch {
	case strings.TrimSpace(d.Text) == "" && len(d.Files) == 0:
		return m, cannot(http.StatusBadRequest, "text is empty: say something.")
	case utf8.RuneCountInString(d.Text) > maxMessageCharacters:
		return m, cannot(http.StatusBadRequest, "text has more than %d characters.", maxMessageCharacters)
	}
	composer, err := s.composer(ctx, tx)
	if err != nil {
		return m, err
	}
	line := composer.compose(d.Text)
	m = slackMessage{channelID: channel.id, userID: who.slackID, text: line.text}
	if len(line.elements) > 0 {
		if m.blocks, err = line.blocks(); err != nil {
			return m, err
		}
	}
	m.files, err = filesOf(d.Files, who.slackID, microseconds(s.now()))
	return m, err
}

func (s *Sandbox) say(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, err := s.where(ctx, tx, who, d.Channel)
		if err == nil && channel.imUser != "" && s.app.readOnly {
			err = cannot(http.StatusConflict, "Muster takes no private messages: it only writes them.")
		}
		if err != nil {
			return channel, 0, err
		}
		m, err := s.write(ctx, tx, who, channel, d)
		if err != nil {
			return channel, 0, err
		}
		if m.threadTS, err = (slackCall{nil, tx}).thread(ctx, channel, d.ThreadTS); err != nil {
			return channel, 0, err
		}
		m, err = s.insertMessage(ctx, tx, m)
		return channel, m.ts, err
	})
}

// ownMessage finds a message that a person may change, which is one that they said.
func (s *Sandbox) ownMessage(ctx context.Context, tx *sql.Tx, who person, d deed) (slackChannel, slackMessage, error) {
	channel, m, err := s.onMessage(ctx, tx, who, d, true)
	if err == nil && m.ephemeralTo == "" && (m.userID != who.slackID || m.subtype != "") {
		err = cannot(http.StatusConflict, "%s did not say this: people can only change what they said themselves.", who.name)
	}
	return channel, m, err
}

func (s *Sandbox) edit(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, m, err := s.ownMessage(ctx, tx, who, d)
		if err == nil && m.ephemeralTo != "" {
			err = cannot(http.StatusConflict, "A message that only one person sees cannot be edited.")
		}
		if err != nil {
			return channel, 0, err
		}
		next, err := s.write(ctx, tx, who, channel, d)
		if err != nil {
			return channel, 0, err
		}
		m, err = s.editMessage(ctx, tx, m, next)
		return channel, m.ts, err
	})
}

// erase deletes what a person said, or dismisses what only they see.
func (s *Sandbox) erase(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, m, err := s.ownMessage(ctx, tx, who, d)
		if err != nil {
			return channel, 0, err
		}
		return channel, m.ts, s.removeMessage(ctx, tx, m)
	})
}

func (s *Sandbox) reactTo(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, m, err := s.onMessage(ctx, tx, who, d, false)
		if err != nil {
			return channel, 0, err
		}
		change := s.react
		if d.Removed {
			change = s.unreact
		}
		return channel, m.ts, change(ctx, tx, m, who.slackID, strings.Trim(d.Emoji, ":"))
	})
}

func (s *Sandbox) pinTo(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, m, err := s.onMessage(ctx, tx, who, d, false)
		if err != nil {
			return channel, 0, err
		}
		change := s.pin
		if d.Removed {
			change = s.unpin
		}
		return channel, m.ts, change(ctx, tx, m, who.slackID)
	})
}

func (s *Sandbox) join(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, in, err := s.visible(ctx, tx, who, d.Channel)
		switch {
		case err != nil:
			return channel, 0, err
		case channel.archived:
			return channel, 0, refuse("is_archived")
		case in: // as in Slack, which says only that it is so already
			return channel, 0, nil
		}
		return channel, 0, s.enter(ctx, tx, channel, who.slackID, "")
	})
}

func (s *Sandbox) leave(ctx context.Context, who person, d deed) (happened, error) {
	return s.talk(ctx, func(tx *sql.Tx) (slackChannel, int64, error) {
		channel, err := s.where(ctx, tx, who, d.Channel)
		switch {
		case err != nil:
			return channel, 0, err
		case channel.imUser != "":
			return channel, 0, cannot(http.StatusConflict, "Nobody leaves their direct messages.")
		case channel.name == generalChannel:
			return channel, 0, cannot(http.StatusConflict, "Nobody leaves #%s.", generalChannel)
		}
		return channel, 0, s.quit(ctx, tx, channel, who.slackID)
	})
}
