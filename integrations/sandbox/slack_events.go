package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
)

// What happens in a channel is told to the apps in it, by events:
// https://docs.slack.dev/apis/events-api. An event is kept with what it tells, in one
// transaction, until the app has taken it.

// tell keeps an event for the app, where the app is in the channel and has an address. As in
// Slack, the app is told of its own doings too.
func (s *Sandbox) tell(ctx context.Context, tx *sql.Tx, channelID string, event object) error {
	if !s.slack.listened() {
		return nil
	}
	channel, err := scanChannel(tx.QueryRowContext(ctx, selectChannels+` WHERE id = ?`, channelID))
	if err != nil || !channel.hasBot || !s.app.hears(event["type"].(string), channel) {
		return err
	}
	if event["type"] == "message" {
		event["channel"], event["channel_type"] = channel.id, channel.kind()
	}
	now := s.now()
	if event["event_ts"] == nil {
		event["event_ts"] = formatTS(microseconds(now))
	}
	id := "Ev0" + rand.Text()[:9]
	body, err := json.Marshal(object{
		"token": slackVerificationToken, "team_id": slackTeamID, "context_team_id": slackTeamID, "context_enterprise_id": nil,
		"api_app_id": slackAppID, "event": event, "type": "event_callback", "event_id": id, "event_time": now.Unix(),
		"authorizations": []object{{
			"enterprise_id": nil, "team_id": slackTeamID, "user_id": slackBotUserID, "is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": false, "event_context": "4-" + id,
	})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO slack_events (id, body, due_at) VALUES (?, ?, 0)`, id, string(body))
	return err
}

// tellMessage tells of a message that was just posted.
func (s *Sandbox) tellMessage(ctx context.Context, tx *sql.Tx, m slackMessage) error {
	event := m.document(false)
	event["event_ts"] = formatTS(m.ts)
	return s.tell(ctx, tx, m.channelID, event)
}
