package playbooks

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
)

// Agenda is what a playbook asks for in one incident. It watches the incident's
// events ([Agenda.Observe]) and says what is due ([Agenda.Due]). It knows nothing but
// what the events say: observing a journal from its beginning rebuilds it.
type Agenda struct {
	playbook  *Playbook
	reactions []Reaction
	watches   map[string]Watch
	// circles are those of [Playbook.circles].
	circles map[string][]incident.Kind
}

// Reaction is the work of a hook that has not been settled yet.
type Reaction struct {
	// ID is the hook's id and the sequence number of the event: the same on every
	// retry, after every restart.
	ID   string `json:"id"`
	Hook string `json:"hook"`
	// Event is what it answers, in brief ([incident.Event.Brief]).
	Event incident.Event `json:"event"`
	// Problem says why the hook's condition could not be evaluated; empty for most.
	Problem string `json:"problem,omitzero"`
	// Begun says that its work was begun: no newer one takes its place any more.
	Begun bool `json:"begun,omitzero"`
}

// Work is something that Muster is to do now.
type Work struct {
	// ID is unique within the incident and the same on every attempt.
	ID string `json:"id"`
	// Hook is set where the work is a hook's reaction.
	Hook  string     `json:"hook,omitzero"`
	Title string     `json:"title"`
	Do    string     `json:"do"`
	With  Parameters `json:"with,omitzero"`
	// Followup is the follow-up that the work is about; empty for most.
	Followup string `json:"followup,omitzero"`
	// On is the event that a reaction answers, for actions that need more of it than its
	// text: a request for help, and a reminder, which can be snoozed. Nil for all other work.
	On *incident.Event `json:"on,omitzero"`
	// UpdateDue is when the next status update is due, for [SlackBrief]; zero where none is.
	UpdateDue time.Time `json:"update_due,omitzero"`
	// Unconfirmed are the keys ([Work.Key]) of the steps whose pages may have got through although the
	// pager's answer did not: what acknowledges or resolves pages must not leave them out.
	Unconfirmed []string `json:"unconfirmed,omitzero"`
	// Event is the sequence number of the event that a reaction answers, which is part of
	// its ID. 0 for steps.
	Event int `json:"event,omitzero"`
	// Round counts how often the step was done before: each time is work of its own.
	Round int `json:"round,omitzero"`
	// Since is when the work was begun, or last tried again by whoever does that: the same for
	// every attempt and every question that is asked meanwhile.
	Since time.Time `json:"since,omitzero"`
	// Poll says that the step waits for a measurement: what is found is for
	// [Agenda.Measured], and the step is not done by it.
	Poll bool `json:"poll,omitzero"`
}

// Key tells the work from all other work of its incident, on every attempt the same.
func (w Work) Key() string { return roundKey(w.ID, w.Round) }

// roundKey has a dot, which no id of a playbook has.
func roundKey(id string, round int) string {
	if round == 0 {
		return id
	}
	return fmt.Sprintf("%s.r%d", id, round)
}

// Effect is a piece of work on an incident, as it is handed to whoever does it.
type Effect struct {
	// Incident is the incident when the work was begun, in brief ([incident.State.Brief]).
	Incident incident.State `json:"incident"`
	Work     Work           `json:"work"`
}

// Due is what is due at one moment.
type Due struct {
	// Commands bring the incident itself forward: steps to start, reminders to give,
	// failed steps to try again, closing. They are to be decided and applied, after
	// which the agenda must be asked again.
	Commands []incident.Intent
	// Work is to be done, each piece beside the others.
	Work []Work
	// Next is when time alone may make something due; zero if nothing will.
	Next time.Time
	// Reason says what Next is about, for people.
	Reason string
}

// NewAgenda returns the agenda of an incident that follows the playbook. Reactions
// are those carried over from an agenda before; nil for a new incident.
func NewAgenda(p *Playbook, carried []Reaction) *Agenda {
	return &Agenda{playbook: p, reactions: slices.Clone(carried), watches: map[string]Watch{}, circles: p.circles()}
}

// Reactions returns what has not been settled, to be carried over.
func (a *Agenda) Reactions() []Reaction { return slices.Clone(a.reactions) }

