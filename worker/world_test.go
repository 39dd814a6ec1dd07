package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"muster/activities"
	"muster/chat"
	"muster/incident"
	"muster/playbooks"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// world stands in for everything outside: vendors that remember what they were asked,
// and the journal.
type world struct {
	mu       sync.Mutex
	events   []incident.Event
	pages    map[string]string // by key: triggered, acknowledged, resolved
	paged    []string          // summaries, in order
	channels map[string]incident.Channel
	topics   []string
	messages []string
	edits    []string
	// prompts are the cards that ask for something, as they are now.
	prompts []chat.Card
	// following are the accounts of those who want to hear of everything.
	following []string
	posted    map[string]bool
	invited   []string
	tickets   map[string]incident.Ticket
	filed     map[string]string
	returned  []int64
	mails     []incident.Mail
	notices   []incident.Notice
	// settled counts how often each item of the inbox was settled.
	settled  map[int64]int
	finished bool
	// copied is the world as it was when the journal got event copyAt.
	copyAt int
	copied *world
	// broken makes a vendor fail: by name, "slack".
	broken map[string]error
}

func newWorld() *world {
	return &world{
		pages: map[string]string{}, channels: map[string]incident.Channel{}, posted: map[string]bool{},
		settled: map[int64]int{}, tickets: map[string]incident.Ticket{}, filed: map[string]string{}, broken: map[string]error{},
	}
}

// become takes over all that another world remembers. The other must be at rest, or hold
// its lock.
func (w *world) become(other *world) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events, w.pages, w.paged = slices.Clone(other.events), maps.Clone(other.pages), slices.Clone(other.paged)
	w.channels, w.topics = maps.Clone(other.channels), slices.Clone(other.topics)
	w.messages, w.edits, w.posted = slices.Clone(other.messages), slices.Clone(other.edits), maps.Clone(other.posted)
	w.settled, w.returned = maps.Clone(other.settled), slices.Clone(other.returned)
	w.invited, w.tickets, w.filed = slices.Clone(other.invited), maps.Clone(other.tickets), maps.Clone(other.filed)
	w.mails, w.notices = slices.Clone(other.mails), slices.Clone(other.notices)
	w.broken = maps.Clone(other.broken)
}

// finalFailure is an error that trying again cannot mend, as vendors' packages have it.
type finalFailure string

func (f finalFailure) Error() string      { return string(f) }
func (finalFailure) Permanent() bool      { return true }
func (finalFailure) Delay() time.Duration { return 0 }

var errDown = errors.New("connection refused")

func (w *world) breakVendor(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken[name] = err
}

func (w *world) mendVendor(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.broken, name)
}

func (w *world) OpenChannel(_ context.Context, r incident.ChannelRequest) (incident.Channel, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["slack"]; err != nil {
		return incident.Channel{}, err
	}
	if _, ok := w.channels[r.Key]; !ok {
		w.channels[r.Key] = incident.Channel{ID: fmt.Sprintf("C%d", len(w.channels)+1), Name: r.Name}
		w.topics = append(w.topics, r.Topic)
	}
	return w.channels[r.Key], nil
}

func (w *world) SetTopic(_ context.Context, _, topic string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.topics = append(w.topics, topic)
	return w.broken["slack"]
}

func (w *world) Post(_ context.Context, m incident.Message) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["slack"]; err != nil {
		return "", err
	}
	if !w.posted[m.Key] {
		w.posted[m.Key] = true
		w.messages = append(w.messages, m.Text)
	}
	return "https://chat.example.com/" + m.Key, nil
}

func (w *world) Show(_ context.Context, out chat.Outgoing) (incident.MessageRef, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["slack"]; err != nil {
		return incident.MessageRef{}, err
	}
	key := out.ChannelID + "/" + out.Thread + "/" + out.Key
	if text := out.Card.String(); out.Edit.IsZero() && !w.posted[key] {
		w.posted[key] = true
		w.messages = append(w.messages, text)
		if out.Prompt {
			w.prompts = append(w.prompts, out.Card)
		}
	} else if !out.Edit.IsZero() {
		w.edits = append(w.edits, text)
	}
	return incident.MessageRef{ChannelID: out.ChannelID, ID: key, URL: "https://chat.example.com/" + key}, nil
}

func (w *world) EditPrompts(_ context.Context, _ string, change chat.Change) (changed int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["slack"]; err != nil {
		return 0, err
	}
	for i, prompt := range w.prompts {
		if next, did := change(prompt, time.Time{}); did {
			w.prompts[i] = next
			changed++
		}
	}
	return changed, nil
}

