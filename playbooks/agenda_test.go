package playbooks_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

var began = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// declared is an incident that has just been declared.
func declared(t *testing.T) incident.State {
	t.Helper()
	return incident.Fold(decide(t, incident.State{}, began, incident.Declare{
		Title: "Payments are down", Severity: "SEV1",
		Scale:   []incident.SeverityLevel{{Name: "SEV1", UpdateEvery: 20 * time.Minute}, {Name: "SEV2"}},
		Service: incident.Service{Name: "payments", ChannelPrefix: "inc"},
	}))
}

func decide(t *testing.T, s incident.State, at time.Time, intents ...incident.Intent) []incident.Event {
	t.Helper()
	var all []incident.Event
	for _, i := range intents {
		events, err := incident.Decide(s, incident.Command{Incident: "INC-1", Actor: incident.PersonActor("ana"), Intent: i}, at)
		require.NoError(t, err)
		for _, e := range events {
			s = incident.Apply(s, e)
		}
		all = append(all, events...)
	}
	return all
}

// follower is an incident that follows a playbook, as the workflow has it.
type follower struct {
	t        *testing.T
	playbook *playbooks.Playbook
	state    incident.State
	agenda   *playbooks.Agenda
	inFlight map[string]bool
	events   []incident.Event
}

func follow(t *testing.T, text string) *follower {
	t.Helper()
	p, err := playbooks.Parse("p.yaml", []byte(text))
	require.NoError(t, err)
	f := &follower{t: t, playbook: p, state: declared(t), agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}
	attach, err := p.Attach(f.state)
	require.NoError(t, err)
	f.do(began, attach)
	return f
}

func (f *follower) do(at time.Time, intents ...incident.Intent) {
	f.t.Helper()
	for _, i := range intents {
		for _, e := range decide(f.t, f.state, at, i) {
			f.state = incident.Apply(f.state, e)
			f.agenda.Observe(f.state, e)
			f.events = append(f.events, e)
		}
	}
}

// settle carries out commands until only work and waiting are left.
func (f *follower) settle(at time.Time) playbooks.Due {
	f.t.Helper()
	for range 20 {
		due := f.agenda.Due(f.state, f.inFlight, at)
		if len(due.Commands) == 0 {
			return due
		}
		f.do(at, due.Commands...)
	}
	f.t.Fatal("the agenda never settles")
	return playbooks.Due{}
}

func (f *follower) ids(due playbooks.Due) []string {
	var ids []string
	for _, w := range due.Work {
		ids = append(ids, w.ID)
	}
	return ids
}

func TestAStepBecomesDueWhenWhatItNeedsIsSettledAndItsConditionHolds(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: a, title: A, do: slack.post, with: {text: "${incident.title}"}}
  - {id: b, title: B, do: slack.post, needs: [a], with: {text: b}}
  - {id: c, title: C, do: slack.post, when: 'incident.severity == "SEV2"', with: {text: c}}
  - {id: d, title: D}
`)
	due := f.settle(began)
	require.Equal(t, []string{"a"}, f.ids(due))
	require.Equal(t, "Payments are down", due.Work[0].With["text"])
	d, _ := f.state.Step("d")
	require.Equal(t, incident.Waiting, d.State, "a manual step is handed to people at once")

	f.do(began, incident.FinishStep{Step: "a"}, incident.ChangeSeverity{Severity: "SEV2"})
	require.Equal(t, []string{"b", "c"}, f.ids(f.settle(began)), "a condition may come to hold later")
}

func TestASkippedStepLetsGoOnWhatNeedsIt(t *testing.T) {
	t.Parallel()
	f := follow(t, "name: p\nsteps:\n- {id: a, title: A}\n- {id: b, title: B, needs: [a]}\n")
	f.settle(began)
	f.do(began, incident.SkipStep{Step: "a", Reason: "not needed"})
	f.settle(began)
	b, _ := f.state.Step("b")
	require.Equal(t, incident.Waiting, b.State)
}

func TestAStepMayDependOnHowAnotherEnded(t *testing.T) {
	t.Parallel()
	const text = `
name: p
steps:
  - {id: approve, title: Approve, approval: true}
  - {id: publish, title: Publish, needs: [approve], when: 'incident.steps["approve"] == "done"'}