// Observe takes note of an event. The state is the incident just after it.
func (a *Agenda) Observe(s incident.State, e incident.Event) {
	switch f := e.Fact.(type) {
	case incident.StepCompleted:
		a.settle(f.Step)
	case incident.StepSkipped:
		a.settle(f.Step)
	case incident.StepFailed:
		a.failed(f)
	case incident.StepStarted:
		delete(a.watches, f.Step)
		a.started(f.Step)
	}
	a.watch(s, e)
	if ownWork(s, e) {
		return
	}
	for _, h := range a.playbook.Hooks {
		if !h.reacts(s, e) || a.circular(h, e) || h.ownFailure(e) || a.answersFailure(e) || !a.reached(s, h.Within) {
			continue
		}
		if h.Do == PlaybookRun {
			a.observeRun(s, h, e)
			continue
		}
		r := Reaction{ID: fmt.Sprintf("%s@%d", h.ID, e.Seq), Hook: h.ID, Event: e.Brief()}
		holds, err := a.playbook.programs.holds(h.When, a.hookScope(h, s, e, e.At))
		if err != nil {
			r.Problem = err.Error()
		}
		if holds || err != nil {
			a.add(s, h, r)
		}
	}
}

// ownFailure keeps a hook from using the vendor that has just failed to tell people
// about it.
func (h Hook) ownFailure(e incident.Event) bool {
	failed, ok := e.Fact.(incident.StepFailed)
	return ok && failed.Do != "" && vendor(failed.Do) == vendor(h.Do)
}

// answersFailure keeps two hooks that tell of failures from telling of each other's for
// ever, when both of their vendors are down.
func (a *Agenda) answersFailure(e incident.Event) bool {
	failed, ok := e.Fact.(incident.StepFailed)
	return ok && slices.ContainsFunc(a.reactions, func(r Reaction) bool {
		return r.ID == failed.Step && r.Event.Kind() == e.Kind()
	})
}

// hookScope is what the expressions of a hook see of an event.
func (a *Agenda) hookScope(h Hook, s incident.State, e incident.Event, now time.Time) Scope {
	return a.playbook.ScopeWithin(h.Within, newScope(s, e, now))
}

func (a *Agenda) settle(id string) {
	delete(a.watches, id)
	a.reactions = slices.DeleteFunc(a.reactions, func(r Reaction) bool { return r.ID == id })
}

// keepFailed is how long an incident that has ended waits for people to try again what
// failed for good, such as a page that could not be resolved.
const keepFailed = 7 * 24 * time.Hour

// Idle says that nothing of what was begun is left: no reaction that still has to run,
// and none that failed and may yet be tried again.
func (a *Agenda) Idle(s incident.State, now time.Time) bool {
	return !slices.ContainsFunc(a.reactions, func(r Reaction) bool {
		hook, _ := a.playbook.hook(r.Hook)
		step, known := s.Step(r.ID)
		switch {
		case speechless(s, hook.Do), hook.Do == PlaybookRun:
			return false
		case !a.watches[r.ID].NotBefore.IsZero() && !now.Before(s.EndedAt.Add(keepFailed)):
			return false
		case !known || step.State != incident.Failed || !step.RetryAt.IsZero():
			return true
		default:
			return now.Before(s.EndedAt.Add(keepFailed))
		}
	})
}

// speechless says that an action needs the incident's channel, which is not there.
func speechless(s incident.State, do string) bool {
	return saidInChannel(do) && s.Channel.ID == ""
}

// awaitsChannel says that a step may yet open the channel.
func (a *Agenda) awaitsChannel(s incident.State) bool {
	return slices.ContainsFunc(a.playbook.Steps, func(planned Step) bool {
		step, known := s.Step(planned.ID)
		return known && planned.Do == SlackCreateChannel && !step.State.Settled()
	})
}

// Due says what is due. inFlight holds the ids of the work being done. It is a pure
// function of the agenda, the state, what is in flight and the time. An expression
// that cannot be evaluated fails its own step and nothing else.
func (a *Agenda) Due(s incident.State, inFlight map[string]bool, now time.Time) Due {
	d := &dueList{now: now}
	a.dueRetries(s, d)
	a.dueRoles(s, d)
	a.dueSteps(s, inFlight, d)
	a.dueReactions(s, inFlight, d)
	a.dueReminders(s, d)
	a.dueClose(s, len(inFlight) > 0, d)
	if s.Status.Ended() && !a.Idle(s, now) {
		d.at(s.EndedAt.Add(keepFailed), "give up what failed")
	}
	return d.Due
}

