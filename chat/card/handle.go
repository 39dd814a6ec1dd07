package card

import (
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
)

// handles are the buttons and menus for every common act, first what is wanted most.
func handles(s incident.State, pages Pages) []chat.Part {
	var parts []chat.Part
	add := func(row ...chat.Control) { parts = append(parts, controls(row...)...) }
	switch {
	case s.Status.Active():
		var first []chat.Control
		if s.AcknowledgedAt.IsZero() {
			first = append(first, styled(chat.Primary, button(AcknowledgeAct, "Acknowledge", s.ID)))
		}
		if !s.SeverityConfirmed {
			first = append(first, button(ConfirmSeverityAct, "Confirm "+string(s.Severity), s.ID))
		}
		add(append(first, button(UpdateAct, "Post an update…", s.ID), statusMenu(s), severityMenu(s), button(ResolveAct, "Resolve…", s.ID))...)
		add(
			roleMenu(s), button(RoleAct, "Give a role…", s.ID), button(PageAct, "Ask for help…", s.ID), button(NoteAct, "Note…", s.ID),
			button(FollowupAct, "Follow-up…", s.ID), button(TimelineAct, "Timeline", s.ID),
		)
	case s.Status == incident.Resolved:
		add(postmortem(s, pages), button(FollowupAct, "Follow-up…", s.ID), button(NoteAct, "Note…", s.ID), button(TimelineAct, "Timeline", s.ID), statusMenu(s))
	default:
		add(postmortem(s, pages), button(TimelineAct, "Timeline", s.ID))
	}
	return parts
}

// postmortem opens the page; without one it is left out.
func postmortem(s incident.State, pages Pages) chat.Control {
	return chat.Control{Act: PostmortemAct, Label: "Postmortem", URL: pages.Postmortem(s.ID)}
}

// menu is a menu with those options that a chat can carry.
func menu(act, label string, options []chat.Option) chat.Control {
	m := chat.Control{Act: act, Label: label}
	for _, option := range options {
		if option.Value != "" {
			m.Options = append(m.Options, option)
		}
	}
	return m
}

// statusMenu has the statuses that people can move the incident to; of one that is
// resolved, they reopen it.
func statusMenu(s incident.State) chat.Control {
	label := "Status…"
	if s.Status == incident.Resolved {
		label = "Reopen as…"
	}
	var options []chat.Option
	for _, status := range incident.Statuses() {
		if status.Active() {
			options = append(options, chat.Option{Value: Value(s.ID, string(status)), Label: capitalized(string(status)), Chosen: status == s.Status})
		}
	}
	return menu(StatusAct, label, options)
}

// severityMenu has the incident's own scale.
func severityMenu(s incident.State) chat.Control {
	options := make([]chat.Option, len(s.Scale))
	for i, level := range s.Scale {
		options[i] = chat.Option{Value: Value(s.ID, string(level.Name)), Label: line(string(level.Name)), Chosen: level.Name == s.Severity}
	}
	return menu(SeverityAct, "Severity…", options)
}

// roleMenu has the roles that one can take.
func roleMenu(s incident.State) chat.Control {
	options := make([]chat.Option, len(s.Roles))
	for i, role := range s.Roles {
		options[i] = chat.Option{Value: Value(s.ID, role.ID), Label: capitalized(role.Title)}
		if role.Holder != "" {
			options[i].Hint = line("instead of " + role.Holder)
		}
	}
	return menu(TakeRoleAct, "Take a role…", options)
}

// snoozes are for how long a reminder can be let rest.
var snoozes = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour}

// snoozeMenu lets a reminder rest; without a hook, all of the incident's.
func snoozeMenu(id incident.ID, hook, subject string) chat.Control {
	options := make([]chat.Option, len(snoozes))
	for i, rest := range snoozes {
		options[i] = chat.Option{Value: Value(id, rest.String(), hook, subject), Label: "for " + incident.FormatDuration(rest)}
	}
	return menu(SnoozeAct, "Snooze…", options)
}

// Matter is what a message is about, for the buttons on it.
type Matter struct {
	// Hook and Subject name the reminder that it is, as [incident.ReminderGiven] does; empty
	// for none.
	Hook    string
	Subject string
}

// Buttons are the controls with these names, in their order, as playbooks name them:
// "acknowledge", "take_role:commander". The outlook's steps are those that a button can be
// about. What makes no sense now, such as taking a role that somebody has, is left out.
func Buttons(s incident.State, o incident.Outlook, names []string, about Matter, pages Pages) []chat.Control {
	var row []chat.Control
	for _, name := range names {
		row = append(row, namedButtons(s, o, name, about, pages)...)
	}
	return row
}

func namedButtons(s incident.State, o incident.Outlook, name string, about Matter, pages Pages) []chat.Control {
	name, subject, _ := strings.Cut(name, ":")
	one := func(c chat.Control) []chat.Control { return []chat.Control{c} }
	switch name {
	case "snooze":
		return one(snoozeMenu(s.ID, about.Hook, about.Subject))
	case "postmortem":
		return one(postmortem(s, pages))
	case "followup":
		return one(button(FollowupAct, "Add a follow-up…", s.ID))
	case "timeline":
		return one(button(TimelineAct, "Timeline", s.ID))
	case "note":
		return one(button(NoteAct, "Note…", s.ID))
	case "complete", "skip", "step_menu":
		return stepButtons(s.ID, o, name, subject)
	}
	if !s.Status.Active() {
		return nil
	}
	switch name {
	case "acknowledge":
		if s.AcknowledgedAt.IsZero() {
			return one(styled(chat.Primary, button(AcknowledgeAct, "Acknowledge", s.ID)))
		}
	case "update":
		return one(button(UpdateAct, "Post an update…", s.ID))
	case "resolve":
		return one(button(ResolveAct, "Resolve…", s.ID))
	case "status":
		return one(statusMenu(s))
	case "severity":
		return one(severityMenu(s))
	case "confirm_severity":
		if !s.SeverityConfirmed {
			return one(button(ConfirmSeverityAct, "Confirm "+string(s.Severity), s.ID))
		}
	case "role":
		return one(button(RoleAct, "Give a role…", s.ID))
	case "take_role":
		return takeRole(s, subject)
	case "page":
		return one(button(PageAct, "Ask for help…", s.ID))
	}
	return nil
}

// takeRole is a button for a role that nobody has; without one, there is a button for each.
func takeRole(s incident.State, id string) []chat.Control {
	var row []chat.Control
	for _, role := range s.Roles {
		if role.Holder == "" && (id == "" || role.ID == id) {
			row = append(row, button(TakeRoleAct, "Take "+line(role.Title), s.ID, role.ID))
		}
	}
	return row
}

// stepButtons are for one step, as it is; step_menu has all that can be done about it. One
// that is not open any more has none.
func stepButtons(id incident.ID, o incident.Outlook, name, step string) []chat.Control {
	var row []chat.Control
	for _, candidate := range o.Steps {
		if candidate.ID != step && step != "" {
			continue
		}
		for _, c := range stepControls(id, candidate) {
			skips := c.Act == StepSkipAct
			if name == "step_menu" || name == "skip" == skips {
				row = append(row, c)
			}
		}
		if step == "" {
			break // the most pressing one
		}
	}
	return row
}