`
	for intent, want := range map[incident.Intent]incident.StepState{
		incident.ApproveStep{Step: "approve"}:                    incident.Waiting,
		incident.SkipStep{Step: "approve", Reason: "not needed"}: incident.Pending,
	} {
		f := follow(t, text)
		f.settle(began)
		f.do(began, intent)
		f.settle(began)
		publish, _ := f.state.Step("publish")
		require.Equal(t, want, publish.State, intent.Name())
	}
}

func TestReactionsOfOneVendorKeepTheOrderOfEventsAndVendorsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
hooks:
  - {id: say, on: note_added, title: Say, do: slack.post, with: {text: "${event.text}"}}
  - {id: ack, on: note_added, title: Ack, do: pagerduty.acknowledge}
`)
	f.do(began, incident.AddNote{Text: "one"}, incident.AddNote{Text: "two"})
	require.Equal(t, []string{"say@3", "ack@3"}, f.ids(f.settle(began)))
	f.inFlight = map[string]bool{"say@3": true, "ack@3": true}
	require.Empty(t, f.settle(began).Work, "what is in flight holds up its vendor")

	f.inFlight = map[string]bool{"say@3": true}
	f.do(began, incident.FinishStep{Step: "ack@3", Hook: "ack", Title: "Ack"})
	require.Equal(t, []string{"ack@4"}, f.ids(f.settle(began)), "PagerDuty goes on while Slack is slow")

	f.inFlight = map[string]bool{"ack@4": true}
	f.do(began, incident.FailStep{Step: "say@3", Hook: "say", Title: "Say", Do: "slack.post", Error: "refused"})
	due := f.settle(began)
	require.Equal(t, []string{"say@4"}, f.ids(due), "what failed holds up nobody")
	require.Equal(t, "two", due.Work[0].With["text"])

	f.do(began, incident.RetryStep{Step: "say@3"})
	f.inFlight = map[string]bool{"ack@4": true, "say@4": true}
	f.settle(began)
	f.inFlight = map[string]bool{}
	due = f.settle(began)
	require.Contains(t, f.ids(due), "say@3")
	require.Equal(t, "one", due.Work[0].With["text"], "a retry says what was meant at first")
}

func TestHooksThatTellOfFailuresDoNotAnswerEachOther(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: page, title: Page, do: jira.create_issue, with: {title: x}}
hooks:
  - {id: say, on: step_failed, title: Say, do: slack.post, with: {text: "${event.text}"}}
  - {id: wake, on: step_failed, title: Wake, do: pagerduty.page, with: {summary: "${event.text}"}}
`)
	f.settle(began)
	f.do(began, incident.FailStep{Step: "page", Error: "down"})
	due := f.settle(began)
	require.Len(t, due.Work, 2)
	for _, w := range due.Work {
		f.do(began, incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: "down"})
	}
	require.Empty(t, f.settle(began).Work)
}

func TestAnExpressionThatFailsFailsItsOwnStepOnly(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: bad, title: Bad, do: slack.post, with: {text: '${incident.roles["no" + "body"]}'}}
  - {id: good, title: Good, do: slack.post, with: {text: fine}}
  - {id: unsure, title: Unsure, when: 'incident.roles["no" + "body"] == "x"'}
hooks:
  - {id: hook, on: note_added, when: 'incident.roles["no" + "body"] == "x"', title: Hook, do: slack.post, with: {text: x}}
`)
	require.Equal(t, []string{"good"}, f.ids(f.settle(began)))
	f.do(began, incident.AddNote{Text: "seen"})
	f.settle(began)
	for _, id := range []string{"bad", "unsure"} {
		step, ok := f.state.Step(id)
		require.True(t, ok, id)
		require.Equal(t, incident.Failed, step.State, id)
		require.Contains(t, step.Error, "no such key: nobody", id)
	}
	failed := f.state.Steps[len(f.state.Steps)-1]
	require.Equal(t, "hook", failed.Hook, "a hook that fails becomes a step that people see")
}

func TestAnAgendaRebuiltFromTheJournalAsksForTheSame(t *testing.T) {
	t.Parallel()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	p := library[playbooks.Default]
	f := follow(t, p.Source)
	f.settle(began)
	f.do(began.Add(time.Minute), incident.FinishStep{Step: "channel", Outcome: incident.Outcome{Channel: &incident.Channel{ID: "C1", Name: "inc-1"}}},
		incident.Acknowledge{}, incident.ChangeStatus{Status: incident.Identified}, incident.AddFollowup{Title: "Mend it"})
	now := began.Add(2 * time.Minute)
	want := f.settle(now)
	require.NotEmpty(t, want.Work)

	rebuilt := playbooks.NewAgenda(p, nil)
	state := declared(t)
	for _, e := range f.events {
		state = incident.Apply(state, e)
		rebuilt.Observe(state, e)
	}
	require.Equal(t, want, rebuilt.Due(state, nil, now))
	require.Equal(t, want, playbooks.NewAgenda(p, f.agenda.Reactions()).Due(f.state, nil, now), "and so does one that was carried over")
}

