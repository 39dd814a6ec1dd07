package proof

import (
	"strings"
	"time"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
)

// causes are the events that a command led to, in all journals, by the command's key. A
// cause ends in the client's own key.
func (e *Evidence) causes() map[string][]incident.Event {
	causes := map[string][]incident.Event{}
	each(e.Journals, func(_ incident.ID, journal []incident.Event) {
		for _, event := range journal {
			if key := event.Cause[strings.LastIndex(event.Cause, ":")+1:]; key != "" {
				causes[key] = append(causes[key], event)
			}
		}
	})
	return causes
}

// checkAccepted expects one event for each accepted command, in its incident; or none,
// where the command asked for what was so already.
func checkAccepted(e *Evidence, f *finding) {
	causes := e.causes()
	for _, c := range e.Ledger.Commands {
		if !c.Accepted() {
			continue
		}
		f.saw(1)
		events := causes[c.Key]
		switch {
		case len(events) > 1:
			f.violated("%s %s (key %s) was answered %d: expected one event, found %d: %s",
				c.Incident, c.Intent.Name(), c.Key, c.Status, len(events), some(names(events)))
		case len(events) == 1 && events[0].Incident != c.Incident:
			f.violated("%s %s (key %s) was answered %d: its event is in %s", c.Incident, c.Intent.Name(), c.Key, c.Status, events[0].Incident)
		case len(events) == 0 && !e.possible(c, func(facts []incident.Event, err error) bool { return err == nil && len(facts) == 0 }):
			f.violated("%s %s (key %s) was answered %d: expected an event, found none", c.Incident, c.Intent.Name(), c.Key, c.Status)
		}
		e.checkWords(c, f)
	}
}

// checkWords looks for a text that was sent once in the timeline that the API shows.
func (e *Evidence) checkWords(c ledger.Command, f *finding) {
	var text string
	switch intent := c.Intent.(type) {
	case incident.AddNote:
		text = intent.Text
	case incident.PostUpdate:
		text = intent.Text
	default:
		return
	}
	found := 0
	for _, event := range e.Timelines[c.Incident] {
		if event.Text == text {
			found++
		}
	}
	if found != 1 {
		f.violated("%s %s (key %s) was answered %d: expected its text once on the API's timeline, found it %d times: %q",
			c.Incident, c.Intent.Name(), c.Key, c.Status, found, text)
	}
}

func names(events []incident.Event) []string {
	var all []string
	for _, event := range events {
		all = append(all, string(event.Incident)+" "+string(event.Kind()))
	}
	return all
}

func checkRefused(e *Evidence, f *finding) {
	causes := e.causes()
	for _, c := range e.Ledger.Commands {
		if !c.Refused() {
			continue
		}
		f.saw(1)
		if events := causes[c.Key]; len(events) > 0 {
			f.violated("%s %s (key %s) was answered %d %q: expected no event, found %s",
				c.Incident, c.Intent.Name(), c.Key, c.Status, c.Text, some(names(events)))
		}
	}
}

// checkRefusals asks the domain's rules whether the incident was, when the command was
// under way, in a state in which they refuse it.
func checkRefusals(e *Evidence, f *finding) {
	for _, c := range e.Ledger.Commands {
		if !c.Refused() {
			continue
		}
		f.saw(1)
		if merge, ok := c.Intent.(incident.Merge); ok && e.Viewed[merge.Into].Status.Ended() {
			continue // The survivor is looked at as well, and may have been at fault.
		}
		if !e.possible(c, func(_ []incident.Event, err error) bool { return err != nil }) {
			f.violated("%s %s (key %s) was answered %d %q, and the rules allow it in every state that the incident was in",
				c.Incident, c.Intent.Name(), c.Key, c.Status, c.Text)
		}
	}
}

// sluggish is by how much longer than its events say an incident may have been in a
// state: an event's time is when the decision began, and a paused process finishes late.
const sluggish = 30 * time.Second

// possible says whether the rules' answer to a command is as wanted in one of the states
// in which the incident was while the command was under way.
func (e *Evidence) possible(c ledger.Command, wanted func([]incident.Event, error) bool) bool {
	journal := e.Journals[c.Incident]
	var state incident.State
	for i, event := range journal {
		state = incident.Apply(state, event)
		if i+1 < len(journal) && journal[i+1].At.Before(c.SentAt.Add(-sluggish)) {
			continue // It was over when the command came.
		}
		if event.At.After(c.AnsweredAt.Add(sluggish)) {
			return false
		}
		command := incident.Command{Incident: c.Incident, Actor: incident.PersonActor("anybody"), Intent: c.Intent}
		if wanted(incident.Decide(state, command, state.At)) {
			return true
		}
	}
	return false
}

// checkStatuses expects of each incident the status that its own commands imply, and of
// nobody's incident that it does not exist.
func checkStatuses(e *Evidence, f *finding) {
	each(e.Viewed, func(id incident.ID, view client.Incident) {
		f.saw(1)
		want, known := e.Ledger.Expected[id]
		switch {
		case !known:
			f.violated("%s (%s, %q): nobody expected this incident", id, view.Status, view.Title)
		case view.Status != want:
			f.violated("%s: its commands imply %s, found %s", id, want, view.Status)
		}
	})
	each(e.Ledger.Expected, func(id incident.ID, want incident.Status) {
		if _, found := e.Viewed[id]; !found {
			f.violated("%s: its commands imply %s, and there is no such incident", id, want)
		}
	})
}
