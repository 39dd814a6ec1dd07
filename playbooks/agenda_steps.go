package playbooks

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
)

// reached says whether what runs a playbook has begun, so that its steps and hooks count.
func (a *Agenda) reached(s incident.State, within string) bool {
	if within == "" {
		return true
	}
	step, known := s.Step(within)
	return known && step.Attempts > 0
}

// observeRun notes that a hook runs its playbook. It does so once.
func (a *Agenda) observeRun(s incident.State, h Hook, e incident.Event) {
	step, known := s.Step(h.ID)
	if _, reacts := a.run(h.ID); !known || step.State != incident.Pending || reacts {
		return
	}
	holds, err := a.playbook.programs.holds(h.When, a.hookScope(h, s, e, e.At))
	if r := (Reaction{ID: h.ID, Hook: h.ID, Event: e.Brief()}); holds || err != nil {
		if err != nil {
			r.Problem = err.Error()
		}
		a.reactions = append(a.reactions, r)
	}
}

// run returns the reaction of a hook that runs its playbook; false while it has not reacted.
func (a *Agenda) run(hook string) (Reaction, bool) {
	for _, r := range a.reactions {
		if r.ID == hook {
			return r, true
		}
	}
	return Reaction{}, false
}

// dueRoles gives roles to those whom the playbook names, while nobody has had them.
func (a *Agenda) dueRoles(s incident.State, d *dueList) {
	if !s.Status.Active() {
		return
	}
	for _, planned := range a.playbook.Roles {
		role, known := s.Role(planned.ID)
		if !known || role.Held || role.Holder != "" {
			continue
		}
		switch planned.Assign {
		case OnCall:
			if len(s.OnCall) > 0 {
				first := s.OnCall[0]
				d.command(incident.AssignRole{Role: role.ID, User: incident.CutText(first.Name, incident.MaxNameRunes), Email: first.Email})
			}
		case Acknowledger:
			if s.AcknowledgedBy.Kind == incident.ActorPerson {
				d.command(incident.AssignRole{Role: role.ID, User: s.AcknowledgedBy.Name})
			}
		}
	}
}

func (a *Agenda) dueSteps(s incident.State, inFlight map[string]bool, d *dueList) {
	whole := plainScope(s, d.now)
	for _, planned := range a.playbook.Steps {
		step, known := s.Step(planned.ID)
		scope := a.playbook.ScopeWithin(planned.Within, whole)
		switch {
		case !known:
			continue
		case step.State == incident.Pending:
			a.dueStart(s, planned, step, scope, d)
		case step.State == incident.Running && planned.Do == PlaybookRun:
			a.dueRunEnd(s, planned, d)
		case step.State == incident.Running && !inFlight[step.ID]:
			if d.at(a.watches[step.ID].NotBefore, "ask again: "+step.Title) {
				a.dueWork(Work{ID: step.ID, Title: step.Title, Do: planned.Do, With: planned.With, Round: step.Rounds, UpdateDue: a.updateDue(s, planned.Do), Since: step.StartedAt}, scope, d)
			}
		case step.State == incident.Waiting && planned.Wait != nil && !s.Status.Ended():
			a.dueWaited(planned, step, inFlight, scope, d)
		case step.State == incident.Done && planned.Repeat != nil:
			a.dueRepeat(s, planned, step, scope, d)
		}
		a.dueTimeout(s, planned, step, d)
	}
}

// way is whether a step can go on.
type way int

const (
	// blocked has to wait for others.
	blocked way = iota
	// open can start as far as others are concerned.
	open
	// closed is not done, because the response took another way.
	closed
)

// dueStart starts a pending step, or leaves it out.
func (a *Agenda) dueStart(s incident.State, planned Step, step incident.Step, scope Scope, d *dueList) {
	switch a.wayTo(s, planned) {
	case blocked:
		return
	case closed:
		if !s.Status.Ended() {
			d.command(incident.SkipStep{Step: step.ID, Reason: "the response took another way", LeftOut: true})
		}
		return
	}
	if h, ok := a.playbook.hook(planned.ID); ok && h.Do == PlaybookRun {
		switch r, reacts := a.run(planned.ID); {
		case !reacts:
			return
		case r.Problem != "":
			d.command(incident.FailStep{Step: step.ID, Error: r.Problem})
			return
		}
	}
	ready, err := a.holds(s, planned, scope)
	if err != nil {
		d.command(incident.FailStep{Step: step.ID, Error: err.Error()})
	} else if ready {
		d.command(incident.StartStep{Step: step.ID})
	}
}

func (a *Agenda) holds(s incident.State, planned Step, scope Scope) (bool, error) {
	if planned.When == "" {
		return s.Status.Active(), nil
	}
	holds, err := a.playbook.programs.holds(planned.When, scope)
	return holds && !s.Status.Ended(), err
}

// wayTo says whether what a step needs lets it go on. Several options of one decision are
// alternatives: one of them is enough. A step is left out when a decision it follows from
// went another way, or when all that it needs was left out itself.
func (a *Agenda) wayTo(s incident.State, planned Step) way {
	if planned.Within != "" {
		runs, known := s.Step(planned.Within)
		switch {
		case known && runs.State.Settled() && runs.Attempts == 0:
			return closed
		case !a.reached(s, planned.Within):
			return blocked
		}
	}
	var decisions []towards
	plain, leftOut, waits := 0, 0, false
	for _, need := range planned.Needs {
		id, option := choice(need)
		if option != "" {
			decisions = alternative(decisions, towards{id, a.wayFrom(s, id, option)})
			continue
		}
		settling := a.playbook.settling(need)
		waits = waits || len(settling) == 0
		for _, id := range settling {
			switch a.wayFrom(s, id, "") {
			case blocked:
				waits = true
			case closed:
				plain, leftOut = plain+1, leftOut+1
			default:
				plain++
			}
		}
	}
	chosen := false
	for _, d := range decisions {
		switch d.way {
		case closed:
			return closed
		case blocked:
			waits = true
		case open:
			chosen = true
		}
	}
	switch {
	case waits:
		return blocked
	case plain > 0 && leftOut == plain && !chosen:
		return closed
	default:
		return open
	}
}