func TestReminders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hook string
		// during happens at the given minutes.
		during map[int]incident.Intent
		// want are the minutes of the reminders within two hours.
		want []int
	}{
		"an unacknowledged incident is reminded of until somebody acknowledges": {
			hook:   "{id: h, on: unacknowledged, after: 5m, every: 10m, remind: 'now'}",
			during: map[int]incident.Intent{30: incident.Acknowledge{}},
			want:   []int{5, 15, 25},
		},
		"a reminder without every comes once": {
			hook: "{id: h, on: unacknowledged, after: 5m, remind: 'now'}", want: []int{5},
		},
		"times bounds the reminders": {
			hook: "{id: h, on: unacknowledged, after: 5m, every: 5m, times: 3, remind: 'now'}", want: []int{5, 10, 15},
		},
		"a status update puts the next one off, and the severity says how often one is due": {
			hook:   "{id: h, on: update_due, after: 1h, every: 1h, remind: 'now'}",
			during: map[int]incident.Intent{30: incident.PostUpdate{Text: "looking"}, 60: incident.ChangeSeverity{Severity: "SEV2"}},
			want:   []int{20, 50, 110},
		},
		"nothing is asked for once the incident is resolved": {
			hook:   "{id: h, on: update_due, after: 1h, every: 1h, remind: 'now'}",
			during: map[int]incident.Intent{30: incident.Resolve{}},
			want:   []int{20},
		},
		"a vacant role is asked for until it is taken, and again when it is handed back": {
			hook: "{id: h, on: role_vacant, after: 10m, every: 30m, remind: 'now'}",
			during: map[int]incident.Intent{
				15: incident.AssignRole{Role: "commander", User: "ana"}, 60: incident.AssignRole{Role: "commander"},
			},
			want: []int{10, 70, 100},
		},
		"a step that waits is asked for": {
			hook:   "{id: h, on: step_waiting, after: 20m, every: 20m, remind: 'now'}",
			during: map[int]incident.Intent{50: incident.CompleteStep{Step: "look"}},
			want:   []int{20, 40},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := follow(t, "name: p\nroles: [{id: commander, title: commander}]\nsteps: [{id: look, title: Look}]\nhooks:\n- "+test.hook+"\n")
			var got []int
			for minute := range 121 {
				now := began.Add(time.Duration(minute) * time.Minute)
				if intent := test.during[minute]; intent != nil {
					f.do(now, intent)
				}
				before := f.state.Reminder("h", "").Count + f.state.Reminder("h", "look").Count
				f.settle(now)
				if f.state.Reminder("h", "").Count+f.state.Reminder("h", "look").Count > before {
					got = append(got, minute)
				}
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestAResolvedIncidentClosesWhenItsFollowupsAreDone(t *testing.T) {
	t.Parallel()
	f := follow(t, "name: p\nclose_after: 2h\n")
	f.do(began, incident.Resolve{})
	require.Equal(t, began.Add(2*time.Hour), f.settle(began).Next)
	f.do(began, incident.AddFollowup{Title: "Mend it"})
	require.Zero(t, f.settle(began.Add(5*time.Hour)).Next, "an open follow-up keeps the incident open")
	require.Equal(t, incident.Resolved, f.state.Status)
	f.do(began.Add(6*time.Hour), incident.FinishStep{Step: "x@1", Hook: "x", Outcome: incident.Outcome{Followup: "F1", Ticket: &incident.Ticket{Key: "PAY-1", Status: "To Do"}}})
	f.do(began.Add(7*time.Hour), incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "PAY-1", Status: "Done", Done: true}})
	f.settle(began.Add(7 * time.Hour))
	require.Equal(t, incident.Closed, f.state.Status)
}

func TestWhoHasHelpedHasNotResolvedTheIncident(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
hooks:
  - {id: over, on: page_resolved, when: incident.pages_open == 0, title: Over, do: incident.resolve, with: {summary: x}}
`)
	ended := func(key string) []playbooks.Work {
		f.do(began, incident.ReportPage{Key: key, Status: incident.PageResolved})
		return f.settle(began).Work
	}
	require.Empty(t, ended("muster-test-INC-1-ask.3.help"), "of a page for help alone, nothing follows")
	f.do(began, incident.ReportPage{Key: "muster-test-INC-1-ask.9.help", Status: incident.PageTriggered})
	require.Empty(t, ended("muster-test-INC-1-page"), "somebody still helps")
	require.Len(t, ended("muster-test-INC-1-ask.9.help"), 1)
}
