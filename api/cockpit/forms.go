package cockpit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/store"
)

// The forms, by their ids. The context of all but the first two begins with the incident.
const (
	declareFormID  = "declare"
	followFormID   = "subscribe"
	statusFormID   = "status"
	severityFormID = "severity"
	roleFormID     = "role"
	updateFormID   = "update"
	noteFormID     = "note"
	followupFormID = "followup"
	stepFormID     = "step_add"
	skipFormID     = "step_skip"
	rejectFormID   = "step_reject"
	pageFormID     = "page"
	resolveFormID  = "resolve"
	cancelFormID   = "cancel"
	mergeFormID    = "merge"
	recordFormID   = "record"
)

// Names of fields, the same as in the commands that they are for, so that what the domain
// says of a field reaches it.
const (
	textEntry   = "text"
	noteEntry   = "note"
	reasonEntry = "reason"
	statusEntry = "status"
	roleEntry   = "role"
	userEntry   = "user"
	briefEntry  = "brief"
	ownerEntry  = "owner"
	dueEntry    = "due"
	intoEntry   = "into"
	asEntry     = "as"
)

// maxFormText is the longest text a form asks for, which every chat's forms can hold.
const maxFormText = 3000

// about is the context of a form: the incident, and what else it is about.
func about(s incident.State, parts ...string) string {
	return strings.Join(append([]string{string(s.ID)}, parts...), "|")
}

// heading names the incident above the fields of a form.
func heading(s incident.State) []chat.Part {
	id := string(s.ID)
	if s.Exercise != nil {
		id = "Exercise " + id
	}
	return []chat.Part{{Aside: chat.Text{chat.Bold(id), chat.Plain(fmt.Sprintf(" · %s · %s · %s", s.Severity, s.Status, incident.CutText(s.Title, 100)))}}}
}

func form(s incident.State, id, title, submit string, fields ...chat.Entry) chat.Form {
	return chat.Form{ID: id, Context: string(s.ID), Title: title, Submit: submit, Intro: heading(s), Fields: fields}
}

func textField(id, label, value string, optional bool) chat.Entry {
	return chat.Entry{ID: id, Label: label, Kind: chat.TextEntry, Value: incident.CutText(value, maxFormText), Optional: optional, MaxRunes: maxFormText}
}

func statusOptions() []chat.Option {
	var options []chat.Option
	for _, status := range activeStatuses() {
		options = append(options, chat.Option{Value: string(status), Label: capital(string(status))})
	}
	return options
}

func statusForm(s incident.State) chat.Form {
	value := string(s.Status)
	if !s.Status.Active() {
		value = string(incident.Investigating)
	}
	return form(s, statusFormID, "Change the status", "Change",
		chat.Entry{ID: statusEntry, Label: "Status", Kind: chat.ChoiceEntry, Value: value, Options: statusOptions()},
		textField(noteEntry, "Why?", "", true))
}

func severityForm(s incident.State) chat.Form {
	options := make([]chat.Option, len(s.Scale))
	for i, level := range s.Scale {
		options[i] = chat.Option{Value: string(level.Name), Label: string(level.Name)}
	}
	return form(s, severityFormID, "Change the severity", "Change",
		chat.Entry{ID: severityEntry, Label: "Severity", Kind: chat.ChoiceEntry, Value: string(s.Severity), Options: options},
		textField(reasonEntry, "Why?", "", true))
}

// openRole asks who takes a role: the one that is named, or the first that is free. Whoever
// opens the form stands there first.
func (t *turn) openRole(s incident.State, role, brief string) (plan, error) {
	if len(s.Roles) == 0 {
		return plan{}, t.askRole(s, "", line{}, "")
	}
	options := make([]chat.Option, len(s.Roles))
	for i, r := range s.Roles {
		options[i] = chat.Option{Value: r.ID, Label: capital(r.Title), Hint: "free"}
		if r.Holder != "" {
			options[i].Hint = "now " + r.Holder
		}
		if role == "" && r.Holder == "" {
			role = r.ID
		}
	}
	return open(form(s, roleFormID, "Give a role", "Give",
		chat.Entry{ID: roleEntry, Label: "Role", Kind: chat.ChoiceEntry, Value: role, Options: options},
		chat.Entry{ID: userEntry, Label: "Who takes it?", Kind: chat.PersonEntry, Value: t.act.By.ID},
		textField(briefEntry, "What do they have to know?", brief, true)))
}

func updateForm(s incident.State, draft string) chat.Form {
	fields := []chat.Entry{textField(textEntry, "How do things stand?", draft, false)}
	fields[0].Hint = "Everyone concerned reads it, also outside of this channel."
	if s.Status.Active() {
		fields = append(fields, chat.Entry{ID: statusEntry, Label: "Status", Kind: chat.ChoiceEntry, Value: string(s.Status), Options: statusOptions()})
	}
	return form(s, updateFormID, "Status update", "Post", fields...)
}

func noteForm(s incident.State, text string, decision bool) chat.Form {
	as := string(noteMark)
	if decision {
		as = string(decisionMark)
	}
	return form(s, noteFormID, "Write something down", "Write down",
		textField(textEntry, "What is to be remembered?", text, false),
		chat.Entry{ID: asEntry, Label: "It is", Kind: chat.ChoiceEntry, Value: as, Options: []chat.Option{
			{Value: string(noteMark), Label: "A note"}, {Value: string(decisionMark), Label: "A decision"},
		}})
}

