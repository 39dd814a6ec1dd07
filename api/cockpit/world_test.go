package cockpit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/api/cockpit"
	"muster/chat"
	"muster/chat/card"
	"muster/config"
	"muster/incident"
	"muster/store"
)

// The people and channels of these tests.
const (
	responder = "U01"
	second    = "U02"
	outsider  = "U03" // whom the directory does not know by an address
	general   = "C0GENERAL"
	team      = "C0PAYMENTS"
)

var people = map[string]incident.Person{
	responder: {Name: "Sample Responder", Email: "responder@example.com"},
	second:    {Name: "Second Responder", Email: "second@example.com"},
	outsider:  {Name: "guest"},
}

// world is everything around the cockpit, in memory, with the real domain behind it.
type world struct {
	t       *testing.T
	cockpit *cockpit.Cockpit
	pages   card.Pages

	mu       sync.Mutex
	journals map[incident.ID][]incident.Event
	declared []api.Declaration
	intents  []incident.Intent
	keys     map[string]incident.ID
	// digests are what the commands with the keys said, fails the name of one that fails.
	digests map[string]string
	fails   string
	// slow has the chat say nobody's name until it is not waited for any more.
	slow bool
	subs map[incident.ID][]chan store.Change
	now  time.Time
	// channelFor is the channel that a new incident gets.
	channelFor func(id incident.ID) *incident.Channel
	// noChannel leaves the channels of new incidents closed until openChannel.
	noChannel bool
	// private has the playbook open private ones.
	private bool
	// down is what the Commander, the Inbox, the Reader and the chat answer with.
	down struct{ commander, inbox, reader, chat, forms, pager, answers error }
	// onCall are the people of the pager's services, policies and schedules, by their ids.
	onCall map[string][]incident.Person
	// slowPager never says who is on call.
	slowPager bool

	items    []store.Item
	accepted map[string]bool
	follows  []store.Follow
	said     []store.Said
	messages map[incident.MessageRef]chat.Message
	// prompts are messages that ask for something, which were all posted at once; edited counts
	// how often one was to be changed.
	prompts  map[incident.MessageRef]chat.Card
	postedAt time.Time
	edited   int

	// What people got to see, in order.
	answers []answered
	forms   []chat.Form
	acts    int
	// channel is the one that was written in last.
	channel string
}

// answered is a private answer.
type answered struct {
	to   string
	card chat.Card
}

var catalogue = func() *config.Catalogue {
	c, err := config.Parse("muster.yaml", []byte(`
severities:
  - {name: SEV1, pager: critical, aliases: [critical], description: everybody is affected}
  - {name: SEV2, pager: error, aliases: [major], update_every: 30m}
  - {name: SEV3, pager: warning}
teams:
  - {name: payments, slack_channel: C0PAYMENTS}
  - {name: platform}
  - {name: data, pagerduty: {escalation_policy: PDATAPO, schedule: PDATASC}}
  - {name: research, pagerduty: {schedule: PRSRCSC}}
  - {name: legal}
services:
  - {name: checkout, team: payments, aliases: [shop], pagerduty: {service: PCHK123}}
  - {name: payments-api, team: payments, pagerduty: {service: PPAY123}}
  - {name: search, team: platform, pagerduty: {service: PSRC123}}
defaults: {service: checkout, severity: SEV3}
`))
	if err != nil {
		panic(err)
	}
	return c
}()

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{
		t: t, pages: card.Pages{Muster: "https://muster.example.com"},
		journals: map[incident.ID][]incident.Event{}, keys: map[string]incident.ID{}, digests: map[string]string{}, subs: map[incident.ID][]chan store.Change{},
		now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), accepted: map[string]bool{}, messages: map[incident.MessageRef]chat.Message{},
		channelFor: func(id incident.ID) *incident.Channel {
			return &incident.Channel{ID: channelOf(id), Name: strings.ToLower(string(id)), URL: "https://chat.example/" + channelOf(id)}
		},
	}
}

