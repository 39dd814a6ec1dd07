package sandbox

import (
	"encoding/json"
	"regexp"
	"strings"
)

// This file does what Slack's app does with what people type: mentions become ids, addresses
// become links, and everything else is escaped.

// typedMarks are what has a meaning in a typed line: mentions as they are stored, addresses,
// names after @ and #, emoji.
var typedMarks = regexp.MustCompile(`<[@#!][^<>\n]+>|https?://[^\s<>|]+|@[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?|#[\p{Ll}\p{N}_-]+|:[a-z0-9_+-]+:`)

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// composed is a line as Slack stores it.
type composed struct {
	text     string
	elements []object // of a rich_text_section
}

// composer knows the channels that can be mentioned, by name and by id.
type composer struct {
	channelIDs map[string]string
	names      names
	// command writes mentions with names, as slash commands carry them where the app asks for
	// escaped names: <@U0123|name>.
	command bool
}

// compose reads what a person typed.
func (p composer) compose(typed string) composed {
	typed = p.spelledOut(typed)
	var c composed
	var text strings.Builder
	plain := func(words string) {
		if words == "" {
			return
		}
		text.WriteString(slackEscaper.Replace(words))
		if last := len(c.elements) - 1; last >= 0 && c.elements[last]["type"] == "text" {
			c.elements[last]["text"] = c.elements[last]["text"].(string) + words
			return
		}
		c.elements = append(c.elements, object{"type": "text", "text": words})
	}
	rest := 0
	for _, at := range typedMarks.FindAllStringIndex(typed, -1) {
		mark := typed[at[0]:at[1]]
		stored, element := p.mark(mark)
		if element == nil {
			continue
		}
		plain(typed[rest:at[0]])
		rest = at[1]
		text.WriteString(stored)
		c.elements = append(c.elements, element)
	}
	plain(typed[rest:])
	c.text = text.String()
	return c
}

// spelledOut replaces people's whole names, which have spaces in them, by their ids.
func (p composer) spelledOut(typed string) string {
	for _, one := range responders {
		typed = strings.ReplaceAll(typed, "@"+one.name, "<@"+one.slackID+">")
	}
	return typed
}

// mark returns a mark as it is stored and as an element; nil where it means nothing.
func (p composer) mark(mark string) (stored string, element object) {
	switch mark[0] {
	case '<':
		inner, _, _ := strings.Cut(strings.Trim(mark, "<>"), "|")
		switch inner[0] {
		case '@':
			return p.user(inner[1:])
		case '#':
			return p.channel(inner[1:])
		}
		return "", nil
	case '@':
		name := mark[1:]
		if name == "here" || name == "channel" || name == "everyone" {
			return "<!" + name + ">", object{"type": "broadcast", "range": name}
		}
		one, ok := find(func(x person) bool { return x.handle == name })
		id := one.slackID
		if name == slackBotName {
			id, ok = slackBotUserID, true
		}
		if !ok {
			return "", nil
		}
		return p.user(id)
	case '#':
		return p.channel(p.channelIDs[mark[1:]])
	case ':':
		if emoji[strings.Trim(mark, ":")] == "" {
			return "", nil
		}
		return mark, object{"type": "emoji", "name": strings.Trim(mark, ":")}
	default:
		return "<" + strings.ReplaceAll(mark, "&", "&amp;") + ">", object{"type": "link", "url": mark}
	}
}

func (p composer) user(id string) (string, object) {
	if !isSlackUser(id) {
		return "", nil
	}
	stored := "<@" + id + ">"
	if p.command {
		handle := slackBotName
		if one, ok := find(func(x person) bool { return x.slackID == id }); ok {
			handle = one.handle
		}
		stored = "<@" + id + "|" + handle + ">"
	}
	return stored, object{"type": "user", "user_id": id}
}

func (p composer) channel(id string) (string, object) {
	name, ok := p.names.channels[id]
	if !ok {
		return "", nil
	}
	return "<#" + id + "|" + name + ">", object{"type": "channel", "channel_id": id}
}

// blocks are the message's as Slack's app sends them: one rich text.
func (c composed) blocks() (string, error) {
	data, err := json.Marshal([]object{{
		"type": "rich_text", "block_id": "said",
		"elements": []object{{"type": "rich_text_section", "elements": c.elements}},
	}})
	return string(data), err
}