// dueList collects what is due, and the next moment at which something will be.
type dueList struct {
	Due
	now time.Time
}

func (d *dueList) command(i incident.Intent) { d.Commands = append(d.Commands, i) }

// at says whether the moment has come, and remembers it if not.
func (d *dueList) at(moment time.Time, reason string) bool {
	if !moment.After(d.now) {
		return true
	}
	if d.Next.IsZero() || moment.Before(d.Next) {
		d.Next, d.Reason = moment, reason
	}
	return false
}

// tendsPages says that an action is about the pages that were sent.
func tendsPages(do string) bool { return do == PagerDutyAcknowledge || do == PagerDutyResolve }

// paging says that a step is sending a page, or is about to send it again after its workflow
// was lost.
func (a *Agenda) paging(s incident.State) bool {
	return slices.ContainsFunc(a.playbook.Steps, func(planned Step) bool {
		step, known := s.Step(planned.ID)
		return known && planned.Do == PagerDutyPage && step.State == incident.Running
	})
}

// unsuccessful says that an automatic step was tried and is to be tried again.
func unsuccessful(step incident.Step) bool {
	switch step.State {
	case incident.Failed:
		return !step.RetryAt.IsZero()
	case incident.Pending:
		return step.Attempts > 0
	default:
		return false
	}
}

func unconfirmed(s incident.State, do string) []string {
	if !tendsPages(do) {
		return nil
	}
	var ids []string
	for _, step := range s.Steps {
		if step.Do == PagerDutyPage && step.Attempts > 0 && step.State != incident.Done {
			ids = append(ids, roundKey(step.ID, step.Rounds))
		}
	}
	return ids
}

// dueRetries tries again what failed. The playbook's own steps have no purpose after the
// end, and its pages none after the resolution: should the incident be reopened, it is
// paged for anew. What hooks began is brought to an end of its own.
func (a *Agenda) dueRetries(s incident.State, d *dueList) {
	for _, step := range s.Steps {
		moot := s.Status.Ended() || step.Do == PagerDutyPage && !s.Status.Active()
		if moot && step.Hook == "" && unsuccessful(step) {
			if step.Kind == incident.Automatic {
				d.command(incident.SkipStep{Step: step.ID, Reason: "the response was over before it succeeded"})
			}
			continue
		}
		if step.State == incident.Failed && !step.RetryAt.IsZero() && d.at(step.RetryAt, "try again: "+step.Title) {
			d.command(incident.RetryStep{Step: step.ID})
		}
	}
}

// dueReactions lets each lane go forward in the order of events. A reaction that has
// failed does not hold up those behind it. What is to be said in the channel waits until
// there is one, so that nothing goes unsaid because the channel came late.
func (a *Agenda) dueReactions(s incident.State, inFlight map[string]bool, d *dueList) {
	held := map[string]bool{}
	for _, r := range a.reactions {
		hook, known := a.playbook.hook(r.Hook)
		step, failedBefore := s.Step(r.ID)
		if !known || failedBefore && step.State == incident.Failed {
			continue
		}
		lane := lane(hook.Do)
		switch {
		case hook.Do == PlaybookRun:
			// The step of the same id does it.
			continue
		case inFlight[r.ID]:
		case a.untellable(s, hook.Do):
			continue
		case !d.at(a.watches[r.ID].NotBefore, "ask again: "+hook.ID):
			// What takes its time elsewhere holds up nobody.
			continue
		case !d.at(a.pausedUntil(hook), "go on: "+hook.ID):
			continue
		case held[lane]:
		case speechless(s, hook.Do) && (s.Status.Ended() || a.awaitsChannel(s)):
		case tendsPages(hook.Do) && a.paging(s):
			// A page that is on its way would be missed.
		case r.Problem != "":
			d.command(incident.FailStep{Step: r.ID, Hook: hook.ID, Title: hook.ID, Do: hook.Do, Error: r.Problem})
		case failedBefore && step.State == incident.Pending:
			a.dueAgain(s, hook, r, d)
		default:
			scope := a.hookScope(hook, s, r.Event, d.now)
			title, err := a.playbook.programs.text(hook.Title, scope)
			if err != nil {
				title = hook.ID
			}
			title = incident.CutText(title, incident.MaxTitleRunes)
			since := r.Event.At
			if failedBefore {
				since = step.StartedAt
			}
			a.dueWork(Work{
				ID: r.ID, Hook: hook.ID, Title: title, Do: hook.Do, With: hook.With, Followup: scope.Followup.ID,
				Event: r.Event.Seq, On: r.handedOn(hook.Do), UpdateDue: a.updateDue(s, hook.Do), Since: since, Unconfirmed: unconfirmed(s, hook.Do),
			}, scope, d)
		}
		held[lane] = true
	}
}

