package slack_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
)

// rules are Slack's limits as its documentation has them, from
// https://docs.slack.dev/reference/block-kit on: whoever changes a constant of the package
// must not change what it is checked against.
//
// blockProblems returns what Slack would refuse in the blocks of a message, and of a form.
func blockProblems(document string, form bool) []string {
	checker := &blockChecker{form: form, actions: map[string]bool{}, blocks: map[string]bool{}}
	var blocks []map[string]any
	if err := json.Unmarshal([]byte(document), &blocks); err != nil {
		return []string{err.Error()}
	}
	most := 50
	if form {
		most = 100
	}
	if len(blocks) > most || len(blocks) == 0 && !form {
		checker.add("there are %d blocks", len(blocks))
	}
	for _, block := range blocks {
		checker.block(block)
	}
	if !form && checker.characters > 13_000 {
		checker.add("there are %d characters altogether", checker.characters)
	}
	return checker.problems
}

// viewProblems returns what Slack would refuse in a form.
func viewProblems(document string) []string {
	var view struct {
		Type            string          `json:"type"`
		Title           map[string]any  `json:"title"`
		Submit          map[string]any  `json:"submit"`
		Close           map[string]any  `json:"close"`
		Blocks          json.RawMessage `json:"blocks"`
		CallbackID      string          `json:"callback_id"`
		PrivateMetadata string          `json:"private_metadata"`
	}
	if err := json.Unmarshal([]byte(document), &view); err != nil {
		return []string{err.Error()}
	}
	checker := &blockChecker{}
	if view.Type != "modal" {
		checker.add("the type is %q", view.Type)
	}
	checker.text("title", view.Title, 24, "plain_text")
	checker.text("close", view.Close, 24, "plain_text")
	inputs := strings.Contains(string(view.Blocks), `"type":"input"`)
	if view.Submit != nil || inputs {
		checker.text("submit", view.Submit, 24, "plain_text")
	}
	if units(view.CallbackID) > 255 || units(view.PrivateMetadata) > 3000 {
		checker.add("the callback's id or the metadata is too long")
	}
	return append(checker.problems, blockProblems(string(view.Blocks), true)...)
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

type blockChecker struct {
	form            bool
	problems        []string
	actions, blocks map[string]bool
	characters      int
}

func (c *blockChecker) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func fieldsOf(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

func items(value any) []any {
	found, _ := value.([]any)
	return found
}

func word(value any) string {
	found, _ := value.(string)
	return found
}

// text checks a text object.
func (c *blockChecker) text(where string, text map[string]any, most int, kinds ...string) {
	kind, content := word(text["type"]), word(text["text"])
	if !strings.Contains(strings.Join(kinds, " "), kind) || kind == "" {
		c.add("%s has the type %q", where, kind)
	}
	length := units(content)
	c.characters += length
	if length == 0 || length > most {
		c.add("%s has %d characters of %d", where, length, most)
	}
	if strings.TrimSpace(content) == "" {
		c.add("%s is blank", where)
	}
	if kind == "mrkdwn" {
		c.mrkdwn(where, content, text["verbatim"])
	}
}

// meant is all markup that Muster ever writes between angle brackets.
var meant = regexp.MustCompile(`<(@[UW][A-Z0-9]+|https?://[^|<>]+\|[^<>]+|!date\^-?[0-9]+\^\{(ago|date_short_pretty\} \{time)\}\|[^<>|^]+)>`)

// mrkdwn checks that nothing in Slack's markup has another meaning than Muster's.
func (c *blockChecker) mrkdwn(where, text string, verbatim any) {
	if verbatim != true {
		c.add("%s makes mentions of names", where)
	}
	rest := meant.ReplaceAllString(text, "")
	if strings.ContainsAny(rest, "<>") {
		c.add("%s has markup that was not meant: %q", where, rest)
	}
	if strings.Contains(regexp.MustCompile(`&(amp|lt|gt);`).ReplaceAllString(rest, ""), "&") {
		c.add("%s has a bare ampersand: %q", where, rest)
	}
}

func (c *blockChecker) id(ids map[string]bool, what, id string) {
	if id == "" {
		return
	}
	if units(id) > 255 || ids[id] {
		c.add("the %s %q is too long or there twice", what, id)
	}
	ids[id] = true
}

func (c *blockChecker) block(block map[string]any) {
	c.id(c.blocks, "block_id", word(block["block_id"]))
	switch kind := word(block["type"]); kind {
	case "header":
		c.text("header", fieldsOf(block["text"]), 150, "plain_text")
	case "section":
		if block["text"] == nil && len(items(block["fields"])) == 0 {
			c.add("a section is empty")
		}
		if block["text"] != nil {
			c.text("section", fieldsOf(block["text"]), 3000, "plain_text", "mrkdwn")
		}
		if len(items(block["fields"])) > 10 {
			c.add("a section has %d fields", len(items(block["fields"])))
		}
		for _, field := range items(block["fields"]) {
			c.text("field", fieldsOf(field), 2000, "plain_text", "mrkdwn")
		}
		if block["accessory"] != nil {
			c.element(fieldsOf(block["accessory"]))
		}
	case "context":
		if count := len(items(block["elements"])); count == 0 || count > 10 {
			c.add("a context has %d elements", count)
		}
		for _, element := range items(block["elements"]) {
			c.text("context", fieldsOf(element), 3000, "plain_text", "mrkdwn")
		}
	case "actions":
		if count := len(items(block["elements"])); count == 0 || count > 25 {
			c.add("a row has %d controls", count)
		}
		for _, element := range items(block["elements"]) {
			c.element(fieldsOf(element))
		}
	case "rich_text":
		for _, section := range items(block["elements"]) {
			if word(fieldsOf(section)["type"]) != "rich_text_section" || len(items(fieldsOf(section)["elements"])) == 0 {
				c.add("a rich text has something else than sections: %v", section)
			}
			for _, element := range items(fieldsOf(section)["elements"]) {
				c.rich(fieldsOf(element))
			}
		}
	case "image":
		c.address(word(block["image_url"]))
		if alt := units(word(block["alt_text"])); alt == 0 || alt > 2000 {
			c.add("an image's words have %d characters", alt)
		}
	case "divider":
	case "input":
		if !c.form {
			c.add("a message has a field to fill in")
		}
		c.text("label", fieldsOf(block["label"]), 2000, "plain_text")
		if block["hint"] != nil {
			c.text("hint", fieldsOf(block["hint"]), 2000, "plain_text")
		}
		c.element(fieldsOf(block["element"]))
	default:
		c.add("a block has the type %q", kind)
	}
}

func (c *blockChecker) address(address string) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" || units(address) > 3000 {
		c.add("the address %.100q is none", address)
	}
}

