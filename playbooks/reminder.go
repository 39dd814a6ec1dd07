package playbooks

import (
	"cmp"
	"time"

	"muster/incident"
)

// matter is something that people may have to be reminded of.
type matter struct {
	// subject is the step or follow-up; empty for the incident as a whole.
	subject string
	// since is when the matter arose; after and every are how soon people are
	// reminded of it, and how often.
	since        time.Time
	after, every time.Duration
}

// matters lists what a hook's clock trigger now applies to.
func (h Hook) matters(s incident.State) []matter {
	if !s.Status.Active() {
		return nil
	}
	began := laterOf(s.DeclaredAt, s.ReopenedAt)
	switch h.clock() {
	case Unacknowledged:
		if s.AcknowledgedAt.IsZero() {
			return []matter{{since: began, after: h.After, every: h.Every}}
		}
	case RoleVacant:
		var since time.Time
		for _, r := range s.Roles {
			if r.Holder == "" && (since.IsZero() || r.Since.Before(since)) {
				since = r.Since
			}
		}
		if !since.IsZero() {
			return []matter{{since: laterOf(since, s.ReopenedAt), after: h.After, every: h.Every}}
		}
	case UpdateDue:
		m := matter{since: laterOf(began, s.UpdatedAt), after: h.After, every: h.Every}
		if every := s.Level().UpdateEvery; every > 0 {
			m.after, m.every = every, every
		}
		return []matter{m}
	case StepWaiting:
		var waiting []matter
		for _, step := range s.Steps {
			if step.State == incident.Waiting && step.Kind != incident.Wait && !step.StartedAt.IsZero() {
				waiting = append(waiting, matter{subject: step.ID, since: step.StartedAt, after: h.After, every: h.Every})
			}
		}
		return waiting
	case PageUndelivered:
		return h.undelivered(s)
	case SeverityUnconfirmed:
		if !s.SeverityConfirmed {
			return []matter{{since: began, after: h.After, every: h.Every}}
		}
	case Quiet:
		return []matter{{since: laterOf(began, s.PersonAt), after: h.After, every: h.Every}}
	}
	return nil
}

// undelivered lists the pages that were begun and that the pager has not taken.
func (h Hook) undelivered(s incident.State) []matter {
	if !s.AcknowledgedAt.IsZero() {
		return nil
	}
	var pages []matter
	for _, step := range s.Steps {
		if step.Do != PagerDutyPage || step.State.Settled() {
			continue
		}
		m := matter{subject: step.ID, since: step.FirstStartedAt, after: cmp.Or(s.Service.Fallback.After, h.After), every: h.Every}
		switch {
		case givenUp(step):
			m.after = 0
		case m.since.IsZero():
			continue
		}
		pages = append(pages, m)
	}
	return pages
}

// givenUp says that a step has failed and that Muster will not try it again by itself.
func givenUp(s incident.Step) bool { return s.State == incident.Failed && s.RetryAt.IsZero() }

// dueReminders gives the reminders whose time has come. What a reminder counts from
// is in the state, so that nothing has to be remembered beside it.
func (a *Agenda) dueReminders(s incident.State, d *dueList) {
	for _, h := range a.playbook.Hooks {
		if !a.reached(s, h.Within) {
			continue
		}
		for _, m := range h.matters(s) {
			due, inRow, again := h.next(s, m)
			if !again || !d.at(due, "remind: "+h.ID) {
				continue
			}
			if remind, ok := a.Reminder(s, h.ID, m.subject, d.now); ok {
				remind.InRow = inRow + 1
				d.command(remind)
			}
		}
	}
}

// next is when a hook is to remind of a matter next, and how often it has in a row; false if
// it is not to any more. Nobody is reminded while people have snoozed it. What would not have
// come again comes once more when a snooze is over: whoever asked for that wants to hear of it.
func (h Hook) next(s incident.State, m matter) (due time.Time, inRow int, again bool) {
	given := s.Reminder(h.ID, m.subject)
	due = m.since.Add(m.after)
	// At the same moment counts as after: what is due at once is due once.
	if given.Count > 0 && !given.LastAt.Before(m.since) {
		inRow, due = given.InRow, given.LastAt.Add(m.every)
		over := m.every == 0 || h.Times > 0 && inRow >= h.Times
		if over && !given.SnoozedUntil.After(given.LastAt) {
			return time.Time{}, inRow, false
		}
	}
	return laterOf(due, h.snoozedUntil(s, m)), inRow, true
}

// snoozedUntil is before when people do not want to be reminded. Who snoozes everything does
// not mean that nobody has taken the incident, or that a page does not arrive.
func (h Hook) snoozedUntil(s incident.State, m matter) time.Time {
	if clock := h.clock(); clock == Unacknowledged || clock == PageUndelivered {
		return s.Reminder(h.ID, m.subject).SnoozedUntil
	}
	return s.SnoozedUntil(h.ID, m.subject)
}

// Reminder returns the intent that gives the next reminder of a hook about a subject;
// false if the playbook has no such hook. A text that cannot be filled in is replaced
// by the hook's title: a reminder is never lost to a mistake in its wording.
func (a *Agenda) Reminder(s incident.State, hook, subject string, now time.Time) (incident.Remind, bool) {
	h, ok := a.playbook.hook(hook)
	if !ok {
		return incident.Remind{}, false
	}
	count := s.Reminder(hook, subject).Count + 1
	scope := a.hookScope(h, s, incident.Event{Fact: incident.ReminderGiven{Hook: hook, Subject: subject}}, now)
	text, err := a.playbook.programs.text(h.Remind, scope)
	if err != nil {
		text = h.Title
	}
	return incident.Remind{Hook: hook, Subject: subject, Text: text, Count: count}, true
}

// Schedule is how people are reminded of a follow-up: the first time After its due
// day, then Every so often, at most Times times. Zero Every means once, zero Times
// without bound.
type Schedule struct {
	Hook  string        `json:"hook"`
	After time.Duration `json:"after_ns"`
	Every time.Duration `json:"every_ns,omitzero"`
	Times int           `json:"times,omitzero"`
}

// FollowupSchedules returns how the playbook reminds of a follow-up that is due.
func (p *Playbook) FollowupSchedules() []Schedule {
	var all []Schedule
	for _, h := range p.Hooks {
		if h.clock() == FollowupDue {
			all = append(all, Schedule{Hook: h.ID, After: h.After, Every: h.Every, Times: h.Times})
		}
	}
	return all
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Expectations are how soon people should do what the playbook would otherwise remind them
// of, from the declaration; zero where it does not.
type Expectations struct {
	Acknowledge, Roles, Update time.Duration
}

// Expectations returns how soon the playbook expects what has to happen in every response:
// the least time after which one of its hooks reminds of it.
func (p *Playbook) Expectations() Expectations {
	var e Expectations
	for _, h := range p.Hooks {
		for clock, soon := range map[string]*time.Duration{Unacknowledged: &e.Acknowledge, RoleVacant: &e.Roles, UpdateDue: &e.Update} {
			if h.clock() == clock && (*soon == 0 || h.After < *soon) {
				*soon = h.After
			}
		}
	}
	return e
}
