package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// This file holds Slack's limits for blocks, as documented at
// https://docs.slack.dev/reference/block-kit/blocks and
// https://docs.slack.dev/reference/block-kit/composition-objects. Characters are counted as
// UTF-16 units, the strictest of the ways in which Slack's clients count: what passes here
// passes there.
const (
	maxMessageBlocks       = 50
	maxViewBlocks          = 100
	maxBlockIDCharacters   = 255
	maxActionIDCharacters  = 255
	maxSectionCharacters   = 3000
	maxSectionFields       = 10
	maxFieldCharacters     = 2000
	maxHeaderCharacters    = 150
	maxContextElements     = 10
	maxActionElements      = 25
	maxLabelCharacters     = 2000
	maxURLCharacters       = 3000
	maxAltCharacters       = 2000
	maxMarkdownCharacters  = 12000
	maxViewTitleCharacters = 24
	maxMetadataCharacters  = 3000
	maxCallbackCharacters  = 255
	maxViewBytes           = 250_000
)

// surface is where blocks are shown.
type surface string

const (
	onMessage surface = "message"
	onModal   surface = "modal"
)

// inspection collects what is wrong with a document, in Slack's words: each message ends in
// a JSON pointer to the place.
type inspection struct {
	surface   surface
	messages  []string
	blockIDs  map[string]bool
	hasInputs bool
}

// node is a value within the document that is inspected.
type node struct {
	*inspection
	pointer string
	value   any
}

func (n node) fail(format string, args ...any) {
	n.messages = append(n.messages, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+n.pointer+"]")
}

// fields are those of an object; of anything else there are none.
func (n node) fields() map[string]any {
	fields, _ := n.value.(map[string]any)
	return fields
}

// child returns a field, and whether it is there at all.
func (n node) child(name string) (node, bool) {
	value, ok := n.fields()[name]
	return node{n.inspection, n.pointer + "/" + name, value}, ok && value != nil
}

// required is child for a field that must be there.
func (n node) required(name string) (node, bool) {
	child, ok := n.child(name)
	if !ok {
		n.fail("missing required field: %s", name)
	}
	return child, ok
}

func (n node) kind() string {
	kind, _ := n.fields()["type"].(string)
	return kind
}

// text checks a string's length and returns it.
func (n node) text(least, most int) string {
	text, ok := n.value.(string)
	switch length := len(utf16.Encode([]rune(text))); {
	case !ok:
		n.fail("must provide a string")
	case length < least:
		n.fail("must be more than %d characters", least-1)
	case length > most:
		n.fail("must be less than %d characters", most+1)
	}
	return text
}

// optionalText checks a string that may be missing.
func (n node) optionalText(name string, most int) {
	if child, ok := n.child(name); ok {
		child.text(0, most)
	}
}

// items returns the elements of an array with so many of them.
func (n node) items(least, most int) []node {
	list, ok := n.value.([]any)
	switch {
	case !ok:
		n.fail("must provide an array")
	case len(list) < least:
		n.fail("no fewer than %d items allowed", least)
	case len(list) > most:
		n.fail("no more than %d items allowed", most)
	}
	nodes := make([]node, 0, len(list))
	for i, value := range list {
		nodes = append(nodes, node{n.inspection, fmt.Sprintf("%s/%d", n.pointer, i), value})
	}
	return nodes
}

// textObject checks a text object of one of the kinds.
func (n node) textObject(most int, kinds ...string) {
	if n.fields() == nil {
		n.fail("must provide an object")
		return
	}
	if !slices.Contains(kinds, n.kind()) {
		n.fail("must be a valid text object of the type %s", strings.Join(kinds, " or "))
		return
	}
	if emoji, _ := n.child("emoji"); emoji.value == true && n.kind() != "plain_text" {
		n.fail("invalid additional property: emoji")
	}
	if verbatim, _ := n.child("verbatim"); verbatim.value == true && n.kind() != "mrkdwn" {
		n.fail("invalid additional property: verbatim")
	}
	if text, ok := n.required("text"); ok {
		text.text(1, most)
	}
}

// plain checks a field that holds a plain text; an optional one may be missing.
func (n node) plain(name string, most int, optional bool) {
	child, ok := n.child(name)
	switch {
	case ok:
		child.textObject(most, "plain_text")
	case !optional:
		n.fail("missing required field: %s", name)
	}
}

// imageAddress checks what says where a picture is.
func (n node) imageAddress() {
	if url, ok := n.required("image_url"); ok {
		if !isWebLink(url.text(1, maxURLCharacters)) {
			url.fail("invalid image_url")
		}
	}
	if alt, ok := n.required("alt_text"); ok {
		alt.text(1, maxAltCharacters)
	}
}

