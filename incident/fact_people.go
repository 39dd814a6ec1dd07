package incident

import (
	"fmt"
	"slices"
	"time"
)

// RoleAssigned gives a role to somebody, or makes it vacant when To is empty.
type RoleAssigned struct {
	Role  string `json:"role"`
	Title string `json:"title"`
	From  string `json:"from,omitzero"`
	To    string `json:"to,omitzero"`
	// ToEmail is the address of To; empty where it is not known.
	ToEmail string `json:"to_email,omitzero"`
	// Brief is what whoever takes over has to know.
	Brief string `json:"brief,omitzero"`
}

// Kind implements [Fact].
func (RoleAssigned) Kind() Kind { return "role_assigned" }

// Text implements [Fact].
func (f RoleAssigned) Text() string {
	switch {
	case f.To == "":
		return sentence(fmt.Sprintf("%s handed back the role %s", f.From, f.Title), f.Brief)
	case f.From == "":
		return fmt.Sprintf("%s is %s", f.To, f.Title)
	default:
		return sentence(fmt.Sprintf("%s took over from %s as %s", f.To, f.From, f.Title), f.Brief)
	}
}

func (f RoleAssigned) apply(s *State, e Event) {
	i := slices.IndexFunc(s.Roles, func(r Role) bool { return r.ID == f.Role })
	if i < 0 {
		return
	}
	s.Roles = replace(s.Roles, i, func(r *Role) {
		r.Holder, r.HolderEmail, r.Since, r.Brief, r.Held = f.To, f.ToEmail, e.At, f.Brief, true
	})
}

// NoteAdded is something people want remembered.
type NoteAdded struct {
	Body string `json:"text"`
	// HappenedAt is when the thing noted happened, where that is not when it was
	// written down.
	HappenedAt time.Time `json:"happened_at,omitzero"`
	// Quote is set where the text is what somebody said in the chat.
	Quote *Quote `json:"quote,omitzero"`
	// Decision marks what was decided.
	Decision bool `json:"decision,omitzero"`
}

// Kind implements [Fact].
func (NoteAdded) Kind() Kind { return "note_added" }

// Text implements [Fact].
func (f NoteAdded) Text() string {
	switch {
	case f.Quote == nil && !f.Decision:
		return f.Body
	case f.Quote == nil:
		return "Decision: " + f.Body
	case f.Decision:
		return fmt.Sprintf("Decision (%s): %s", f.Quote.By, f.Body)
	default:
		return fmt.Sprintf("%s said: %s", f.Quote.By, f.Body)
	}
}

func (f NoteAdded) apply(s *State, _ Event) {
	if f.Quote != nil {
		s.record(f.Quote.Message, f.Decision)
	}
}

// UpdatePosted tells everyone concerned how things stand.
type UpdatePosted struct {
	Body string `json:"text"`
}

// Kind implements [Fact].
func (UpdatePosted) Kind() Kind { return "update_posted" }

// Text implements [Fact].
func (f UpdatePosted) Text() string { return f.Body }

func (f UpdatePosted) apply(s *State, e Event) {
	s.Update, s.UpdatedAt, s.UpdatedBy = f.Body, e.At, e.Actor
}

// ReminderGiven prompts people about something that has not happened.
type ReminderGiven struct {
	// Hook is the playbook's hook that asked for it, Subject the role, step or
	// follow-up it concerns.
	Hook    string `json:"hook"`
	Subject string `json:"subject,omitzero"`
	Body    string `json:"text"`
	// Count is 1 for the first reminder about the matter, InRow for the first since it
	// last arose.
	Count int `json:"count"`
	InRow int `json:"in_row,omitzero"`
}

// Kind implements [Fact].
func (ReminderGiven) Kind() Kind { return "reminder_given" }

// Text implements [Fact].
func (f ReminderGiven) Text() string { return f.Body }

func (f ReminderGiven) apply(s *State, e Event) {
	s.changeReminder(f.Hook, f.Subject, func(r *Reminder) { r.Count, r.InRow, r.LastAt = f.Count, f.InRow, e.At })
}
