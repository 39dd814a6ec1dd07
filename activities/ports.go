package activities

import (
	"context"
	"time"

	"muster/chat"
	"muster/incident"
)

// Chat is where responders talk. All methods may be repeated with the same key or
// arguments without doing anything twice.
type Chat interface {
	// OpenChannel creates a channel, or adopts the one that its key marks as ours.
	OpenChannel(ctx context.Context, request incident.ChannelRequest) (incident.Channel, error)
	// SetTopic sets the line above a channel; longer text is cut.
	SetTopic(ctx context.Context, channelID, topic string) error
	// Post says something once for each key and returns a link to it.
	Post(ctx context.Context, message incident.Message) (url string, err error)
	// Show posts a card once for each key, or puts it in the place of another message, and
	// returns where it is; see [chat.Outgoing].
	Show(ctx context.Context, card chat.Outgoing) (incident.MessageRef, error)
	// EditPrompts changes those of the latest messages of a channel that ask people for
	// something ([chat.Outgoing].Prompt), and returns how many it has changed.
	EditPrompts(ctx context.Context, channelID string, change chat.Change) (changed int, err error)
	// TellAccount sends a private message to an account once for each key. It is false,
	// without an error, where there is nobody who could read it.
	TellAccount(ctx context.Context, key, accountID string, card chat.Card) (told bool, err error)
	// Bookmark adds a link above a channel unless it is there.
	Bookmark(ctx context.Context, channelID string, link incident.Link) error
	// Invite brings people into a channel and returns those the chat knows. People it
	// does not know are no error.
	Invite(ctx context.Context, channelID string, people []incident.Person) ([]incident.Person, error)
	// ChannelID finds a channel that people made, by its name without "#". An id is
	// returned as it is.
	ChannelID(ctx context.Context, channel string) (id string, err error)
}

// Followers knows who wants to hear of incidents without being part of the response.
type Followers interface {
	// Followers returns the accounts in the chat of those who want to hear of an incident as
	// it stands, each once, in an order that stays the same.
	Followers(ctx context.Context, s incident.State) ([]chat.Account, error)
}

// Pager wakes people.
type Pager interface {
	// Page asks for help once for each key.
	Page(ctx context.Context, request incident.PageRequest) (incident.Page, error)
	// Acknowledge stops a page's escalation. Acknowledging again changes nothing.
	Acknowledge(ctx context.Context, page incident.Page) error
	// Resolve ends a page. Resolving again changes nothing.
	Resolve(ctx context.Context, page incident.Page) error
	// OnCall returns who is on call for a service, first responders first.
	OnCall(ctx context.Context, service string) ([]incident.Person, error)
	// OnCallBy returns who is on call by an escalation policy, first responders first.
	OnCallBy(ctx context.Context, policy string) ([]incident.Person, error)
	// AskPerson asks somebody to help with a page, unless they were asked before. It is
	// false, and nobody is asked, where the page is not open any more.
	AskPerson(ctx context.Context, page incident.Page, person incident.Person, message string) (open bool, err error)
	// AskPolicy asks whoever is on call by an escalation policy, likewise.
	AskPolicy(ctx context.Context, page incident.Page, policy, message string) (open bool, err error)
	// PagePerson wakes somebody by a page of their own, once for each key. Its key may be
	// another than the request's.
	PagePerson(ctx context.Context, request incident.PageRequest, person incident.Person) (incident.Page, error)
	// PagePolicy wakes whoever is on call by an escalation policy, likewise.
	PagePolicy(ctx context.Context, request incident.PageRequest, policy string) (incident.Page, error)
	// AddNote writes something on a page's record, once for each key.
	AddNote(ctx context.Context, page incident.Page, key, text string) error
	// SetPriority gives a page the priority of that name. It is false, and nothing happens,
	// where the pager has none of that name.
	SetPriority(ctx context.Context, page incident.Page, name string) (found bool, err error)
}

