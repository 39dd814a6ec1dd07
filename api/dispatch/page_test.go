package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/api/webhook"
	"muster/incident"
	"muster/store"

	"github.com/stretchr/testify/require"
)

// switchboard is a pager that is asked what news leaves out.
type switchboard struct {
	keys  map[string]string // by the pager's id
	asked int
	err   error
}

func (s *switchboard) PageKey(_ context.Context, id string) (string, bool, error) {
	s.asked++
	return s.keys[id], s.keys[id] != "", s.err
}

func (*switchboard) Person(_ context.Context, account, name string) incident.Person {
	if account == "PUNKNOWN" {
		return incident.Person{Name: name}
	}
	return incident.Person{Name: name, Email: account + "@example.com"}
}

func (s *switchboard) IsSelf(_ context.Context, account string) (bool, error) {
	return account == "PMUSTER", s.err
}

// shift is an incident whose pages are told of.
type shift struct {
	t     *testing.T
	db    *store.Store
	pager *switchboard
	pages *pages
	// refuse is what every command is answered with, where it is not nil.
	refuse error
	said   int
	key    string
}

// onShift declares INC-1, whose page has been sent.
func onShift(t *testing.T) *shift {
	t.Helper()
	d, db, _ := desk(t)
	s := &shift{t: t, db: db, pager: &switchboard{keys: map[string]string{}}, key: "muster-" + db.Installation() + "-INC-1-page"}
	s.pages = &pages{pager: s.pager, do: s.do, store: db, logger: slog.New(slog.DiscardHandler), keys: map[string]string{}, severity: func(name string) (incident.Severity, bool) {
		level, ok := d.catalogue.Severity(name)
		return incident.Severity(level.Name), ok
	}}
	scale := []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}, {Name: "SEV3"}}
	s.tell("INC-1", incident.Declare{Title: "Errors", Severity: "SEV2", Scale: scale, Service: incident.Service{Name: "checkout", PagerService: "PCHECKOUT"}})
	s.tell("INC-1", incident.ReportPage{Key: s.key})
	s.said = s.state().Seq
	return s
}

func (s *shift) tell(id incident.ID, intent incident.Intent) {
	s.t.Helper()
	_, err := s.do(s.t.Context(), incident.Command{Incident: id, Actor: incident.MusterActor(), Source: "test", Intent: intent})
	require.NoError(s.t, err)
}

// do carries a command out as the incident's workflow does: once for each key.
func (s *shift) do(ctx context.Context, c incident.Command) (incident.State, error) {
	if s.refuse != nil {
		return incident.State{}, s.refuse
	}
	journal, err := s.db.Journal(ctx, c.Incident)
	if _, declares := c.Intent.(incident.Declare); err != nil && !declares {
		return incident.State{}, err
	}
	state := incident.Fold(journal)
	if c.Key != "" && slices.ContainsFunc(journal, func(e incident.Event) bool { return e.Cause == c.Key }) {
		return state, nil
	}
	events, err := incident.Decide(state, c, time.Now())
	if err != nil {
		return state, err
	}
	return state, s.db.Append(ctx, events)
}

func (s *shift) state() incident.State {
	s.t.Helper()
	state, err := s.db.Incident(s.t.Context(), "INC-1")
	require.NoError(s.t, err)
	return state
}

// new returns what the timeline got since it was asked last.
func (s *shift) new() []string {
	s.t.Helper()
	events, err := s.db.Events(s.t.Context(), "INC-1", s.said, 100)
	require.NoError(s.t, err)
	var lines []string
	for _, e := range events {
		s.said = e.Seq
		require.Equal(s.t, "pagerduty", e.Source)
		lines = append(lines, e.Actor.Name+": "+e.Text())
	}
	return lines
}

// hear tells of a page, as the inbox does.
func (s *shift) hear(event string, r webhook.PageReport) error {
	s.t.Helper()
	if r.ID == "" {
		r.ID = "QPAGE1"
	}
	if r.At.IsZero() {
		r.At = time.Now()
	}
	body, err := json.Marshal(r)
	require.NoError(s.t, err)
	return s.pages.handle(s.t.Context(), store.Item{Kind: store.KindPage, Source: "pagerduty", Subject: r.ID, Key: event, Body: body})
}

var (
	first  = webhook.PagerAccount{ID: "PONE", Name: "First Responder"}
	second = webhook.PagerAccount{ID: "PTWO", Name: "Second Responder"}
	muster = webhook.PagerAccount{ID: "PMUSTER", Name: "Muster's account"}
)

