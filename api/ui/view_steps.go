package ui

import (
	"muster/incident"
)

// StepsView is what people have to do, and what the response waits for.
type StepsView struct {
	Section
	Groups []GroupView
	// Aside are the steps of ways that the response has not taken.
	Aside   AsideView
	Done    int
	Total   int
	CanAdd  bool
	AddStep Form
	// Playbook names the playbook that the steps come from.
	Playbook string
}

// GroupView is some steps in a row. Title is empty for those outside of any group.
type GroupView struct {
	Title string
	Steps []StepView
	Done  int
}

// AsideView is what is folded away.
type AsideView struct {
	// ID is that of the element, which stays unfolded while its section changes.
	ID    string
	Steps []StepView
}

// MusterView is what Muster does by itself, and whether it has worked.
type MusterView struct {
	Section
	Steps  []StepView
	Aside  AsideView
	Done   int
	Failed int
	// Tone is done, work or warn, and Title says the same in words.
	Tone  string
	Title string
}

func (b builder) steps() *StepsView {
	v := &StepsView{
		Section: b.sectionOf("steps"), CanAdd: !b.state.Status.Ended(), AddStep: b.form("steps", "add_step", ""),
		Playbook: b.state.Playbook.Name, Aside: AsideView{ID: "steps-aside"},
	}
	for _, step := range b.state.Steps {
		switch {
		case step.Kind == incident.Automatic:
		case step.LeftOut:
			v.Aside.Steps = append(v.Aside.Steps, b.step("steps", step))
		default:
			v.add(step.Group, b.step("steps", step))
		}
	}
	return v
}

// add puts a step into the group that the steps before it are in, or a new one.
func (v *StepsView) add(group string, step StepView) {
	if n := len(v.Groups); n == 0 || v.Groups[n-1].Title != group {
		v.Groups = append(v.Groups, GroupView{Title: group})
	}
	g := &v.Groups[len(v.Groups)-1]
	g.Steps = append(g.Steps, step)
	v.Total++
	if step.State.Settled() {
		g.Done++
		v.Done++
	}
}

func (b builder) muster() *MusterView {
	v := &MusterView{Section: b.sectionOf("muster"), Aside: AsideView{ID: "muster-aside"}}
	busy, again := 0, 0
	for _, step := range b.state.Steps {
		switch {
		case step.Kind != incident.Automatic:
			continue
		case step.LeftOut:
			v.Aside.Steps = append(v.Aside.Steps, b.step("muster", step))
			continue
		}
		v.Steps = append(v.Steps, b.step("muster", step))
		switch {
		case step.State.Settled():
			v.Done++
		case step.State == incident.Failed && step.RetryAt.IsZero():
			v.Failed++
		case step.State == incident.Failed:
			again++
		case step.State == incident.Running:
			busy++
		}
	}
	switch {
	case v.Failed > 0:
		v.Tone, v.Title = "warn", count(v.Failed, "step")+" failed"
	case again > 0:
		v.Tone, v.Title = "work", "Trying again"
	case busy > 0:
		v.Tone, v.Title = "work", "At work"
	case v.Done > 0:
		v.Tone, v.Title = "done", "All done so far"
	default:
		v.Tone, v.Title = "work", "Starting"
	}
	return v
}
