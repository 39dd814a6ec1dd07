package rehearsal

import (
	"time"

	"muster/incident"
	"muster/playbooks"
)

// Record is what came of a rehearsal.
type Record struct {
	// Playbook is the one that was followed, Start when the incident was declared.
	Playbook *playbooks.Playbook
	Start    time.Time
	// Length is how long it ran, in virtual time.
	Length time.Duration
	// Events are the incident's journal, State the fold of them.
	Events []incident.Event
	State  incident.State
	// Entries are what left Muster, and commands that were refused, in their order.
	Entries []Entry
}

// EntryKind says what sort of thing happened.
type EntryKind string

// What leaves Muster, and what people hear back.
const (
	PageSent       EntryKind = "page"
	PageMoved      EntryKind = "page_state"
	PageNoted      EntryKind = "page_note"
	HelpAsked      EntryKind = "help"
	ChannelOpened  EntryKind = "channel"
	TopicSet       EntryKind = "topic"
	MessagePosted  EntryKind = "message"
	LinkBookmarked EntryKind = "bookmark"
	PeopleInvited  EntryKind = "invitation"
	MailSent       EntryKind = "mail"
	WebhookPosted  EntryKind = "webhook"
	TicketFiled    EntryKind = "ticket"
	RequestMade    EntryKind = "http"
	MetricAsked    EntryKind = "query"
	WorkflowAsked  EntryKind = "workflow"
	IncidentTold   EntryKind = "signal"
	CommandRefused EntryKind = "refused"
	VendorChanged  EntryKind = "vendor"
)

// Entry is one thing that happened outside the incident's journal.
type Entry struct {
	// At is when, counted from the declaration.
	At   time.Duration
	Kind EntryKind
	// Text is what people read of it: the page's summary, the message.
	Text string
	// To is where it went: the pager's service, the channel's name, addresses, a URL.
	To string
	// Links are those below the text.
	Links []incident.Link
	// Command is set for a refused command.
	Command *Refusal
}

// Refusal is a command that was not carried out.
type Refusal struct {
	Command
	// Rule is the name of the rule that stood in the way; empty where the command made no
	// sense at all.
	Rule    string
	Message string
}

// Of returns the entries of one kind.
func (r *Record) Of(kind EntryKind) []Entry {
	var found []Entry
	for _, e := range r.Entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// StateAt returns the incident as it was so long after the declaration, with everything that
// happened at that moment.
func (r *Record) StateAt(after time.Duration) incident.State {
	var s incident.State
	for _, e := range r.Events {
		if e.At.Sub(r.Start) > after {
			break
		}
		s = incident.Apply(s, e)
	}
	return s
}
