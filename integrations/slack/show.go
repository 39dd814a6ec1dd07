package slack

import (
	"cmp"
	"context"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// notEditable are Slack's reasons why a message cannot be edited that are none against
// another one: https://docs.slack.dev/reference/methods/chat.update#errors.
var notEditable = []string{"message_not_found", "cant_update_message", "edit_window_closed"}

// posting is a message that is laid out.
type posting struct {
	channelID, thread, key string
	text                   string
	blocks                 []slackapi.Block
	// prompt is the card as JSON, where it is kept with the message.
	prompt string
}

// Show puts a card into a channel, and returns where it is. A card with a key is posted
// once: a repetition finds it in the recent history of its channel or thread. Without a key
// every call posts. A card with Edit takes the place of that message; where it is gone, or
// Slack lets nobody edit it, the card is posted as if it had none. Pin pins what is posted,
// and leaves the pins alone where a message is edited.
func (c *Client) Show(ctx context.Context, out chat.Outgoing) (incident.MessageRef, error) {
	card, err := c.layOut(ctx, out.Card)
	if err != nil {
		return incident.MessageRef{}, err
	}
	card.channelID, card.thread, card.key = out.ChannelID, out.Thread, out.Key
	if out.Prompt {
		card.prompt = promptDocument(out.Card)
	}
	if !out.Edit.IsZero() {
		shown := out.Edit
		shown.ChannelID = cmp.Or(shown.ChannelID, out.ChannelID)
		err := c.edit(ctx, shown, card)
		if err == nil || !integrations.HasCode(err, notEditable...) {
			return shown, err
		}
	}
	return c.postOnce(ctx, card, out.Pin)
}

// layOut turns a card into what Slack shows.
func (c *Client) layOut(ctx context.Context, card chat.Card) (posting, error) {
	text := escapedLine(undirected(card.Summary), maxSummaryLength)
	if text == "" {
		return posting{}, c.calls.Refuse("chat.postMessage", "the card has no summary, which is what a notification shows")
	}
	people, err := c.accountsOf(ctx, mentioned(card.Parts))
	if err != nil {
		return posting{}, err
	}
	l := newLayout(people)
	return posting{text: text, blocks: l.card(card)}, nil
}

// content is what a message shows. Of links it shows no previews, and nothing of its text
// becomes a mention by its look.
func (p posting) content() []slackapi.MsgOption {
	return []slackapi.MsgOption{
		// What a notification shows, where blocks cannot be shown.
		slackapi.MsgOptionText(p.text, false),
		slackapi.MsgOptionBlocks(p.blocks...),
		slackapi.MsgOptionDisableLinkUnfurl(),
		slackapi.MsgOptionDisableMediaUnfurl(),
		// The default of chat.postMessage, but not of chat.update.
		slackapi.MsgOptionParse(false),
	}
}

// edit puts a card in the place of a message, whose metadata stays unless it is a prompt's.
func (c *Client) edit(ctx context.Context, shown incident.MessageRef, card posting) error {
	options := card.content()
	if card.prompt != "" {
		options = append(options, card.metadata())
	}
	return c.calls.Call(ctx, "chat.update", func(ctx context.Context) error {
		_, _, _, err := c.api.UpdateMessageContext(ctx, shown.ChannelID, shown.ID, options...)
		return err
	})
}

// postOnce posts a message that is not there yet, pins it where that is wanted, and returns
// where it is.
func (c *Client) postOnce(ctx context.Context, message posting, pin bool) (incident.MessageRef, error) {
	timestamp, err := c.findMessage(ctx, message)
	if err != nil {
		return incident.MessageRef{}, err
	}
	if timestamp == "" {
		if timestamp, err = c.postNew(ctx, message); err != nil {
			return incident.MessageRef{}, err
		}
	}
	if pin {
		if err := c.pin(ctx, message.channelID, timestamp); err != nil {
			return incident.MessageRef{}, err
		}
	}
	return incident.MessageRef{
		ChannelID: message.channelID, ID: timestamp, URL: c.permalink(ctx, message.channelID, timestamp),
	}, nil
}

// postNew posts a message.
func (c *Client) postNew(ctx context.Context, message posting) (timestamp string, err error) {
	const operation = "chat.postMessage"
	options := message.content()
	if message.thread != "" {
		options = append(options, slackapi.MsgOptionTS(message.thread))
	}
	if message.key != "" || message.prompt != "" {
		options = append(options, message.metadata())
	}
	timestamp, err = integrations.Ask(ctx, c.calls.On(message.channelID), operation, func(ctx context.Context) (string, error) {
		_, timestamp, err := c.api.PostMessageContext(ctx, message.channelID, options...)
		return timestamp, err
	})
	if message.prompt != "" && integrations.HasCode(err, metadataTooLong) {
		message.prompt = "" // what is asked is worth more than that it can be changed
		return c.postNew(ctx, message)
	}
	if err == nil && timestamp == "" {
		err = c.calls.Unreadable(operation, "the message's timestamp")
	}
	return timestamp, err
}

// metadata is what Muster knows a message by.
func (p posting) metadata() slackapi.MsgOption {
	payload := map[string]any{}
	if p.key != "" {
		payload[keyField] = p.key
	}
	if p.prompt != "" {
		payload[promptField] = p.prompt
	}
	return slackapi.MsgOptionMetadata(slackapi.SlackMetadata{EventType: messageEvent, EventPayload: payload})
}

// findMessage returns the timestamp, Slack's id, of a message that was posted already.
func (c *Client) findMessage(ctx context.Context, message posting) (timestamp string, err error) {
	if message.key == "" {
		return "", nil
	}
	cursor := ""
	for range historyPages {
		var posted []slackapi.Message
		posted, cursor, err = c.page(ctx, message, cursor)
		switch {
		case message.thread != "" && integrations.HasCode(err, "thread_not_found"):
			return "", nil
		case err != nil:
			return "", err
		}
		for _, one := range posted {
			if one.Metadata.EventType == messageEvent && one.Metadata.EventPayload[keyField] == message.key {
				return one.Timestamp, nil
			}
		}
		if cursor == "" {
			break
		}
	}
	return "", nil
}

// page reads a page of the channel's history or, for an answer, of its thread, which a
// channel's history does not show.
func (c *Client) page(ctx context.Context, message posting, cursor string) (posted []slackapi.Message, next string, err error) {
	if message.thread == "" {
		history, err := c.history(ctx, slackapi.GetConversationHistoryParameters{
			ChannelID: message.channelID, Cursor: cursor, Limit: messagesPerPage, IncludeAllMetadata: true,
		})
		if err != nil {
			return nil, "", err
		}
		return history.Messages, history.ResponseMetaData.NextCursor, nil
	}
	return c.replies(ctx, slackapi.GetConversationRepliesParameters{
		ChannelID: message.channelID, Timestamp: message.thread, Cursor: cursor, Limit: messagesPerPage, IncludeAllMetadata: true,
	})
}

// history reads a page of a channel, from the newest message back.
func (c *Client) history(
	ctx context.Context, wanted slackapi.GetConversationHistoryParameters,
) (*slackapi.GetConversationHistoryResponse, error) {
	return integrations.Ask(ctx, c.calls, "conversations.history",
		func(ctx context.Context) (*slackapi.GetConversationHistoryResponse, error) {
			return c.api.GetConversationHistoryContext(ctx, &wanted)
		})
}

// replies reads a page of a thread, from its first message on.
func (c *Client) replies(
	ctx context.Context, wanted slackapi.GetConversationRepliesParameters,
) (posted []slackapi.Message, next string, err error) {
	err = c.calls.Call(ctx, "conversations.replies", func(ctx context.Context) (err error) {
		posted, _, next, err = c.api.GetConversationRepliesContext(ctx, &wanted)
		return err
	})
	return posted, next, err
}
