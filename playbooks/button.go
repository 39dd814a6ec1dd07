package playbooks

import (
	"fmt"
	"slices"
	"strings"
)

// Button is something that people can do with one press below a message. What it looks like
// is the chat's business.
type Button struct {
	// Name is one of the Button… constants.
	Name string
	// Of is the role or the step that it is about; empty for others.
	Of string
}

// The buttons that a message may have.
const (
	ButtonAcknowledge     = "acknowledge"
	ButtonUpdate          = "update"
	ButtonResolve         = "resolve"
	ButtonConfirmSeverity = "confirm_severity"
	// ButtonTakeRole takes the role; without one, each role that nobody has.
	ButtonTakeRole = "take_role"
	// ButtonComplete and ButtonSkip are about a step that people do.
	ButtonComplete = "complete"
	ButtonSkip     = "skip"
	// ButtonStep is whatever can be done about a step: complete or skip it, approve or
	// reject, choose a way, try again.
	ButtonStep = "step"
	// ButtonStepMenu is a menu of the open steps that people can complete.
	ButtonStepMenu = "step_menu"
	// ButtonSnooze snoozes the reminder that the message is about.
	ButtonSnooze     = "snooze"
	ButtonPostmortem = "postmortem"
	ButtonFollowup   = "followup"
)

// buttonForm is how a button is written: its name and what it takes after a colon.
type buttonForm struct {
	name, of string
	needed   bool
}

var buttons = []buttonForm{
	{ButtonAcknowledge, "", false}, {ButtonUpdate, "", false}, {ButtonResolve, "", false}, {ButtonConfirmSeverity, "", false},
	{ButtonTakeRole, "ROLE", false}, {ButtonComplete, "STEP", true}, {ButtonSkip, "STEP", true}, {ButtonStep, "STEP", true},
	{ButtonStepMenu, "", false}, {ButtonSnooze, "", false}, {ButtonPostmortem, "", false}, {ButtonFollowup, "", false},
}

// maxButtons is how many buttons a message takes.
const maxButtons = 10

// buttonNames lists them for people: "acknowledge, take_role:ROLE".
func buttonNames() string {
	names := make([]string, len(buttons))
	for i, b := range buttons {
		names[i] = b.name
		if b.of != "" {
			names[i] += ":" + b.of
		}
	}
	return strings.Join(names, ", ")
}

// ParseButtons reads "acknowledge take_role:commander snooze". The error says what is wrong
// and reads on from the parameter's name.
func ParseButtons(text string) ([]Button, error) {
	var all []Button
	for _, word := range strings.Fields(text) {
		name, of, given := strings.Cut(word, ":")
		i := slices.IndexFunc(buttons, func(b buttonForm) bool { return b.name == name })
		switch {
		case i < 0:
			return nil, fmt.Errorf("must be buttons such as %s, not %q", buttonNames(), word)
		case given && buttons[i].of == "":
			return nil, fmt.Errorf("must have nothing after %s, not %q", name, of)
		case given && of == "", buttons[i].needed && !given:
			return nil, fmt.Errorf("must say which: %s:%s", name, buttons[i].of)
		}
		all = append(all, Button{Name: name, Of: of})
	}
	if len(all) > maxButtons {
		return nil, fmt.Errorf("must be %d buttons at most, not %d", maxButtons, len(all))
	}
	return all, nil
}
