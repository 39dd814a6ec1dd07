package incident

import (
	"slices"
	"time"
)

// Outlook is what lies before those who respond, short enough to be read at a glance.
type Outlook struct {
	// Steps are those that are open, [MaxOutlookSteps] at most: first what waits for people
	// and what has failed, then what Muster watches. What only later steps need is left out.
	Steps []Step
	// More is how many others there are.
	More int
	// Settled is how many of the response's Total steps are done or skipped. Steps that the
	// response has left out count in neither, nor does what hooks do.
	Settled int
	Total   int
	// UpdateDue is when the next status update is; zero where nothing asks for one.
	UpdateDue time.Time
}

// What an outlook says of each step is bounded, so that it can be told again and again.
const (
	// MaxOutlookSteps is how many steps an outlook has at most.
	MaxOutlookSteps = 8

	outlookTextRunes = 300
	outlookOptions   = 10
	outlookLinks     = 3
)

// Outlook returns what lies before those who respond, as far as the incident itself knows.
// A playbook may ask for status updates where the severity does not.
func (s State) Outlook() Outlook {
	var o Outlook
	var open []Step
	for _, step := range s.Steps {
		if step.Hook == "" && !step.LeftOut {
			o.Total++
			if step.State.Settled() {
				o.Settled++
			}
		}
		if step.State == Waiting || step.State == Failed {
			open = append(open, step)
		}
	}
	// What people can do something about goes before what only takes its time.
	watched := func(step Step) bool { return step.Kind == Wait && step.State == Waiting }
	for _, those := range []bool{false, true} {
		for _, step := range open {
			if watched(step) == those && len(o.Steps) < MaxOutlookSteps {
				o.Steps = append(o.Steps, step.atGlance())
			}
		}
	}
	o.More = len(open) - len(o.Steps)
	if every := s.Level().UpdateEvery; every > 0 {
		o.UpdateDue = s.UpdateDue(every)
	}
	return o
}

// UpdateDue is when the next status update is due, where one is every so often: counted from
// the last one, or from when the response last began. It is zero when nobody responds.
func (s State) UpdateDue(every time.Duration) time.Time {
	if !s.Status.Active() {
		return time.Time{}
	}
	since := s.DeclaredAt
	for _, later := range []time.Time{s.ReopenedAt, s.UpdatedAt} {
		if later.After(since) {
			since = later
		}
	}
	return since.Add(every)
}

// atGlance returns the step without what nobody needs who looks at it among others.
func (s Step) atGlance() Step {
	s.Output, s.Expect = nil, ""
	s.Title, s.Error = CutText(s.Title, outlookTextRunes), CutText(s.Error, outlookTextRunes)
	s.Instructions, s.Note = CutText(s.Instructions, outlookTextRunes), CutText(s.Note, outlookTextRunes)
	s.Options = slices.Clone(s.Options[:min(len(s.Options), outlookOptions)])
	s.Links = slices.Clone(s.Links[:min(len(s.Links), outlookLinks)])
	return s
}
