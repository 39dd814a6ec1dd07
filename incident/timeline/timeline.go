// Package timeline turns the journal of an incident into what people read.
//
// The journal keeps every event, since a response is rebuilt from it. Two kinds of them say
// nothing to people, and would bury what does:
//
//   - that a reaction had nothing to do, because nobody follows or no page is open; it has no
//     line ([incident.Event.Idle]);
//   - each attempt at what fails and is tried again, of which an hour without a vendor brings
//     dozens. What fails is one line, at the moment at which it first failed, that says since
//     when, how often and why, and when it is tried next. That it is over is a line of its own, when it is:
//     done, or skipped. So is what a person does about it, and what comes of that.
package timeline

import (
	"fmt"
	"time"

	"muster/incident"
)

// Entry is a line of a timeline.
type Entry struct {
	// Event is what the line is about; of something that fails, the failure at which the line
	// begins.
	Event incident.Event
	// Text is the sentence that people read, without time and actor.
	Text string
	// Recovered says that what failed before was done.
	Recovered bool
}

// Of returns the lines of a timeline, in the order of their events. The state is that after
// them. The events are in their order, and may be no more than the latest: since when and how
// often something has failed that began before them is then told by the state, where it knows.
// It is a pure function.
func Of(s incident.State, events []incident.Event) []Entry {
	t := teller{failing: failedBefore(s, events)}
	for _, e := range events {
		t.tell(e)
	}
	return t.entries
}

// teller goes through the events once.
type teller struct {
	entries []Entry
	// failing is what has failed and was not done since, by step.
	failing map[string]*failure
}

// failure is a step, or the work of a hook, that has failed.
type failure struct {
	// line is the index of its entry; none before it has one.
	line int
	// latest is the last failure, at a time.
	latest incident.StepFailed
	at     time.Time
	// since is the first failure, count how many there were. Both are zero where it began to fail
	// before the first event, and nothing tells when.
	since time.Time
	count int
	// trying says that it is being tried again.
	trying bool
}

// none is the index of no entry.
const none = -1

func (t *teller) tell(e incident.Event) {
	switch f := e.Fact.(type) {
	case incident.StepFailed:
		t.failed(e, f)
	case incident.StepRetried:
		if e.Actor.Kind == incident.ActorMuster {
			t.triedAgain(f.Step, true)
			return
		}
		if failing, known := t.failing[f.Step]; known {
			// Whoever tries again is to see what comes of it.
			t.end(failing, e.At)
			failing.line = none
		}
		t.add(e)
	case incident.StepStarted:
		byMuster := f.Type == incident.Automatic || f.Type == incident.Wait
		if byMuster && t.triedAgain(f.Step, false) {
			return
		}
		t.add(e)
	case incident.StepCompleted:
		failing, known := t.failing[f.Step]
		if !known {
			t.add(e)
			return
		}
		t.settled(f.Step, e.At)
		t.entries = append(t.entries, Entry{Event: e, Text: e.Text() + failing.before(e.At), Recovered: true})
	case incident.StepSkipped:
		t.settled(f.Step, e.At)
		t.add(e)
	case incident.DecisionMade:
		t.settled(f.Step, e.At)
		t.add(e)
	default:
		t.add(e)
	}
}

// failedBefore is what had failed before the first of the events and was not done by then. The
// attempts of a step are those that are among the events, and others before.
func failedBefore(s incident.State, events []incident.Event) map[string]*failure {
	failing := map[string]*failure{}
	if len(events) == 0 || events[0].Seq <= 1 {
		return failing
	}
	starts, first := map[string]int{}, map[string]incident.Fact{}
	for _, e := range events {
		id := ""
		switch f := e.Fact.(type) {
		case incident.StepStarted:
			id = f.Step
			if e.Seq <= s.Seq {
				starts[id]++
			}
		case incident.StepFailed:
			id = f.Step
		case incident.StepRetried:
			id = f.Step
		case incident.StepCompleted:
			id = f.Step
		case incident.StepSkipped:
			id = f.Step
		}
		if _, known := first[id]; !known {
			first[id] = e.Fact
		}
	}
	for _, step := range s.Steps {
		count := step.Attempts - starts[step.ID]
		switch first[step.ID].(type) {
		case nil:
			continue
		case incident.StepRetried, incident.StepStarted:
		default: // how the last of them ended
			count--
		}
		if step.MusterTries() && step.Rounds == 0 && count > 0 && step.FirstStartedAt.Before(events[0].At) {
			failing[step.ID] = &failure{line: none, since: step.FirstStartedAt, count: count}
		}
	}
	return failing
}

