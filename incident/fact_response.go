package incident

import (
	"fmt"
	"slices"
	"strings"
)

// PageSent says that the pager has accepted a request for help.
type PageSent struct {
	Page Page `json:"page"`
	// OnCall are the people the pager will try first, as far as it tells.
	OnCall []Person `json:"on_call,omitzero"`
}

// Kind implements [Fact].
func (PageSent) Kind() Kind { return "page_sent" }

// Text implements [Fact].
func (f PageSent) Text() string {
	if len(f.OnCall) == 0 {
		return "The pager accepted the page"
	}
	return "The pager accepted the page; on call: " + personNames(f.OnCall)
}

func (f PageSent) apply(s *State, _ Event) {
	if len(f.OnCall) > 0 && !f.Page.AsksForHelp() {
		s.OnCall = f.OnCall
	}
	if i := slices.IndexFunc(s.Pages, func(p Page) bool { return p.Key == f.Page.Key }); i >= 0 {
		s.Pages = replace(s.Pages, i, func(p *Page) { *p = p.sentAs(f.Page) })
		return
	}
	s.Pages = with(s.Pages, f.Page)
}

// ChannelOpened says that the incident has a place to talk.
type ChannelOpened struct {
	Channel Channel `json:"channel"`
}

// Kind implements [Fact].
func (ChannelOpened) Kind() Kind { return "channel_opened" }

// Text implements [Fact].
func (f ChannelOpened) Text() string { return fmt.Sprintf("Channel #%s is open", f.Channel.Name) }

func (f ChannelOpened) apply(s *State, _ Event) { s.Channel = f.Channel }

// RespondersInvited says who was brought into the channel.
type RespondersInvited struct {
	People []Person `json:"people"`
}

// Kind implements [Fact].
func (RespondersInvited) Kind() Kind { return "responders_invited" }

// Text implements [Fact].
func (f RespondersInvited) Text() string { return "Invited " + personNames(f.People) }

func (f RespondersInvited) apply(s *State, _ Event) {
	for _, p := range f.People {
		if !slices.ContainsFunc(s.Invited, p.Same) && len(s.Invited) < MaxPresent {
			s.Invited = with(s.Invited, p)
		}
	}
}

// PostmortemDrafted says that the postmortem can be read. It is computed from the
// events whenever it is asked for.
type PostmortemDrafted struct{}

// Kind implements [Fact].
func (PostmortemDrafted) Kind() Kind { return "postmortem_drafted" }

// Text implements [Fact].
func (PostmortemDrafted) Text() string { return "Drafted the postmortem" }

func (PostmortemDrafted) apply(s *State, e Event) {
	if s.PostmortemAt.IsZero() {
		s.PostmortemAt = e.At
	}
}

func personNames(people []Person) string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