// inWorld runs a test in a world of its own, in virtual time, and ends it.
func inWorld(t *testing.T, test func(t *testing.T, w *world), change ...func(*cockpit.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		options := cockpit.Options{
			Commander: w, Reader: w, Catalogue: catalogue, Pager: w, Chat: w, Inbox: w, Keeper: w, Pages: w.pages,
			Now: w.clock, Logger: slog.New(slog.DiscardHandler),
		}
		for _, f := range change {
			f(&options)
		}
		var err error
		w.cockpit, err = cockpit.New(options)
		require.NoError(t, err)
		defer w.cockpit.Close()
		test(t, w)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// passes lets time go by.
func (w *world) passes(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Declare implements [cockpit.Commander].
func (w *world) Declare(_ context.Context, key string, d api.Declaration) (incident.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.commander != nil {
		return incident.State{}, w.down.commander
	}
	if id, known := w.keys[key]; known {
		return incident.Fold(w.journals[id]), nil
	}
	service, _ := catalogue.Service(d.Service)
	id := incident.NewID(int64(len(w.journals) + 1))
	declare := incident.Declare{
		Title: d.Title, Summary: d.Summary, Severity: d.Severity, Person: d.Person, Exercise: d.Exercise,
		Service: incident.Service{Name: service.Name, Team: service.Team, PagerService: service.PagerDuty.Service},
	}
	for _, s := range catalogue.Scale() {
		declare.Scale = append(declare.Scale, incident.SeverityLevel{Name: incident.Severity(s.Name), UpdateEvery: s.UpdateEvery})
	}
	if err := w.decide(incident.Command{Incident: id, Key: key, Actor: d.Actor, Source: d.Source, Intent: declare}); err != nil {
		return incident.State{}, err
	}
	w.keys[key], w.declared = id, append(w.declared, d)
	w.muster(id, incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: "default", Version: "v1"},
		Roles: []incident.Role{
			{ID: "commander", Title: "incident commander", Duties: "Leads the response."},
			{ID: "communications", Title: "communications lead"}, {ID: "scribe", Title: "scribe"},
		},
		Steps: []incident.Step{
			{ID: "channel", Title: "Open the incident channel", Kind: incident.Automatic, State: incident.Pending, Do: "slack.create_channel", Private: w.private},
			{ID: "assess", Title: "Confirm the severity and who is affected", Kind: incident.Manual, State: incident.Waiting, Role: "commander"},
			{ID: "stop-the-impact", Title: "Stop the impact before looking for the cause", Kind: incident.Manual, State: incident.Waiting},
			{ID: "statement", Title: "Approve what customers are told", Kind: incident.Approval, State: incident.Waiting, Approvers: []string{"commander"}},
			{ID: "way", Title: "Back or forward?", Kind: incident.Decision, State: incident.Waiting, Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix forward"}}},
		},
	})
	if !w.noChannel {
		w.openChannelLocked(id)
	}
	return incident.Fold(w.journals[id]), nil
}

// channelOf is the channel that an incident has here.
func channelOf(id incident.ID) string { return "C0" + strings.ReplaceAll(string(id), "-", "") }

func (w *world) openChannel(id incident.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.openChannelLocked(id)
}

func (w *world) openChannelLocked(id incident.ID) {
	w.muster(id, incident.StartStep{Step: "channel"})
	w.muster(id, incident.FinishStep{Step: "channel", Outcome: incident.Outcome{Channel: w.channelFor(id)}})
}

// muster carries out a command of Muster's own.
func (w *world) muster(id incident.ID, intent incident.Intent) {
	require.NoError(w.t, w.decide(incident.Command{Incident: id, Actor: incident.MusterActor(), Source: "playbook", Intent: intent}))
}

// Do implements [cockpit.Commander].
func (w *world) Do(_ context.Context, c incident.Command) (incident.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.commander != nil {
		return incident.State{}, w.down.commander
	}
	if _, known := w.journals[c.Incident]; !known {
		return incident.State{}, &store.NotFoundError{What: "incident", Name: string(c.Incident)}
	}
	if c.Intent.Name() == w.fails {
		return incident.State{}, errDown
	}
	if w.digests[c.Key] != "" && w.digests[c.Key] != c.Digest() {
		return incident.State{}, &incident.InvalidError{Field: "Idempotency-Key", Message: "this key came with another command before"}
	}
	w.digests[c.Key] = c.Digest()
	if _, known := w.keys[c.Key]; !known {
		if err := w.decide(c); err != nil {
			return incident.State{}, err
		}
		w.keys[c.Key], w.intents = c.Incident, append(w.intents, c.Intent)
	}
	return incident.Fold(w.journals[c.Incident]), nil
}

func (w *world) decide(c incident.Command) error {
	w.now = w.now.Add(time.Second)
	events, err := incident.Decide(incident.Fold(w.journals[c.Incident]), c, w.now)
	if err != nil {
		return err
	}
	w.journals[c.Incident] = append(w.journals[c.Incident], events...)
	for _, sub := range w.subs[c.Incident] {
		select {
		case sub <- store.Change{Incident: c.Incident}:
		default:
		}
	}
	return nil
}

// Incident implements [cockpit.Reader].
func (w *world) Incident(_ context.Context, id incident.ID) (incident.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.reader != nil {
		return incident.State{}, w.down.reader
	}
	journal, ok := w.journals[id]
	if !ok {
		return incident.State{}, &store.NotFoundError{What: "incident", Name: string(id)}
	}
	return incident.Fold(journal), nil
}

// Incidents implements [cockpit.Reader].
func (w *world) Incidents(_ context.Context, f store.Filter) (page []incident.State, next string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.reader != nil {
		return nil, "", w.down.reader
	}
	for n := int64(len(w.journals)); n > 0; n-- {
		s := incident.Fold(w.journals[incident.NewID(n)])
		switch {
		case len(f.Status) > 0 && !slices.Contains(f.Status, s.Status):
		case f.Severity != "" && f.Severity != s.Severity:
		case f.Service != "" && f.Service != s.Service.Name:
		case !strings.Contains(strings.ToLower(s.Title), f.Query):
		default:
			page = append(page, s)
		}
	}
	return page[:min(len(page), max(f.Limit, 1))], "", nil
}

// Events implements [cockpit.Reader].
func (w *world) Events(_ context.Context, id incident.ID, after, limit int) ([]incident.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	journal := w.journals[id][min(after, len(w.journals[id])):]
	return slices.Clone(journal[:min(limit, len(journal))]), w.down.reader
}

// IncidentOfChannel implements [cockpit.Reader].
func (w *world) IncidentOfChannel(_ context.Context, channel string) (incident.ID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.reader != nil {
		return "", w.down.reader
	}
	for id, journal := range w.journals {
		if incident.Fold(journal).Channel.ID == channel {
			return id, nil
		}
	}
	return "", &store.NotFoundError{What: "incident with the channel", Name: channel}
}

// Subscribe implements [cockpit.Reader].
func (w *world) Subscribe(id incident.ID) (<-chan store.Change, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changes := make(chan store.Change, 1)
	w.subs[id] = append(w.subs[id], changes)
	return changes, func() {}
}

// Accept implements [cockpit.Inbox].
func (w *world) Accept(ctx context.Context, items []store.Item) (store.Accepted, error) {
	if err := ctx.Err(); err != nil {
		return store.Accepted{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.inbox != nil {
		return store.Accepted{}, w.down.inbox
	}
	var accepted store.Accepted
	for _, item := range items {
		if w.accepted[item.Key] {
			accepted.Repeated++
			continue
		}
		w.accepted[item.Key] = true
		w.items = append(w.items, item)
		accepted.New++
	}
	return accepted, nil
}

// Follow implements [cockpit.Keeper].
func (w *world) Follow(ctx context.Context, f store.Follow) error {
	if err := w.Unfollow(ctx, f); err != nil {
		return err
	}
	w.follows = append(w.follows, f)
	return nil
}

// Unfollow implements [cockpit.Keeper].
func (w *world) Unfollow(_ context.Context, f store.Follow) error {
	w.follows = slices.DeleteFunc(w.follows, func(g store.Follow) bool { return f.Account == g.Account && f.Kind == g.Kind && f.Name == g.Name })
	return nil
}

// FollowsOf implements [cockpit.Keeper].
func (w *world) FollowsOf(_ context.Context, account string) ([]store.Follow, error) {
	return slices.DeleteFunc(slices.Clone(w.follows), func(f store.Follow) bool { return f.Account != account }), nil
}

// KeepSaid implements [cockpit.Keeper].
func (w *world) KeepSaid(_ context.Context, said store.Said) error {
	w.said = append(w.said, said)
	return nil
}

// OpenForm implements [cockpit.Chat].
func (w *world) OpenForm(_ context.Context, trigger string, form chat.Form) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if trigger == "" || w.down.forms != nil {
		return errors.Join(errors.New("expired_trigger_id"), w.down.forms)
	}
	w.forms = append(w.forms, form)
	return nil
}

// Answer implements [cockpit.Chat].
func (w *world) Answer(_ context.Context, act chat.Act, c chat.Card) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(w.t, c.Summary, "a card has a summary")
	if w.down.answers != nil {
		return w.down.answers
	}
	w.answers = append(w.answers, answered{act.By.ID, c})
	return nil
}

// Person implements [cockpit.Chat].
func (w *world) Person(ctx context.Context, account string) (incident.Person, error) {
	if w.slow {
		<-ctx.Done()
		return incident.Person{}, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.chat != nil {
		return incident.Person{}, w.down.chat
	}
	if person, ok := people[account]; ok {
		return person, nil
	}
	return incident.Person{}, fmt.Errorf("user_not_found: %s", account)
}

// EditPrompt implements [cockpit.Chat].
func (w *world) EditPrompt(_ context.Context, ref incident.MessageRef, change chat.Change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edited++
	if w.down.chat != nil {
		return w.down.chat
	}
	prompt, there := w.prompts[ref]
	if next, changed := change(prompt, w.postedAt); there && changed {
		w.prompts[ref] = next
	}
	return nil
}

// Message implements [cockpit.Chat].
func (w *world) Message(_ context.Context, ref incident.MessageRef) (chat.Message, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down.chat != nil {
		return chat.Message{}, false, w.down.chat
	}
	m, ok := w.messages[incident.MessageRef{ChannelID: ref.ChannelID, ID: ref.ID}]
	m.Ref.URL = "https://chat.example/" + ref.ChannelID + "/p" + ref.ID
	return m, ok, nil
}