func TestWhoeverTakesAPageTakesTheIncidentOnce(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	taken := webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, URL: "https://sample.pagerduty.com/incidents/QPAGE1", By: first, AssignedTo: []webhook.PagerAccount{first}}
	for range 3 { // a repetition, as after a crash
		require.NoError(t, s.hear("event 1", taken))
	}
	require.Equal(t, []string{
		"First Responder: In the pager: acknowledged, assigned to First Responder",
		"First Responder: Acknowledged",
	}, s.new())
	state := s.state()
	require.Equal(t, incident.PersonActor("First Responder"), state.AcknowledgedBy)
	page, _ := state.Page(s.key)
	require.Equal(t, "QPAGE1", page.ID)
	require.Equal(t, []incident.Person{{Name: "First Responder", Email: "PONE@example.com"}}, state.OnCall)

	taken.By = second
	require.NoError(t, s.hear("event 2", taken))
	require.Empty(t, s.new(), "it was taken before")
}

func TestWhatMusterDoesInThePagerIsNoNews(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	for i, r := range []webhook.PageReport{
		{News: webhook.PageAcknowledged}, {News: webhook.PagePriorityChanged, Priority: "SEV1"},
		{News: webhook.PageNoted, Note: "N", Text: "by an integration"}, {News: webhook.PageBridgeChanged, Text: "https://meet.example.com"},
	} {
		r.Key = s.key
		require.NoError(t, s.hear(fmt.Sprint("of nobody ", i), r))
	}
	require.Empty(t, s.new(), "the Events API acts as nobody")

	s.tell("INC-1", incident.Acknowledge{})
	s.tell("INC-1", incident.ChangeSeverity{Severity: "SEV3"})
	s.tell("INC-1", incident.ChangeSeverity{Severity: "SEV1"})
	s.said = s.state().Seq
	require.NoError(t, s.hear("late", webhook.PageReport{News: webhook.PagePriorityChanged, Key: s.key, By: muster, Priority: "SEV3"}))
	require.NoError(t, s.hear("none", webhook.PageReport{News: webhook.PagePriorityChanged, Key: s.key, By: muster, Priority: "P5"}))
	require.NoError(t, s.hear("taken", webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, By: muster}))
	require.Empty(t, s.new(), "what Muster set comes back late, and does not turn anything back")

	s.tell("INC-1", incident.Resolve{})
	s.said = s.state().Seq
	require.NoError(t, s.hear("ended", webhook.PageReport{News: webhook.PageResolved, Key: s.key, By: muster}))
	require.NoError(t, s.hear("ended by an event", webhook.PageReport{News: webhook.PageResolved, Key: s.key}))
	require.Empty(t, s.new())
}

func TestAPageThatEndsByItselfIsNotOpenAnyMore(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	require.NoError(t, s.hear("timed out", webhook.PageReport{News: webhook.PageResolved, Key: s.key}))
	require.Equal(t, []string{"PagerDuty: In the pager: resolved"}, s.new(), "and nobody has resolved anything")
	require.Zero(t, s.state().PagesOpen())
	require.True(t, s.state().Status.Active())
}

func TestAPersonMayUseMustersAccount(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	require.NoError(t, s.hear("event 1", webhook.PageReport{News: webhook.PagePriorityChanged, Key: s.key, By: muster, Priority: "SEV1"}))
	require.NoError(t, s.hear("event 2", webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, By: muster}))
	require.Equal(t, incident.Severity("SEV1"), s.state().Severity)
	require.False(t, s.state().AcknowledgedAt.IsZero())
}

