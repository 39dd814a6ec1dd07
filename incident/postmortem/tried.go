package postmortem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// tried lists what people and Muster attempted, in order. What Muster did at the
// first attempt is routine and not listed here.
func tried(events []incident.Event) []Attempt {
	var all []Attempt
	failing := make(map[string]int)
	approvers := make(map[string][]string)
	for _, e := range events {
		at := Attempt{At: e.At, By: e.Actor.Name}
		switch f := e.Fact.(type) {
		case incident.StepCompleted:
			_, failed := failing[f.Step]
			delete(failing, f.Step)
			if !failed && e.Actor.Kind != incident.ActorPerson {
				continue
			}
			at.Step, at.Title, at.Note, at.Outcome = f.Step, f.Title, f.Note, Completed
			if f.Approved {
				at.Outcome = Approved
				at.By = enumerate(appendNew(approvers[f.Step], at.By))
			}
		case incident.ApprovalGiven:
			approvers[f.Step] = appendNew(approvers[f.Step], e.Actor.Name)
			continue
		case incident.DecisionMade:
			delete(failing, f.Step)
			continue
		case incident.StepSkipped:
			delete(failing, f.Step)
			if f.LeftOut {
				continue
			}
			at.Step, at.Title, at.Note, at.Outcome = f.Step, f.Title, f.Reason, Skipped
		case incident.StepRejected:
			delete(approvers, f.Step)
			at.Step, at.Title, at.Note, at.Outcome = f.Step, f.Title, f.Note, Rejected
		case incident.StepFailed:
			if i, again := failing[f.Step]; again {
				all[i].Times, all[i].Until = max(all[i].Times, 1)+1, e.At
				continue
			}
			failing[f.Step] = len(all)
			at.Step, at.Title, at.Note, at.Outcome = f.Step, f.Title, f.Error, Failed
		default:
			continue
		}
		all = append(all, at)
	}
	return all
}

// decisions lists which of several ways the response took, and what people said that they
// decided.
func decisions(s incident.State, events []incident.Event) []Decision {
	var all []Decision
	for e, f := range incident.Facts[incident.DecisionMade](events) {
		d := Decision{
			Step: f.Step, Title: f.Title, Option: f.Option, Choice: f.OptionTitle,
			At: e.At, By: e.Actor.Name, Muster: e.Actor.Kind == incident.ActorMuster, Note: f.Note,
		}
		step, _ := s.Step(f.Step)
		for _, o := range step.Options {
			if o.ID != f.Option {
				d.Others = append(d.Others, o.Title)
			}
		}
		all = append(all, d)
	}
	for e, f := range incident.Facts[incident.NoteAdded](events) {
		if !f.Decision {
			continue
		}
		d := Decision{Title: f.Body, At: e.At, By: e.Actor.Name}
		if !f.HappenedAt.IsZero() {
			d.At = f.HappenedAt
		}
		if f.Quote != nil {
			d.By, d.URL = f.Quote.By, webAddress(f.Quote.Message.URL)
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b Decision) int { return a.At.Compare(b.At) })
	return all
}

// routine names what Muster did by itself at the first attempt, each once. What had nothing to
// do was not done.
func routine(events []incident.Event) []string {
	var titles []string
	failed := make(map[string]bool)
	for _, e := range events {
		switch f := e.Fact.(type) {
		case incident.StepFailed:
			failed[f.Step] = true
		case incident.StepCompleted:
			if e.Actor.Kind != incident.ActorPerson && !failed[f.Step] && !f.Idle {
				titles = appendNew(titles, f.Title)
			}
			delete(failed, f.Step)
		}
	}
	return titles
}

