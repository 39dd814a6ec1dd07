package timeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/incident/timeline"

	"github.com/stretchr/testify/require"
)

var began = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

// after is an event so many minutes after the beginning.
func after(minutes int, actor incident.Actor, fact incident.Fact) incident.Event {
	return incident.Event{Incident: "INC-1", At: began.Add(time.Duration(minutes) * time.Minute), Actor: actor, Fact: fact}
}

func byMuster(minutes int, fact incident.Fact) incident.Event {
	return after(minutes, incident.MusterActor(), fact)
}

func byPerson(minutes int, fact incident.Fact) incident.Event {
	return after(minutes, incident.PersonActor("Sample Responder"), fact)
}

const (
	id, title = "channel", "Open the channel"
	reason    = "no answer"
)

func started() incident.Fact {
	return incident.StepStarted{Step: id, Title: title, Type: incident.Automatic}
}
func retried() incident.Fact { return incident.StepRetried{Step: id, Title: title} }
func done() incident.Fact    { return incident.StepCompleted{Step: id, Title: title} }

func failed(againIn int) incident.Fact {
	f := incident.StepFailed{Step: id, Title: title, Error: reason}
	if againIn > 0 {
		f.RetryAt = began.Add(time.Duration(againIn) * time.Minute)
	}
	return f
}

func TestWhatFailsIsOneLineUntilItIsOver(t *testing.T) {
	t.Parallel()
	// again is an attempt that Muster makes by itself.
	again := func(minutes, next int) []incident.Event {
		return []incident.Event{byMuster(minutes, retried()), byMuster(minutes, started()), byMuster(minutes, failed(next))}
	}
	first := []incident.Event{byMuster(0, started()), byMuster(1, failed(2))}
	for name, test := range map[string]struct {
		events []incident.Event
		told   []string
	}{
		"it has failed": {first, []string{"Started: Open the channel", "Failed: Open the channel: no answer (trying again at 14:02:00 UTC)"}},
		"it is being tried again": {
			slices.Concat(first, []incident.Event{byMuster(2, retried()), byMuster(2, started())}),
			[]string{"Started: Open the channel", "Failed: Open the channel: no answer (trying again now)"},
		},
		"it fails again and again": {
			slices.Concat(first, again(2, 4), again(4, 9)),
			[]string{"Started: Open the channel", "Failing since 14:01:00 UTC: Open the channel: no answer (3 times so far, last at 14:04:00; trying again at 14:09:00 UTC)"},
		},
		"it waits for people": {
			slices.Concat(first, again(2, 0)),
			[]string{"Started: Open the channel", "Failed 2 times since 14:01:00 UTC: Open the channel: no answer"},
		},
		"it is done at last": {
			slices.Concat(first, again(2, 4), []incident.Event{byMuster(4, retried()), byMuster(4, started()), byPerson(4, incident.NoteAdded{Body: "It answers"}), byMuster(5, done())}),
			[]string{
				"Started: Open the channel", "Failed 2 times from 14:01:00 to 14:05:00 UTC: Open the channel: no answer", "It answers",
				"Done: Open the channel (it had failed 2 times since 14:01:00 UTC)",
			},
		},
		"it is done the second time": {
			slices.Concat(first, []incident.Event{byMuster(2, retried()), byMuster(2, started()), byMuster(3, done())}),
			[]string{"Started: Open the channel", "Failed: Open the channel: no answer", "Done: Open the channel (it had failed at 14:01:00 UTC)"},
		},
		"it goes on until the next day": {
			slices.Concat(first, again(700, 800), []incident.Event{byMuster(800, done())}),
			[]string{
				"Started: Open the channel", "Failed 2 times from 2026-11-24 14:01:00 to 2026-11-25 03:20:00 UTC: Open the channel: no answer",
				"Done: Open the channel (it had failed 2 times since 2026-11-24 14:01:00 UTC)",
			},
		},
		"somebody skips it": {
			slices.Concat(first, again(2, 4), []incident.Event{byPerson(3, incident.StepSkipped{Step: id, Title: title, Reason: "by phone"})}),
			[]string{"Started: Open the channel", "Failed 2 times from 14:01:00 to 14:03:00 UTC: Open the channel: no answer", "Skipped: Open the channel: by phone"},
		},
		"somebody tries it again": {
			slices.Concat(first, again(2, 0), []incident.Event{byPerson(6, retried()), byMuster(6, started()), byMuster(7, failed(0))}, again(8, 9)),
			[]string{
				"Started: Open the channel", "Failed 2 times from 14:01:00 to 14:06:00 UTC: Open the channel: no answer", "Trying again: Open the channel",
				"Failing since 14:01:00 UTC: Open the channel: no answer (4 times so far, last at 14:08:00; trying again at 14:09:00 UTC)",
			},
		},
		"its beginning is not among the latest": {
			again(20, 22),
			[]string{"Still failing: Open the channel: no answer (trying again at 14:22:00 UTC)"},
		},
		"its end alone is among the latest": {
			[]incident.Event{byMuster(20, retried()), byMuster(20, started()), byMuster(21, done())},
			[]string{"Done: Open the channel (after it had failed)"},
		},
		"it fails anew after it was done": {
			slices.Concat(first, []incident.Event{byMuster(2, done()), byMuster(8, started()), byMuster(9, failed(0))}),
			[]string{
				"Started: Open the channel", "Failed: Open the channel: no answer", "Done: Open the channel (it had failed at 14:01:00 UTC)",
				"Started: Open the channel", "Failed: Open the channel: no answer",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			for n, e := range timeline.Of(incident.State{}, test.events) {
				told = append(told, e.Text)
				require.Equal(t, e.Event.Kind() == "step_completed", e.Recovered, "%d: %s", n, e.Text)
			}
			require.Equal(t, test.told, told)
		})
	}
}

