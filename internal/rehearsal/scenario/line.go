package scenario

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Line is one line of what happened in a rehearsal: an event of the timeline, a prompt, or
// something that left Muster.
type Line struct {
	At   time.Duration
	Kind string
	// Event is the kind of event; empty for what left Muster.
	Event incident.Kind
	// Text is what people read, To where it went, By who did it.
	Text, To, By string
	// Step is the step that it is about; empty for most.
	Step string
}

// The kinds of lines that are no entries of the record.
const (
	timelineKind = "timeline"
	promptKind   = "prompt"
)

// lineKinds are what an expectation can ask for.
var lineKinds = []string{
	string(rehearsal.PageSent), string(rehearsal.MessagePosted), string(rehearsal.TopicSet), string(rehearsal.ChannelOpened),
	string(rehearsal.PeopleInvited), string(rehearsal.MailSent), string(rehearsal.WebhookPosted), string(rehearsal.TicketFiled),
	string(rehearsal.RequestMade), string(rehearsal.WorkflowAsked), string(rehearsal.HelpAsked), string(rehearsal.PageNoted), promptKind, timelineKind, string(rehearsal.CommandRefused),
}

// Lines are all lines of a record, by time. An event that is a prompt is there twice, and one
// that tells nothing to people is not there.
func Lines(r *rehearsal.Record) []Line {
	var lines []Line
	for _, e := range r.Events {
		if e.Idle() {
			continue
		}
		l := Line{At: e.At.Sub(r.Start), Kind: timelineKind, Event: e.Kind(), Text: e.Text(), By: e.Actor.Name, Step: stepOf(e.Fact)}
		lines = append(lines, l)
		if hook, ok := promptOf(e.Fact); ok {
			l.Kind, l.To = promptKind, hook
			lines = append(lines, l)
		}
	}
	for _, e := range r.Entries {
		l := Line{At: e.At, Kind: string(e.Kind), Text: strings.TrimSpace(e.Text), To: e.To}
		if e.Kind == rehearsal.CommandRefused {
			l.By, l.To = e.To, ""
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.At, b.At) })
	return lines
}

// promptOf returns the hook or step that reminds people, if the fact is a prompt.
func promptOf(f incident.Fact) (string, bool) {
	switch f := f.(type) {
	case incident.ReminderGiven:
		return f.Hook, true
	case incident.StepNudged:
		return f.Step, true
	case incident.StepEscalated:
		return f.Step, true
	default:
		return "", false
	}
}

// stepOf is the step that a fact is about.
func stepOf(f incident.Fact) string {
	switch f := f.(type) {
	case incident.StepAdded:
		return f.Step.ID
	case incident.StepStarted:
		return f.Step
	case incident.StepCompleted:
		return f.Step
	case incident.StepSkipped:
		return f.Step
	case incident.StepRejected:
		return f.Step
	case incident.StepFailed:
		return f.Step
	case incident.StepRetried:
		return f.Step
	case incident.DecisionMade:
		return f.Step
	case incident.ApprovalGiven:
		return f.Step
	case incident.StepNudged:
		return f.Step
	case incident.StepEscalated:
		return f.Step
	case incident.StepRepeated:
		return f.Step
	default:
		return ""
	}
}
