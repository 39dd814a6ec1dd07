package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

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
	// Expect says what one should see when it has worked.
	Expect  string
	Links   []incident.Link
	Error   string
	Note    string
	By      string
	At      Moment
	AddedBy string
	// Playbook names the part of the response that it comes from, where that is not the
	// playbook that is followed; what Muster does is told without it.
	Playbook string
	// Attempts is shown from the second on, RetryText says when Muster tries again.
	Attempts  int
	RetryText string
	// Round says how often it comes round: "3rd time". Empty for the first.
	Round string
	// Nudged and Escalated are when people were told that it takes long, while it does.
	Nudged    Moment
	Escalated Moment

	// Until says what ends a wait, which began at Since and lasts.
	Until string
	Since time.Time
	Now   time.Time `json:"-"`
	// Chosen is the option that was chosen, by its title.
	Chosen string
	// Quorum says who approved so far, where several must, and who may.
	Quorum string

	// Open says whether anything can be done about it.
	Open     bool
	Complete *Form
	// CompleteText is what the button for Complete says.
	CompleteText string
	Skip         *Form
	Approve      *Form
	Reject       *Form
	Retry        *Form
	// Choose decides for one of the Options.
	Choose  *Form
	Options []incident.Option
}

// step makes a step's view with exactly the forms that the rules would accept, but for who
// may approve: roles change hands, and the refusal says to whom.
func (b builder) step(section string, step incident.Step) StepView {
	v := StepView{
		ID: step.ID, Title: step.Title, Kind: step.Kind, State: step.State, StateText: stateText(step),
		Role: b.roleTitle(step.Role), Assignee: step.Assignee, Instructions: step.Instructions, Expect: step.Expect,
		Links: webLinks(step.Links), Error: step.Error, Note: step.Note, By: settledBy(step), At: newMoment(step.SettledAt),
		AddedBy: step.AddedBy, Attempts: step.Attempts, Round: round(step), Chosen: chosen(step),
	}
	if section != "muster" && step.Playbook != b.state.Playbook.Name {
		v.Playbook = step.Playbook
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
	v.Open, v.Nudged, v.Escalated = true, newMoment(step.NudgedAt), newMoment(step.EscalatedAt)
	v.Until, v.Now = step.Until, b.now
	form := func(command string) *Form {
		f := b.form(section, command, step.ID)
		return &f
	}
	complete := func(text string) { v.Complete, v.CompleteText = form("complete_step"), text }
	v.Skip = form("skip_step")
	switch {
	case step.State == incident.Failed:
		v.Retry = form("retry_step")
		switch {
		case ended:
		case step.Kind == incident.Wait:
			complete("Go on without it")
		case step.Kind == incident.Manual || step.Kind == incident.Automatic:
			complete("Done by hand")
		}
	case step.Kind == incident.Manual:
		complete("Done")
	case step.State != incident.Waiting:
	case step.Kind == incident.Wait:
		complete("Go on without waiting")
		v.Since = step.StartedAt
	case step.Kind == incident.Decision:
		v.Choose, v.Options = form("choose_option"), step.Options
	case step.Kind == incident.Approval:
		v.Quorum = b.quorum(step)
		v.Reject = form("reject_step")
		if b.you == "" || !slices.Contains(approvedBy(step), b.you) {
			v.Approve = form("approve_step")
		}
	}
	return v
}

// quorum says who approved so far and who may; empty where anybody may, and one is enough.
func (b builder) quorum(step incident.Step) string {
	var said []string
	if step.Needed() > 1 {
		text := fmt.Sprintf("%d of %d approved", len(step.Approvals), step.Needed())
		if len(step.Approvals) > 0 {
			text += ": " + strings.Join(approvedBy(step), ", ")
		}
		said = append(said, text)
	}
	if len(step.Approvers) > 0 {
		roles := make([]string, len(step.Approvers))
		for i, id := range step.Approvers {
			roles[i] = b.roleTitle(id)
			if holder := b.state.Holder(id); holder != "" {
				roles[i] += " (" + holder + ")"
			}
		}
		said = append(said, "up to: "+strings.Join(roles, " or "))
	}
	return sentenceCase(strings.Join(said, "; "))
}

func approvedBy(step incident.Step) []string {
	names := make([]string, len(step.Approvals))
	for i, a := range step.Approvals {
		names[i] = a.By
	}
	return names
}

// settledBy is who brought a step to its end: everybody who approved it. A wait mostly ends
// by itself, of which nothing is said.
func settledBy(step incident.Step) string {
	switch {
	case step.Kind == incident.Approval && step.State == incident.Done && len(step.Approvals) > 0:
		return strings.Join(approvedBy(step), " and ")
	case step.Kind == incident.Wait && step.By == incident.MusterActor().Name, step.LeftOut:
		return ""
	default:
		return step.By
	}
}

// rejected tells an approval that somebody refused from one that nobody gave in time.
func rejected(step incident.Step) bool {
	return step.Kind == incident.Approval && step.State == incident.Failed && step.By != ""
}

func chosen(step incident.Step) string {
	for _, o := range step.Options {
		if o.ID == step.Choice {
			return cmp.Or(o.Title, o.ID)
		}
	}
	return step.Choice
}

// round counts how often a step that repeats comes round, from the second time on.
func round(step incident.Step) string {
	n := step.Rounds + 1
	if n < 2 {
		return ""
	}
	ending := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprintf("%d%s time", n, ending)
}

func stateText(step incident.Step) string {
	switch step.State {
	case incident.Pending:
		return "Not yet"
	case incident.Running:
		return "Under way"
	case incident.Waiting:
		switch step.Kind {
		case incident.Approval:
			return "To approve"
		case incident.Decision:
			return "To decide"
		case incident.Wait:
			return "Waiting"
		default:
			return "To do"
		}
	case incident.Done:
		switch step.Kind {
		case incident.Approval:
			return "Approved"
		case incident.Decision:
			return "Decided"
		default:
			return "Done"
		}
	case incident.Skipped:
		if step.LeftOut {
			return "Left out"
		}
		return "Skipped"
	case incident.Failed:
		switch {
		case rejected(step):
			return "Rejected"
		case !step.RetryAt.IsZero():
			return "Retrying"
		default:
			return "Failed"
		}
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
