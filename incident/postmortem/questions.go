package postmortem

import (
	"fmt"
	"time"

	"muster/incident"
)

const (
	// promptAcknowledgement is how soon somebody should have taken an incident. Five
	// minutes is what chapter 11 of Google's "Site Reliability Engineering" calls
	// typical for services that users face.
	promptAcknowledgement = 5 * time.Minute
	// promptDeclaration is how long an alert may fire before the incident is
	// declared: the same patience, one step earlier.
	promptDeclaration = 5 * time.Minute
	// silence is how long a response may go on without a status update where its
	// severity does not say. Half an hour is Muster's own choice.
	silence = 30 * time.Minute
)

// inquiry collects the questions that one incident raises.
type inquiry struct {
	state     incident.State
	document  Document
	questions []Question
}

// questions asks people for what the events do not tell.
func questions(s incident.State, d Document) []Question {
	q := &inquiry{state: s, document: d}
	switch s.Status {
	case incident.Merged:
		// They are asked of the incident that carries on.
	case incident.Cancelled:
		q.ask("false_alarm", "What raised the false alarm, and what would keep it from being raised again?")
		q.ask("recognised", "What showed that it was a false alarm, and could that be seen sooner?")
	default:
		if d.Exercise {
			q.ask("exercise", "What did the exercise show that people, the playbook or the tools could not do yet?")
		} else {
			q.aboutCause()
			q.aboutBeginning()
		}
		q.aboutResponse()
		q.aboutSteps()
		q.aboutEnd()
		q.aboutFollowups()
		q.ask("went_well", "What went well and should stay that way?")
		q.ask("luck", "Where did luck help, and what if it had not?")
	}
	return q.questions
}

func (q *inquiry) ask(kind, format string, args ...any) {
	q.questions = append(q.questions, Question{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

func (q *inquiry) over() bool { return !q.state.Status.Active() }

func (q *inquiry) aboutCause() {
	q.ask("cause", "What set it off, and which conditions had to come together for it to happen?")
	q.ask("extent", "Who was affected, and how much: users, requests, data, money?")
	if q.state.Summary == "" {
		q.ask("no_summary", "No one described the incident when it was declared: what did those affected notice?")
	}
}

func (q *inquiry) aboutBeginning() {
	d := q.document
	switch {
	case d.Impact.Undeclared != nil && time.Duration(*d.Impact.Undeclared) >= promptDeclaration:
		q.ask("declared_late", "An alert had been firing for %s when the incident was declared: what happened in that time?", d.Impact.Undeclared)
	case d.Impact.FirstAlertAt.IsZero():
		q.ask("no_alert", "No alert fired: which signal would have shown it?")
	case q.state.DeclaredBy.Kind == incident.ActorPerson && d.Impact.Undeclared == nil:
		q.ask("alert_late", "People knew before any alert fired: which signal would have shown it sooner?")
	}
	switch {
	case d.TimeToAcknowledge == nil && q.over():
		q.ask("not_acknowledged", "No one acknowledged the incident: how did people find out, and did the page reach anyone?")
	case d.TimeToAcknowledge != nil && time.Duration(*d.TimeToAcknowledge) > promptAcknowledgement:
		q.ask("acknowledged_late", "It took %s until someone acknowledged: what stood in the way?", d.TimeToAcknowledge)
	}
	for _, c := range d.Impact.Severities {
		if c.Raised {
			q.ask("severity_raised", "The severity was raised from %s to %s after %s: what would have shown the extent from the start?",
				c.From, c.To, inWords(c.At.Sub(d.DeclaredAt)))
			break
		}
	}
}

func (q *inquiry) aboutResponse() {
	d := q.document
	if patience := q.patience(); len(d.Impact.Updates) == 0 && d.TimeToResolve != nil && time.Duration(*d.TimeToResolve) > patience {
		q.ask("no_update", "No status update was posted in %s: how did those affected learn how things stood?", d.TimeToResolve)
	}
	reminded, vacant := false, []string(nil)
	for _, difficulty := range d.Difficulties {
		reminded = reminded || difficulty.Kind == "reminders" || difficulty.Kind == "step_slow"
	}
	for _, r := range d.People.Roles {
		if len(r.Holders) == 0 {
			vacant = append(vacant, r.Title)
		}
	}
	if reminded {
		q.ask("reminders", "Reminders were needed: did they come at the right moment, and what kept people from what they asked for?")
	}
	if len(vacant) > 0 && q.over() {
		q.ask("role_vacant", "No one took the role of %s: who did that work, or was it not needed?", enumerate(vacant))
	}
	q.ask("made_worse", "What made it last longer or get worse: missing access, information, tools, hands?")
}

func (q *inquiry) patience() time.Duration {
	if every := q.state.Level().UpdateEvery; every > 0 {
		return every
	}
	return silence
}

func (q *inquiry) aboutSteps() {
	failures := make(map[string]int)
	for _, a := range q.document.Tried {
		if a.Outcome == Failed {
			failures[a.Step] += max(a.Times, 1)
		}
	}
	for _, d := range q.document.Decisions {
		if d.Muster {
			q.ask("decided_by_playbook", "“%s” was decided by the playbook, because nobody did in time: was it the right way, and what kept people from deciding?", d.Title)
		}
	}
	for _, step := range q.state.Steps {
		failed := failures[step.ID]
		switch {
		case step.LeftOut:
		case step.State == incident.Skipped:
			q.ask("step_skipped", "The step “%s” was skipped (%s): does the playbook need it as it is?", step.Title, step.Note)
		case failed > 0 && step.State == incident.Done:
			q.ask("step_failed", "The step “%s” failed %s before it was done: what would make it dependable?", step.Title, times(failed))
		case step.State == incident.Failed && step.Kind == incident.Approval && step.By != "":
			q.ask("step_rejected", "“%s” was not approved: what was done instead?", step.Title)
		case failed > 0:
			q.ask("step_failed", "The step “%s” failed and has not been done: is anything left to do, and what would make it dependable?", step.Title)
		case step.State == incident.Waiting && step.Kind != incident.Wait && step.Rounds == 0 && q.over():
			q.ask("step_open", "The step “%s” was still open when it was over: is it left to do, or was it not needed?", step.Title)
		}
	}
}

func (q *inquiry) aboutEnd() {
	if n := len(q.document.Impact.Reopenings); n > 0 {
		q.ask("reopened", "It was resolved and reopened %s: which check would have shown that it was not over?", times(n))
	}
	if q.over() && q.state.Resolution == "" {
		q.ask("no_resolution", "No one wrote a summary of the resolution: what ended the incident?")
	}
}

func (q *inquiry) aboutFollowups() {
	if len(q.document.Followups) == 0 && q.over() {
		q.ask("no_followup", "No follow-up has been recorded: what will keep this from happening again, or make it milder?")
	}
	var unowned []string
	for _, f := range q.document.Followups {
		if f.Owner == "" && !f.Done {
			unowned = append(unowned, f.ID)
		}
	}
	switch len(unowned) {
	case 0:
	case 1:
		q.ask("followup_unowned", "Follow-up %s has no owner: who takes it?", unowned[0])
	default:
		q.ask("followup_unowned", "Follow-ups %s have no owners: who takes them?", enumerate(unowned))
	}
}
