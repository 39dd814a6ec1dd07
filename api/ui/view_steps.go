package ui

import (
	"muster/incident"
)

// StepsView is what people have to do.
type StepsView struct {
	Section
	Steps   []StepView
	Done    int
	CanAdd  bool
	AddStep Form
	// Playbook names the playbook that the steps come from.
	Playbook string
}

// MusterView is what Muster does by itself, and whether it has worked.
type MusterView struct {
	Section
	Steps  []StepView
	Done   int
	Failed int
	// Tone is done, work or warn, and Title says the same in words.
	Tone  string
	Title string
}

// StepView is one step with the commands that are open for it.
type StepView struct {
	ID           string
	Title        string
	Kind         incident.StepKind
	State        incident.StepState
	StateText    string
	Role         string
	Assignee     string
	Instructions string
	Links        []incident.Link
	Error        string
	Note         string
	By           string
	At           Moment
	AddedBy      string
	// Attempts is shown from the second on, RetryText says when Muster tries again.
	Attempts  int
	RetryText string

	// Open says whether anything can be done about it.
	Open     bool
	Complete *Form
	Skip     *Form
	Approve  *Form
	Reject   *Form
	Retry    *Form
}

func (b builder) steps() *StepsView {
	v := &StepsView{
		Section: b.sectionOf("steps"), CanAdd: !b.state.Status.Ended(), AddStep: b.form("steps", "add_step", ""),
		Playbook: b.state.Playbook.Name,
	}
	for _, step := range b.state.Steps {
		if step.Kind == incident.Automatic {
			continue
		}
		v.Steps = append(v.Steps, b.step("steps", step))
		if step.State.Settled() {
			v.Done++
		}
	}
	return v
}

func (b builder) muster() *MusterView {
	v := &MusterView{Section: b.sectionOf("muster")}
	busy, again := 0, 0
	for _, step := range b.state.Steps {
		if step.Kind != incident.Automatic {
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

// step makes a step's view with exactly the forms that the rules would accept.
func (b builder) step(section string, step incident.Step) StepView {
	v := StepView{
		ID: step.ID, Title: step.Title, Kind: step.Kind, State: step.State, StateText: stateText(step),
		Role: b.roleTitle(step.Role), Assignee: step.Assignee, Instructions: step.Instructions, Links: webLinks(step.Links),
		Error: step.Error, Note: step.Note, By: step.By, At: newMoment(step.SettledAt), AddedBy: step.AddedBy,
		Attempts: step.Attempts,
	}
	if step.State == incident.Failed && !step.RetryAt.IsZero() {
		v.RetryText = "Muster tries again at " + newMoment(step.RetryAt).Clock + " UTC"
		if b.now.After(step.RetryAt) {
			v.RetryText = "Muster tries again any moment"
		}
	}
	// Of an incident that has ended, what a hook could not do is still to be brought to an
	// end, such as a page that nobody resolved.
	ended := b.state.Status.Ended()
	unfinished := step.Hook != "" && step.State == incident.Failed
	if step.State.Settled() || ended && !unfinished {
		return v
	}
	v.Open = true
	form := func(command string) *Form {
		f := b.form(section, command, step.ID)
		return &f
	}
	v.Skip = form("skip_step")
	switch {
	case step.State == incident.Failed:
		v.Retry = form("retry_step")
		if step.Kind != incident.Approval && !ended {
			v.Complete = form("complete_step")
		}
	case step.Kind == incident.Manual:
		v.Complete = form("complete_step")
	case step.Kind == incident.Approval && step.State == incident.Waiting:
		v.Approve, v.Reject = form("approve_step"), form("reject_step")
	}
	return v
}

func stateText(step incident.Step) string {
	switch step.State {
	case incident.Pending:
		return "Not yet"
	case incident.Running:
		return "Under way"
	case incident.Waiting:
		if step.Kind == incident.Approval {
			return "Waits for a decision"
		}
		return "To do"
	case incident.Done:
		if step.Kind == incident.Approval {
			return "Approved"
		}
		return "Done"
	case incident.Skipped:
		return "Skipped"
	case incident.Failed:
		if step.Kind == incident.Approval {
			return "Rejected"
		}
		if !step.RetryAt.IsZero() {
			return "Retrying"
		}
		return "Failed"
	default:
		return string(step.State)
	}
}

func (b builder) roleTitle(id string) string {
	if role, ok := b.state.Role(id); ok {
		return role.Title
	}
	return id
}

// webLinks are the links that a browser may follow.
func webLinks(links []incident.Link) []incident.Link {
	var safe []incident.Link
	for _, l := range links {
		if webURL(l.URL) != "" {
			safe = append(safe, l)
		}
	}
	return safe
}
