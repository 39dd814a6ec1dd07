package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// option is one choice of a menu, as the app defined it.
type option map[string]any

func (o option) value() string { value, _ := o["value"].(string); return value }

func (o option) label() string {
	text, _ := o["text"].(map[string]any)
	label, _ := text["text"].(string)
	return label
}

// input is an element that holds what a person typed or chose.
type input struct {
	blockID, actionID, kind, label string
	optional                       bool
	asked                          bool // it is an input, not a menu in a row of controls
	options                        []option
	element                        map[string]any
}

// stateful are the kinds of elements that hold something.
func stateful(kind string) bool { return kind != "button" && kind != "overflow" && kind != "image" }

// placed is an element of a block.
type placed struct {
	block   map[string]any
	element map[string]any
}

func (p placed) word(name string) string { word, _ := p.element[name].(string); return word }

func (p placed) blockID() string { id, _ := p.block["block_id"].(string); return id }

// controls lists the interactive elements of blocks, from top to bottom.
func controls(blocks []map[string]any) (all []placed) {
	for _, block := range blocks {
		if kind := block["type"]; kind == "context" || kind == "rich_text" {
			continue
		}
		list, _ := block["elements"].([]any)
		for _, one := range append([]any{block["accessory"], block["element"]}, list...) {
			if element, ok := one.(map[string]any); ok && element["action_id"] != nil {
				all = append(all, placed{block, element})
			}
		}
	}
	return all
}

// options are those of an element, its groups' among them.
func (p placed) options() (all []option) {
	lists := []any{p.element["options"]}
	groups, _ := p.element["option_groups"].([]any)
	for _, group := range groups {
		if group, ok := group.(map[string]any); ok {
			lists = append(lists, group["options"])
		}
	}
	for _, list := range lists {
		list, _ := list.([]any)
		for _, one := range list {
			if one, ok := one.(map[string]any); ok {
				all = append(all, one)
			}
		}
	}
	return all
}

// blocks are the view's.
func (v slackView) blocks() []map[string]any {
	list, _ := v.view["blocks"].([]any)
	blocks := make([]map[string]any, 0, len(list))
	for _, one := range list {
		if block, ok := one.(map[string]any); ok {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// inputs are the view's elements that hold something.
func (v slackView) inputs() (all []input) {
	for _, p := range controls(v.blocks()) {
		if kind := p.word("type"); stateful(kind) {
			label, _ := p.block["label"].(map[string]any)
			text, _ := label["text"].(string)
			all = append(all, input{
				blockID: p.blockID(), actionID: p.word("action_id"), kind: kind, label: text, element: p.element, options: p.options(),
				optional: p.block["optional"] == true || p.block["type"] != "input", asked: p.block["type"] == "input",
			})
		}
	}
	return all
}

// control finds what a person presses in blocks and describes the press as Slack does.
func (s *Sandbox) control(raw []byte, d deed) (object, error) {
	var blocks []map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &blocks); err != nil {
			return nil, err
		}
	}
	var ids []string
	var choice error
	all := controls(blocks)
	// A message that was edited meanwhile may have the same control in a block of another name.
	if !slices.ContainsFunc(all, func(p placed) bool { return p.word("action_id") == d.ActionID && p.blockID() == d.BlockID }) {
		d.BlockID = ""
	}
	for _, p := range all {
		id := p.word("action_id")
		ids = append(ids, id)
		if id != d.ActionID || d.BlockID != "" && d.BlockID != p.blockID() {
			continue
		}
		action := object{
			"type": p.word("type"), "action_id": id, "block_id": p.blockID(), "action_ts": formatTS(microseconds(s.now())),
		}
		if p.word("type") == "button" {
			if d.Value != "" && d.Value != p.word("value") {
				choice = cannot(http.StatusNotFound, "No button %q has the value %q here.", d.ActionID, d.Value)
				continue
			}
			for _, name := range []string{"text", "value", "style"} {
				if p.element[name] != nil {
					action[name] = p.element[name]
				}
			}
			return action, nil
		}
		given := any(d.Option)
		for _, other := range []string{d.User, d.Value} {
			if given == "" {
				given = other
			}
		}
		in := input{kind: p.word("type"), options: p.options(), element: p.element, blockID: p.blockID(), actionID: id}
		chosen, err := in.read(given)
		if err != nil {
			choice = err
			continue
		}
		maps.Copy(action, chosen)
		action["type"] = p.word("type")
		return action, nil
	}
	if choice != nil {
		return nil, choice
	}
	if len(ids) == 0 {
		return nil, cannot(http.StatusNotFound, "Nothing can be pressed here.")
	}
	return nil, cannot(http.StatusNotFound, "There is no control %q here: there are %s.", d.ActionID, strings.Join(slices.Compact(ids), ", "))
}

// filled puts what a person filled in over what stood there at first. It returns Slack's
// state, and what Slack itself finds wanting, by block id.
func (s *Sandbox) filled(v slackView, given map[string]any) (values object, wanting map[string]string, err error) {
	values, wanting = object{}, map[string]string{}
	used := map[string]bool{}
	var known []string
	for _, in := range v.inputs() {
		known = append(known, in.blockID)
		value, there := in.initial(), false
		for _, name := range []string{in.blockID, in.actionID, in.blockID + "." + in.actionID} {
			if one, ok := given[name]; ok && !there {
				value, there, used[name] = one, true, true
			}
		}
		state, err := in.read(value)
		if err != nil {
			return nil, nil, err
		}
		if complaint := in.complaint(state, in.optional); complaint != "" {
			wanting[in.blockID] = complaint
		}
		block, _ := values[in.blockID].(object)
		if block == nil {
			block = object{}
			values[in.blockID] = block
		}
		block[in.actionID] = state
	}
	for name := range given {
		if !used[name] {
			return nil, nil, cannot(http.StatusBadRequest, "values has %q, which is no field of this modal: it has %s.", name, strings.Join(known, ", "))
		}
	}
	return values, wanting, nil
}

// initial is what stands in an input at first, as read takes it.
func (in input) initial() any {
	for _, name := range []string{"initial_value", "initial_user", "initial_date", "initial_time", "initial_channel", "initial_conversation", "initial_users"} {
		if value := in.element[name]; value != nil {
			return value
		}
	}
	if chosen, ok := in.element["initial_option"].(map[string]any); ok {
		return option(chosen).value()
	}
	list, _ := in.element["initial_options"].([]any)
	values := make([]any, 0, len(list))
	for _, one := range list {
		if one, ok := one.(map[string]any); ok {
			values = append(values, option(one).value())
		}
	}
	return values
}

// texts reads one text or a list of them.
func texts(value any) (all []string, ok bool) {
	switch value := value.(type) {
	case nil:
	case string:
		if value != "" {
			all = append(all, value)
		}
	case []any:
		for _, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			all = append(all, text)
		}
	default:
		return nil, false
	}
	return all, true
}