func (w *world) Followers(context.Context, incident.State) ([]chat.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	accounts := make([]chat.Account, len(w.following))
	for i, id := range w.following {
		accounts[i] = chat.Account{ID: id}
	}
	return accounts, nil
}

func (w *world) TellAccount(_ context.Context, key, accountID string, card chat.Card) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["slack"]; err != nil {
		return false, err
	}
	if !w.posted[key] {
		w.posted[key] = true
		w.messages = append(w.messages, "to "+accountID+": "+card.String())
	}
	return true, nil
}

func (w *world) Bookmark(context.Context, string, incident.Link) error { return w.failing("slack") }

func (w *world) Invite(_ context.Context, _ string, people []incident.Person) ([]incident.Person, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := slices.DeleteFunc(slices.Clone(people), func(p incident.Person) bool { return p.Email == "" })
	for _, p := range known {
		w.invited = append(w.invited, p.Email)
	}
	return known, w.broken["slack"]
}

func (w *world) Page(_ context.Context, r incident.PageRequest) (incident.Page, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["pagerduty"]; err != nil {
		return incident.Page{}, err
	}
	if _, ok := w.pages[r.Key]; !ok {
		w.pages[r.Key] = "triggered"
		w.paged = append(w.paged, r.Summary)
	}
	if err := w.broken["pagerduty's answers"]; err != nil {
		return incident.Page{}, err
	}
	return incident.Page{Key: r.Key, Service: r.Service}, nil
}

func (w *world) Acknowledge(_ context.Context, p incident.Page) error {
	return w.movePage(p.Key, "acknowledged")
}

func (w *world) Resolve(_ context.Context, p incident.Page) error {
	return w.movePage(p.Key, "resolved")
}

func (w *world) movePage(key, state string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["pagerduty"]; err != nil {
		return err
	}
	if _, known := w.pages[key]; known {
		w.pages[key] = state
	}
	return nil
}

func (w *world) OnCall(context.Context, string) ([]incident.Person, error) {
	return []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}}, w.failing("pagerduty")
}

func (w *world) OpenTicket(_ context.Context, r incident.TicketRequest) (incident.Ticket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["jira"]; err != nil {
		return incident.Ticket{}, err
	}
	key, ok := w.filed[r.Key]
	if !ok {
		key = fmt.Sprintf("%s-%d", r.Project, len(w.filed)+1)
		w.filed[r.Key] = key
		w.tickets[key] = incident.Ticket{Key: key, URL: "https://tracker.example.com/" + key, Status: "To Do"}
	}
	if err := w.broken["jira's answers"]; err != nil {
		return incident.Ticket{}, err
	}
	return w.tickets[key], nil
}

func (w *world) FindTicket(_ context.Context, key string) (incident.Ticket, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	filed, ok := w.filed[key]
	return w.tickets[filed], ok, w.broken["jira"]
}

func (w *world) Tickets(_ context.Context, keys []string) ([]incident.Ticket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []incident.Ticket
	for _, key := range keys {
		if t, ok := w.tickets[key]; ok {
			found = append(found, t)
		}
	}
	return found, w.broken["jira"]
}

func (w *world) failing(vendor string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken[vendor]
}

func (w *world) Record(_ context.Context, _ incident.ID, _ int, events []incident.Event, items []int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["journal"]; err != nil {
		return err
	}
	for _, item := range items {
		w.settled[item]++
	}
	for _, e := range events {
		if e.Seq != len(w.events)+1 {
			return finalFailure(fmt.Sprintf("event %d does not follow %d", e.Seq, len(w.events)))
		}
		w.events = append(w.events, e)
	}
	if w.copyAt > 0 && len(w.events) >= w.copyAt && w.copied == nil {
		w.copied = newWorld()
		w.copied.become(w)
	}
	return nil
}

func (w *world) Finish(context.Context, incident.ID, int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = true
	return nil
}

func (w *world) Events(_ context.Context, _ incident.ID, after, limit int) ([]incident.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events[after:min(len(w.events), after+limit)]), nil
}

func (w *world) OpenFollowups(context.Context) ([]activities.OpenFollowup, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []activities.OpenFollowup
	state := incident.Fold(w.events)
	for _, f := range state.OpenFollowups() {
		if f.Ticket.Key != "" {
			open = append(open, activities.OpenFollowup{Incident: state.ID, Followup: f})
		}
	}
	return open, nil
}

func (w *world) Return(_ context.Context, items []int64, _ incident.ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.returned = append(w.returned, items...)
	return nil
}

// pageStates lists where the pages stand, sorted by key.
func (w *world) pageStates() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var states []string
	for _, key := range slices.Sorted(maps.Keys(w.pages)) {
		states = append(states, w.pages[key])
	}
	return states
}

