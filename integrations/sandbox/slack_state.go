package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
)

// readSlack reads Slack's part of the state.
func (s *Sandbox) readSlack(ctx context.Context, tx *sql.Tx, all *slackState) error {
	channels, err := collect(ctx, tx, scanChannel, selectChannels+` ORDER BY number`)
	if err != nil {
		return err
	}
	for _, channel := range channels {
		one, err := s.channelState(ctx, tx, channel)
		switch {
		case err != nil:
			return err
		case channel.imUser != "":
			all.DirectMessages = append(all.DirectMessages, one)
		case channel.standing && len(one.Messages)+len(one.Ephemerals) == 0:
			all.standing = append(all.standing, one)
		default:
			all.Channels = append(all.Channels, one)
		}
	}
	open, err := collect(ctx, tx, scanView, selectViews+` ORDER BY number`)
	depth := map[string]int{}
	for _, view := range open {
		all.Views = append(all.Views, view.state(depth[view.user]))
		depth[view.user]++
	}
	return err
}

func (s *Sandbox) channelState(ctx context.Context, tx *sql.Tx, channel slackChannel) (channelState, error) {
	one := channelState{
		ID: channel.id, Name: channel.name, Topic: channel.topic, Purpose: channel.purpose,
		Private: channel.isPrivate, Archived: channel.archived, standing: channel.standing, URL: s.address("/slack/archives/" + channel.id),
		Messages: []messageState{}, Ephemerals: []messageState{}, Bookmarks: []bookmarkState{},
	}
	var err error
	if one.Members, err = members(ctx, tx, channel.id); err != nil {
		return one, err
	}
	if channel.imUser != "" {
		one.Name, one.imUser = channel.imUser, channel.imUser
	}
	messages, err := collect(ctx, tx, scanMessage, selectMessages+` WHERE channel_id = ? ORDER BY ts`, channel.id)
	if err != nil {
		return one, err
	}
	for _, m := range messages {
		message := m.state()
		switch {
		case m.ephemeralTo != "":
			one.Ephemerals = append(one.Ephemerals, message)
		case m.subtype == "" || m.subtype == subtypeTombstone:
			one.Messages = append(one.Messages, message)
		default:
			one.coming = append(one.coming, message)
		}
	}
	marks, err := bookmarks(ctx, tx, channel.id)
	for _, b := range marks {
		one.Bookmarks = append(one.Bookmarks, bookmarkState{ID: b.id(), Title: b.title, Link: b.link, Emoji: b.emoji})
	}
	return one, err
}

func (m slackMessage) state() messageState {
	state := messageState{
		TS: formatTS(m.ts), User: m.userID, Text: m.text, Blocks: json.RawMessage(m.blocks), Metadata: json.RawMessage(m.metadata),
		Edited: m.editedAt > 0, Pinned: m.pinAt > 0, EphemeralTo: m.ephemeralTo, Reactions: json.RawMessage(m.reactions),
		Files: json.RawMessage(m.files), PostedAt: timeOf(m.ts), subtype: m.subtype,
	}
	if m.threadTS > 0 {
		state.ThreadTS = formatTS(m.threadTS)
	}
	return state
}
