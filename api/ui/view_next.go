package ui

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/playbooks"
)

// NextView is the answer to "what do I do now?": one thing in full, with its form, and
// the others in a line each.
type NextView struct {
	Section
	Now  Prompt
	Then []Prompt
}

// Prompt is something that wants doing.
type Prompt struct {
	// Kind chooses the controls: see section/next in the templates.
	Kind string
	// Tone chooses the colours: alarm, warn, go, calm or done.
	Tone  string
	Title string
	Why   string
	// Rank is the rank of the incident's severity, for the tone alarm.
	Rank int
	// Target is the section where it can be done as well.
	Target string

	Form  Form
	Step  StepView
	Role  RoleView
	Links []incident.Link
	// Ways lead on, for prompts without a command.
	Ways []incident.Link
}

// soonDue is how long before a status update is due it is asked for.
const soonDue = 5 * time.Minute

// next orders what there is to do as an experienced commander would: take the incident,
// take the lead, end it when it is over, decide what waits for a decision, keep people
// informed, mend what Muster could not do, work through the steps.
func (b builder) next() *NextView {
	var prompts []Prompt
	if b.state.Status.Active() {
		for _, ask := range []func() []Prompt{
			b.askAcknowledge, b.askLead, b.askResolve, b.askDecisions, b.askUpdate, b.askFailed, b.askSteps, b.askWaits,
		} {
			prompts = append(prompts, ask()...)
		}
	} else if b.state.Status == incident.Resolved {
		prompts = append(prompts, b.askFailed()...)
		prompts = append(prompts, b.askLearn()...)
		prompts = append(prompts, b.askDecisions()...)
		prompts = append(prompts, b.askSteps()...)
		prompts = append(prompts, b.askWaits()...)
	}
	if len(prompts) == 0 {
		prompts = []Prompt{b.nothing()}
	}
	return &NextView{Section: b.sectionOf("next"), Now: prompts[0], Then: prompts[1:]}
}

func (b builder) askAcknowledge() []Prompt {
	s := b.state
	if !unacknowledged(s) {
		return nil
	}
	why := "Acknowledging tells everyone, and the pager, that somebody is on it."
	if s.Exercise != nil { // nobody was paged
		why = "Acknowledging tells everyone that somebody is on it."
	}
	if waited := b.now.Sub(s.DeclaredAt); waited >= time.Minute {
		why = fmt.Sprintf("It has been waiting for %s. %s", span(waited), why)
	}
	if failed, ok := b.failedPage(); ok {
		instead := "Call the people on call yourself."
		if b.pagedAnotherWay(failed) {
			instead = "Another way was tried: the timeline says which. If nobody comes, call the people on call yourself."
		}
		why = fmt.Sprintf("Nobody could be paged (%s). %s %s", failed.Error, instead, why)
	}
	form := b.form("next", "acknowledge", "")
	form.AskName = form.AskName || b.you == ""
	return []Prompt{{
		Kind: "acknowledge", Tone: "alarm", Title: "Nobody has this yet", Why: why,
		Rank: severityBadge(s, s.Severity).Rank, Form: form, Target: "next",
	}}
}

// pagedAnotherWay says that the second way to page was begun, which a reminder about the
// page tells of.
func (b builder) pagedAnotherWay(page incident.Step) bool {
	return b.state.Service.Fallback.Configured() && slices.ContainsFunc(b.state.Reminders, func(r incident.Reminder) bool { return r.Subject == page.ID })
}

// failedPage returns the first page that did not reach the pager.
func (b builder) failedPage() (incident.Step, bool) {
	for _, step := range b.state.Steps {
		if step.State == incident.Failed && step.Do == playbooks.PagerDutyPage && len(b.state.Pages) == 0 {
			return step, true
		}
	}
	return incident.Step{}, false
}

func (b builder) askLead() []Prompt {
	if len(b.state.Roles) == 0 || b.state.Roles[0].Holder != "" {
		return nil
	}
	role := b.role("next", b.state.Roles[0])
	return []Prompt{{
		Kind: "role", Tone: "warn", Title: "Nobody leads: " + role.Title + " is open",
		Why: role.Duties, Role: role, Form: role.Take, Target: "people",
	}}
}

func (b builder) askFailed() []Prompt {
	var prompts []Prompt
	for _, step := range b.state.Steps {
		if step.State != incident.Failed || !step.RetryAt.IsZero() {
			continue
		}
		view := b.step("next", step)
		title := "Muster could not do this: " + step.Title
		switch {
		case rejected(step):
			title = "Rejected: " + step.Title
		case step.Kind != incident.Automatic:
			title = "Not done: " + step.Title
		}
		prompts = append(prompts, Prompt{
			Kind: "failed", Tone: "warn", Title: title, Why: step.Error, Step: view, Target: "step-" + step.ID,
		})
	}
	return prompts
}

// askDecisions asks for what the response cannot go on without: a way to take, or leave to
// take it.
func (b builder) askDecisions() []Prompt {
	var prompts []Prompt
	for _, step := range b.state.Steps {
		kind := map[incident.StepKind]string{incident.Approval: "approval", incident.Decision: "decision"}[step.Kind]
		if kind != "" && step.State == incident.Waiting {
			prompts = append(prompts, Prompt{
				Kind: kind, Tone: "go", Title: "Decide: " + step.Title, Why: step.Instructions,
				Step: b.step("next", step), Links: webLinks(step.Links), Target: "step-" + step.ID,
			})
		}
	}
	return prompts
}