func TestWhatAPersonDoesToAPageIsWrittenDown(t *testing.T) {
	t.Parallel()
	const url = "https://sample.pagerduty.com/incidents/QPAGE1"
	for name, test := range map[string]struct {
		report webhook.PageReport
		want   []string
	}{
		"it was opened": {
			webhook.PageReport{News: webhook.PageTriggered, AssignedTo: []webhook.PagerAccount{first}},
			[]string{"PagerDuty: In the pager: triggered, assigned to First Responder"},
		},
		"it was escalated by itself": {
			webhook.PageReport{News: webhook.PageReassigned, AssignedTo: []webhook.PagerAccount{first, second}},
			[]string{"PagerDuty: In the pager: assigned to First Responder, Second Responder"},
		},
		"somebody gave it to another": {
			webhook.PageReport{News: webhook.PageReassigned, By: first, AssignedTo: []webhook.PagerAccount{second}},
			[]string{"First Responder: In the pager: assigned to Second Responder"},
		},
		"nobody has it any more": {
			webhook.PageReport{News: webhook.PageUnacknowledged, AssignedTo: []webhook.PagerAccount{}},
			[]string{"PagerDuty: In the pager: triggered"},
		},
		"somebody opened it again": {
			webhook.PageReport{News: webhook.PageReopened, By: first},
			[]string{"First Responder: In the pager: triggered"},
		},
		"somebody resolved it": {
			webhook.PageReport{News: webhook.PageResolved, By: first},
			[]string{"First Responder: In the pager: resolved"},
		},
		"it has a priority named like a severity": {
			webhook.PageReport{News: webhook.PagePriorityChanged, By: first, Priority: "sev1"},
			[]string{"First Responder: Severity raised from SEV2 to SEV1: priority sev1 in PagerDuty"},
		},
		"it has a priority that is an alias of a severity": {
			webhook.PageReport{News: webhook.PagePriorityChanged, By: first, Priority: "critical"},
			[]string{"First Responder: Severity raised from SEV2 to SEV1: priority critical in PagerDuty"},
		},
		"it has the priority of the severity": {
			webhook.PageReport{News: webhook.PagePriorityChanged, By: first, Priority: "SEV2"},
			[]string{"First Responder: Confirmed that it is a SEV2"},
		},
		"it has another priority": {
			webhook.PageReport{News: webhook.PagePriorityChanged, By: first, Priority: "P5"},
			[]string{"First Responder: Gave the page the priority P5 in PagerDuty"},
		},
		"it has no priority any more": {
			webhook.PageReport{News: webhook.PagePriorityChanged, By: first},
			[]string{"First Responder: Took away the priority of the page in PagerDuty"},
		},
		"it has a note": {
			webhook.PageReport{News: webhook.PageNoted, By: first, Note: "N1", Text: "rolled back"},
			[]string{"First Responder: First Responder said: rolled back"},
		},
		"it has a status update": {
			webhook.PageReport{News: webhook.PageUpdatePublished, By: first, Note: "N1", Text: "a fix is on its way"},
			[]string{"First Responder: First Responder said: Status update in PagerDuty: a fix is on its way"},
		},
		"people meet somewhere": {
			webhook.PageReport{News: webhook.PageBridgeChanged, By: first, Text: "https://meet.example.com/42"},
			[]string{"First Responder: Conference bridge: https://meet.example.com/42"},
		},
		"somebody was asked to help": {
			webhook.PageReport{News: webhook.PageHelpAsked, By: first, Responder: second, Reply: webhook.ReplyPending},
			[]string{"First Responder: In the pager: asked Second Responder to help"},
		},
		"somebody helps": {
			webhook.PageReport{News: webhook.PageHelpAnswered, By: second, Responder: second, Reply: webhook.ReplyAccepted},
			[]string{"Second Responder: In the pager: asked Second Responder to help", "Second Responder: Accepted the request for help in PagerDuty"},
		},
		"somebody does not": {
			webhook.PageReport{News: webhook.PageHelpAnswered, By: second, Responder: second, Reply: webhook.ReplyDeclined},
			[]string{"Second Responder: Declined the request for help in PagerDuty"},
		},
		"something of a later version": {webhook.PageReport{News: "painted", By: first}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := onShift(t)
			test.report.Key, test.report.URL, test.report.ID = s.key, url, "QPAGE1"
			require.NoError(t, s.hear("event 1", test.report))
			require.Equal(t, test.want, s.new())
		})
	}
}

func TestNewsInTheWrongOrderTurnsNothingBack(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	require.NoError(t, s.hear("3", webhook.PageReport{News: webhook.PageResolved, Key: s.key, By: first}))
	require.NoError(t, s.hear("2", webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, By: first}))
	require.NoError(t, s.hear("1", webhook.PageReport{News: webhook.PageTriggered, Key: s.key, AssignedTo: []webhook.PagerAccount{second}}))
	page, _ := s.state().Page(s.key)
	require.Equal(t, incident.PageResolved, page.Status)
	require.Empty(t, page.AssignedTo)
	require.False(t, s.state().AcknowledgedAt.IsZero(), "somebody has taken it all the same")

	s.tell("INC-1", incident.Resolve{})
	s.tell("INC-1", incident.Reopen{})
	s.said = s.state().Seq
	require.NoError(t, s.hear("4", webhook.PageReport{News: webhook.PageResolved, Key: s.key, By: second, At: time.Now().Add(-time.Hour)}))
	require.Empty(t, s.new(), "a page was resolved before the incident was opened again")
}