func (t *teller) add(e incident.Event) {
	if !e.Idle() {
		t.entries = append(t.entries, Entry{Event: e, Text: e.Text()})
	}
}

func (t *teller) failed(e incident.Event, f incident.StepFailed) {
	failing, known := t.failing[f.Step]
	if !known {
		failing = &failure{line: none, since: e.At}
		t.failing[f.Step] = failing
	}
	failing.latest, failing.at, failing.trying = f, e.At, false
	if !failing.since.IsZero() {
		failing.count++
	}
	if failing.line == none {
		failing.line = len(t.entries)
		t.add(e)
	}
	t.entries[failing.line].Text = failing.text()
}

// triedAgain says whether an attempt is part of what a line tells already. One by Muster shows
// that it has failed before, even where that is not known.
func (t *teller) triedAgain(step string, retried bool) bool {
	failing, known := t.failing[step]
	switch {
	case !known && retried:
		t.failing[step] = &failure{line: none}
		return true
	case !known:
		return false
	}
	failing.trying = true
	if failing.line != none {
		t.entries[failing.line].Text = failing.text()
	}
	return true
}

// settled ends what is told of a step that has failed, if it has.
func (t *teller) settled(step string, at time.Time) {
	if failing, known := t.failing[step]; known {
		t.end(failing, at)
		delete(t.failing, step)
	}
}

func (t *teller) end(failing *failure, at time.Time) {
	if failing.line != none {
		t.entries[failing.line].Text = failing.past(at)
	}
}

// text is the line of what fails now.
func (f *failure) text() string {
	what := f.latest.Title + ": " + f.latest.Error
	next := ""
	switch {
	case f.trying:
		next = "trying again now"
	case !f.latest.RetryAt.IsZero():
		next = "trying again at " + clock(f.latest.RetryAt, f.at) + " UTC"
	}
	switch {
	case f.count == 1:
		return "Failed: " + what + bracketed(next)
	case f.count == 0:
		return "Still failing: " + what + bracketed(next)
	case next == "":
		return fmt.Sprintf("Failed %d times since %s UTC: %s", f.count, clock(f.since, f.at), what)
	default:
		return fmt.Sprintf("Failing since %s UTC: %s (%d times so far, last at %s; %s)", clock(f.since, f.at), what, f.count, clock(f.at, f.since), next)
	}
}

// past is the line once it is over.
func (f *failure) past(at time.Time) string {
	what := f.latest.Title + ": " + f.latest.Error
	if f.count < 2 {
		return "Failed: " + what
	}
	return fmt.Sprintf("Failed %d times from %s to %s UTC: %s", f.count, clock(f.since, f.at), clock(at, f.since), what)
}

// before is what is said of it when it is done.
func (f *failure) before(at time.Time) string {
	switch f.count {
	case 0:
		return " (after it had failed)"
	case 1:
		return fmt.Sprintf(" (it had failed at %s UTC)", clock(f.since, at))
	default:
		return fmt.Sprintf(" (it had failed %d times since %s UTC)", f.count, clock(f.since, at))
	}
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// clock is a time of the day, with the day where it is another than that of what it is told
// beside.
func clock(at, beside time.Time) string {
	at, beside = at.UTC(), beside.UTC()
	if at.Format(time.DateOnly) != beside.Format(time.DateOnly) {
		return at.Format("2006-01-02 15:04:05")
	}
	return at.Format("15:04:05")
}
