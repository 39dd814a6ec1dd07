package playbooks_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// keeping is a playbook that keeps something up to date.
const keeping = `
name: p
steps:
  - {id: a, title: A}
hooks:
  - {id: keep, on: any, latest: true, pause: 5s, title: Keep, do: webhook.post, with: {text: "${incident.severity} ${event.kind}"}}
  - {id: tell, on: note_added, title: Tell, do: mail.send, with: {to: a@example.com, subject: S, text: T}}
`

// begin has the work begun that is due, and returns it.
func (f *follower) begin(at time.Time) []playbooks.Work {
	f.t.Helper()
	due := f.settle(at)
	for _, w := range due.Work {
		require.False(f.t, f.inFlight[w.ID], "nothing is begun twice")
		f.inFlight[w.ID] = true
		f.agenda.Begin(w, at)
	}
	return due.Work
}

// finish ends work as the workflow does. It says whether that was worth writing down.
func (f *follower) finish(at time.Time, w playbooks.Work, outcome incident.Outcome) bool {
	f.t.Helper()
	delete(f.inFlight, w.ID)
	if f.agenda.Passed(f.state, w, outcome) {
		return false
	}
	f.muster(at, incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: outcome})
	return true
}

func (f *follower) fail(at time.Time, w playbooks.Work, again time.Time) {
	f.t.Helper()
	delete(f.inFlight, w.ID)
	f.muster(at, incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: "no answer", RetryAt: again})
}

func seconds(n int) time.Time { return began.Add(time.Duration(n) * time.Second) }

func TestOnlyTheNewestOfThoseThatWaitIsBegunAndNotTooOften(t *testing.T) {
	t.Parallel()
	f := follow(t, keeping)
	first := f.begin(began)
	require.Len(t, first, 1, "of all that has happened, the latest")
	f.do(seconds(1), incident.ChangeSeverity{Severity: "SEV2"})
	f.do(seconds(2), incident.Acknowledge{})
	require.Empty(t, f.begin(seconds(2)), "one is under way")
	seq := f.state.Seq
	require.False(t, f.finish(seconds(3), first[0], incident.Outcome{Text: "edited"}), "that it was done is not written down")
	require.Equal(t, seq, f.state.Seq)

	due := f.settle(seconds(3))
	require.Empty(t, due.Work, "it pauses")
	require.Equal(t, seconds(5), due.Next, "and says until when")
	second := f.begin(seconds(5))
	require.Len(t, second, 1)
	require.Equal(t, "SEV2 acknowledged", second[0].With["text"], "the newest event, and the incident as it is now")
	require.Equal(t, fmt.Sprintf("keep@%d", seq), second[0].ID)
	require.Zero(t, f.settle(seconds(6)).Next, "while it is under way, nobody waits for the pause")
	f.finish(seconds(6), second[0], incident.Outcome{})
	require.Empty(t, f.agenda.Reactions())
	require.Empty(t, f.begin(seconds(60)), "nothing has happened since")
}

func TestWhatItBringsAboutIsWrittenDown(t *testing.T) {
	t.Parallel()
	f := follow(t, keeping)
	w := f.begin(began)
	require.True(t, f.finish(began, w[0], incident.Outcome{Shown: []incident.ShownMessage{{
		Purpose: incident.ShownBrief, Channel: "C1", Ref: incident.MessageRef{ChannelID: "C1", ID: "1"},
	}}}))
	require.Equal(t, "1", f.state.ShownIn(incident.ShownBrief, "C1").ID)
	f.do(seconds(9), incident.Acknowledge{})
	w = f.begin(seconds(9))
	require.False(t, f.finish(seconds(9), w[0], incident.Outcome{Shown: f.state.Shown}), "in its old place, nothing is new")
}

func TestAVendorThatIsDownMakesOneStepFailHoweverMuchHappens(t *testing.T) {
	t.Parallel()
	f := follow(t, keeping)
	w := f.begin(began)
	f.do(seconds(1), incident.Acknowledge{})
	f.fail(seconds(2), w[0], seconds(60))
	for n := range 5 {
		f.do(seconds(10+n), incident.PostUpdate{Text: "x"})
		require.Empty(t, f.begin(seconds(10+n)), "it waits until it is tried again")
	}
	require.Len(t, f.agenda.Reactions(), 1)
	again := f.begin(seconds(60))
	require.Len(t, again, 1)
	require.Equal(t, w[0].ID, again[0].ID, "the same step")
	require.Equal(t, "SEV1 update_posted", again[0].With["text"], "answers what happened last")
	require.True(t, f.finish(seconds(61), again[0], incident.Outcome{}), "what had failed is seen to be done")
	step, _ := f.state.Step(w[0].ID)
	require.Equal(t, incident.Done, step.State)
	require.Empty(t, f.agenda.Reactions())
	f.do(seconds(70), incident.PostUpdate{Text: "y"})
	require.Len(t, f.begin(seconds(70)), 1, "and it goes on as before")
}

