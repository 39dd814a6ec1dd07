package incident

import (
	"fmt"
	"strings"
	"time"
)

// AssignRole gives a role to somebody; an empty user makes it vacant. Brief is what whoever
// takes over has to know; where the holder leaves it out, it says how things stand.
type AssignRole struct {
	Role string `json:"role"`
	User string `json:"user"`
	// Email is the user's address; empty where it is not known.
	Email string `json:"email,omitzero"`
	Brief string `json:"brief,omitzero"`
}

// Name implements [Intent].
func (AssignRole) Name() string { return "assign_role" }

func (i AssignRole) decide(s State, _ Command) ([]Fact, error) {
	user := strings.TrimSpace(i.User)
	if err := boundedText("user", user, MaxNameRunes); err != nil {
		return nil, err
	}
	if err := boundedText("brief", i.Brief, MaxTextRunes); err != nil {
		return nil, err
	}
	if err := boundedText("email", i.Email, maxEmailRunes); err != nil {
		return nil, err
	}
	role, known := s.Role(i.Role)
	if !known {
		return nil, notFound("role", "%s has no role %q; its roles are %s", s.ID, i.Role, s.roleNames())
	}
	if role.Holder == user {
		return nil, nil
	}
	brief := strings.TrimSpace(i.Brief)
	if brief == "" && role.Holder != "" && user != "" {
		brief = HandoverBrief(s)
	}
	assigned := RoleAssigned{Role: role.ID, Title: role.Title, From: role.Holder, To: user, Brief: brief}
	if user != "" {
		assigned.ToEmail = strings.TrimSpace(i.Email)
	}
	return []Fact{assigned}, nil
}

// briefSteps is how many open steps a brief names.
const briefSteps = 5

// HandoverBrief says how things stand, for somebody who takes over: severity and status,
// the last update, and what waits for people.
func HandoverBrief(s State) string {
	parts := []string{fmt.Sprintf("%s, %s", s.Severity, s.Status)}
	if n := s.AlertsFiring(); n > 0 {
		parts = append(parts, fmt.Sprintf("Alerts firing: %d", n))
	}
	if s.Update != "" {
		parts = append(parts, "Last update: "+CutText(s.Update, MaxTitleRunes))
	}
	var open []string
	for _, step := range s.Steps {
		if step.State == Waiting || step.State == Failed {
			open = append(open, step.Title)
		}
	}
	if more := len(open) - briefSteps; more > 0 {
		open = append(open[:briefSteps], fmt.Sprintf("%d more", more))
	}
	if len(open) > 0 {
		parts = append(parts, "Open: "+strings.Join(open, "; "))
	}
	return strings.Join(parts, ". ")
}

// AddNote writes something down. At is when it happened, where that was before now.
type AddNote struct {
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
	// Quote is set where the text is what somebody said in the chat. A message is written
	// down once, and once more where it is marked as a decision only later. Of a long one the
	// beginning is kept; one of files alone has their names for a text.
	Quote *Quote `json:"quote,omitzero"`
	// Decision marks what was decided.
	Decision bool `json:"decision,omitzero"`
}

// Name implements [Intent].
func (AddNote) Name() string { return "add_note" }

func (i AddNote) decide(s State, _ Command) ([]Fact, error) {
	body, quote := i.Text, i.Quote
	if quote != nil {
		checked, err := quote.checked()
		if err != nil {
			return nil, err
		}
		body, quote = checked.body(body), &checked
	}
	text, err := requiredText("text", body, MaxTextRunes)
	if err != nil {
		return nil, err
	}
	if err := storableTime("at", i.At); err != nil {
		return nil, err
	}
	if quote != nil && s.HasRecorded(quote.Message, i.Decision) {
		return nil, nil
	}
	return []Fact{NoteAdded{Body: text, HappenedAt: i.At.UTC(), Quote: quote, Decision: i.Decision}}, nil
}

// PostUpdate tells everyone concerned how things stand.
type PostUpdate struct {
	Text string `json:"text"`
}

// Name implements [Intent].
func (PostUpdate) Name() string { return "post_update" }

func (i PostUpdate) decide(State, Command) ([]Fact, error) {
	text, err := requiredText("text", i.Text, MaxTextRunes)
	if err != nil {
		return nil, err
	}
	return []Fact{UpdatePosted{Body: text}}, nil
}

// Remind prompts people about something that has not happened. After the end of an incident
// that can only be an open follow-up. Count is one more than the
// reminders given so far; one that is not above them is a repetition and changes nothing.
type Remind struct {
	Hook    string `json:"hook"`
	Subject string `json:"subject,omitzero"`
	Text    string `json:"text"`
	Count   int    `json:"count"`
	InRow   int    `json:"in_row,omitzero"`
}

// Name implements [Intent].
func (Remind) Name() string { return "remind" }

func (Remind) afterEnd() {}

func (i Remind) decide(s State, _ Command) ([]Fact, error) {
	if f, ok := s.Followup(i.Subject); s.Status.Ended() && (!ok || f.Done) {
		return nil, ended(s)
	}
	if i.Count <= s.Reminder(i.Hook, i.Subject).Count {
		return nil, nil
	}
	return []Fact{ReminderGiven{Hook: i.Hook, Subject: i.Subject, Body: CutText(i.Text, MaxTextRunes), Count: i.Count, InRow: i.InRow}}, nil
}
