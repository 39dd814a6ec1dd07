package incident

import (
	"fmt"
	"slices"
	"time"
)

// ReminderSnoozed says that people do not want to be reminded of a matter for a while.
type ReminderSnoozed struct {
	// Hook and Subject name the matter as [ReminderGiven] does; without a hook, all of them
	// are meant.
	Hook    string        `json:"hook,omitzero"`
	Subject string        `json:"subject,omitzero"`
	For     time.Duration `json:"for_ns"`
}

// Kind implements [Fact].
func (ReminderSnoozed) Kind() Kind { return "reminder_snoozed" }

// Text implements [Fact].
func (f ReminderSnoozed) Text() string {
	switch {
	case f.Hook == "":
		return fmt.Sprintf("No reminders for %s", FormatDuration(f.For))
	case f.Subject == "":
		return fmt.Sprintf("No reminder of %s for %s", f.Hook, FormatDuration(f.For))
	default:
		return fmt.Sprintf("No reminder of %s (%s) for %s", f.Hook, f.Subject, FormatDuration(f.For))
	}
}

func (f ReminderSnoozed) apply(s *State, e Event) {
	s.changeReminder(f.Hook, f.Subject, func(r *Reminder) { r.SnoozedUntil, r.SnoozedBy = e.At.Add(f.For), e.Actor })
}

// changeReminder changes what is known of the reminders of a matter, from the first one on.
func (s *State) changeReminder(hook, subject string, change func(*Reminder)) {
	i := slices.IndexFunc(s.Reminders, func(r Reminder) bool { return r.Hook == hook && r.Subject == subject })
	if i < 0 {
		s.Reminders = with(s.Reminders, Reminder{Hook: hook, Subject: subject})
		i = len(s.Reminders) - 1
	}
	s.Reminders = replace(s.Reminders, i, change)
}

// SnoozedUntil is before when people do not want to be reminded of a matter; zero if they
// have not said so.
func (s State) SnoozedUntil(hook, subject string) time.Time {
	own, all := s.Reminder(hook, subject).SnoozedUntil, s.Reminder("", "").SnoozedUntil
	if all.After(own) {
		return all
	}
	return own
}

// The bounds of a snooze.
const (
	MinSnooze = time.Minute
	MaxSnooze = 24 * time.Hour
)

// maxSnoozed bounds how many matters an incident has reminders of before no other one can
// be snoozed by name.
const maxSnoozed = 1_000

// SnoozeReminder says that people do not want to be reminded of a matter for a while, from
// [MinSnooze] to [MaxSnooze]. Hook is the playbook's hook that reminds, Subject the role,
// step or follow-up; without a hook, all reminders of the incident are meant. The last one
// about a matter counts.
type SnoozeReminder struct {
	Hook    string        `json:"hook,omitzero"`
	Subject string        `json:"subject,omitzero"`
	For     time.Duration `json:"for_ns"`
}

// Name implements [Intent].
func (SnoozeReminder) Name() string { return "snooze_reminder" }

func (i SnoozeReminder) decide(s State, _ Command) ([]Fact, error) {
	if err := boundedText("hook", i.Hook, MaxNameRunes); err != nil {
		return nil, err
	}
	if err := boundedText("subject", i.Subject, MaxNameRunes); err != nil {
		return nil, err
	}
	if i.For < MinSnooze || i.For > MaxSnooze {
		return nil, invalid("for", "reminders can be snoozed for %s to %s, not for %s", FormatDuration(MinSnooze), FormatDuration(MaxSnooze), FormatDuration(i.For))
	}
	if i.Hook == "" && i.Subject != "" {
		return nil, invalid("subject", "say which hook's reminders of %q are meant, or leave the subject out for all reminders", i.Subject)
	}
	if len(s.Reminders) >= maxSnoozed && s.Reminder(i.Hook, i.Subject) == (Reminder{Hook: i.Hook, Subject: i.Subject}) {
		return nil, rule("too_many_snoozes", "%s has reminders of %d matters; snooze all of them at once", s.ID, maxSnoozed)
	}
	return []Fact{ReminderSnoozed(i)}, nil
}