// difficulties finds what made the response itself harder, in the order in which it
// began.
func difficulties(s incident.State, events []incident.Event) []Difficulty {
	all := slices.Concat(failures(s, events), slowSteps(events), remindersNeeded(events))
	for _, r := range impact(s, events).Reopenings {
		all = append(all, Difficulty{
			Kind: "reopened", At: r.At,
			Text: withReason(fmt.Sprintf("It was resolved and began again %s later", inWords(r.At.Sub(r.ResolvedAt))), r.Reason),
		})
	}
	slices.SortStableFunc(all, func(a, b Difficulty) int { return a.At.Compare(b.At) })
	if s.Status != incident.Resolved && s.Status != incident.Closed {
		return all
	}
	for _, r := range people(s, events).Roles {
		if len(r.Holders) == 0 {
			all = append(all, Difficulty{
				Kind: "role_vacant", Text: fmt.Sprintf("The role %s was not taken", r.Title),
			})
		}
	}
	return all
}

// failures says of each step that failed how often, and how it ended.
func failures(s incident.State, events []incident.Event) []Difficulty {
	type run struct {
		title, reason string
		first, last   time.Time
		count         int
	}
	runs := make(map[string]*run)
	for e, f := range incident.Facts[incident.StepFailed](events) {
		r, seen := runs[f.Step]
		if !seen {
			r = &run{title: f.Title, first: e.At}
			runs[f.Step] = r
		}
		r.count, r.last, r.reason = r.count+1, e.At, f.Error
	}
	var all []Difficulty
	for _, id := range sortedKeys(runs) {
		r := runs[id]
		text := fmt.Sprintf("The step “%s” failed %s", r.title, times(r.count))
		if r.count > 1 {
			text += " in " + inWords(r.last.Sub(r.first))
		}
		step, _ := s.Step(id)
		switch step.State {
		case incident.Done:
			text += fmt.Sprintf(", and was done %s after it first failed", inWords(step.SettledAt.Sub(r.first)))
		case incident.Skipped:
			text += ", and was skipped then"
		default:
			text += ", and has not been done"
		}
		all = append(all, Difficulty{Kind: "step_failed", At: r.first, Text: withReason(text, r.reason)})
	}
	return all
}

// slowSteps says of each step that took long when people were told. Of one that came round
// several times, the first time counts.
func slowSteps(events []incident.Event) []Difficulty {
	var all []Difficulty
	indexes := make(map[string]int)
	tell := func(at, since time.Time, step, title, what string) {
		told := fmt.Sprintf("%s after %s", what, inWords(at.Sub(since)))
		i, seen := indexes[step]
		if !seen {
			indexes[step] = len(all)
			all = append(all, Difficulty{Kind: "step_slow", At: at, Text: fmt.Sprintf("The step “%s” took long: %s", title, told)})
			return
		}
		if !strings.Contains(all[i].Text, what) {
			all[i].Text += ", " + told
		}
	}
	for _, e := range events {
		switch f := e.Fact.(type) {
		case incident.StepNudged:
			tell(e.At, f.Since, f.Step, f.Title, "people were reminded")
		case incident.StepEscalated:
			tell(e.At, f.Since, f.Step, f.Title, "it was escalated")
		}
	}
	return all
}

// remindersNeeded sums up the reminders given while people were responding; those
// about follow-ups come later and say nothing about the response.
func remindersNeeded(events []incident.Event) []Difficulty {
	type matter struct{ hook, subject string }
	type reminders struct {
		text        string
		first, last time.Time
		count       int
	}
	var s incident.State
	given := make(map[matter]*reminders)
	for _, e := range events {
		s = incident.Apply(s, e)
		f, ok := e.Fact.(incident.ReminderGiven)
		if !ok || !s.Status.Active() {
			continue
		}
		about := matter{f.Hook, f.Subject}
		if given[about] == nil {
			given[about] = &reminders{text: f.Body, first: e.At}
		}
		r := given[about]
		r.count, r.last = r.count+1, e.At
	}
	var all []Difficulty
	for about, r := range given {
		text := fmt.Sprintf("A reminder was needed %s", times(r.count))
		if about.subject != "" {
			text += " (" + about.subject + ")"
		}
		if r.count > 1 {
			text += " in " + inWords(r.last.Sub(r.first))
		}
		all = append(all, Difficulty{Kind: "reminders", At: r.first, Text: withReason(text, r.text)})
	}
	slices.SortFunc(all, func(a, b Difficulty) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Text, b.Text))
	})
	return all
}

func withReason(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}