func TestAnyIsEveryEventButTheWorkOfHooks(t *testing.T) {
	t.Parallel()
	f := follow(t, keeping)
	f.finish(began, f.begin(began)[0], incident.Outcome{})
	f.do(seconds(10), incident.AddNote{Text: "x"})
	work := f.begin(seconds(10))
	require.Len(t, work, 2)
	tell := work[slices.IndexFunc(work, func(w playbooks.Work) bool { return w.Hook == "tell" })]
	keep := work[slices.IndexFunc(work, func(w playbooks.Work) bool { return w.Hook == "keep" })]
	f.finish(seconds(11), keep, incident.Outcome{})
	f.finish(seconds(12), tell, incident.Outcome{})
	require.Empty(t, f.agenda.Reactions(), "what a hook has done is nothing new")

	f.do(seconds(20), incident.AddNote{Text: "y"})
	for _, w := range f.begin(seconds(20)) {
		if w.Hook == "tell" {
			f.fail(seconds(21), w, time.Time{})
		} else {
			f.finish(seconds(21), w, incident.Outcome{})
		}
	}
	failed := f.begin(seconds(30))
	require.Len(t, failed, 1, "what has failed stands among the steps, and is shown")
	require.Equal(t, "SEV1 step_failed", failed[0].With["text"])
	f.fail(seconds(31), failed[0], time.Time{})
	require.Empty(t, f.begin(seconds(40)), "its own failure is nothing to answer")
}

func TestAnyWithoutLatestDoesNotAnswerTheFailuresOfHooks(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
hooks:
  - {id: one, on: any, title: One, do: webhook.post, with: {text: x}}
  - {id: other, on: any, title: Other, do: mail.send, with: {to: a@example.com, subject: S, text: T}}
`)
	for _, w := range f.begin(began) {
		f.fail(began, w, time.Time{})
	}
	for len(f.inFlight) == 0 {
		work := f.begin(seconds(1))
		if len(work) == 0 {
			break
		}
		for _, w := range work {
			f.fail(seconds(1), w, time.Time{})
		}
	}
	require.Len(t, f.agenda.Reactions(), 2, "of the event, and not of each other's failures")
}

// However events, work and failures come about, a hook that only the latest counts for ends up
// having answered the last event, is begun no more often than set, and has one piece of work
// at most.
func TestTheLatestIsAlwaysAnsweredInTheEnd(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("p.yaml", []byte(keeping))
	require.NoError(t, err)
	start := declared(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := &follower{t: t, playbook: p, state: start, agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}
		attach, err := p.Attach(f.state)
		require.NoError(t, err)
		f.do(began, attach)
		now, lastBegun, answered := began, time.Time{}, 0
		under := map[string]playbooks.Work{}
		begin := func() {
			for _, w := range f.begin(now) {
				under[w.ID] = w
				if w.Hook == "keep" {
					require.False(rt, now.Before(lastBegun.Add(5*time.Second)), "no more often than set")
					lastBegun, answered = now, w.Event
				}
			}
			count := 0
			for _, w := range under {
				if w.Hook == "keep" {
					count++
				}
			}
			require.LessOrEqual(rt, count, 1)
		}
		end := func(works bool) {
			for _, id := range sortedIDs(under) {
				w := under[id]
				delete(under, id)
				if works {
					f.finish(now, w, incident.Outcome{})
				} else {
					f.fail(now, w, now.Add(30*time.Second))
				}
			}
		}
		last := f.state.Seq
		for range rapid.IntRange(1, 40).Draw(rt, "events") {
			begin()
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0, 1:
				f.do(now, incident.PostUpdate{Text: "x"})
				last = f.state.Seq
			case 2:
				end(true)
			case 3:
				end(false)
			default:
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second)
			}
			if rapid.IntRange(0, 9).Draw(rt, "lost") == 0 {
				f, lastBegun = f.rebuilt(start), time.Time{}
				clear(under)
			}
			if rapid.IntRange(0, 9).Draw(rt, "carried") == 0 && len(under) == 0 {
				carried := playbooks.NewAgenda(p, throughJSON(rt, f.agenda.Reactions()))
				carried.Watching(throughJSON(rt, f.agenda.Watches()))
				f.agenda = carried
			}
		}
		for range 3 {
			begin()
			end(true)
			now = now.Add(time.Minute)
		}
		require.GreaterOrEqual(rt, answered, last)
		require.Empty(rt, f.agenda.Reactions())
		for _, step := range f.state.Steps {
			require.True(rt, step.Hook == "" || step.State.Settled(), "%s is %s", step.ID, step.State)
		}

		rebuilt, state := playbooks.NewAgenda(p, nil), start
		for _, e := range f.events {
			state = incident.Apply(state, e)
			rebuilt.Observe(state, e)
		}
		require.LessOrEqual(rt, len(rebuilt.Reactions()), 1, "rebuilt from the journal, the last of it is done once more")
	})
}

func sortedIDs(work map[string]playbooks.Work) []string {
	var ids []string
	for id := range work {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
