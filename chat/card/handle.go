package card

import (
	"slices"
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
			first = append(first, button(ConfirmSeverityAct, "Confirm "+line(string(s.Severity)), s.ID))
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

// Buttons are the controls with these names, in their order, as playbooks write them:
// "acknowledge", "take_role:commander". What makes no sense now, such as taking a role that
// somebody has, is left out. The first that can stand out does, and no other.
func Buttons(s incident.State, names []string, about Matter, pages Pages) []chat.Control {
	var row []chat.Control
	for _, name := range names {
		name, of, _ := strings.Cut(name, ":")
		row = append(row, named(s, name, of, about, pages)...)
	}
	isPrimary := func(c chat.Control) bool { return c.Style == chat.Primary }
	if first := slices.IndexFunc(row, isPrimary); first >= 0 {
		for i := range row[first+1:] {
			if c := &row[first+1+i]; isPrimary(*c) {
				c.Style = ""
			}
		}
	}
	return row
}

// named are the controls of one name, and the role or the step that it is about.
func named(s incident.State, name, of string, about Matter, pages Pages) []chat.Control {
	switch name {
	case "snooze":
		return []chat.Control{snoozeMenu(s.ID, about.Hook, about.Subject)}
	case "postmortem":
		return []chat.Control{postmortem(s, pages)}
	case "followup":
		return []chat.Control{button(FollowupAct, "Add a follow-up…", s.ID)}
	case "complete", "skip", "step":
		return stepButtons(s, name, of)
	case "step_menu":
		return []chat.Control{stepMenu(s)}
	}
	if s.Status.Active() {
		return leading(s, name, of)
	}
	return nil
}

// leading are the controls of one name with which people lead a response that goes on.
func leading(s incident.State, name, of string) []chat.Control {
	switch {
	case name == "acknowledge" && s.AcknowledgedAt.IsZero():
		return []chat.Control{styled(chat.Primary, button(AcknowledgeAct, "Acknowledge", s.ID))}
	case name == "update":
		return []chat.Control{styled(chat.Primary, button(UpdateAct, "Post an update…", s.ID))}
	case name == "resolve":
		return []chat.Control{styled(chat.Primary, button(ResolveAct, "Resolve…", s.ID))}
	case name == "confirm_severity" && !s.SeverityConfirmed:
		// Whoever finds it wrong has the right one beside it.
		return []chat.Control{button(ConfirmSeverityAct, "Confirm "+line(string(s.Severity)), s.ID), severityMenu(s)}
	case name == "take_role":
		return takeRole(s, of)
	default:
		return nil
	}
}

// takeRole is a button for a role that nobody has; without an id, there is one for each.
func takeRole(s incident.State, id string) []chat.Control {
	var row []chat.Control
	for _, role := range s.Roles {
		if role.Holder == "" && (id == "" || role.ID == id) {
			row = append(row, button(TakeRoleAct, "Take "+line(role.Title), s.ID, role.ID))
		}
	}
	return row
}

// stepButtons are what can be done about a step: to bring it forward, to skip it, or either.
// One that is not open any more has none.
func stepButtons(s incident.State, name, id string) []chat.Control {
	step, known := s.Step(id)
	if !known || step.State != incident.Waiting && step.State != incident.Failed {
		return nil
	}
	var row []chat.Control
	for _, c := range stepControls(s.ID, step) {
		skips := c.Act == StepSkipAct
		if name == "step" || skips == (name == "skip") {
			row = append(row, c)
		}
	}
	return row
}

// stepMenu has the open steps that people can mark as done.
func stepMenu(s incident.State) chat.Control {
	var options []chat.Option
	for _, step := range s.Steps {
		if step.Kind == incident.Manual && step.State == incident.Waiting {
			options = append(options, chat.Option{Value: Value(s.ID, step.ID), Label: line(step.Title)})
		}
	}
	return menu(StepCompleteAct, "Mark a step as done…", options)
}
