package guide

import (
	"slices"
	"strings"
	"time"

	"muster/playbooks"
)

// happenings are the kinds of events as people say them, behind "when".
var happenings = map[string]string{
	"declared":           "the incident is declared",
	"playbook_attached":  "the playbook is taken up",
	"acknowledged":       "somebody acknowledges",
	"status_changed":     "the status changes",
	"severity_changed":   "the severity changes",
	"severity_raised":    "the severity is raised",
	"severity_lowered":   "the severity is lowered",
	"resolved":           "it is resolved",
	"reopened":           "it is reopened",
	"cancelled":          "it is cancelled",
	"merged":             "it is merged into another incident",
	"absorbed":           "another incident is merged into it",
	"closed":             "it is closed",
	"alerts_fired":       "alerts fire",
	"alerts_resolved":    "alerts resolve",
	"alerts_cleared":     "the last alert has resolved",
	"role_assigned":      "somebody takes a role or gives it back",
	"note_added":         "somebody writes a note",
	"update_posted":      "somebody posts a status update",
	"reminder_given":     "anybody is reminded of anything",
	"page_sent":          "a page is sent",
	"channel_opened":     "the channel is opened",
	"responders_invited": "responders are invited",
	"postmortem_drafted": "the postmortem is drafted",
	"step_added":         "somebody adds a step",
	"step_started":       "a step begins",
	"step_completed":     "a step is done",
	"step_skipped":       "a step is skipped",
	"step_rejected":      "an approval is refused",
	"step_failed":        "a step fails",
	"step_retried":       "a step is tried again",
	"step_repeated":      "a step is due again",
	"step_nudged":        "a step takes long",
	"step_escalated":     "a step takes so long that others are told",
	"decision_made":      "a decision is made",
	"approval_given":     "an approval is given",
	"metric_collected":   "a metric is collected",
	"followup_added":     "a follow-up is added",
	"followup_completed": "a follow-up is done",
	"ticket_filed":       "a ticket is filed",
	"ticket_changed":     "a ticket changes",
	"journal_restored":   "the journal was restored from a backup",
	"any":                "anything happens",
	"severity_confirmed": "somebody confirms the severity",
	"reminder_snoozed":   "somebody snoozes reminders",
	"responder_joined":   "somebody joins the channel",
	"responder_left":     "somebody leaves the channel",
	"help_requested":     "somebody asks for help",
	"page_changed":       "a page changes in the pager",
	"page_resolved":      "somebody resolves a page in the pager",
	"message_shown":      "a message is shown that is kept up to date",
}

func (t teller) hook(h playbooks.Hook) Hook {
	hook := Hook{
		ID: h.ID, When: t.when(h), Does: title(h.Title), Reminder: title(h.Remind), Action: oneLine(h.Do), Parameters: parameters(h.With),
	}
	if h.When != "" {
		hook.Lines = append(hook.Lines, Line{{Text: "Only if "}, code(h.When), {Text: "."}})
	}
	return hook
}

// when says what a hook reacts to.
func (t teller) when(h playbooks.Hook) Line {
	var all []string
	for _, on := range h.On {
		all = append(all, t.trigger(h, on))
	}
	text := "When " + list(all, "or")
	if h.Every > 0 {
		text += ", then every " + words(h.Every)
		if h.Times > 0 {
			text += ", at most " + times(h.Times)
		}
	} else if h.Times > 0 {
		text += ", at most " + times(h.Times)
	}
	if h.Pause > 0 {
		text += ", once in " + words(h.Pause) + " at most"
	}
	if h.Latest {
		text += ", for the latest of it"
	}
	return say(text)
}

func (t teller) trigger(h playbooks.Hook, on string) string {
	held := ""
	if h.After > 0 {
		held = " for " + words(h.After)
	}
	switch on {
	case playbooks.Unacknowledged:
		return "nobody has acknowledged" + held
	case playbooks.RoleVacant:
		return "a role has been vacant" + held
	case playbooks.UpdateDue:
		return "there has been no status update" + held + " (or as long as the severity says)"
	case playbooks.StepWaiting:
		return "a step has waited for people" + held
	case playbooks.PageUndelivered:
		return "a page has not got through" + held + " (or as long as the service says)"
	case playbooks.FollowupDue:
		return followupDue(h.After)
	case playbooks.SeverityUnconfirmed:
		return "nobody has confirmed the severity" + held
	case playbooks.Quiet:
		return "nobody has done anything" + held
	}
	if text, known := happenings[on]; known {
		return text
	}
	for _, other := range t.Hooks {
		if other.ID == on && len(other.On) == 1 && other.ID != h.ID && !slices.Contains(t.hookIDs(), other.On[0]) {
			return t.trigger(other, other.On[0])
		}
		if other.ID == on {
			return "“" + title(other.Title) + "” reminds"
		}
	}
	return "of " + strings.ReplaceAll(oneLine(on), "_", " ")
}

func (t teller) hookIDs() []string {
	ids := make([]string, len(t.Hooks))
	for i, h := range t.Hooks {
		ids[i] = h.ID
	}
	return ids
}

func followupDue(after time.Duration) string {
	switch {
	case after > 0:
		return "a follow-up has been due for " + words(after)
	case after < 0:
		return "a follow-up is due in " + words(-after)
	default:
		return "a follow-up is due"
	}
}
