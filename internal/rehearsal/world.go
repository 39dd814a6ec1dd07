package rehearsal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/activities"
	"muster/chat"
	"muster/incident"
)

// world stands in for everything outside: vendors that remember what they were asked, and
// the journal. Only one goroutine uses it at a time: that of the rehearsal.
type world struct {
	script Script
	now    func() time.Time

	events   []incident.Event
	finished bool
	entries  []Entry
	faults   map[Vendor]Mode
	// hung says that a vendor who hangs was asked.
	hung    bool
	metrics []Metric
	answers []Answer

	pages    map[string]string // by key: triggered, acknowledged, resolved
	channels map[string]incident.Channel
	posted   map[string]bool
	tickets  map[string]incident.Ticket
	filed    map[string]string
	sent     map[string]bool
	launched map[string]time.Time // workflows by id
}

func newWorld(script Script, now func() time.Time) *world {
	return &world{
		script: script, now: now, faults: map[Vendor]Mode{},
		metrics: slices.Clone(script.Metrics), answers: slices.Clone(script.Answers),
		pages: map[string]string{}, channels: map[string]incident.Channel{}, posted: map[string]bool{},
		tickets: map[string]incident.Ticket{}, filed: map[string]string{}, sent: map[string]bool{}, launched: map[string]time.Time{},
	}
}

func (w *world) activities() *activities.Activities {
	return &activities.Activities{
		Chat: w, Pager: w, Tracker: w, Mailer: w, Notifier: w, Requester: web{w}, Metrics: w, Automation: w, Secrets: w, Journal: w, Inbox: w, Followers: w,
		Installation: "rehearsal", PublicURL: "https://muster.example.com",
	}
}

// answered says whether every vendor asked since the last time has answered.
func (w *world) answered() bool {
	hung := w.hung
	w.hung = false
	return !hung
}

// note remembers something that happened now.
func (w *world) note(e Entry) {
	e.At = w.now().Sub(w.script.Start)
	w.entries = append(w.entries, e)
}

// ask has a vendor do something, unless it fails.
func (w *world) ask(v Vendor, do func()) error {
	mode := w.faults[v]
	w.hung = w.hung || mode == Hangs
	if err := mode.before(v); err != nil {
		return err
	}
	do()
	return mode.after(v)
}

// OpenChannel implements [activities.Chat].
func (w *world) OpenChannel(_ context.Context, r incident.ChannelRequest) (incident.Channel, error) {
	err := w.ask(Slack, func() {
		if _, ok := w.channels[r.Key]; ok {
			return
		}
		name := strings.ToLower(strings.Trim(r.Name, "-"))
		w.channels[r.Key] = incident.Channel{ID: fmt.Sprintf("C%d", len(w.channels)+1), Name: name, URL: "https://chat.example.com/" + name}
		w.note(Entry{Kind: ChannelOpened, Text: r.Purpose, To: "#" + name})
		if r.Topic != "" {
			w.note(Entry{Kind: TopicSet, Text: r.Topic, To: "#" + name})
		}
	})
	if err != nil {
		return incident.Channel{}, err
	}
	return w.channels[r.Key], nil
}

// channelName is how people call a channel.
func (w *world) channelName(id string) string {
	for _, c := range w.channels {
		if c.ID == id {
			return "#" + c.Name
		}
	}
	return "#" + strings.TrimPrefix(id, "#")
}

// SetTopic implements [activities.Chat].
func (w *world) SetTopic(_ context.Context, channelID, topic string) error {
	return w.ask(Slack, func() { w.note(Entry{Kind: TopicSet, Text: topic, To: w.channelName(channelID)}) })
}

// Post implements [activities.Chat].
func (w *world) Post(_ context.Context, m incident.Message) (string, error) {
	err := w.ask(Slack, func() {
		if !w.posted[m.Key] {
			w.posted[m.Key] = true
			w.note(Entry{Kind: MessagePosted, Text: m.Text, To: w.channelName(m.ChannelID), Links: m.Links})
		}
	})
	return "https://chat.example.com/messages/" + m.Key, err
}

// Show implements [activities.Chat]. What takes the place of another message is no message
// that people have to read.
func (w *world) Show(_ context.Context, out chat.Outgoing) (incident.MessageRef, error) {
	key := out.ChannelID + "/" + out.Thread + "/" + out.Key
	ref := incident.MessageRef{ChannelID: out.ChannelID, ID: key, URL: "https://chat.example.com/messages/" + url.PathEscape(key)}
	err := w.ask(Slack, func() {
		if out.Edit.IsZero() && !w.posted[key] {
			w.posted[key] = true
			w.note(Entry{Kind: MessagePosted, Text: out.Card.String(), To: w.channelName(out.ChannelID)})
		}
	})
	return ref, err
}

// EditPrompts implements [activities.Chat]. Nobody rehearses to read a message twice.
func (w *world) EditPrompts(context.Context, string, chat.Change) (int, error) {
	return 0, w.ask(Slack, func() {})
}

// Followers implements [activities.Followers].
func (w *world) Followers(context.Context, incident.State) ([]chat.Account, error) {
	accounts := make([]chat.Account, len(w.script.Followers))
	for i, name := range w.script.Followers {
		accounts[i] = chat.Account{ID: name, Name: name}
	}
	return accounts, nil
}

// TellAccount implements [activities.Chat].
func (w *world) TellAccount(_ context.Context, key, account string, card chat.Card) (bool, error) {
	return true, w.ask(Slack, func() {
		if !w.posted[key] {
			w.posted[key] = true
			w.note(Entry{Kind: MessagePosted, Text: card.String(), To: "@" + account})
		}
	})
}

