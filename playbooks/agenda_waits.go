package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/incident"
)

// Watch is what the agenda remembers of a step or reaction that takes more than one look.
type Watch struct {
	// Since is when the condition that a step waits for came to hold; zero while it does
	// not.
	Since time.Time `json:"since,omitzero"`
	// NotBefore is when to look, or to ask, again.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Met says that the last measurement has found it to have held for long enough.
	Met bool `json:"met,omitzero"`
	// Found is what the last measurement gave, for people.
	Found string `json:"found,omitzero"`
}

// Watches returns what is being watched, to be carried over by [Agenda.Watching].
func (a *Agenda) Watches() map[string]Watch {
	if len(a.watches) == 0 {
		return nil
	}
	return maps.Clone(a.watches)
}

// Watching takes over what an agenda before has watched, in the place of what this one has. What is not carried over, because
// only the journal was left, is watched anew: a metric has to hold for as long as it should
// from then on.
func (a *Agenda) Watching(carried map[string]Watch) {
	if carried != nil {
		a.watches = maps.Clone(carried)
	}
}

// AskAgain notes that an action is under way: it is to be asked for again, under the same
// key, at that time.
func (a *Agenda) AskAgain(id string, at time.Time) {
	w := a.watches[id]
	w.NotBefore = at
	a.watches[id] = w
}

// Measured takes in what [PrometheusQuery] found for a step that waits for a metric.
func (a *Agenda) Measured(id string, outcome incident.Outcome, at time.Time) {
	values := measuredValues(outcome.Output)
	planned, ok := a.playbook.step(id)
	if !ok || planned.Wait == nil || planned.Wait.Metric == nil {
		return
	}
	w := a.watches[id]
	switch {
	case !planned.Wait.Metric.recovered(values):
		w.Since = time.Time{}
	case w.Since.IsZero():
		w.Since = at
	}
	w.NotBefore = at.Add(planned.Wait.Metric.interval())
	enough := w.Since.Add(planned.Wait.For)
	w.Met = !w.Since.IsZero() && !at.Before(enough)
	if !w.Since.IsZero() && enough.Before(w.NotBefore) {
		w.NotBefore = enough
	}
	w.Found = found(values)
	a.watches[id] = w
}

// MeasureEvery is how often a metric is measured where its playbook does not say.
const MeasureEvery = time.Minute

func (m Metric) interval() time.Duration {
	if m.Every > 0 {
		return m.Every
	}
	return MeasureEvery
}

// recovered says whether every value is where it should be. No value at all is no answer.
func (m Metric) recovered(values []float64) bool {
	for _, v := range values {
		if m.Below != nil && !(v < *m.Below) || m.Above != nil && !(v > *m.Above) {
			return false
		}
	}
	return len(values) > 0
}

// measuredValues are the smallest and the largest of the values found: where these two are
// as they should be, all are.
func measuredValues(output map[string]any) []float64 {
	var values []float64
	for _, name := range []string{"min", "value"} {
		if v, ok := output[name].(float64); ok {
			values = append(values, v)
		}
	}
	return slices.Compact(values)
}

func found(values []float64) string {
	switch len(values) {
	case 0:
		return "no value"
	case 1:
		return incident.FormatValue(values[0])
	default:
		return fmt.Sprintf("%s to %s", incident.FormatValue(slices.Min(values)), incident.FormatValue(slices.Max(values)))
	}
}

// watch looks at the conditions that steps wait for. They can change by events alone, so
// that observing the same events finds the same times.
func (a *Agenda) watch(s incident.State, e incident.Event) {
	for _, planned := range a.playbook.Steps {
		if planned.Wait == nil || planned.Wait.Until == "" {
			continue
		}
		step, known := s.Step(planned.ID)
		if !known || step.State != incident.Waiting {
			continue
		}
		w := a.watches[step.ID]
		holds, err := a.playbook.programs.holds(planned.Wait.Until, a.playbook.ScopeWithin(planned.Within, plainScope(s, e.At)))
		switch {
		case err != nil:
			w.Since, w.Found = time.Time{}, err.Error()
		case !holds:
			w.Since, w.Found = time.Time{}, ""
		case w.Since.IsZero():
			w.Since, w.Found = e.At, ""
		}
		a.watches[step.ID] = w
	}
}

// dueWaited ends a wait whose time or condition has come, or measures again.
func (a *Agenda) dueWaited(planned Step, step incident.Step, inFlight map[string]bool, scope Scope, d *dueList) {
	wait, w := planned.Wait, a.watches[step.ID]
	done := func(text string) {
		d.command(incident.FinishStep{Step: step.ID, Outcome: incident.Outcome{Text: text}})
	}
	switch {
	case wait.Metric != nil:
		switch {
		case inFlight[step.ID]:
		case w.Met:
			done("measured: " + w.Found)
		case d.at(w.NotBefore, "measure again: "+step.Title):
			query := Parameters{"query": wait.Metric.Query}
			a.dueWork(Work{ID: step.ID, Title: step.Title, Do: PrometheusQuery, With: query, Round: step.Rounds, Poll: true}, scope, d)
		}
	case wait.Until != "":
		switch {
		case w.Since.IsZero() && w.Found != "":
			d.command(incident.FailStep{Step: step.ID, Error: w.Found})
		case !w.Since.IsZero() && d.at(w.Since.Add(wait.For), "stop waiting: "+step.Title):
			done("")
		}
	case d.at(step.StartedAt.Add(wait.For), "stop waiting: "+step.Title):
		done("")
	}
}