func TestNewsThatNamesNoKeyFindsItsPage(t *testing.T) {
	t.Parallel()
	note := webhook.PageReport{News: webhook.PageNoted, By: first, Text: "rolled back"}
	heard := func(s *shift, id string) []string {
		note.ID, note.Note = id, "N of "+id
		require.NoError(s.t, s.hear("note of "+id, note))
		return s.new()
	}
	said := []string{"First Responder: First Responder said: rolled back"}

	s := onShift(t)
	require.NoError(t, s.hear("1", webhook.PageReport{News: webhook.PageReassigned, Key: s.key}))
	s.said = s.state().Seq
	require.Equal(t, said, heard(s, "QPAGE1"), "by what was heard before")
	s.pages.keys = map[string]string{}
	require.Equal(t, "QPAGE1", s.state().Pages[0].ID)
	note.Text = "rolled forward"
	require.Equal(t, []string{"First Responder: First Responder said: rolled forward"}, func() []string {
		note.ID, note.Note = "QPAGE1", "N2"
		require.NoError(t, s.hear("2", note))
		return s.new()
	}(), "by the page's id in the incident")
	require.Zero(t, s.pager.asked)
	note.Text = "rolled back"

	s.pager.keys["QOTHER"] = s.key
	require.Equal(t, said, heard(s, "QOTHER"), "by asking the pager")
	require.Equal(t, 1, s.pager.asked)
	require.Empty(t, heard(s, "QSTRANGE"), "a page that is none of ours")

	s.pager.err = errors.New("down")
	note.ID = "QLATER"
	require.ErrorContains(t, s.hear("3", note), "down", "it is tried again")
	s.pages.pager = nil
	require.NoError(t, s.hear("3", note))
	require.Empty(t, s.new())
}

func TestNewsOfPagesThatAreNotOursSettles(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	for i, key := range []string{
		"d3640fbd41094207a1c11e58e46b1662", "muster-other000-INC-1-page", "muster-" + s.db.Installation() + "-INC-99-page",
		"muster-" + s.db.Installation() + "-INC-1", "muster-" + s.db.Installation() + "-nonsense-page", "muster-" + s.db.Installation() + "-",
	} {
		require.NoError(t, s.hear(fmt.Sprint(i), webhook.PageReport{News: webhook.PageAcknowledged, ID: fmt.Sprint("Q", i), Key: key, By: first}), key)
	}
	require.Empty(t, s.new())
}

func TestNewsThatComesTooLateSettles(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	s.tell("INC-1", incident.Cancel{Reason: "false alarm"})
	s.said = s.state().Seq
	require.NoError(t, s.hear("1", webhook.PageReport{News: webhook.PageNoted, Key: s.key, By: first, Note: "N", Text: "too late"}))
	require.NoError(t, s.hear("2", webhook.PageReport{News: webhook.PagePriorityChanged, Key: s.key, By: first, Priority: "SEV1"}))
	require.Empty(t, s.new())
	require.NoError(t, s.hear("3", webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, By: first}))
	require.Equal(t, []string{"First Responder: In the pager: acknowledged"}, s.new(), "how the page stands may be known all the same")
}

func TestNewsThatCannotBeToldNowIsToldLater(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	s.refuse = errors.New("Temporal is away")
	taken := webhook.PageReport{News: webhook.PageAcknowledged, Key: s.key, By: first}
	require.ErrorContains(t, s.hear("1", taken), "Temporal is away")
	s.refuse, s.pager.err = nil, errors.New("the pager is away")
	require.ErrorContains(t, s.hear("1", taken), "the pager is away", "whether it was Muster is not known")
	s.pager.err = nil
	require.NoError(t, s.hear("1", taken))
	require.Len(t, s.new(), 2)

	err := s.pages.handle(t.Context(), store.Item{Body: []byte("[")})
	require.True(t, permanent(err), "nobody can read it, ever")
}

func TestWhatIsWrittenOnThePageOfAMergedIncidentReachesTheOneThatGoesOn(t *testing.T) {
	t.Parallel()
	s := onShift(t)
	for _, id := range []incident.ID{"INC-2", "INC-3"} {
		s.tell(id, incident.Declare{Title: "Errors elsewhere", Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV2"}}, Service: incident.Service{Name: "search"}})
	}
	s.tell("INC-1", incident.Merge{Into: "INC-2"})
	s.tell("INC-2", incident.Merge{Into: "INC-3"})
	s.said = s.state().Seq
	note := webhook.PageReport{News: webhook.PageNoted, Key: s.key, By: first, Text: "rolled back", Note: "N1"}
	require.NoError(t, s.hear("E1", note))
	require.NoError(t, s.hear("E1", note))
	require.NoError(t, s.hear("E2", webhook.PageReport{News: webhook.PageResolved, Key: s.key, By: first}))
	require.Equal(t, []string{"First Responder: In the pager: resolved"}, s.new(), "the page is that of the incident which sent it")
	survivor, err := s.db.Events(t.Context(), "INC-3", 0, 100)
	require.NoError(t, err)
	require.Equal(t, "First Responder said: rolled back", survivor[len(survivor)-1].Text())
	require.Equal(t, 1, strings.Count(fmt.Sprint(survivor), "rolled back"), "once")

	s.refuse = &incident.RuleError{Rule: "merged", Message: "INC-1 was merged"}
	require.ErrorContains(t, s.hear("E3", webhook.PageReport{News: webhook.PageNoted, Key: s.key, By: first, Text: "again", Note: "N2"}), "not recorded yet", "it is tried again")
}
