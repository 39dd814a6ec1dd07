package webhook

import "time"

// PageReport is the body of an inbox item of kind [store.KindPage]: what became of a page
// in the pager.
type PageReport struct {
	News PageNews `json:"news"`
	// ID is the pager's name of the page, and URL where people see it.
	ID  string `json:"id"`
	URL string `json:"url,omitzero"`
	// Key is the one that the page was sent with; empty where the delivery does not say.
	Key string `json:"key,omitzero"`
	// Service is the pager's id of the service that was paged.
	Service string `json:"service,omitzero"`
	// At is when the pager says that it happened.
	At time.Time `json:"at"`
	// By is the person who did it; zero where it was the pager itself, a rule in it, or
	// another system, which Muster is too.
	By PagerAccount `json:"by,omitzero"`
	// AssignedTo is who is to answer the page now; nil where the delivery does not say.
	AssignedTo []PagerAccount `json:"assigned_to,omitzero"`
	// Priority is the name of the page's priority; empty for none, and where the delivery
	// does not say.
	Priority string `json:"priority,omitzero"`
	// Note is the pager's id of the note or the status update that Text is of.
	Note string `json:"note,omitzero"`
	// Text is what was written: a note, a status update, a request for help, or an address
	// to meet at.
	Text string `json:"text,omitzero"`
	// Responder is who was asked for help, and Reply what they said to it.
	Responder PagerAccount   `json:"responder,omitzero"`
	Reply     ResponderReply `json:"reply,omitzero"`
}

// PagerAccount is somebody's account in the pager.
type PagerAccount struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// IsZero says that it is nobody's.
func (a PagerAccount) IsZero() bool { return a.ID == "" }

// PageNews is what became of a page.
type PageNews string

// What a pager tells of.
const (
	PageTriggered       PageNews = "triggered"
	PageAcknowledged    PageNews = "acknowledged"
	PageUnacknowledged  PageNews = "unacknowledged"
	PageReassigned      PageNews = "reassigned"
	PageResolved        PageNews = "resolved"
	PageReopened        PageNews = "reopened"
	PagePriorityChanged PageNews = "priority_changed"
	PageNoted           PageNews = "noted"
	PageUpdatePublished PageNews = "update_published"
	PageBridgeChanged   PageNews = "bridge_changed"
	PageHelpAsked       PageNews = "help_asked"
	PageHelpAnswered    PageNews = "help_answered"
)

// ResponderReply is how somebody takes a request for help.
type ResponderReply string

// The replies.
const (
	ReplyPending  ResponderReply = "pending"
	ReplyAccepted ResponderReply = "accepted"
	ReplyDeclined ResponderReply = "declined"
)
