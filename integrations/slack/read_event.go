package slack

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// envelope is what the events come in: https://docs.slack.dev/apis/events-api#callback-field.
// The same event may concern several installations of the app; it comes once, and names one
// of them.
type envelope struct {
	Type           string `json:"type"`
	Challenge      string `json:"challenge"`
	TeamID         string `json:"team_id"`
	EnterpriseID   string `json:"enterprise_id"`
	AppID          string `json:"api_app_id"`
	EventID        string `json:"event_id"`
	EventTime      int64  `json:"event_time"`
	Authorizations []struct {
		UserID string `json:"user_id"`
		IsBot  bool   `json:"is_bot"`
	} `json:"authorizations"`
	Document json.RawMessage `json:"event"`

	// Event is read out of Document where Muster knows its type: the fields of others may
	// mean anything.
	Event eventBody `json:"-"`
}

// eventBody has what Muster reads of any of them; each has a part of it.
type eventBody struct {
	Type    string    `json:"type"`
	EventTS string    `json:"event_ts"`
	Channel maybeText `json:"channel"`
	// postedMessage is that of a new one, and its author whoever an event is about.
	postedMessage
	// Message and Previous are of one that was changed, DeletedTS of one that was deleted.
	Message   *postedMessage `json:"message"`
	Previous  *postedMessage `json:"previous_message"`
	DeletedTS string         `json:"deleted_ts"`
	// Reaction and Item are of reactions and pins, ChannelID of pins.
	Reaction  string `json:"reaction"`
	ChannelID string `json:"channel_id"`
	Item      struct {
		Type    string         `json:"type"`
		Channel string         `json:"channel"`
		TS      string         `json:"ts"`
		Message *postedMessage `json:"message"`
	} `json:"item"`
}

// maybeText is a text, or nothing where an event has something else in its place: some have a
// whole channel where others have its id.
type maybeText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *maybeText) UnmarshalJSON(document []byte) error {
	if len(document) < 2 || document[0] != '"' {
		return nil
	}
	return decode("text", document, (*string)(t))
}

