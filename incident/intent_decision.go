package incident

import (
	"slices"
	"strings"
)

// ChooseOption decides for one of a decision's options.
type ChooseOption struct {
	Step   string `json:"step"`
	Option string `json:"option"`
	Note   string `json:"note,omitzero"`
}

// Name implements [Intent].
func (ChooseOption) Name() string { return "choose_option" }

func (i ChooseOption) decide(s State, _ Command) ([]Fact, error) {
	step, note, err := openStep(s, i.Step, i.Note)
	if err != nil {
		return nil, err
	}
	if step.Kind != Decision {
		return nil, rule("not_a_decision", "step %q is no decision; complete or skip it", step.Title)
	}
	n := slices.IndexFunc(step.Options, func(o Option) bool { return o.ID == i.Option })
	if n < 0 {
		return nil, invalid("option", "%q is no option of %q; choose one of %s", i.Option, step.Title, step.optionNames())
	}
	switch {
	case step.State == Done && step.Choice == i.Option:
		return nil, nil
	case step.State == Done:
		return nil, rule("decided", "%q was decided: %s. What follows from it has begun; add a step for what else is to be done", step.Title, step.Choice)
	case step.State != Waiting:
		return nil, rule("not_waiting", "step %q is %s and does not wait for a decision", step.Title, step.State)
	}
	return []Fact{DecisionMade{Step: step.ID, Title: step.Title, Option: i.Option, OptionTitle: step.Options[n].Title, Note: note}}, nil
}

func (s Step) optionNames() string {
	names := make([]string, len(s.Options))
	for i, o := range s.Options {
		names[i] = o.ID
	}
	return strings.Join(names, ", ")
}

// NudgeStep reminds those who should do a step. One that does not wait, or was nudged since
// it became due, is left alone.
type NudgeStep struct {
	Step string `json:"step"`
}

// Name implements [Intent].
func (NudgeStep) Name() string { return "nudge_step" }

func (i NudgeStep) decide(s State, _ Command) ([]Fact, error) {
	step, err := findStep(s, i.Step)
	if err != nil || !step.underWay() || !step.NudgedAt.IsZero() {
		return nil, err
	}
	return []Fact{StepNudged{Step: step.ID, Title: step.Title, Role: step.Role, Since: step.StartedAt}}, nil
}

// EscalateStep tells others that a step takes too long. One that does not wait, or was
// escalated since it became due, is left alone.
type EscalateStep struct {
	Step string `json:"step"`
}

// Name implements [Intent].
func (EscalateStep) Name() string { return "escalate_step" }

func (i EscalateStep) decide(s State, _ Command) ([]Fact, error) {
	step, err := findStep(s, i.Step)
	if err != nil || !step.underWay() || !step.EscalatedAt.IsZero() {
		return nil, err
	}
	return []Fact{StepEscalated{Step: step.ID, Title: step.Title, Role: step.Role, Since: step.StartedAt}}, nil
}

// underWay says that a step was begun and has not ended.
func (s Step) underWay() bool {
	return s.State == Waiting || s.State == Running || s.State == Failed && !s.RetryAt.IsZero()
}

// RepeatStep makes a step that was done due once more. One that is not done is left alone.
type RepeatStep struct {
	Step string `json:"step"`
}

// Name implements [Intent].
func (RepeatStep) Name() string { return "repeat_step" }

func (i RepeatStep) decide(s State, _ Command) ([]Fact, error) {
	step, err := findStep(s, i.Step)
	if err != nil || step.State != Done {
		return nil, err
	}
	return []Fact{StepRepeated{Step: step.ID, Title: step.Title, Round: step.Rounds + 2}}, nil
}

// mayApprove says whether somebody may approve or reject a step, or why not.
func mayApprove(s State, step Step, who Actor) error {
	if len(step.Approvers) == 0 {
		return nil
	}
	titles := make([]string, len(step.Approvers))
	for n, id := range step.Approvers {
		role, _ := s.Role(id)
		if role.Holder != "" && role.Holder == who.Name {
			return nil
		}
		titles[n] = role.Title
		if role.Holder != "" {
			titles[n] += " (" + role.Holder + ")"
		}
	}
	return rule("not_an_approver", "%q is approved or rejected by whoever is %s; take the role first", step.Title, strings.Join(titles, " or "))
}
