package incident

// MessageRef says where a message is in the chat.
type MessageRef struct {
	ChannelID string `json:"channel_id"`
	// ID is the message's within its channel.
	ID  string `json:"id"`
	URL string `json:"url,omitzero"`
}

// IsZero says that there is no message.
func (r MessageRef) IsZero() bool { return r.ID == "" }

// File is a file or a picture that somebody shared, by where it is kept.
type File struct {
	Name string `json:"name"`
	// MediaType is as in "image/png"; empty where it is unknown.
	MediaType string `json:"media_type,omitzero"`
	URL       string `json:"url"`
}
