package card

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
)

// Met brings a prompt up to date, a message that asks people for something: the controls of what
// has come about go, and in their place a line says what became of it, by whom and when. What is
// said stays, and so do the controls of what is still open, and those that ask for nothing, such as
// a follow-up. It is false where nothing has changed.
//
// The card is the message as it was posted at a time, or as Met has left it: what it has
// written stays, also where it is taken back later, since people are asked anew then. Controls
// about another incident are left alone, since a channel may have several.
func Met(c chat.Card, s incident.State, posted time.Time) (chat.Card, bool) {
	var parts, said []chat.Part
	asked, open := 0, 0
	for _, part := range c.Parts {
		if len(said) > 0 && !isFate(part) {
			parts, said = append(parts, said...), nil
		}
		left, lines := rest(part.Controls, s, posted)
		asked += count(part.Controls)
		open += count(left)
		if len(part.Controls) == 0 || len(left) > 0 {
			part.Controls = left
			parts = append(parts, part)
		}
		for _, text := range lines {
			said = append(said, chat.Part{Aside: text})
		}
	}
	parts = append(parts, said...)
	if open == 0 && asked > 0 {
		// There is nothing to be reminded of.
		parts = withoutSnooze(parts)
	}
	met := chat.Card{Summary: c.Summary, Parts: parts}
	return met, controlsOf(met) != controlsOf(c)
}

// isFate says whether a part is a line that Met has written before. What is new comes below it.
func isFate(part chat.Part) bool {
	if len(part.Aside) == 0 {
		return false
	}
	first, _, _ := strings.Cut(part.Aside[0].Text, " ")
	return slices.Contains([]string{metMark, leftMark, refusedMark, restMark, againMark}, first)
}

// What lines about the fate of a prompt begin with.
const (
	metMark     = "✓"
	leftMark    = "–"
	refusedMark = "✗"
	restMark    = "😴"
	againMark   = "↻"
)

// controlsOf counts what can be pressed and chosen.
func controlsOf(c chat.Card) int {
	n := 0
	for _, part := range c.Parts {
		for _, control := range part.Controls {
			n += 1 + len(control.Options)
		}
	}
	return n
}

// count is how many of the controls ask for something.
func count(row []chat.Control) int {
	n := 0
	for _, c := range row {
		if asks[c.Act] {
			n++
		}
	}
	return n
}

// asks are the acts that prompts wait for.
var asks = map[string]bool{
	AcknowledgeAct: true, UpdateAct: true, ResolveAct: true, ConfirmSeverityAct: true, SeverityAct: true, TakeRoleAct: true,
	StepCompleteAct: true, StepSkipAct: true, StepApproveAct: true, StepRejectAct: true, StepChooseAct: true, StepRetryAct: true,
}

func withoutSnooze(parts []chat.Part) []chat.Part {
	isSnooze := func(c chat.Control) bool { return c.Act == SnoozeAct }
	var kept []chat.Part
	for _, part := range parts {
		row := slices.DeleteFunc(slices.Clone(part.Controls), isSnooze)
		if len(part.Controls) > 0 && len(row) == 0 {
			continue
		}
		part.Controls = row
		kept = append(kept, part)
	}
	return kept
}

// rest are the controls of a row that are not spent, and what became of the others: each line
// once.
func rest(row []chat.Control, s incident.State, posted time.Time) (left []chat.Control, lines []chat.Text) {
	say := func(text chat.Text) {
		known := func(said chat.Text) bool { return said.String() == text.String() }
		if len(text) > 0 && !slices.ContainsFunc(lines, known) {
			lines = append(lines, text)
		}
	}
	for _, c := range row {
		if len(c.Options) == 0 {
			if text, spent := became(c.Act, c.Value, s, posted); spent {
				say(text)
				continue
			}
			left = append(left, c)
			continue
		}
		var options []chat.Option
		for _, option := range c.Options {
			if text, spent := became(c.Act, option.Value, s, posted); spent {
				say(text)
				continue
			}
			options = append(options, option)
		}
		if c.Options = options; len(options) > 0 {
			left = append(left, c)
		}
	}
	return left, lines
}

// became says what became of what a control asks for; false while it is open, and for a
// control that asks for nothing.
func became(act, value string, s incident.State, posted time.Time) (chat.Text, bool) {
	if id, _ := ReadValue(value, 1); id != s.ID {
		return nil, false
	}
	switch act {
	case StepCompleteAct, StepSkipAct, StepApproveAct, StepRejectAct, StepChooseAct, StepRetryAct:
		_, parts := ReadValue(value, 1)
		if act == StepChooseAct {
			_, parts = ReadValue(value, 2)
		}
		return stepBecame(act, parts[0], s)
	case SnoozeAct:
		return snoozeBecame(value, s, posted)
	}
	if !asks[act] {
		return nil, false
	}
	if text, spent := leadBecame(act, value, s, posted); spent {
		return text, true
	}
	return ended(s)
}