// towards is the way that a decision leaves to a step.
type towards struct {
	decision string
	way      way
}

// alternative takes in one more option of a decision: an open one goes before all others,
// and a closed one behind them.
func alternative(all []towards, one towards) []towards {
	i := slices.IndexFunc(all, func(d towards) bool { return d.decision == one.decision })
	switch {
	case i < 0:
		return append(all, one)
	case one.way == open || all[i].way == closed:
		all[i] = one
	}
	return all
}

// wayFrom says what a step that is needed means to the one that needs it.
func (a *Agenda) wayFrom(s incident.State, id, option string) way {
	step, known := s.Step(id)
	switch {
	case !known:
		return blocked
	case option != "" && step.State == incident.Done:
		if step.Choice == option {
			return open
		}
		return closed
	case option != "" && step.State == incident.Skipped, step.LeftOut:
		return closed
	case step.State.Settled(), option == "" && step.Rounds > 0:
		return open
	case step.State == incident.Failed:
		planned, _ := a.playbook.step(id)
		switch {
		case planned.OnFailure == Continue && option == "":
			return open
		case planned.OnFailure == Continue, planned.OnFailure == Stop && step.RetryAt.IsZero():
			// A decision that nobody made opens none of its ways.
			return closed
		}
	}
	return blocked
}

// dueRunEnd finishes a step that runs a playbook once all the steps of that one are
// settled, or have failed in a way that holds up nobody.
func (a *Agenda) dueRunEnd(s incident.State, planned Step, d *dueList) {
	for _, inner := range a.playbook.Steps {
		if inner.Within == planned.ID && a.wayFrom(s, inner.ID, "") == blocked {
			return
		}
	}
	d.command(incident.FinishStep{Step: planned.ID, Outcome: incident.Outcome{Text: "all of its steps are settled"}})
}

// dueRepeat makes a step due once more.
func (a *Agenda) dueRepeat(s incident.State, planned Step, step incident.Step, scope Scope, d *dueList) {
	if s.Status.Ended() || planned.Repeat.Times > 0 && step.Rounds+1 >= planned.Repeat.Times {
		return
	}
	again := s.Status.Active()
	if planned.Repeat.While != "" {
		var err error
		if again, err = a.playbook.programs.holds(planned.Repeat.While, scope); err != nil {
			// What cannot be evaluated does not go on for ever.
			return
		}
	}
	if again && d.at(step.SettledAt.Add(planned.Repeat.Every), "once more: "+step.Title) {
		d.command(incident.RepeatStep{Step: step.ID})
	}
}

// dueTimeout reminds of a step that takes long, and ends one that takes too long. Of what
// belongs to the response, nobody is reminded after it.
func (a *Agenda) dueTimeout(s incident.State, planned Step, step incident.Step, d *dueList) {
	t := planned.Timeout
	begun := step.State == incident.Waiting || step.State == incident.Running || step.State == incident.Failed && !step.RetryAt.IsZero()
	if t == nil || !begun || s.Status.Ended() || planned.When == "" && !s.Status.Active() {
		return
	}
	since := step.StartedAt
	if step.MusterTries() {
		since = step.FirstStartedAt
	}
	if t.Nudge > 0 && step.NudgedAt.IsZero() && d.at(since.Add(t.Nudge), "nudge: "+step.Title) {
		d.command(incident.NudgeStep{Step: step.ID})
	}
	if t.Escalate > 0 && step.EscalatedAt.IsZero() && d.at(since.Add(t.Escalate), "escalate: "+step.Title) {
		d.command(incident.EscalateStep{Step: step.ID})
	}
	// What people begin once more after its time is given all the time it takes.
	if limit := since.Add(t.Limit); t.Limit > 0 && !step.StartedAt.After(limit) && d.at(limit, "time limit: "+step.Title) {
		d.command(t.atLimit(step))
	}
}

func (t Timeout) atLimit(step incident.Step) incident.Intent {
	passed := fmt.Sprintf("the time limit of %s has passed", incident.FormatDuration(t.Limit))
	switch t.Then {
	case "", Fail:
		return incident.FailStep{Step: step.ID, Error: passed}
	case Skip:
		return incident.SkipStep{Step: step.ID, Reason: passed}
	default:
		return incident.ChooseOption{Step: step.ID, Option: t.Then, Note: passed}
	}
}

// RetryOf returns how a step that has failed is tried again, as its playbook says; false
// where Muster's own way counts. One attempt means that it is not.
func (a *Agenda) RetryOf(step incident.Step, now time.Time) (Retry, bool) {
	planned, ok := a.playbook.step(step.ID)
	if !ok {
		return Retry{}, false
	}
	if t := planned.Timeout; t != nil && t.Limit > 0 && !now.Before(step.FirstStartedAt.Add(t.Limit)) {
		return Retry{Attempts: 1}, true
	}
	switch {
	case planned.Retry != nil:
		return *planned.Retry, true
	case planned.OnFailure == Stop:
		return Retry{Attempts: 1}, true
	default:
		return Retry{}, false
	}
}