// read turns what a person gave into Slack's state of the element.
func (in input) read(value any) (object, error) {
	given, ok := texts(value)
	if !ok {
		return nil, cannot(http.StatusBadRequest, "The value of %q must be a text or a list of texts.", in.blockID)
	}
	single := ""
	if len(given) > 0 {
		single = given[0]
	}
	state := object{"type": in.kind}
	set := func(name, value string) (object, error) {
		state[name] = nil
		if value != "" {
			state[name] = value
		}
		return state, nil
	}
	switch in.kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return set("value", single)
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, single); single != "" && err != nil {
			return nil, cannot(http.StatusBadRequest, "The value of %q must be a day such as 2026-11-22.", in.blockID)
		}
		return set("selected_date", single)
	case "timepicker":
		return set("selected_time", single)
	case "channels_select":
		return set("selected_channel", single)
	case "conversations_select":
		return set("selected_conversation", single)
	case "users_select", "multi_users_select":
		return in.readUsers(state, given)
	case "static_select", "radio_buttons", "overflow":
		state["selected_option"] = nil
		chosen, err := in.choose(given)
		if len(chosen) > 0 {
			state["selected_option"] = chosen[0]
		}
		return state, err
	default: // checkboxes, multi_static_select
		chosen, err := in.choose(given)
		state["selected_options"] = chosen
		return state, err
	}
}

func (in input) readUsers(state object, given []string) (object, error) {
	ids := []string{}
	for _, name := range given {
		id := name
		if one, ok := somebody(name); ok {
			id = one.slackID
		} else if !isSlackUser(name) {
			return nil, cannot(http.StatusBadRequest, "There is nobody called %q here: name one of %s.", name, strings.Join(handles(), ", "))
		}
		ids = append(ids, id)
	}
	if in.kind == "multi_users_select" {
		state["selected_users"] = ids
		return state, nil
	}
	state["selected_user"] = nil
	if len(ids) > 0 {
		state["selected_user"] = ids[0]
	}
	return state, nil
}

// choose finds options by their values, or by what is written on them.
func (in input) choose(given []string) ([]option, error) {
	chosen := []option{}
	for _, name := range given {
		at := slices.IndexFunc(in.options, func(o option) bool { return o.value() == name })
		if at < 0 {
			at = slices.IndexFunc(in.options, func(o option) bool { return o.label() == name })
		}
		if at < 0 {
			var values []string
			for _, o := range in.options {
				values = append(values, o.value())
			}
			return nil, cannot(http.StatusBadRequest, "%q is no option of %q: there are %s.", name, in.actionID, strings.Join(values, ", "))
		}
		chosen = append(chosen, in.options[at])
	}
	return chosen, nil
}

// complaint is what Slack's app says of an input before it sends it, "" for nothing.
func (in input) complaint(state object, optional bool) string {
	text, _ := state["value"].(string)
	empty := true
	for name, value := range state {
		if list, ok := value.([]option); name != "type" && value != nil && (!ok || len(list) > 0) {
			empty = false
		}
	}
	least, _ := in.element["min_length"].(float64)
	most, _ := in.element["max_length"].(float64)
	length := float64(utf8.RuneCountInString(text))
	switch {
	case empty && !optional:
		return "Please complete this required field."
	case empty:
	case length < least:
		return fmt.Sprintf("Must be at least %.0f characters.", least)
	case most > 0 && length > most:
		return fmt.Sprintf("Must be %.0f characters or fewer.", most)
	case in.kind == "url_text_input" && !isWebLink(text):
		return "Enter a valid URL."
	case in.kind == "email_text_input" && !strings.Contains(text, "@"):
		return "Enter a valid email."
	}
	return ""
}
