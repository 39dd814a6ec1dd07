package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Failure is an expectation that was not met.
type Failure struct {
	Place
	// Message says what was expected.
	Message string
	// Diff compares what was expected with the part of the timeline that matters for it.
	Diff []DiffLine
}

// judge compares what happened with what was expected.
type judge struct {
	scenario *Scenario
	record   *rehearsal.Record
	lines    []Line
	failures []Failure
	// commands tells by its label which event of the scenario gave a command.
	commands map[string]Event
}

// Judge returns the expectations of the scenario that the record does not meet, in the order
// of the file. A command that was refused, or one that should have been, is among them.
func (s *Scenario) Judge(record *rehearsal.Record) []Failure {
	j := &judge{scenario: s, record: record, lines: Lines(record), commands: map[string]Event{}}
	j.judgeCommands()
	for _, e := range s.Expect {
		j.judge(e)
	}
	slices.SortStableFunc(j.failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return j.failures
}

func (j *judge) fail(at Place, diff []DiffLine, format string, args ...any) {
	message := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	j.failures = append(j.failures, Failure{Place: at, Message: strings.ReplaceAll(message, " ,", ","), Diff: diff})
}

// label names a command of the scenario in the record.
func (e Event) label() string { return fmt.Sprintf("%d:%d", e.Line, e.Column) }

func (j *judge) judgeCommands() {
	refused := map[string]rehearsal.Entry{}
	for _, e := range j.record.Of(rehearsal.CommandRefused) {
		refused[e.Command.Label] = e
	}
	for _, e := range j.scenario.Events {
		if e.What.Command == nil && e.What.Ticket == nil {
			continue
		}
		entry, was := refused[e.label()]
		name := "ticket"
		if e.What.Command != nil {
			name = e.What.Command.Intent.Name()
		}
		by := ""
		if e.What.Command != nil {
			by = " by " + e.What.Command.Actor.Name
		}
		switch {
		case e.Refused == nil && was:
			j.fail(e.Place, j.aroundRefusal(entry), "%s%s at %s was refused: %s", name, by, FormatDuration(e.At), entry.Text)
		case e.Refused != nil && !was:
			j.fail(e.Place, nil, "%s%s at %s was accepted, and should have been refused", name, by, FormatDuration(e.At))
		case e.Refused != nil && !e.Refused.Matches(entry.Text) && !e.Refused.Matches(entry.Command.Rule):
			j.fail(e.Place, nil, "%s%s at %s was refused, but not because of %q: %s", name, by, FormatDuration(e.At), e.Refused, entry.Text)
		}
	}
}

func (j *judge) judge(e Expectation) {
	for _, m := range e.Lines {
		n := 0
		for _, l := range j.lines {
			if e.includes(l.At, j.record.Length) && m.matches(l) {
				n++
			}
		}
		switch {
		case e.Never && n > 0:
			j.fail(m.Place, j.diffNever(e, m), "%s must not be there %s, and is", m, cmp.Or(e.when(), "at all"))
		case e.Never:
		case e.Times >= 0 && n != e.Times:
			j.fail(m.Place, j.diffLine(e, m), "expected %d × %s %s, found %d", e.Times, m, e.when(), n)
		case e.Times < 0 && n == 0:
			j.fail(m.Place, j.diffLine(e, m), "expected %s %s", m, e.when())
		}
	}
	j.judgeOrder(e)
	for _, m := range e.States {
		j.judgeState(e, m)
	}
}

// judgeOrder looks for one matcher after another.
func (j *judge) judgeOrder(e Expectation) {
	from := 0
	for i, m := range e.InOrder {
		found := slices.IndexFunc(j.lines[from:], func(l Line) bool { return e.includes(l.At, j.record.Length) && m.matches(l) })
		if found < 0 {
			after := ""
			if i > 0 {
				after = fmt.Sprintf(", after %s", e.InOrder[i-1])
			}
			j.fail(m.Place, j.diffOrder(e), "expected %s in this order%s", m, after)
			return
		}
		from += found + 1
	}
}

// span is a part of the time in which something stays as it is.
type span struct {
	at    time.Duration
	state incident.State
}

// spans lists the incident as it was after each moment at which something happened.
func (j *judge) spans() []span {
	var all []span
	var s incident.State
	for _, e := range j.record.Events {
		s = incident.Apply(s, e)
		at := e.At.Sub(j.record.Start)
		if n := len(all); n > 0 && all[n-1].at == at {
			all[n-1].state = s
			continue
		}
		all = append(all, span{at, s})
	}
	return all
}

func (j *judge) judgeState(e Expectation, m StateMatcher) {
	if e.Instant {
		state := j.record.StateAt(e.From)
		if m.holds(state) == e.Never {
			j.fail(m.Place, j.diffState(e, m), "expected %s: %s %s", m.Subject, negated(e, m.Want), e.when())
		}
		return
	}
	held := false
	all := j.spans()
	for i, s := range all {
		ends := j.record.Length
		if i+1 < len(all) {
			ends = all[i+1].at - 1
		}
		to := e.To
		if e.Open {
			to = j.record.Length
		}
		if s.at <= to && ends >= e.From && m.holds(s.state) {
			held = true
		}
	}
	if held == e.Never {
		j.fail(m.Place, j.diffState(e, m), "expected %s: %s %s", m.Subject, negated(e, m.Want), e.when())
	}
}

func negated(e Expectation, want string) string {
	if e.Never {
		return "never " + want
	}
	return want
}
