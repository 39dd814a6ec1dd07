package chat

// Form asks a person for words and choices, over everything else. What they fill in arrives
// as a [Submission].
type Form struct {
	// ID says which form it is: "declare".
	ID string `json:"id"`
	// Context comes back with the submission as it is: what the form is about. Up to 2,000
	// characters.
	Context string `json:"context,omitzero"`
	Title   string `json:"title"`
	// Submit is written on the button that sends it. Empty makes a form that can only be
	// read and closed.
	Submit string `json:"submit,omitzero"`
	// Intro stands above the fields.
	Intro  []Part  `json:"intro,omitzero"`
	Fields []Entry `json:"fields,omitzero"`
}

// Entry is a field of a form.
type Entry struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Hint explains what is wanted.
	Hint string    `json:"hint,omitzero"`
	Kind EntryKind `json:"kind"`
	// Value is what stands there at first: text, an option's value, an account's id, or a
	// day as 2026-11-22.
	Value       string   `json:"value,omitzero"`
	Placeholder string   `json:"placeholder,omitzero"`
	Options     []Option `json:"options,omitzero"`
	Optional    bool     `json:"optional,omitzero"`
	// MaxRunes bounds a text; 0 leaves it to the chat.
	MaxRunes int `json:"max_runes,omitzero"`
}

// EntryKind is how a field is filled in.
type EntryKind string

// The kinds of fields. A person's value is the account's id in the chat.
const (
	LineEntry   EntryKind = "line"
	TextEntry   EntryKind = "text"
	ChoiceEntry EntryKind = "choice"
	PersonEntry EntryKind = "person"
	DayEntry    EntryKind = "day"
	CheckEntry  EntryKind = "check"
)

// Problem says what is wrong with a field of a submission.
type Problem struct {
	// Entry is the field's id.
	Entry string `json:"entry"`
	// Message says what to mend.
	Message string `json:"message"`
}