// block checks a block, and gives it an id where it has none.
func (n node) block() {
	if n.fields() == nil {
		n.fail("must provide an object")
		return
	}
	n.identify()
	switch n.kind() {
	case "":
		n.fail("missing required field: type")
	case "section":
		n.section()
	case "header":
		n.plain("text", maxHeaderCharacters, false)
	case "context":
		n.context()
	case "actions":
		if list, ok := n.required("elements"); ok {
			n.elements(list.items(1, maxActionElements), inActions)
		}
	case "divider":
	case "image":
		n.imageAddress()
		n.plain("title", maxAltCharacters, true)
	case "input":
		n.input()
	case "rich_text":
		if list, ok := n.required("elements"); ok {
			for _, element := range list.items(0, maxViewBlocks) {
				if !strings.HasPrefix(element.kind(), "rich_text_") {
					element.fail("unsupported type: %s", element.kind())
				}
			}
		}
	case "markdown":
		if n.surface != onMessage {
			n.fail("unsupported type: markdown")
		} else if text, ok := n.required("text"); ok {
			text.text(1, maxMarkdownCharacters)
		}
	default:
		typed, _ := n.child("type")
		typed.fail("unsupported type: %s", n.kind())
	}
}

// identify checks that a block's id is its alone.
func (n node) identify() {
	given, ok := n.child("block_id")
	id := ""
	if ok {
		id = given.text(0, maxBlockIDCharacters)
	}
	if id == "" {
		id = rand.Text()[:5]
		n.fields()["block_id"] = id
	}
	if n.blockIDs[id] {
		given.fail("`block_id` %q already exists", id)
	}
	n.blockIDs[id] = true
}

func (n node) section() {
	text, hasText := n.child("text")
	fields, hasFields := n.child("fields")
	if !hasText && !hasFields {
		n.fail("must define either `text` or `fields`")
	}
	if hasText {
		text.textObject(maxSectionCharacters, "mrkdwn", "plain_text")
	}
	if hasFields {
		for _, field := range fields.items(1, maxSectionFields) {
			field.textObject(maxFieldCharacters, "mrkdwn", "plain_text")
		}
	}
	if accessory, ok := n.child("accessory"); ok {
		n.elements([]node{accessory}, asAccessory)
	}
}

func (n node) context() {
	list, ok := n.required("elements")
	if !ok {
		return
	}
	for _, element := range list.items(1, maxContextElements) {
		if element.kind() == "image" {
			element.imageAddress()
		} else {
			element.textObject(maxSectionCharacters, "mrkdwn", "plain_text")
		}
	}
}

func (n node) input() {
	n.hasInputs = true
	if _, said := n.child("optional"); !said {
		n.fields()["optional"] = false // as Slack completes it
	}
	n.plain("label", maxLabelCharacters, false)
	n.plain("hint", maxLabelCharacters, true)
	if element, ok := n.required("element"); ok {
		n.elements([]node{element}, inInput)
	}
}

// inspectBlocks reads a list of blocks and returns it with every block and element named.
// Messages say what Slack would refuse; ok is false for what is no list of blocks at all.
func inspectBlocks(raw string, on surface, most int) (named string, messages []string, ok bool) {
	var list []any
	if json.Unmarshal([]byte(raw), &list) != nil {
		return "", nil, false
	}
	in := &inspection{surface: on, blockIDs: map[string]bool{}}
	for _, one := range (node{in, "/blocks", any(list)}).items(0, most) {
		one.block()
	}
	data, err := json.Marshal(list)
	if err != nil || len(in.messages) > 0 {
		return "", in.messages, err == nil
	}
	return string(data), nil, true
}

// inspectView is inspectBlocks for a modal:
// https://docs.slack.dev/reference/views/modal-views.
func inspectView(raw string) (named map[string]any, messages []string, ok bool) {
	var view map[string]any
	if json.Unmarshal([]byte(raw), &view) != nil || view == nil {
		return nil, nil, false
	}
	in := &inspection{surface: onModal, blockIDs: map[string]bool{}}
	n := node{in, "/view", view}
	if n.kind() != "modal" {
		typed, _ := n.child("type")
		typed.fail("unsupported type: %s", n.kind())
	}
	n.plain("title", maxViewTitleCharacters, false)
	n.plain("submit", maxViewTitleCharacters, true)
	n.plain("close", maxViewTitleCharacters, true)
	n.optionalText("private_metadata", maxMetadataCharacters)
	n.optionalText("callback_id", maxCallbackCharacters)
	n.optionalText("external_id", maxCallbackCharacters)
	if blocks, ok := n.required("blocks"); ok {
		for _, one := range blocks.items(0, maxViewBlocks) {
			one.block()
		}
	}
	if _, submit := n.child("submit"); in.hasInputs && !submit {
		n.fail("missing required field: submit")
	}
	return view, in.messages, true
}

// invalid is how Slack says what is wrong: in words twice, for old clients and for new ones.
func invalid(code string, messages []string) error {
	plain := make([]string, len(messages))
	for i, message := range messages {
		plain[i] = strings.TrimPrefix(message, "[ERROR] ")
	}
	return slackError{code: code, fields: object{"errors": plain, "response_metadata": object{"messages": messages}}}
}
