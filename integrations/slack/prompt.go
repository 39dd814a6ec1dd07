package slack

import (
	"context"
	"encoding/json"
	"slices"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

const (
	// maxPromptBytes is how long the card of a prompt may be, as JSON, to be kept in the
	// metadata of its message. Slack has a limit and does not say which; those that the
	// playbooks come with take about 1,000.
	maxPromptBytes = 4_000
	// metadataTooLong is how Slack refuses metadata beyond it:
	// https://docs.slack.dev/reference/methods/chat.postMessage#errors.
	metadataTooLong = "metadata_too_large"
)

// notChangeable are Slack's reasons, beside [notEditable], why it does not take what a prompt would
// become: https://docs.slack.dev/reference/methods/chat.update#errors. They say nothing of the
// other prompts.
var notChangeable = []string{metadataTooLong, "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format"}

// promptDocument is a card as it is kept with its message: empty for one that is too long,
// which is posted all the same and stays as it is.
func promptDocument(card chat.Card) string {
	document, err := json.Marshal(card)
	if err != nil || len(document) > maxPromptBytes {
		return ""
	}
	return string(document)
}

// promptOf is the card that is kept with a message of Muster's.
func promptOf(message slackapi.Message) (card chat.Card, ok bool) {
	document, kept := message.Metadata.EventPayload[promptField].(string)
	if !kept || message.Metadata.EventType != messageEvent {
		return chat.Card{}, false
	}
	err := json.Unmarshal([]byte(document), &card)
	return card, err == nil
}

// EditPrompt changes a prompt, where the message is one ([chat.Outgoing].Prompt) and is still
// there. What the message shows and what is kept with it are changed together, by one call. It may be
// repeated. Of two that change the same prompt at once, one may take the other's change back.
func (c *Client) EditPrompt(ctx context.Context, ref incident.MessageRef, change chat.Change) error {
	found, ok, err := c.find(ctx, ref)
	if err != nil || !ok {
		return err
	}
	_, err = c.changePrompt(ctx, ref.ChannelID, found, change)
	return err
}

// EditPrompts changes the prompts among the latest messages of a channel, and returns how many
// it has changed. It may be repeated.
func (c *Client) EditPrompts(ctx context.Context, channelID string, change chat.Change) (changed int, err error) {
	history, err := c.history(ctx, slackapi.GetConversationHistoryParameters{
		ChannelID: channelID, Limit: messagesPerPage, IncludeAllMetadata: true,
	})
	if err != nil {
		return 0, err
	}
	for _, message := range history.Messages {
		did, err := c.changePrompt(ctx, channelID, message, change)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

// changePrompt changes what a message of Muster's shows. One that Slack lets nobody edit any
// more, or not in this way, stays as it is.
func (c *Client) changePrompt(ctx context.Context, channelID string, message slackapi.Message, change chat.Change) (changed bool, err error) {
	card, ok := promptOf(message)
	if !ok {
		return false, nil
	}
	if card, ok = change(card, timeOf(message.Timestamp)); !ok {
		return false, nil
	}
	next, err := c.layOut(ctx, card)
	if err != nil {
		return false, err
	}
	if next.prompt = promptDocument(card); next.prompt == "" {
		return false, nil
	}
	next.key, _ = message.Metadata.EventPayload[keyField].(string)
	err = c.edit(ctx, incident.MessageRef{ChannelID: channelID, ID: message.Timestamp}, next)
	if integrations.HasCode(err, slices.Concat(notEditable, notChangeable)...) {
		return false, nil
	}
	return err == nil, err
}
