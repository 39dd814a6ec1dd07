package playbooks

import (
	"slices"
	"time"

	"muster/incident"
)

// add takes in a reaction. Of a hook that only the latest counts for, it takes the place of
// one that waits. One that has failed stays what people see, and answers the newer event once
// it is tried again: a vendor that is down makes one step fail, however much happens.
func (a *Agenda) add(s incident.State, h Hook, r Reaction) {
	if h.Latest {
		for i, before := range a.reactions {
			if _, failed := s.Step(before.ID); before.Hook == h.ID && failed && !before.Begun {
				a.reactions[i].Event, a.reactions[i].Problem = r.Event, r.Problem
				return
			}
		}
		a.reactions = slices.DeleteFunc(a.reactions, func(before Reaction) bool { return before.Hook == h.ID && !before.Begun })
	}
	a.reactions = append(a.reactions, r)
}

// failed lets a reaction that has failed, of a hook that only the latest counts for, answer
// the newest of those events for which others wait. Where the journal is all that is left, the
// reaction is not there: that it was begun is not written down, and a newer one took its place.
// That one then goes on as the step which people see.
func (a *Agenda) failed(f incident.StepFailed) {
	i := slices.IndexFunc(a.reactions, func(r Reaction) bool { return r.ID == f.Step })
	failed := Reaction{ID: f.Step, Hook: f.Hook}
	if i >= 0 {
		failed = a.reactions[i]
	}
	if h, _ := a.playbook.hook(failed.Hook); !h.Latest {
		return
	}
	failed.Begun = false
	at := -1
	var others []Reaction
	for _, r := range a.reactions {
		waits := r.Hook == failed.Hook && !r.Begun
		if r.ID != failed.ID && waits {
			failed.Event, failed.Problem = r.Event, r.Problem
		}
		switch {
		case r.ID == failed.ID, i < 0 && waits:
			at = len(others)
			others = append(others, r)
		case !waits:
			others = append(others, r)
		}
	}
	if at < 0 {
		return
	}
	others[at] = failed
	a.reactions = others
}

// started notes that what had failed is being done again: what happens from now on is for a
// reaction of its own. Unlike the first time, this is written down.
func (a *Agenda) started(id string) {
	for i, r := range a.reactions {
		if h, _ := a.playbook.hook(r.Hook); h.Latest && r.ID == id {
			a.reactions[i].Begun = true
		}
	}
}

// Begin notes that work was begun.
func (a *Agenda) Begin(w Work, now time.Time) {
	h, known := a.playbook.hook(w.Hook)
	if !known {
		return
	}
	for i, r := range a.reactions {
		if h.Latest && r.ID == w.ID {
			a.reactions[i].Begun = true
		}
	}
	if h.Pause > 0 {
		a.watches[pauseOf(h)] = Watch{NotBefore: now.Add(h.Pause)}
	}
}

// pauseOf is where the agenda keeps until when a hook pauses: no step and no reaction has such
// an id.
func pauseOf(h Hook) string { return h.ID + "@" }

func (a *Agenda) pausedUntil(h Hook) time.Time { return a.watches[pauseOf(h)].NotBefore }

// Passed says that work which was done need not be written down, and settles it: that of a
// hook which only the latest counts for, unless it brought something about or had failed
// before. Should the agenda be rebuilt from the journal, the last of it is done once more.
func (a *Agenda) Passed(s incident.State, w Work, outcome incident.Outcome) bool {
	h, known := a.playbook.hook(w.Hook)
	_, failed := s.Step(w.ID)
	if !known || !h.Latest || failed || outcome.Brings(s) {
		return false
	}
	a.settle(w.ID)
	return true
}