// handedOn is the event where whoever does the work has to know more of it than its text.
func (r Reaction) handedOn(do string) *incident.Event {
	switch r.Event.Fact.(type) {
	case incident.HelpRequested, incident.ReminderGiven:
		return &r.Event
	default:
		if do == PagerDutyNote {
			// What came from the pager does not go back there.
			brief := r.Event.Brief()
			return &brief
		}
		return nil
	}
}

// updateDue is when the next status update is due, for an action that shows it.
func (a *Agenda) updateDue(s incident.State, do string) time.Time {
	if do != SlackBrief {
		return time.Time{}
	}
	var next time.Time
	for _, h := range a.playbook.Hooks {
		if h.clock() != UpdateDue || !a.reached(s, h.Within) {
			continue
		}
		for _, m := range h.matters(s) {
			if due := m.since.Add(m.after); next.IsZero() || due.Before(next) {
				next = due
			}
		}
	}
	return next
}

// dueAgain starts a reaction that failed before, if it is still wanted: nobody is paged
// because nobody acknowledged, after somebody has.
func (a *Agenda) dueAgain(s incident.State, hook Hook, r Reaction, d *dueList) {
	wanted, err := a.playbook.programs.holds(hook.When, a.hookScope(hook, s, r.Event, d.now))
	if err == nil && !wanted {
		d.command(incident.SkipStep{Step: r.ID, Reason: "no longer needed"})
		return
	}
	d.command(incident.StartStep{Step: r.ID})
}

// maxFilledBytes bounds what is filled in at a time: the parameters of one action, or the
// texts of all steps. It has to fit where Temporal carries it, beside all else.
const maxFilledBytes = 128 << 10

// dueWork fills in the parameters of what is to be done.
func (a *Agenda) dueWork(w Work, scope Scope, d *dueList) {
	filled, size := make(Parameters, len(w.With)), 0
	for _, name := range sortedKeys(w.With) {
		text, err := a.playbook.programs.text(w.With[name], scope)
		if size += len(text); err == nil && size > len(w.With[name])+maxFilledBytes {
			err = fmt.Errorf("filled in, the parameters have more than %d KiB", maxFilledBytes>>10)
		}
		if err != nil {
			d.command(incident.FailStep{
				Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: fmt.Sprintf("parameter %s: %s", name, err),
			})
			return
		}
		filled[name] = text
	}
	w.With = filled
	d.Work = append(d.Work, w)
}

// dueClose closes a resolved incident once all its follow-ups are done. Where none
// was done since the resolution, people get time to add some.
func (a *Agenda) dueClose(s incident.State, busy bool, d *dueList) {
	if s.Status != incident.Resolved || busy || len(d.Work) > 0 || len(d.Commands) > 0 || len(s.OpenFollowups()) > 0 {
		return
	}
	for _, f := range s.Followups {
		if f.DoneAt.After(s.ResolvedAt) {
			d.command(incident.Close{Reason: "every follow-up is done"})
			return
		}
	}
	wait := a.playbook.CloseAfter
	if wait == 0 {
		wait = DefaultCloseAfter
	}
	if d.at(s.ResolvedAt.Add(wait), "close the incident if no follow-up was added") {
		d.command(incident.Close{Reason: "no follow-up is open"})
	}
}