// leadBecame is became for what people lead a response with.
func leadBecame(act, value string, s incident.State, posted time.Time) (chat.Text, bool) {
	switch {
	case act == AcknowledgeAct && !s.AcknowledgedAt.IsZero():
		return done(metMark+" acknowledged", s, s.AcknowledgedBy.Name, s.AcknowledgedAt), true
	case (act == ConfirmSeverityAct || act == SeverityAct) && s.SeverityConfirmed:
		return done(metMark+" "+line(string(s.Severity))+", confirmed", s, s.SeverityConfirmedBy.Name, s.SeverityConfirmedAt), true
	case act == UpdateAct && s.UpdatedAt.After(posted):
		return done(metMark+" update posted", s, s.UpdatedBy.Name, s.UpdatedAt), true
	case act == TakeRoleAct:
		_, parts := ReadValue(value, 1)
		role, known := s.Role(parts[0])
		if !known || role.Holder == "" {
			return nil, false
		}
		return done(metMark+" "+line(role.Title)+": taken", s, role.Holder, role.Since), true
	default:
		return nil, false
	}
}

// ended is what became of what was asked for while people responded, once they do not.
func ended(s incident.State) (chat.Text, bool) {
	switch s.Status {
	case incident.Cancelled:
		return done(metMark+" cancelled", s, s.EndedBy.Name, s.EndedAt), true
	case incident.Merged:
		return done(metMark+" merged into "+string(s.MergedInto), s, s.EndedBy.Name, s.EndedAt), true
	default:
		return done(metMark+" resolved", s, s.ResolvedBy.Name, s.ResolvedAt), !s.Status.Active()
	}
}

// stepBecame is became for what can be done about a step. While Muster tries again, it may be
// open again in a moment.
func stepBecame(act, id string, s incident.State) (chat.Text, bool) {
	step, known := s.Step(id)
	switch {
	case !known:
		return nil, false
	case step.State == incident.Skipped && step.LeftOut:
		return chat.Line(leftMark + " not needed any more"), true
	case step.State == incident.Skipped:
		return done(leftMark+" skipped", s, step.By, step.SettledAt), true
	case step.State == incident.Done && step.Kind == incident.Decision:
		return done(metMark+" decided"+chosen(step), s, step.By, step.SettledAt), true
	case step.State == incident.Done && step.Kind == incident.Approval:
		return done(metMark+" approved", s, step.By, step.SettledAt), true
	case step.State == incident.Done:
		return done(metMark+" done", s, step.By, step.SettledAt), true
	case step.State == incident.Failed && (act == StepApproveAct || act == StepRejectAct):
		return done(refusedMark+" rejected", s, step.By, step.SettledAt), true
	case step.State == incident.Waiting && act == StepRetryAct:
		return chat.Line(againMark + " begun again"), true
	default:
		return nil, false
	}
}

// chosen is the way that was decided for, where the step still knows its name.
func chosen(step incident.Step) string {
	i := slices.IndexFunc(step.Options, func(o incident.Option) bool { return o.ID == step.Choice })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" for “%s”", line(step.Options[i].Title))
}

// snoozeBecame is became for letting a reminder rest: each of a menu's options is spent once
// any was chosen after the reminder.
func snoozeBecame(value string, s incident.State, posted time.Time) (chat.Text, bool) {
	_, parts := ReadValue(value, 3)
	hook, subject := parts[1], parts[2]
	until := s.SnoozedUntil(hook, subject)
	if !until.After(posted) {
		return nil, false
	}
	by := s.Reminder(hook, subject)
	if !by.SnoozedUntil.Equal(until) {
		by = s.Reminder("", "")
	}
	text := done(restMark+" snoozed", s, by.SnoozedBy.Name, time.Time{})
	return append(text, chat.Plain(", asks again "), chat.Moment(until)), true
}

// done says what was done, by whom and when, as far as that is known.
func done(what string, s incident.State, by string, at time.Time) chat.Text {
	text := chat.Line(what)
	if by != "" {
		text = append(text, chat.Plain(" by "), whoIs(s, by))
	}
	if !at.IsZero() {
		text = append(text, chat.Plain(", "), chat.Moment(at))
	}
	return text
}

// whoIs mentions somebody by name, with the address where the incident knows it.
func whoIs(s incident.State, name string) chat.Span {
	for _, p := range slices.Concat(s.Responders(), s.OnCall) {
		if p.Name == name && p.Email != "" {
			return chat.Mention(p)
		}
	}
	return chat.Plain(line(name))
}