func (b builder) askResolve() []Prompt {
	s := b.state
	if s.AlertsClearedAt.IsZero() {
		return nil
	}
	what := "The alert has cleared"
	if n := s.AlertCount(); n > 1 {
		what = fmt.Sprintf("All %s alerts have cleared", incident.FormatCount(n))
	}
	return []Prompt{{
		Kind: "resolve", Tone: "done", Title: what + ". Is it over?",
		Why:  fmt.Sprintf("Nothing has fired since %s UTC. Resolving ends the page and drafts the postmortem.", newMoment(s.AlertsClearedAt).Short),
		Form: b.form("next", "resolve", ""), Target: "next",
	}}
}

// updateDue is when the next status update should be given; zero if none is.
func updateDue(s incident.State) time.Time {
	every := s.Level().UpdateEvery
	if every <= 0 || !s.Status.Active() {
		return time.Time{}
	}
	last := s.DeclaredAt
	for _, at := range []time.Time{s.ReopenedAt, s.UpdatedAt} {
		if at.After(last) {
			last = at
		}
	}
	return last.Add(every)
}

func (b builder) askUpdate() []Prompt {
	due := updateDue(b.state)
	if due.IsZero() || b.now.Before(due.Add(-soonDue)) {
		return nil
	}
	p := Prompt{Kind: "update", Tone: "go", Form: b.form("next", "write", ""), Target: "write"}
	if late := b.now.Sub(due); late >= time.Minute {
		p.Tone, p.Title = "warn", "A status update is overdue by "+span(late)
	} else {
		p.Title = "A status update is due " + ahead(due.Sub(b.now))
	}
	p.Why = "A sentence is enough: what people notice, what you are doing, when you will write again."
	return []Prompt{p}
}

func (b builder) askSteps() []Prompt {
	var prompts []Prompt
	for _, step := range b.state.Steps {
		if step.Kind == incident.Manual && step.State == incident.Waiting {
			prompts = append(prompts, Prompt{
				Kind: "step", Tone: "go", Title: step.Title, Why: step.Instructions,
				Step: b.step("next", step), Links: webLinks(step.Links), Target: "step-" + step.ID,
			})
		}
	}
	return prompts
}

// askWaits says what the response waits for. Nobody has to do anything about it, but may.
func (b builder) askWaits() []Prompt {
	var prompts []Prompt
	for _, step := range b.state.Steps {
		if step.Kind == incident.Wait && step.State == incident.Waiting {
			prompts = append(prompts, Prompt{
				Kind: "wait", Tone: "calm", Title: "Waiting: " + step.Title, Why: step.Instructions,
				Step: b.step("next", step), Links: webLinks(step.Links), Target: "step-" + step.ID,
			})
		}
	}
	return prompts
}

func (b builder) askLearn() []Prompt {
	s := b.state
	p := Prompt{
		Kind: "learn", Tone: "done", Target: "followups",
		Ways: []incident.Link{{Title: "Read the postmortem", URL: b.path + "/postmortem"}},
	}
	open := len(s.OpenFollowups())
	switch {
	case len(s.Followups) == 0:
		p.Title = "It is over. What should be different next time?"
		p.Why = "Read the postmortem and note follow-ups while it is fresh; each becomes a ticket that Muster tracks until it is done."
	case open == 0:
		p.Title = "Everything is done"
		p.Why = "All follow-ups are finished; the incident closes itself."
	default:
		p.Title = "Resolved. " + sentenceCase(count(open, "follow-up")) + " to go"
		p.Why = "Muster watches their tickets and closes the incident when the last one is done."
	}
	return []Prompt{p}
}

// nothing says why there is nothing to do.
func (b builder) nothing() Prompt {
	s := b.state
	switch s.Status {
	case incident.Closed:
		return Prompt{
			Kind: "ended", Tone: "calm", Title: "Closed", Why: "Everything that came out of this incident is done.",
			Ways: []incident.Link{{Title: "Read the postmortem", URL: b.path + "/postmortem"}},
		}
	case incident.Cancelled:
		return Prompt{Kind: "ended", Tone: "calm", Title: "A false alarm", Why: "It was cancelled. If it was real after all, declare a new incident."}
	case incident.Merged:
		return Prompt{
			Kind: "merged", Tone: "calm", Title: "Part of " + string(s.MergedInto), Why: "The response goes on there.",
			Ways: []incident.Link{{Title: "Go to " + string(s.MergedInto), URL: incidentPath(s.MergedInto)}},
		}
	}
	p := Prompt{Kind: "calm", Tone: "calm", Title: "Nothing is waiting for you", Why: "Write down what you find as you go; the postmortem is made of it.", Target: "write"}
	if due := updateDue(s); !due.IsZero() {
		p.Why = fmt.Sprintf("The next status update is due at %s UTC. Write down what you find as you go; the postmortem is made of it.", newMoment(due).Short)
	}
	return p
}
