package incident

import (
	"strings"
	"time"
)

// The types in this file are what a response exchanges with the world. Ports in
// package activities are declared over them and vendor packages speak them, so
// that neither side has to know the other.

// Person is somebody who can be paged, invited or asked.
type Person struct {
	// Name is what people read: "Sample Responder".
	Name string `json:"name"`
	// Email joins one person's accounts at different vendors. Empty when unknown.
	Email string `json:"email,omitzero"`
	// Account is the id of their account in the chat, where that is where they come from.
	Account string `json:"account,omitzero"`
}

// IsZero says that it is nobody.
func (p Person) IsZero() bool { return p == Person{} }

// Same says whether two are one person: by their addresses where both are known, by their
// names otherwise.
func (p Person) Same(other Person) bool {
	if p.Email != "" && other.Email != "" {
		return strings.EqualFold(p.Email, other.Email)
	}
	return p.Name == other.Name
}

func (p Person) checked(field string) (Person, error) {
	p = Person{Name: strings.TrimSpace(p.Name), Email: strings.TrimSpace(p.Email), Account: p.Account}
	if p.Name == "" {
		p.Name = p.Email
	}
	if err := boundedText(field, p.Name, MaxNameRunes); err != nil {
		return Person{}, err
	}
	if err := boundedText(field, p.Account, MaxNameRunes); err != nil {
		return Person{}, err
	}
	return p, boundedText(field, p.Email, maxEmailRunes)
}

// maxEmailRunes is the longest address that mail servers take (RFC 5321, 4.5.3.1.3).
const maxEmailRunes = 254

// Link points at something a responder may want to open.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// PageRequest asks a pager to wake the people on call for a service.
type PageRequest struct {
	// Key is the same on every repetition of the same page; a pager that has
	// seen it pages nobody a second time.
	Key string
	// Service names the service at the pager (for PagerDuty its id, "PABC123").
	Service string
	// Summary is the one line a woken person reads first.
	Summary string
	// Severity is one of "critical", "error", "warning" and "info".
	Severity string
	// Source is what is affected: the name of the service.
	Source string
	// Details are shown below the summary.
	Details map[string]string
	// Links lead back to the incident.
	Links []Link
}

// Page is a request for help that a pager has accepted.
type Page struct {
	// Key is the [PageRequest] key, by which the page is acknowledged and resolved.
	Key string `json:"key"`
	// Service names the service at the pager.
	Service string `json:"service"`
	// ID and URL name the page at the vendor. Empty when the vendor does not tell.
	ID  string `json:"id,omitzero"`
	URL string `json:"url,omitzero"`
	// Status is where it stands at the pager; empty until the pager has told.
	Status PageStatus `json:"status,omitzero"`
	// AssignedTo are the people whom the pager has it assigned to, Responders those whom
	// somebody has asked there to help.
	AssignedTo []Person `json:"assigned_to,omitzero"`
	Responders []Person `json:"responders,omitzero"`
}

// PageStatus is where a page stands at the pager.
type PageStatus string

// What a pager tells of a page.
const (
	PageTriggered    PageStatus = "triggered"
	PageAcknowledged PageStatus = "acknowledged"
	PageResolved     PageStatus = "resolved"
)

// ChannelRequest asks a chat for the channel of an incident.
type ChannelRequest struct {
	// Key marks the channel as ours, so that a repetition adopts it.
	Key string
	// Name is the wished-for name; the chat may shorten or number it.
	Name    string
	Topic   string
	Purpose string
	// Private says that only those may see it who are invited.
	Private bool
}

// Channel is a chat room that belongs to an incident.
type Channel struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url,omitzero"`
	// Private says that only those see it who are invited: see [State.Restricted].
	Private bool `json:"private,omitzero"`
}

// Message is something Muster says in a channel.
type Message struct {
	// Key marks the message, so that a repetition finds it instead of posting twice.
	Key       string
	ChannelID string
	// Text is plain text; *bold* and line breaks are understood. Anything that a
	// chat would take for a mention or a link is shown as it stands.
	Text string
	// Links are shown below the text.
	Links []Link
	// Pin keeps the message at hand for everyone who joins later.
	Pin bool
}

// TicketRequest asks a tracker for a ticket that holds a follow-up.
type TicketRequest struct {
	// Key marks the ticket, so that a repetition finds it instead of creating another.
	Key string
	// Project is the tracker's project key, "PAY".
	Project     string
	Title       string
	Description string
	// Owner is an e-mail address or a name; empty leaves the ticket unassigned.
	Owner string
	// Due is the day by which the work should be done. Zero means no day.
	Due time.Time
	// Links lead back to the incident.
	Links []Link
}

// Ticket is a follow-up as the tracker knows it.
type Ticket struct {
	Key string `json:"key"`
	URL string `json:"url,omitzero"`
	// Status is the tracker's own word: "To Do", "In Review".
	Status string `json:"status"`
	// Done says whether the tracker counts that status as finished.
	Done bool `json:"done"`
}
