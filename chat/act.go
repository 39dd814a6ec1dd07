package chat

import (
	"context"
	"time"

	"muster/incident"
)

// Act is something that a person did in a chat. Just one of the fields from Command on is
// set.
type Act struct {
	// ID is the same on every repetition of the act, and of no other.
	ID string `json:"id"`
	// Chat names the vendor: "slack".
	Chat string `json:"chat"`
	// At is when it happened.
	At time.Time `json:"at"`
	// Workspace is where: the id of the workspace or tenant.
	Workspace string `json:"workspace,omitzero"`
	// Channel is the id of the channel it happened in; empty for a form.
	Channel string `json:"channel,omitzero"`
	// ChannelName is what people call the channel; empty where the chat does not say.
	ChannelName string `json:"channel_name,omitzero"`
	// By is who did it.
	By Account `json:"by"`
	// Trigger lets a form be opened in answer, within the next [TriggerLife]; empty where
	// none can be.
	Trigger string `json:"-"`
	// ReplyTo is where an answer can be sent that only By sees; empty where there is no such
	// address. It is good for a while only, and for whoever knows it.
	ReplyTo string `json:"reply_to,omitzero"`

	Command    *Command    `json:"command,omitzero"`
	Press      *Press      `json:"press,omitzero"`
	Submission *Submission `json:"submission,omitzero"`
	Shortcut   *Shortcut   `json:"shortcut,omitzero"`
	Reaction   *Reaction   `json:"reaction,omitzero"`
	Pin        *Pin        `json:"pin,omitzero"`
	Message    *Message    `json:"message,omitzero"`
	Membership *Membership `json:"membership,omitzero"`
	Owed       *Owed       `json:"owed,omitzero"`
}

// TriggerLife is how long a form can be opened in answer to an act. It is Slack's, the
// shortest of the chats': https://docs.slack.dev/interactivity/handling-user-interaction.
const TriggerLife = 3 * time.Second

// Account is somebody's account in the chat.
type Account struct {
	// ID is the chat's: "U0123456789".
	ID string `json:"id"`
	// Name is what the chat calls them there and then; it may be empty.
	Name string `json:"name,omitzero"`
	// Bot says that it is no person. Muster itself is one.
	Bot bool `json:"bot,omitzero"`
}

// Command is a line that was addressed to Muster: "status", "sev2 checkout is down".
type Command struct {
	// Name is the command as it was written: "/incident".
	Name string `json:"name"`
	// Text is the rest of the line. Mentions of people and channels are written as
	// <@ID> and <#ID|name>, whatever the chat.
	Text string `json:"text"`
}

// Press is the use of a [Control].
type Press struct {
	// Act and Value are the control's; for a menu, Value is that of the option, or the
	// account's id.
	Act   string `json:"act"`
	Value string `json:"value,omitzero"`
	// On is the message that the control belongs to; empty for one that only By saw.
	On incident.MessageRef `json:"on,omitzero"`
	// Asked names the message that only By saw, among all of those; empty for others.
	Asked string `json:"asked,omitzero"`
}

// Submission is a [Form] that was filled in.
type Submission struct {
	Form    string `json:"form"`
	Context string `json:"context,omitzero"`
	// Values are by the entries' ids; those left empty are missing.
	Values map[string]string `json:"values,omitzero"`
}

// Shortcut is something that was chosen from a message's menu, or from the chat's own.
type Shortcut struct {
	// Name is what was chosen: "record".
	Name string `json:"name"`
	// Message is the message whose menu it was; nil for the chat's own.
	Message *Message `json:"message,omitzero"`
}

// Reaction is an emoji on a message. Acts tell of it; what the message says is to be asked
// for.
type Reaction struct {
	// Emoji is its name without colons: "pushpin". A skin tone is left out.
	Emoji string `json:"emoji"`
	// Removed says that it was taken back.
	Removed bool                `json:"removed,omitzero"`
	On      incident.MessageRef `json:"on"`
}

// Pin keeps a message at hand in its channel.
type Pin struct {
	Removed bool                `json:"removed,omitzero"`
	On      incident.MessageRef `json:"on"`
}

// Message is something that was said.
type Message struct {
	Ref incident.MessageRef `json:"ref"`
	// Thread is the id of the message that it answers; empty for one that stands by itself.
	Thread string `json:"thread,omitzero"`
	// By is who said it, which for one that was edited or deleted by somebody else is not
	// who did the act.
	By Account `json:"by"`
	// At is when it was said.
	At time.Time `json:"at"`
	// Text is what was said. Mentions are written as in [Command].
	Text  string          `json:"text"`
	Files []incident.File `json:"files,omitzero"`
	// Edited and Deleted say what became of it; a new message has neither.
	Edited  bool `json:"edited,omitzero"`
	Deleted bool `json:"deleted,omitzero"`
}

// Membership says that By has come into a channel or left it.
type Membership struct {
	Left bool `json:"left,omitzero"`
}

// Owed is what By has still to get for another act, which was carried out. No chat sends it:
// Muster keeps it for itself while a chat is away.
type Owed struct {
	// Answer is what By is to be shown.
	Answer Card `json:"answer"`
	// Kept is when it was kept, and Again how often it was before.
	Kept  time.Time `json:"kept"`
	Again int       `json:"again,omitzero"`
}

// Taker receives acts, however they came in. It may be used by many goroutines.
type Taker interface {
	// Take returns once nothing of the act can be lost, within two seconds; what is to be
	// done is done after that. An act may be repeated, and takes effect once. Problems are
	// those of a submission, which is not taken then: the form stays open. On an error the
	// act was not taken, and whoever sent it should send it again.
	Take(ctx context.Context, act Act) ([]Problem, error)
}
