package incident

import "slices"

// alertsInBrief bounds how many alerts [State.Brief] keeps.
const alertsInBrief = 10

// Brief reduces a state to what is needed to act on it: no steps, no reminders, a few
// alerts, the firing ones before others, and of the people in the channel those who hold a
// role. It keeps small what is handed on often.
func (s State) Brief() State {
	s.Present = slices.DeleteFunc(slices.Clone(s.Present), func(p Person) bool {
		return !slices.ContainsFunc(s.Roles, func(r Role) bool { return r.Holder == p.Name })
	})
	s.Steps, s.Reminders, s.Recorded, s.Invited = nil, nil, nil, nil
	if len(s.Alerts) > alertsInBrief {
		if firing := s.Firing(); len(firing) > 0 {
			s.Alerts = firing
		}
		s.Alerts = s.Alerts[:min(len(s.Alerts), alertsInBrief)]
	}
	return s
}

// stepsInBrief bounds how many steps [State.BriefWithSteps] keeps.
const stepsInBrief = 60

// BriefWithSteps is [State.Brief] with the steps, for whoever shows them: those that are
// open first, each in its order and as short as in an [Outlook]; of the others no more than
// where they stand.
func (s State) BriefWithSteps() State {
	var open, others []Step
	for _, step := range s.Steps {
		step = step.atGlance()
		switch {
		case step.State == Running || step.State == Waiting || step.State == Failed:
			open = append(open, step)
		case step.Hook == "":
			others = append(others, Step{ID: step.ID, Kind: step.Kind, State: step.State, LeftOut: step.LeftOut})
		}
	}
	s = s.Brief()
	s.Steps = append(open, others...)
	s.Steps = s.Steps[:min(len(s.Steps), stepsInBrief)]
	return s
}

// BriefWithPrompts is [State.Brief] with all that people are asked for: of each step no more than
// where it stands and who has settled it, and for how long reminders rest. Those in the channel
// are known, so that they can be mentioned.
func (s State) BriefWithPrompts() State {
	steps := make([]Step, len(s.Steps))
	for i, step := range s.Steps {
		steps[i] = Step{ID: step.ID, Kind: step.Kind, State: step.State, LeftOut: step.LeftOut, By: step.By, SettledAt: step.SettledAt, Choice: step.Choice}
		steps[i].Options = slices.DeleteFunc(slices.Clone(step.Options), func(o Option) bool { return o.ID != step.Choice })
	}
	resting := slices.DeleteFunc(slices.Clone(s.Reminders), func(r Reminder) bool { return r.SnoozedUntil.IsZero() })
	present := s.Present
	s = s.Brief()
	s.Steps, s.Reminders, s.Present = steps, resting, present
	return s
}
