package incident

// Exercise marks an incident that is practice: a game day. It is led like any other, counts
// in no statistics, and wakes nobody.
type Exercise struct {
	// Speed is how much faster than usual its playbook's waiting goes by; 1 for as usual.
	Speed float64 `json:"speed,omitzero"`
	// Channel is the name or id of the chat channel it takes place in; empty for none, where
	// what would be said is only written down.
	Channel string `json:"channel,omitzero"`
	// ChannelName is what people call it, where Channel is an id; empty where that is not known.
	ChannelName string `json:"channel_name,omitzero"`
}
