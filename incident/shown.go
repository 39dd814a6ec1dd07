package incident

import (
	"fmt"
	"slices"
)

// ShownMessage is a message that is kept up to date, rather than posted anew.
type ShownMessage struct {
	// Purpose is what it is for: [ShownBrief] or [ShownAnnouncement].
	Purpose string `json:"purpose"`
	// Channel is the channel as the playbook or the catalogue names it.
	Channel string `json:"channel"`
	// Ref is where it is.
	Ref MessageRef `json:"ref"`
}

// What messages are kept up to date for.
const (
	// ShownBrief is the pinned message of the incident's channel.
	ShownBrief = "brief"
	// ShownAnnouncement is the message in a channel for others than the responders, with
	// the updates in its thread.
	ShownAnnouncement = "announcement"
)

// ShownIn returns the message that is kept up to date for a purpose in a channel; the zero
// one where there is none.
func (s State) ShownIn(purpose, channel string) MessageRef {
	for _, m := range s.Shown {
		if m.Purpose == purpose && m.Channel == channel {
			return m.Ref
		}
	}
	return MessageRef{}
}

// facts are what is to be remembered of the message: nothing, where it is in its old place.
func (m ShownMessage) facts(s State) []Fact {
	if m.Purpose == "" || m.Ref.IsZero() || s.ShownIn(m.Purpose, m.Channel) == m.Ref {
		return nil
	}
	return []Fact{MessageShown{ShownMessage: m}}
}

// MessageShown says where a message is that is kept up to date.
type MessageShown struct {
	ShownMessage
}

// Kind implements [Fact].
func (MessageShown) Kind() Kind { return "message_shown" }

// Text implements [Fact].
func (f MessageShown) Text() string {
	if f.Purpose == ShownAnnouncement {
		return fmt.Sprintf("Announced in %s", f.Channel)
	}
	return fmt.Sprintf("The %s is in the channel", f.Purpose)
}

func (f MessageShown) apply(s *State, _ Event) {
	i := slices.IndexFunc(s.Shown, func(m ShownMessage) bool { return m.Purpose == f.Purpose && m.Channel == f.Channel })
	if i >= 0 {
		s.Shown = replace(s.Shown, i, func(m *ShownMessage) { *m = f.ShownMessage })
		return
	}
	s.Shown = with(s.Shown, f.ShownMessage)
}

// Announcement is a channel in which others than the responders are told of incidents.
type Announcement struct {
	// Channel is its name or its id.
	Channel string `json:"channel"`
	// Severities are those that are told there; empty for all.
	Severities []Severity `json:"severities,omitzero"`
}

// AnnounceIn returns the channels in which others than the responders are told of the
// incident at its present severity, and those in which they have been told before.
func (s State) AnnounceIn() []string {
	var channels []string
	for _, a := range s.Service.Announcements {
		meant := len(a.Severities) == 0 || slices.Contains(a.Severities, s.Severity) || !s.ShownIn(ShownAnnouncement, a.Channel).IsZero()
		if meant && !slices.Contains(channels, a.Channel) {
			channels = append(channels, a.Channel)
		}
	}
	return channels
}
