package sandbox

import (
	"crypto/rand"
	"reflect"
	"slices"
	"time"
)

// Slack's limits for interactive elements:
// https://docs.slack.dev/reference/block-kit/block-elements.
const (
	maxButtonCharacters      = 75
	maxButtonValueCharacters = 2000
	maxPlaceholderCharacters = 150
	maxOptions               = 100
	maxOptionCharacters      = 75
	maxOptionValueCharacters = 150
	maxOverflowOptions       = 5
	maxChoices               = 10
	maxTypedCharacters       = 3000
	maxConfirmTitle          = 100
	maxConfirmText           = 300
	maxConfirmButton         = 30
)

// place is where an element stands in its block.
type place int

const (
	inActions place = 1 << iota
	asAccessory
	inInput
)

// places say where each kind of element can stand.
var places = map[string]place{
	"button": inActions | asAccessory, "overflow": inActions | asAccessory, "image": asAccessory,
	"checkboxes": inActions | asAccessory | inInput, "radio_buttons": inActions | asAccessory | inInput,
	"datepicker": inActions | asAccessory | inInput, "timepicker": inActions | asAccessory | inInput,
	"static_select": inActions | asAccessory | inInput, "users_select": inActions | asAccessory | inInput,
	"channels_select": inActions | asAccessory | inInput, "conversations_select": inActions | asAccessory | inInput,
	"multi_static_select": asAccessory | inInput, "multi_users_select": asAccessory | inInput,
	"plain_text_input": inInput, "email_text_input": inInput, "url_text_input": inInput, "number_input": inInput,
}

// elements checks the elements of one block, whose action ids must differ.
func (n node) elements(list []node, at place) {
	seen := map[string]bool{}
	for _, element := range list {
		kind := element.kind()
		if places[kind]&at == 0 {
			typed, _ := element.child("type")
			typed.fail("unsupported type: %s", kind)
			continue
		}
		if kind == "image" {
			element.imageAddress()
			continue
		}
		id := ""
		given, ok := element.child("action_id")
		if ok {
			id = given.text(0, maxActionIDCharacters)
		}
		if id == "" {
			id = rand.Text()[:5]
			element.fields()["action_id"] = id
		}
		if seen[id] {
			given.fail("`action_id` %q already exists", id)
		}
		seen[id] = true
		element.element(kind)
	}
}

// element checks one interactive element.
func (n node) element(kind string) {
	if confirm, ok := n.child("confirm"); ok {
		confirm.confirm()
	}
	switch kind {
	case "button":
		n.plain("text", maxButtonCharacters, false)
		n.optionalText("value", maxButtonValueCharacters)
		n.optionalText("accessibility_label", maxButtonCharacters)
		if url, ok := n.child("url"); ok {
			url.text(1, maxURLCharacters)
		}
		if style, ok := n.child("style"); ok && !slices.Contains([]any{"primary", "danger"}, style.value) {
			style.fail("must be one of: primary, danger")
		}
	case "overflow":
		n.options(maxOverflowOptions)
	case "checkboxes", "radio_buttons":
		n.options(maxChoices)
	case "static_select", "multi_static_select":
		n.plain("placeholder", maxPlaceholderCharacters, true)
		n.selection()
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		n.typed()
	case "datepicker":
		n.plain("placeholder", maxPlaceholderCharacters, true)
		n.moment("initial_date", time.DateOnly, "must be a date in the format YYYY-MM-DD")
	case "timepicker":
		n.plain("placeholder", maxPlaceholderCharacters, true)
		n.moment("initial_time", "15:04", "must be a time in the format HH:mm")
	default:
		n.plain("placeholder", maxPlaceholderCharacters, true)
		if user, ok := n.child("initial_user"); ok && !isSlackUser(user.text(1, maxActionIDCharacters)) {
			user.fail("invalid user id")
		}
	}
}

func (n node) confirm() {
	n.plain("title", maxConfirmTitle, true)
	if text, ok := n.required("text"); ok {
		text.textObject(maxConfirmText, "mrkdwn", "plain_text")
	}
	n.plain("confirm", maxConfirmButton, true)
	n.plain("deny", maxConfirmButton, true)
}

func (n node) typed() {
	n.plain("placeholder", maxPlaceholderCharacters, true)
	most := maxTypedCharacters
	if longest, ok := n.child("max_length"); ok {
		if length, isNumber := longest.value.(float64); !isNumber || length < 1 || length > maxTypedCharacters {
			longest.fail("must be between 1 and %d", maxTypedCharacters)
		} else {
			most = int(length)
		}
	}
	n.optionalText("initial_value", most)
	if decimal, ok := n.child("is_decimal_allowed"); n.kind() == "number_input" && (!ok || reflect.TypeOf(decimal.value).Kind() != reflect.Bool) {
		n.fail("missing required field: is_decimal_allowed")
	}
}

func (n node) moment(name, layout, complaint string) {
	if initial, ok := n.child(name); ok {
		if _, err := time.Parse(layout, initial.text(1, len(layout))); err != nil {
			initial.fail("%s", complaint)
		}
	}
}

// selection checks the options of a menu, which may stand in groups.
func (n node) selection() {
	groups, ok := n.child("option_groups")
	if !ok {
		n.options(maxOptions)
		return
	}
	for _, group := range groups.items(1, maxOptions) {
		group.plain("label", maxOptionCharacters, false)
		group.options(maxOptions)
	}
}

// options checks a list of options, and that what is chosen at first is one of them.
func (n node) options(most int) {
	list, ok := n.required("options")
	if !ok {
		return
	}
	var all []any
	for _, option := range list.items(1, most) {
		all = append(all, option.value)
		if text, ok := option.required("text"); ok {
			kinds := []string{"plain_text"}
			if n.kind() == "checkboxes" || n.kind() == "radio_buttons" {
				kinds = append(kinds, "mrkdwn")
			}
			text.textObject(maxOptionCharacters, kinds...)
		}
		if value, ok := option.required("value"); ok {
			value.text(1, maxOptionValueCharacters)
		}
		if hint, ok := option.child("description"); ok {
			hint.textObject(maxOptionCharacters, "plain_text", "mrkdwn")
		}
	}
	among := func(initial node) {
		if !slices.ContainsFunc(all, func(option any) bool { return reflect.DeepEqual(option, initial.value) }) {
			initial.fail("must be one of the provided options")
		}
	}
	if initial, ok := n.child("initial_option"); ok {
		among(initial)
	}
	if initial, ok := n.child("initial_options"); ok {
		for _, one := range initial.items(1, most) {
			among(one)
		}
	}
}