func followupForm(s incident.State, f incident.AddFollowup) chat.Form {
	due := ""
	if !f.Due.IsZero() {
		due = f.Due.Format(time.DateOnly)
	}
	return form(s, followupFormID, "Add a follow-up", "Add",
		chat.Entry{ID: titleEntry, Label: "What remains to be done?", Kind: chat.LineEntry, Value: f.Title, MaxRunes: incident.MaxTitleRunes},
		chat.Entry{ID: ownerEntry, Label: "Who does it?", Kind: chat.PersonEntry, Optional: true},
		chat.Entry{ID: dueEntry, Label: "By when?", Kind: chat.DayEntry, Value: due, Optional: true})
}

func stepForm(s incident.State) chat.Form {
	return form(s, stepFormID, "Add a step", "Add",
		chat.Entry{ID: titleEntry, Label: "What is to be done?", Kind: chat.LineEntry, MaxRunes: incident.MaxTitleRunes},
		chat.Entry{ID: userEntry, Label: "Who does it?", Kind: chat.PersonEntry, Optional: true})
}

func skipForm(s incident.State, step incident.Step) chat.Form {
	f := form(s, skipFormID, "Skip a step", "Skip", textField(reasonEntry, "Why is it skipped?", "", false))
	f.Context = about(s, step.ID)
	f.Intro = append(f.Intro, chat.Part{Body: chat.Text{chat.Bold(incident.CutText(step.Title, incident.MaxTitleRunes))}})
	return f
}

func rejectForm(s incident.State, step incident.Step) chat.Form {
	f := form(s, rejectFormID, "Reject", "Reject", textField(noteEntry, "Why?", "", true))
	f.Context = about(s, step.ID)
	f.Intro = append(f.Intro, chat.Part{Body: chat.Text{chat.Bold(incident.CutText(step.Title, incident.MaxTitleRunes))}})
	return f
}

func resolveForm(s incident.State) chat.Form {
	f := form(s, resolveFormID, "Resolve "+string(s.ID), "Resolve", textField(summaryEntry, "What ended it?", "", true))
	f.Fields[0].Hint = "It stands at the top of the postmortem."
	if n := s.AlertsFiring(); n > 0 {
		f.Intro = append(f.Intro, chat.Part{Body: chat.Text{chat.Bold(fmt.Sprintf("Alerts still firing: %d.", n))}})
	}
	return f
}

// cancelForm says nothing of cancelling: that is written on the button that leaves a form.
func cancelForm(s incident.State) chat.Form {
	return form(s, cancelFormID, "False alarm: "+string(s.ID), "End as a false alarm", textField(reasonEntry, "Why was it a false alarm?", "", false))
}

// mergeChoices is how many incidents a form offers to merge into.
const mergeChoices = 50

func (t *turn) mergeForm(ctx context.Context, s incident.State) (plan, error) {
	others, _, err := t.reader.Incidents(ctx, store.Filter{Status: store.OpenStatuses(), Limit: mergeChoices})
	if err != nil {
		return plan{}, err
	}
	options := incidentOptions(others, s.ID)
	if len(options) == 0 {
		return plan{}, ask("There is no other open incident to merge into.")
	}
	return open(form(s, mergeFormID, "Merge "+string(s.ID), "Merge",
		chat.Entry{ID: intoEntry, Label: "Which incident carries on?", Kind: chat.ChoiceEntry, Options: options},
		textField(reasonEntry, "Why?", "", true)))
}

func incidentOptions(among []incident.State, but incident.ID) []chat.Option {
	var options []chat.Option
	for _, s := range among {
		if s.ID != but {
			options = append(options, chat.Option{Value: string(s.ID), Label: called(s, 50), Hint: fmt.Sprintf("%s, %s", s.Severity, s.Status)})
		}
	}
	return options
}

// planShortcut opens the form that a shortcut stands for.
func (t *turn) planShortcut(ctx context.Context, s chat.Shortcut) (plan, error) {
	if s.Message == nil {
		return t.declareForm(ctx, draft{})
	}
	m := *s.Message
	text := t.plain(ctx, m.Text)
	fields := []chat.Entry{
		{ID: asEntry, Label: "It is", Kind: chat.ChoiceEntry, Value: string(noteMark), Options: []chat.Option{
			{Value: string(noteMark), Label: "A note for the timeline"},
			{Value: string(decisionMark), Label: "A decision"},
			{Value: string(actionMark), Label: "Work for later", Hint: "becomes a follow-up"},
		}},
		textField(textEntry, "What is to be remembered?", text, len(m.Files) > 0),
		{ID: ownerEntry, Label: "Who does it?", Hint: "Of work for later.", Kind: chat.PersonEntry, Optional: true},
		{ID: dueEntry, Label: "By when?", Kind: chat.DayEntry, Optional: true},
	}
	id, err := t.channels(ctx, m.Ref.ChannelID)
	if err != nil {
		return plan{}, err
	}
	f := chat.Form{ID: recordFormID, Title: "Put it on the timeline", Submit: "Record", Fields: fields}
	f.Context = strings.Join([]string{string(id), m.Ref.ChannelID, m.Ref.ID, m.By.ID, incident.CutText(m.By.Name, incident.MaxNameRunes)}, "|")
	if id != "" {
		return open(f)
	}
	others, _, err := t.reader.Incidents(ctx, store.Filter{Status: store.OpenStatuses(), Limit: mergeChoices})
	if err != nil {
		return plan{}, err
	}
	others = slices.DeleteFunc(others, func(other incident.State) bool { return !t.admitted(ctx, other) })
	if len(others) == 0 {
		return plan{}, ask("There is no open incident to put it on.", chat.Control{Act: card.DeclareAct, Label: "Declare an incident…"})
	}
	options := incidentOptions(others, "")
	f.Fields = append([]chat.Entry{{ID: intoEntry, Label: "Incident", Kind: chat.ChoiceEntry, Value: options[0].Value, Options: options}}, f.Fields...)
	return open(f)
}