// rich checks an element of a rich text.
func (c *blockChecker) rich(element map[string]any) {
	c.characters += units(word(element["text"]))
	switch kind := word(element["type"]); kind {
	case "text":
		if word(element["text"]) == "" {
			c.add("a text is empty")
		}
	case "link":
		c.address(word(element["url"]))
	case "user":
		if !regexp.MustCompile(`^[UW][A-Z0-9]+$`).MatchString(word(element["user_id"])) {
			c.add("a mention of %q", element["user_id"])
		}
	case "date":
		if word(element["format"]) == "" || word(element["fallback"]) == "" {
			c.add("a date has no format or fallback")
		}
	default:
		c.add("a rich text has an element of the type %q", kind)
	}
}

// element checks a control or a field.
func (c *blockChecker) element(element map[string]any) {
	c.id(c.actions, "action_id", word(element["action_id"]))
	if word(element["action_id"]) == "" {
		c.add("a control has no id")
	}
	if element["placeholder"] != nil {
		c.text("placeholder", fieldsOf(element["placeholder"]), 150, "plain_text")
	}
	switch kind := word(element["type"]); kind {
	case "button":
		c.text("button", fieldsOf(element["text"]), 75, "plain_text")
		if units(word(element["value"])) > 2000 {
			c.add("a button's value is too long")
		}
		if style, styled := element["style"]; styled && style != "primary" && style != "danger" {
			c.add("a button has the style %v", style)
		}
		if element["url"] != nil {
			c.address(word(element["url"]))
		}
		if confirm := fieldsOf(element["confirm"]); confirm != nil {
			c.text("confirm title", fieldsOf(confirm["title"]), 100, "plain_text")
			c.text("confirm text", fieldsOf(confirm["text"]), 300, "plain_text", "mrkdwn")
			c.text("confirm", fieldsOf(confirm["confirm"]), 30, "plain_text")
			c.text("deny", fieldsOf(confirm["deny"]), 30, "plain_text")
		}
	case "static_select":
		c.options(items(element["options"]), 100, 75)
		if initial := element["initial_option"]; initial != nil {
			c.options([]any{initial}, 1, 75)
		}
	case "checkboxes":
		c.options(items(element["options"]), 10, 75)
	case "users_select", "datepicker":
	case "plain_text_input":
		most, _ := element["max_length"].(float64)
		if most < 1 || most > 3000 || units(word(element["initial_value"])) > int(most) {
			c.add("a field takes %v characters and has %d", most, units(word(element["initial_value"])))
		}
	default:
		c.add("a control has the type %q", kind)
	}
}

func (c *blockChecker) options(options []any, most, length int) {
	defer func(before int) { c.characters = before }(c.characters) // Slack's limit is one of what is seen
	if len(options) == 0 || len(options) > most {
		c.add("there are %d options", len(options))
	}
	for _, one := range options {
		option := fieldsOf(one)
		c.text("option", fieldsOf(option["text"]), length, "plain_text", "mrkdwn")
		if value := units(word(option["value"])); value == 0 || value > 150 {
			c.add("an option's value has %d characters", value)
		}
		if option["description"] != nil {
			c.text("option's hint", fieldsOf(option["description"]), 75, "plain_text", "mrkdwn")
		}
	}
}