// Bookmark implements [activities.Chat].
func (w *world) Bookmark(_ context.Context, channelID string, link incident.Link) error {
	return w.ask(Slack, func() {
		w.note(Entry{Kind: LinkBookmarked, Text: link.Title, To: w.channelName(channelID), Links: []incident.Link{link}})
	})
}

// Invite implements [activities.Chat].
func (w *world) Invite(_ context.Context, channelID string, people []incident.Person) ([]incident.Person, error) {
	err := w.ask(Slack, func() {
		names := make([]string, len(people))
		for i, p := range people {
			names[i] = p.Name
		}
		w.note(Entry{Kind: PeopleInvited, Text: strings.Join(names, ", "), To: w.channelName(channelID)})
	})
	return people, err
}

// ChannelID implements [activities.Chat].
func (w *world) ChannelID(_ context.Context, channel string) (string, error) {
	return channel, w.ask(Slack, func() {})
}

// Page implements [activities.Pager].
func (w *world) Page(_ context.Context, r incident.PageRequest) (incident.Page, error) {
	err := w.ask(PagerDuty, func() {
		if _, known := w.pages[r.Key]; !known {
			w.pages[r.Key] = "triggered"
			w.note(Entry{Kind: PageSent, Text: r.Summary, To: r.Service, Links: r.Links})
		}
	})
	return incident.Page{Key: r.Key, Service: r.Service}, err
}

// Acknowledge implements [activities.Pager].
func (w *world) Acknowledge(_ context.Context, p incident.Page) error {
	return w.movePage(p, "acknowledged")
}

// Resolve implements [activities.Pager].
func (w *world) Resolve(_ context.Context, p incident.Page) error { return w.movePage(p, "resolved") }

func (w *world) movePage(p incident.Page, to string) error {
	return w.ask(PagerDuty, func() {
		if at, known := w.pages[p.Key]; known && at != to {
			w.pages[p.Key] = to
			w.note(Entry{Kind: PageMoved, Text: to, To: p.Service})
		}
	})
}

// OnCall implements [activities.Pager].
func (w *world) OnCall(context.Context, string) ([]incident.Person, error) {
	return slices.Clone(w.script.OnCall), w.ask(PagerDuty, func() {})
}

// OpenTicket implements [activities.Tracker].
func (w *world) OpenTicket(_ context.Context, r incident.TicketRequest) (incident.Ticket, error) {
	err := w.ask(Jira, func() {
		if _, known := w.filed[r.Key]; known {
			return
		}
		key := fmt.Sprintf("%s-%d", r.Project, len(w.filed)+1)
		w.filed[r.Key] = key
		w.tickets[key] = incident.Ticket{Key: key, URL: "https://tracker.example.com/" + key, Status: "To Do"}
		w.note(Entry{Kind: TicketFiled, Text: r.Title, To: r.Project})
	})
	if err != nil {
		return incident.Ticket{}, err
	}
	return w.tickets[w.filed[r.Key]], nil
}

// FindTicket implements [activities.Tracker].
func (w *world) FindTicket(_ context.Context, key string) (incident.Ticket, bool, error) {
	filed, ok := w.filed[key]
	return w.tickets[filed], ok, w.ask(Jira, func() {})
}

// Tickets implements [activities.Tracker].
func (w *world) Tickets(_ context.Context, keys []string) ([]incident.Ticket, error) {
	var found []incident.Ticket
	for _, key := range keys {
		if t, ok := w.tickets[key]; ok {
			found = append(found, t)
		}
	}
	return found, w.ask(Jira, func() {})
}

// Send implements [activities.Mailer].
func (w *world) Send(_ context.Context, m incident.Mail) (incident.MailReceipt, error) {
	err := w.ask(Mail, func() {
		if w.first(m.Key) {
			w.note(Entry{Kind: MailSent, Text: m.Subject + "\n" + m.Text, To: strings.Join(m.To, ", "), Links: m.Links})
		}
	})
	return incident.MailReceipt{Server: "mail.example.com", Accepted: m.To}, err
}

// Notify implements [activities.Notifier].
func (w *world) Notify(_ context.Context, n incident.Notice) error {
	return w.ask(Webhook, func() {
		if w.first(n.Key) {
			w.note(Entry{Kind: WebhookPosted, Text: n.Text})
		}
	})
}

// Record implements [activities.Journal].
func (w *world) Record(_ context.Context, _ incident.ID, _ int, events []incident.Event, _ []int64) error {
	w.events = append(w.events, events...)
	return nil
}

// Finish implements [activities.Journal].
func (w *world) Finish(context.Context, incident.ID, int) error {
	w.finished = true
	return nil
}

// Events implements [activities.Journal].
func (w *world) Events(_ context.Context, _ incident.ID, after, limit int) ([]incident.Event, error) {
	return slices.Clone(w.events[after:min(len(w.events), after+limit)]), nil
}

// OpenFollowups implements [activities.Journal]. Nobody sweeps in a rehearsal: tickets move
// when the script says so, and are heard of at once.
func (w *world) OpenFollowups(context.Context) ([]activities.OpenFollowup, error) { return nil, nil }

// Return implements [activities.Inbox]: what comes after the end belongs to another
// incident, which is not rehearsed.
func (w *world) Return(context.Context, []int64, incident.ID) error { return nil }
