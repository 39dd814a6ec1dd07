// Package debrief says how a response went, as people look at it afterwards: how long it
// took until somebody had it, led it and told the others, which steps were done and which
// were not, and how often Muster had to remind.
//
// What counts as soon enough is what the incident's own playbook says: the time after which
// it would have reminded people. A response in which nobody had to be reminded meets every
// mark. It is computed from the journal alone, for exercises and for what was real.
package debrief

import (
	"cmp"
	"errors"
	"time"

	"muster/incident"
	"muster/playbooks"
)

// Debrief is how a response went so far.
type Debrief struct {
	Incident incident.ID        `json:"incident"`
	Title    string             `json:"title"`
	Exercise *incident.Exercise `json:"exercise,omitzero"`
	Status   incident.Status    `json:"status"`
	// Marks are in the order in which a response meets them.
	Marks []Mark `json:"marks"`
	Steps Steps  `json:"steps"`
	// Skipped are the steps that people decided against, with their reasons, and Open
	// those that still wait for them.
	Skipped []Step `json:"skipped,omitzero"`
	Open    []Step `json:"open,omitzero"`
	// Reminders counts how often people were reminded of something.
	Reminders int `json:"reminders"`
}

// Mark is something that should happen soon.
type Mark struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Took is how long it took from the declaration; nil while it has not happened.
	Took *time.Duration `json:"took_ns,omitzero"`
	// Within is how soon it should have happened; 0 where the playbook does not say.
	Within time.Duration `json:"within_ns,omitzero"`
	// By is who did it.
	By string `json:"by,omitzero"`
	// Open says that it has not happened and that there is time: the response goes on, and
	// people would not have been reminded yet.
	Open bool `json:"open,omitzero"`
}

// Met says whether it happened soon enough.
func (m Mark) Met() bool { return m.Took != nil && (m.Within == 0 || *m.Took <= m.Within) }

// Steps counts the steps for people.
type Steps struct {
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	LeftOut int `json:"left_out"`
	Open    int `json:"open"`
}

// Step is a step that was not done.
type Step struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Reason string `json:"reason,omitzero"`
}

// Met counts the marks that were met.
func (d Debrief) Met() int {
	met := 0
	for _, m := range d.Marks {
		if m.Met() {
			met++
		}
	}
	return met
}

// Due counts the marks that are not open.
func (d Debrief) Due() int {
	due := 0
	for _, m := range d.Marks {
		if !m.Open {
			due++
		}
	}
	return due
}

// Of returns the debrief of an incident as it is now, given all its events. The error says
// that they are none, or that its playbook cannot be read back.
func Of(events []incident.Event, now time.Time) (Debrief, error) {
	s := incident.Fold(events)
	if !s.Declared() {
		return Debrief{}, errors.New("there are no events to look back on")
	}
	followed, err := playbookOf(events)
	if err != nil {
		return Debrief{}, err
	}
	d := Debrief{Incident: s.ID, Title: s.Title, Exercise: s.Exercise, Status: s.Status}
	d.Marks = marks(s, events, followed)
	for i := range d.Marks {
		m := &d.Marks[i]
		m.Open = m.Took == nil && s.Status.Active() && (m.Within == 0 || now.Sub(s.DeclaredAt) <= m.Within)
	}
	for _, step := range s.Steps {
		d.count(step)
	}
	for range incident.Facts[incident.ReminderGiven](events) {
		d.Reminders++
	}
	for range incident.Facts[incident.StepNudged](events) {
		d.Reminders++
	}
	return d, nil
}

func playbookOf(events []incident.Event) (*playbooks.Playbook, error) {
	for _, f := range incident.Facts[incident.PlaybookAttached](events) {
		return playbooks.Decode(f.Document)
	}
	return &playbooks.Playbook{}, nil
}

func (d *Debrief) count(step incident.Step) {
	if step.Kind == incident.Automatic || step.Kind == incident.Wait {
		return
	}
	view := Step{ID: step.ID, Title: step.Title, Reason: step.Note}
	switch {
	case step.LeftOut:
		d.Steps.LeftOut++
	case step.State == incident.Done:
		d.Steps.Done++
	case step.State == incident.Skipped:
		d.Steps.Skipped++
		d.Skipped = append(d.Skipped, view)
	case step.State == incident.Waiting || step.State == incident.Failed:
		d.Steps.Open++
		view.Reason = step.Error
		d.Open = append(d.Open, view)
	}
}

// marks finds when each thing that should happen soon has happened.
func marks(s incident.State, events []incident.Event, followed *playbooks.Playbook) []Mark {
	soon := followed.Expectations()
	all := []Mark{{ID: "acknowledge", Title: "Somebody has it", Within: soon.Acknowledge, Took: since(s, s.FirstAcknowledgedAt), By: s.FirstAcknowledgedBy.Name}}
	for _, role := range s.Roles {
		mark := Mark{ID: "role-" + role.ID, Title: "Somebody is " + role.Title, Within: soon.Roles}
		for e, f := range incident.Facts[incident.RoleAssigned](events) {
			if f.Role == role.ID && f.To != "" {
				mark.Took, mark.By = since(s, e.At), f.To
				break
			}
		}
		all = append(all, mark)
	}
	update := Mark{ID: "update", Title: "The first status update", Within: cmp.Or(s.Level().UpdateEvery, soon.Update)}
	for e := range incident.Facts[incident.UpdatePosted](events) {
		update.Took, update.By = since(s, e.At), e.Actor.Name
		break
	}
	all = append(all, update)
	all = append(all,
		Mark{ID: "mitigate", Title: "The impact is over", Took: since(s, s.MitigatedAt)},
		Mark{ID: "resolve", Title: "It is resolved", Took: since(s, s.ResolvedAt)},
	)
	return all
}

func since(s incident.State, at time.Time) *time.Duration {
	if at.IsZero() {
		return nil
	}
	return new(at.Sub(s.DeclaredAt))
}
