package card

import (
	"strings"
	"unicode/utf8"

	"muster/chat"
	"muster/incident"
)

// What people can do with a control of a card, as [chat.Control].Act says it. Where nothing
// else is said, the value is the incident's id as [Value] writes it.
const (
	// AcknowledgeAct takes the incident.
	AcknowledgeAct = "acknowledge"
	// UpdateAct opens the form for a status update.
	UpdateAct = "update"
	// ResolveAct opens the form that resolves.
	ResolveAct = "resolve"
	// StatusAct changes the status. Values: INC-42|identified. With the id alone, it opens
	// the form.
	StatusAct = "status"
	// SeverityAct changes the severity. Values: INC-42|SEV2. With the id alone, it opens
	// the form.
	SeverityAct = "severity"
	// ConfirmSeverityAct says that the severity is right.
	ConfirmSeverityAct = "confirm_severity"
	// RoleAct opens the form that gives somebody a role.
	RoleAct = "role"
	// TakeRoleAct takes a role for oneself. Values: INC-42|commander.
	TakeRoleAct = "take_role"
	// The acts on a step. Values: INC-42|step; for StepChooseAct INC-42|step|option.
	StepCompleteAct = "step_complete"
	StepSkipAct     = "step_skip"
	StepApproveAct  = "step_approve"
	StepRejectAct   = "step_reject"
	StepChooseAct   = "step_choose"
	StepRetryAct    = "step_retry"
	// SnoozeAct lets a reminder rest. Values: INC-42|30m0s|hook|subject, the last two empty
	// for all reminders.
	SnoozeAct = "snooze"
	// NoteAct opens the form for a note, FollowupAct that for a follow-up, PageAct that to
	// ask somebody for help.
	NoteAct     = "note"
	FollowupAct = "followup"
	PageAct     = "page"
	// PostmortemAct opens the page with the postmortem.
	PostmortemAct = "postmortem"
	// DeclareAct opens the form that declares an incident. It has no value.
	DeclareAct = "declare"
	// TimelineAct shows the timeline to whoever asks, and nobody else.
	TimelineAct = "timeline"
	// SubscribeAct follows the incident.
	SubscribeAct = "subscribe"
	// OpenAct opens a page; nothing arrives.
	OpenAct = "open"
)

// separator stands between the parts of a value.
const separator = "|"

// Value is what a control says of what it is about: "INC-42|commander". It is empty where that
// would be longer than a chat can carry ([chat.MaxValueRunes]): such a control is left out.
func Value(id incident.ID, parts ...string) string {
	value := strings.Join(append([]string{string(id)}, parts...), separator)
	if utf8.RuneCountInString(value) > chat.MaxValueRunes {
		return ""
	}
	return value
}

// ReadValue takes a value apart that [Value] has written, into as many parts as are wanted. What
// is missing is empty; what is left stays with the last part.
func ReadValue(value string, want int) (id incident.ID, parts []string) {
	split := strings.SplitN(value, separator, want+1)
	parts = make([]string, want)
	copy(parts, split[1:])
	return incident.ID(split[0]), parts
}

// button is a button about an incident.
func button(act, label string, id incident.ID, parts ...string) chat.Control {
	return chat.Control{Act: act, Label: label, Value: Value(id, parts...)}
}

// styled returns a control that stands out.
func styled(style chat.Style, c chat.Control) chat.Control {
	c.Style = style
	return c
}

// controls are a row, without those that have no value to carry: a button's own, or that of
// its options.
func controls(row ...chat.Control) []chat.Part {
	var shown []chat.Control
	for _, c := range row {
		if c.Value != "" || c.URL != "" || len(c.Options) > 0 || c.People {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		return nil
	}
	return []chat.Part{{Controls: shown}}
}