// readEvent reads what comes of the Events API. The act's id is the event's, which is the
// same when Slack tries again.
func readEvent(document []byte) (heard, error) {
	var e envelope
	if err := decode("event", document, &e); err != nil {
		return heard{}, err
	}
	switch e.Type {
	case "url_verification":
		return heard{challenge: e.Challenge}, nil
	case "app_rate_limited":
		return heard{notice: func(ctx context.Context, logger *slog.Logger) {
			logger.WarnContext(ctx, "Slack sends no more events for the rest of the minute, since there were too many: messages and reactions of that time are missing",
				"workspace", e.workspace())
		}}, nil
	case "event_callback":
	default:
		return heard{}, nil
	}
	if e.EventID == "" {
		return heard{}, unreadable("the event lacks its event_id")
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := decode("event", e.Document, &kind); err != nil {
		return heard{}, err
	}
	read, ok := eventReaders[kind.Type]
	if !ok {
		return heard{}, nil
	}
	if err := decode(kind.Type+" event", e.Document, &e.Event); err != nil {
		return heard{}, err
	}
	return read(e), nil
}

// eventReaders are the events that Muster understands; which it subscribes to is told by
// [Events].
var eventReaders = map[string]func(envelope) heard{
	"message":               readMessage,
	"reaction_added":        readReaction,
	"reaction_removed":      readReaction,
	"pin_added":             readPin,
	"pin_removed":           readPin,
	"member_joined_channel": readMembership,
	"member_left_channel":   readMembership,
	"app_uninstalled": func(e envelope) heard {
		return heard{notice: func(ctx context.Context, logger *slog.Logger) {
			logger.ErrorContext(ctx, "the Slack app was removed from the workspace: install it again, or take Slack's settings away from Muster",
				"workspace", e.workspace())
		}}
	},
	"tokens_revoked": func(e envelope) heard {
		return heard{notice: func(ctx context.Context, logger *slog.Logger) {
			logger.ErrorContext(ctx, "the Slack app's tokens were revoked: install it again, and give Muster the new MUSTER_SLACK_TOKEN",
				"workspace", e.workspace())
		}}
	},
}

func (e envelope) workspace() string { return workspace(e.TeamID, e.EnterpriseID) }

// act is the event as somebody's act.
func (e envelope) act(channel string, by chat.Account) chat.Act {
	at := timeOf(e.Event.EventTS)
	if at.IsZero() && e.EventTime > 0 && e.EventTime <= latestSecond {
		at = time.Unix(e.EventTime, 0).UTC()
	}
	return chat.Act{
		ID: "event:" + e.EventID, Chat: integrations.Slack, At: at,
		Workspace: e.workspace(), Channel: channel, By: by,
	}
}

// ours says whether an account is the app's own. Events name the accounts for which they
// were sent.
func (e envelope) ours(user string) bool {
	for _, a := range e.Authorizations {
		if a.IsBot && a.UserID == user {
			return true
		}
	}
	return false
}

// person says whether whoever an event is about may act: a bot never does.
func (e envelope) person() bool {
	return e.Event.User != "" && !e.Event.author().Bot && !e.ours(e.Event.User)
}

// written says whether Muster has written a message.
func (e envelope) written(m postedMessage) bool {
	return m.AppID != "" && m.AppID == e.AppID || e.ours(m.User)
}

// The kinds of messages that somebody has said. All others tell of something that happened,
// which has an event of its own or is of no interest.
var said = map[string]bool{"": true, "file_share": true, "me_message": true, "thread_broadcast": true}

func readMessage(e envelope) heard {
	channel := string(e.Event.Channel)
	if channel == "" {
		return heard{}
	}
	switch e.Event.Subtype {
	case "message_changed":
		return readChange(e, channel)
	case "message_deleted":
		return readDeletion(e, channel, e.Event.DeletedTS)
	}
	if !said[e.Event.Subtype] || !e.person() || e.Event.TS == "" {
		return heard{}
	}
	message := e.Event.in(channel)
	act := e.act(channel, message.By)
	act.Message = &message
	return heard{act: &act}
}

// readChange reads that a message became another. One that others have answered leaves a
// tombstone when it is deleted, which comes as a change.
func readChange(e envelope, channel string) heard {
	changed := e.Event.Message
	if changed == nil || changed.TS == "" || e.written(*changed) {
		return heard{}
	}
	if changed.Subtype == "tombstone" {
		return readDeletion(e, channel, changed.TS)
	}
	if e.Event.Previous != nil && changed.same(*e.Event.Previous) {
		return heard{}
	}
	message := changed.in(channel)
	message.Edited = true
	by := message.By
	if changed.Edited != nil && changed.Edited.User != "" && changed.Edited.User != by.ID {
		by = chat.Account{ID: changed.Edited.User}
	}
	act := e.act(channel, by)
	act.Message = &message
	return heard{act: &act}
}

// readDeletion reads that a message is gone. Slack does not say who has deleted it: nobody
// has done the act.
func readDeletion(e envelope, channel, id string) heard {
	if id == "" || e.Event.Previous != nil && e.written(*e.Event.Previous) {
		return heard{}
	}
	message := chat.Message{Ref: incident.MessageRef{ChannelID: channel, ID: id}, At: timeOf(id), Deleted: true}
	if before := e.Event.Previous; before != nil {
		message.By = before.author()
		if before.ThreadTS != id {
			message.Thread = before.ThreadTS
		}
	}
	act := e.act(channel, chat.Account{})
	act.Message = &message
	return heard{act: &act}
}

func readReaction(e envelope) heard {
	item := e.Event.Item
	if item.Type != "message" || item.Channel == "" || item.TS == "" || !e.person() {
		return heard{}
	}
	emoji, _, _ := strings.Cut(e.Event.Reaction, "::") // a skin tone
	act := e.act(item.Channel, e.Event.author())
	act.Reaction = &chat.Reaction{
		Emoji: emoji, Removed: e.Event.Type == "reaction_removed",
		On: incident.MessageRef{ChannelID: item.Channel, ID: item.TS},
	}
	return heard{act: &act}
}

func readPin(e envelope) heard {
	pinned := e.Event.Item.Message
	channel := e.Event.ChannelID
	if pinned == nil || pinned.TS == "" || channel == "" || !e.person() {
		return heard{}
	}
	act := e.act(channel, e.Event.author())
	act.Pin = &chat.Pin{
		Removed: e.Event.Type == "pin_removed",
		On:      incident.MessageRef{ChannelID: channel, ID: pinned.TS, URL: replyTo(pinned.Permalink)},
	}
	return heard{act: &act}
}

func readMembership(e envelope) heard {
	channel := string(e.Event.Channel)
	if channel == "" || !e.person() {
		return heard{}
	}
	act := e.act(channel, e.Event.author())
	act.Membership = &chat.Membership{Left: e.Event.Type == "member_left_channel"}
	return heard{act: &act}
}
