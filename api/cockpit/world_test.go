package cockpit_test

import (
	"context"
	"encoding/json"
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
	subs     map[incident.ID][]chan store.Change
	now      time.Time
	// noChannel leaves the channels of new incidents closed until openChannel.
	noChannel bool
	// down is what the Commander, the Inbox, the Reader and the chat answer with.
	down struct{ commander, inbox, reader, chat, forms error }

	items    []store.Item
	accepted map[string]bool
	follows  []store.Follow
	said     []store.Said
	messages map[incident.MessageRef]chat.Message

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

// inWorld runs a test in a world of its own, in virtual time, and ends it.
func inWorld(t *testing.T, test func(t *testing.T, w *world), change ...func(*cockpit.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, pages: card.Pages{Muster: "https://muster.example.com"},
			journals: map[incident.ID][]incident.Event{}, keys: map[string]incident.ID{}, subs: map[incident.ID][]chan store.Change{},
			now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), accepted: map[string]bool{}, messages: map[incident.MessageRef]chat.Message{},
		}
		options := cockpit.Options{
			Commander: w, Reader: w, Catalogue: catalogue, Chat: w, Inbox: w, Keeper: w, Pages: w.pages,
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
		Title: d.Title, Summary: d.Summary, Severity: d.Severity,
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
			{ID: "channel", Title: "Open the incident channel", Kind: incident.Automatic, State: incident.Pending, Do: "slack.create_channel"},
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
	w.muster(id, incident.FinishStep{Step: "channel", Outcome: incident.Outcome{
		Channel: &incident.Channel{ID: channelOf(id), Name: strings.ToLower(string(id)), URL: "https://chat.example/" + channelOf(id)},
	}})
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
func (w *world) Accept(_ context.Context, items []store.Item) (store.Accepted, error) {
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
	w.answers = append(w.answers, answered{act.By.ID, c})
	return nil
}

// Person implements [cockpit.Chat].
func (w *world) Person(_ context.Context, account string) (incident.Person, error) {
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

// AccountOf implements [cockpit.Chat].
func (w *world) AccountOf(_ context.Context, person incident.Person) (string, bool, error) {
	for id, p := range people {
		if p.Same(person) {
			return id, true, nil
		}
	}
	return "", false, nil
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

// act is an act of somebody, with all that the chat sends along.
func (w *world) act(by, channel string) chat.Act {
	w.acts++
	return chat.Act{
		ID: fmt.Sprintf("act-%d", w.acts), Chat: "slack", At: w.clock(), Workspace: "T01", Channel: channel,
		By: chat.Account{ID: by, Name: "handle." + by}, Trigger: "trigger", ReplyTo: "https://chat.example/reply",
	}
}

// take has an act taken, lets everything beside it come to rest, and empties the inbox.
func (w *world) take(act chat.Act) []chat.Problem {
	w.t.Helper()
	problems, err := w.cockpit.Take(w.t.Context(), act)
	require.NoError(w.t, err)
	synctest.Wait()
	w.drain()
	return problems
}

// drain carries out what the inbox has, as it was written there.
func (w *world) drain() {
	w.t.Helper()
	items := w.items
	w.items = nil
	for _, item := range items {
		var act chat.Act
		require.NoError(w.t, json.Unmarshal(item.Body, &act))
		require.NoError(w.t, w.cockpit.CarryOut(w.t.Context(), act))
	}
	synctest.Wait()
}

// settle lets everything beside the acts come to rest.
func (w *world) settle() {
	w.t.Helper()
	synctest.Wait()
}

// waits lets virtual time go by beside the acts.
func (w *world) waits(d time.Duration) {
	<-time.After(d)
	w.settle()
}

// writes is somebody writing a command.
func (w *world) writes(by, channel, text string) {
	w.t.Helper()
	w.channel = channel
	act := w.act(by, channel)
	act.Command = &chat.Command{Name: "/incident", Text: text}
	require.Empty(w.t, w.take(act))
}

// presses is somebody pressing a control of a card that stands in the incident's channel, or
// in the one that was written in last.
func (w *world) presses(by string, c chat.Control) {
	w.t.Helper()
	channel := w.channel
	if id, _ := card.ReadValue(c.Value, 1); id.Number() > 0 {
		channel = channelOf(id)
	}
	act := w.act(by, channel)
	act.Press = &chat.Press{Act: c.Act, Value: c.Value, On: incident.MessageRef{ChannelID: channel, ID: "1"}}
	require.Empty(w.t, w.take(act))
}

// chooses is somebody choosing from a menu.
func (w *world) chooses(by string, c chat.Control, label string) {
	w.t.Helper()
	i := slices.IndexFunc(c.Options, func(o chat.Option) bool { return o.Label == label })
	require.GreaterOrEqual(w.t, i, 0, "%q is no option of %q", label, c.Label)
	w.presses(by, chat.Control{Act: c.Act, Value: c.Options[i].Value})
}

// onBrief is a control of the incident's brief as it is now.
func (w *world) onBrief(id incident.ID, label string) chat.Control {
	w.t.Helper()
	s := w.state(id)
	return control(w.t, card.Brief(s, s.Outlook(), w.pages, nil), label)
}

// onAnswer is a control of the last answer.
func (w *world) onAnswer(label string) chat.Control {
	w.t.Helper()
	require.NotEmpty(w.t, w.answers)
	return control(w.t, w.answers[len(w.answers)-1].card, label)
}

func control(t *testing.T, c chat.Card, label string) chat.Control {
	t.Helper()
	var labels []string
	for _, part := range c.Parts {
		row := part.Controls
		if part.Beside != nil {
			row = append(slices.Clone(row), *part.Beside)
		}
		for _, found := range row {
			if found.Label == label {
				return found
			}
			labels = append(labels, found.Label)
		}
	}
	require.Failf(t, "no such control", "the card has no control %q, but %q", label, labels)
	return chat.Control{}
}

// form is the form that was opened last.
func (w *world) form(id string) chat.Form {
	w.t.Helper()
	require.NotEmpty(w.t, w.forms, "a form was opened")
	last := w.forms[len(w.forms)-1]
	require.Equal(w.t, id, last.ID)
	return last
}

// fills is somebody sending the form that was opened last, with what stood there at first
// unless it is given.
func (w *world) fills(by, form string, given map[string]string) []chat.Problem {
	w.t.Helper()
	last := w.form(form)
	filled := map[string]string{}
	for _, field := range last.Fields {
		if value, ok := given[field.ID]; ok {
			filled[field.ID] = value
		} else if field.Value != "" {
			filled[field.ID] = field.Value
		}
	}
	act := w.act(by, "")
	act.Trigger, act.ReplyTo = "", ""
	act.Submission = &chat.Submission{Form: last.ID, Context: last.Context, Values: filled}
	return w.take(act)
}

// says is somebody saying something in a channel.
func (w *world) says(by, channel, text string, change ...func(*chat.Message)) incident.MessageRef {
	w.t.Helper()
	act := w.act(by, channel)
	m := chat.Message{Ref: incident.MessageRef{ChannelID: channel, ID: fmt.Sprintf("%d.0001", w.acts)}, By: act.By, At: act.At, Text: text}
	for _, f := range change {
		f(&m)
	}
	w.messages[m.Ref] = m
	act.Message = &m
	require.Empty(w.t, w.take(act))
	return m.Ref
}

// reacts is somebody reacting to a message.
func (w *world) reacts(by string, on incident.MessageRef, emoji string) {
	w.t.Helper()
	act := w.act(by, on.ChannelID)
	act.Reaction = &chat.Reaction{Emoji: emoji, On: on}
	require.Empty(w.t, w.take(act))
}

func (w *world) state(id incident.ID) incident.State {
	w.t.Helper()
	s, err := w.Incident(w.t.Context(), id)
	require.NoError(w.t, err)
	return s
}

// lastAnswer is the text of the last answer, and to whom it went.
func (w *world) lastAnswer() (to, text string) {
	w.t.Helper()
	require.NotEmpty(w.t, w.answers, "somebody was answered")
	last := w.answers[len(w.answers)-1]
	return last.to, textOf(last.card)
}

func textOf(c chat.Card) string {
	var b strings.Builder
	for _, part := range c.Parts {
		b.WriteString(part.Heading + part.Body.String() + part.Aside.String())
		for _, f := range part.Fields {
			b.WriteString(f.Label + " " + f.Text.String() + " ")
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

// told is what the people have brought about: the timeline without Muster's own entries.
func (w *world) told(id incident.ID) []string {
	var lines []string
	for _, e := range w.journals[id] {
		if e.Actor.Kind == incident.ActorPerson {
			lines = append(lines, e.Actor.Name+": "+e.Text())
		}
	}
	return lines
}
