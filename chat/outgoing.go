package chat

import (
	"time"

	"muster/incident"
)

// Outgoing is a card on its way to a channel.
type Outgoing struct {
	// Key marks the message, so that a repetition finds it instead of posting twice.
	Key       string
	ChannelID string
	// Thread is the id of the message to answer; empty for a message by itself.
	Thread string
	Card   Card
	// Pin keeps the message at hand for everyone who joins later.
	Pin bool
	// Edit is the message to put the card in place of; where it is gone, the card is posted
	// anew. Zero posts.
	Edit incident.MessageRef
	// Prompt keeps the card with its message, so that it can be changed later without being
	// composed anew; see [Change].
	Prompt bool
}

// Change returns what becomes of a prompt that was posted at a time; false leaves it as it is.
// It is given what it has returned before, and changes that no more.
type Change func(prompt Card, posted time.Time) (Card, bool)