// Tracker holds the work that comes out of incidents.
type Tracker interface {
	// OpenTicket files a ticket, or finds the one that its key marks as ours.
	OpenTicket(ctx context.Context, request incident.TicketRequest) (incident.Ticket, error)
	// FindTicket returns the ticket that a key marks as ours, if there is one. It may be
	// missing for a while after it was filed, where the tracker's search lags behind.
	FindTicket(ctx context.Context, key string) (ticket incident.Ticket, found bool, err error)
	// Tickets returns those of the tickets that exist, in one search for many.
	Tickets(ctx context.Context, keys []string) ([]incident.Ticket, error)
}

// Mailer sends e-mail.
type Mailer interface {
	// Send hands a mail to the mail server. A repetition is sent again, under the same
	// Message-ID: SMTP has no way to ask whether a mail has been taken. The receipt has at
	// least one recipient who was accepted; otherwise there is an error.
	Send(ctx context.Context, mail incident.Mail) (incident.MailReceipt, error)
}

// Notifier tells a webhook.
type Notifier interface {
	// Notify posts a notice. A repetition is posted again with the same key, by which the
	// receiver can tell.
	Notify(ctx context.Context, notice incident.Notice) error
}

// Requester sends HTTP requests to wherever a playbook says.
type Requester interface {
	// Send sends a request, again on every repetition, with the same key. An answer with
	// another status than those expected is an error. Neither holds the request's secrets.
	Send(ctx context.Context, request incident.Request) (incident.Answer, error)
}

// Metrics knows what is measured. It may be asked as often as one likes.
type Metrics interface {
	// Query returns the values of now, the largest first, all of them finite numbers.
	Query(ctx context.Context, query string) ([]incident.Sample, error)
	// Range returns what the query gave over the last while, without a title.
	Range(ctx context.Context, query string, last time.Duration) (incident.Measurement, error)
}

// Automation runs a team's own workflows.
type Automation interface {
	// Start starts a workflow once for each launch, and tells of the one that it has
	// started when it is repeated. One that came to a bad end is an error.
	Start(ctx context.Context, launch incident.Launch) (incident.Run, error)
	// Signal tells a workflow something once for each key.
	Signal(ctx context.Context, signal incident.Signal) error
}

// Secrets knows what stands behind secret("name") in playbooks.
type Secrets interface {
	// Secret returns a secret's value, and whether there is one of that name.
	Secret(name string) (string, bool)
}

// Journal is where events are kept for ever.
type Journal interface {
	// Record stores events of one incident, none included, and settles the items of the
	// inbox that they tell of, all or nothing. Events that are there already are left as
	// they are, so it may be repeated. The life is that of the writer; when another counts
	// by now, or the journal has other events, the error says that it is permanent.
	Record(ctx context.Context, id incident.ID, life int, events []incident.Event, items []int64) error
	// Finish writes down that nothing is left to do for an incident. It may be repeated.
	Finish(ctx context.Context, id incident.ID, life int) error
	// Events returns an incident's events after a sequence number, limit at most.
	Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error)
	// OpenFollowups returns the follow-ups of incidents that are not finished, which
	// have a ticket and are not done.
	OpenFollowups(ctx context.Context) ([]OpenFollowup, error)
}

// Register lists incidents, the newest first and without exercises.
type Register interface {
	// Active returns those to which people respond, limit at most.
	Active(ctx context.Context, limit int) ([]incident.State, error)
	// ResolvedBetween returns those that were resolved from since on and before until, and
	// have stayed so, limit at most.
	ResolvedBetween(ctx context.Context, since, until time.Time, limit int) ([]incident.State, error)
	// Incident returns one.
	Incident(ctx context.Context, id incident.ID) (incident.State, error)
}

// Inbox holds accepted alerts until their incident has them.
type Inbox interface {
	// Return gives back alerts that reached an incident after its end, so that they
	// find another. It may be repeated.
	Return(ctx context.Context, items []int64, from incident.ID) error
}

// OpenFollowup is a follow-up that is being tracked.
type OpenFollowup struct {
	Incident incident.ID       `json:"incident"`
	Followup incident.Followup `json:"followup"`
}
