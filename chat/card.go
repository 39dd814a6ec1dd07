package chat

// Card is a message with a layout.
type Card struct {
	// Summary is one line: what a notification shows, and a chat that can show no more. It
	// must not be empty.
	Summary string `json:"summary"`
	Parts   []Part `json:"parts,omitzero"`
}

// Part is a piece of a card, from top to bottom. Just one of its fields is set.
type Part struct {
	// Heading is a line in large type.
	Heading string `json:"heading,omitzero"`
	// Body is a paragraph or several.
	Body Text `json:"body,omitzero"`
	// Fields are short facts beside each other.
	Fields []Field `json:"fields,omitzero"`
	// Aside is small print.
	Aside Text `json:"aside,omitzero"`
	// Controls are buttons and menus in a row.
	Controls []Control `json:"controls,omitzero"`
	// Divider is a line across.
	Divider bool `json:"divider,omitzero"`
	// Image is a picture at a public web address, with words for who cannot see it.
	Image    string `json:"image,omitzero"`
	ImageAlt string `json:"image_alt,omitzero"`
	// Beside is a control at the right of Body.
	Beside *Control `json:"beside,omitzero"`
}

// Field is a fact with its name.
type Field struct {
	Label string `json:"label"`
	Text  Text   `json:"text"`
}

// Control is something that people can press or choose from. What they do arrives as a
// [Press] of the same Act. A button has neither Options nor People.
type Control struct {
	// Act names what it does: "acknowledge". Two controls of one card may share it.
	Act string `json:"act"`
	// Value goes with a press of a button, up to [MaxValueRunes].
	Value string `json:"value,omitzero"`
	// Label is what is written on it.
	Label string `json:"label"`
	// Style is how a button stands out.
	Style Style `json:"style,omitzero"`
	// URL makes a button open a page; nothing arrives then.
	URL string `json:"url,omitzero"`
	// Confirm is asked before a button counts; empty asks nothing.
	Confirm string `json:"confirm,omitzero"`
	// Options make it a menu.
	Options []Option `json:"options,omitzero"`
	// People makes it a menu of the people in the chat.
	People bool `json:"people,omitzero"`
}

// MaxValueRunes is how long the value of a control or an option, or the context of a form,
// may be, so that every chat can carry it.
const MaxValueRunes = 140

// Style is how a button stands out.
type Style string

// Primary is the thing to do, at most one in a row; Danger is what is not easily undone.
const (
	Primary Style = "primary"
	Danger  Style = "danger"
)

// Option is one choice of a menu.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// Hint explains it in a few words.
	Hint string `json:"hint,omitzero"`
	// Chosen is what the menu shows at first.
	Chosen bool `json:"chosen,omitzero"`
}