// Whoever reads the latest events only is told the same of what still fails, and of what is
// done: since when, how often, why, and when it is tried next.
func TestTheLatestEventsTellOfWhatBeganToFailBeforeThem(t *testing.T) {
	t.Parallel()
	facts := []incident.Fact{
		incident.IncidentDeclared{Title: "x"},
		incident.PlaybookAttached{Steps: []incident.Step{{ID: id, Title: title, Kind: incident.Automatic, State: incident.Pending}}},
		started(), incident.NoteAdded{Body: "a note"}, failed(6), retried(), started(), failed(10), retried(), started(), failed(16), incident.NoteAdded{Body: "another"},
		retried(), started(), done(),
	}
	whole := []incident.Event{}
	for n, fact := range facts {
		e := byMuster(n, fact)
		e.Seq = n + 1
		whole = append(whole, e)
	}
	for end := 9; end <= len(whole); end++ {
		s := incident.Fold(whole[:end])
		all := timeline.Of(s, whole[:end])
		for from := 4; from < end; from++ {
			latest := timeline.Of(s, whole[from:end])
			if step, _ := s.Step(id); step.State != incident.Done && !slices.ContainsFunc(whole[from:end], func(e incident.Event) bool { return e.Kind() == "step_failed" }) {
				continue // there is no line to tell it in
			}
			for _, e := range latest {
				if _, isNote := e.Event.Fact.(incident.NoteAdded); isNote {
					continue
				}
				// The state knows when it was begun, and not when that failed.
				want := strings.NewReplacer("14:04:00", "14:02:00").Replace(e.Text)
				require.True(t, slices.ContainsFunc(all, func(of timeline.Entry) bool {
					return strings.NewReplacer("14:04:00", "14:02:00").Replace(of.Text) == want
				}), "events %d to %d: %s\n%v", from+1, end, e.Text, all)
			}
		}
	}
}

func TestOtherStepsAreToldOfByThemselves(t *testing.T) {
	t.Parallel()
	other := func(f incident.StepFailed) incident.StepFailed {
		f.Step, f.Title = "tell@9", "Tell"
		return f
	}
	entries := timeline.Of(incident.State{}, []incident.Event{byMuster(0, failed(0)), byMuster(1, other(incident.StepFailed{Error: reason})), byMuster(2, done())})
	require.Equal(t, "[Failed: Open the channel: no answer Failed: Tell: no answer Done: Open the channel (it had failed at 14:00:00 UTC)]",
		fmt.Sprint([]string{entries[0].Text, entries[1].Text, entries[2].Text}))
}

func TestWhatHadNothingToDoHasNoLine(t *testing.T) {
	t.Parallel()
	entries := timeline.Of(incident.State{}, []incident.Event{
		byMuster(0, incident.StepCompleted{Step: "tell@1", Hook: "tell", Title: "Tell those who follow", Note: "nobody follows", Idle: true}),
		byPerson(1, incident.IncidentAcknowledged{}),
	})
	require.Len(t, entries, 1)
	require.Equal(t, "Acknowledged", entries[0].Text)
	require.False(t, entries[0].Recovered)
}