// story is one incident in virtual time: what people and vendors do is told by when it
// happens, counted from the declaration.
type story struct {
	*world
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	input workflows.IncidentInput
	began time.Time
	n     int
}

func newStory(t *testing.T) *story {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &story{world: newWorld(), t: t, env: suite.NewTestWorkflowEnvironment()}
	s.began = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	s.env.SetStartTime(s.began)
	s.env.SetTestTimeout(time.Minute)
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "INC-7", TaskQueue: workflows.TaskQueue})
	worker.Register(s.env, &activities.Activities{
		Chat: s, Followers: s, Pager: s, Tracker: s, Mailer: s, Notifier: s, Journal: s, Inbox: s,
		Installation: "test", PublicURL: "https://muster.example.com",
	})
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	s.input = workflows.IncidentInput{Declare: declaration(), Playbook: library[playbooks.Default]}
	return s
}

func declaration() incident.Command {
	return incident.Command{
		Incident: "INC-7", Actor: incident.VendorActor("Alertmanager"), Source: "alertmanager",
		Intent: incident.Declare{
			Title: "InstanceDown: payments is down", Severity: "SEV2",
			Scale:   []incident.SeverityLevel{{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute}, {Name: "SEV2", Pager: "error"}, {Name: "SEV3"}},
			Service: incident.Service{Name: "payments", Team: "payments", PagerService: "PPAY", TrackerProject: "PAY", ChannelPrefix: "inc"},
		},
	}
}

// at has something happen so long after the declaration.
func (s *story) at(after time.Duration, happens func()) {
	s.env.RegisterDelayedCallback(happens, after)
}

// person has somebody give a command, which must be accepted.
func (s *story) person(after time.Duration, name string, intent incident.Intent) {
	s.command(after, name, intent, func(err error) { require.NoError(s.t, err, "%s at %s", intent.Name(), after) })
}

// refused has somebody give a command, which must be refused with the given rule.
func (s *story) refused(after time.Duration, name string, intent incident.Intent, rule string) {
	s.command(after, name, intent, func(err error) {
		var broken *incident.RuleError
		require.ErrorAs(s.t, workflows.FromTemporal(err), &broken)
		require.Equal(s.t, rule, broken.Rule)
	})
}

func (s *story) command(after time.Duration, name string, intent incident.Intent, check func(error)) {
	s.n++
	key := fmt.Sprintf("command-%d", s.n)
	s.at(after, func() {
		s.env.UpdateWorkflow(intent.Name(), key, &testsuite.TestUpdateCallback{
			OnAccept:   func() {},
			OnReject:   check,
			OnComplete: func(_ any, err error) { check(err) },
		}, incident.Command{Incident: "INC-7", Key: key, Actor: incident.PersonActor(name), Source: "api", Intent: intent})
	})
}

func (s *story) alerts(after time.Duration, deliveries ...workflows.AlertDelivery) {
	s.at(after, func() { s.env.SignalWorkflow(workflows.AlertsSignal, deliveries) })
}

// run lets the incident live and returns it as it ended.
func (s *story) run() incident.State {
	s.t.Helper()
	s.env.ExecuteWorkflow(workflows.IncidentWorkflow, s.input)
	require.True(s.t, s.env.IsWorkflowCompleted(), "the incident never ended")
	require.NoError(s.t, s.env.GetWorkflowError())
	var ended incident.State
	require.NoError(s.t, s.env.GetWorkflowResult(&ended))
	require.True(s.t, s.finished, "it is written down that nothing is left to do")
	require.Equal(s.t, ended, incident.Fold(s.events), "the journal tells another story than the workflow")
	return ended
}

// texts are the timeline's sentences of one kind.
func (s *story) texts(kind incident.Kind) []string {
	var texts []string
	for _, e := range s.events {
		if e.Kind() == kind {
			texts = append(texts, e.Text())
		}
	}
	return texts
}

func instanceDown(item int64, resolved time.Time) workflows.AlertDelivery {
	return workflows.AlertDelivery{Item: item, Alert: incident.Alert{
		Fingerprint: "9dfced8afc5073a2", Name: "InstanceDown", Source: "alertmanager",
		Annotations: map[string]string{"summary": "payments is down"},
		StartsAt:    time.Date(2026, 3, 2, 2, 59, 0, 0, time.UTC), ResolvedAt: resolved,
	}}
}

func callback(t *testing.T) *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { require.NoError(t, err) },
		OnComplete: func(_ any, err error) { require.NoError(t, err) },
	}
}
