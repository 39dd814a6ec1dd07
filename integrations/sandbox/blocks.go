package sandbox

import (
	"cmp"
	"encoding/json"
	"html"
	"html/template"
	"strings"
	"time"
)

// This file arranges blocks for the page. A kind that the page does not know shows as its
// name, so that nothing that was posted stays hidden.

// blockView is a block as the page shows it.
type blockView struct {
	Kind     string // header, section, context, actions, input, image, divider or other
	ID       string
	Text     template.HTML
	Fields   []template.HTML
	Controls []controlView
	Beside   *controlView // a section's accessory
	Link     string       // of an image
	Hint     string
	Optional bool
}

// controlView is an interactive element as the page shows it.
type controlView struct {
	Kind        string // button, link, menu, people, date, time, checks, radios, line, text or other
	ActionID    string
	BlockID     string
	Label       string // on a button; what is wanted else
	Value       string
	URL, Style  string
	Confirm     string
	Placeholder string
	Options     []optionView
	Longest     int
}

type optionView struct {
	Value, Label, Hint string
	Chosen             bool
}

// blockViews renders blocks as they are stored.
func (n names) blockViews(raw json.RawMessage) []blockView {
	var blocks []map[string]any
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	return n.viewsOf(blocks)
}

func (n names) viewsOf(blocks []map[string]any) []blockView {
	views := make([]blockView, 0, len(blocks))
	for _, block := range blocks {
		views = append(views, n.blockView(block))
	}
	return views
}

func (n names) blockView(block map[string]any) blockView {
	kind, _ := block["type"].(string)
	id, _ := block["block_id"].(string)
	view := blockView{Kind: kind, ID: id}
	switch kind {
	case "header", "section", "markdown":
		view.Text = n.textOf(block["text"])
		fields, _ := block["fields"].([]any)
		for _, field := range fields {
			view.Fields = append(view.Fields, n.textOf(field))
		}
		if all := n.controlViews(block); len(all) > 0 {
			view.Beside = &all[0]
		}
	case "context":
		elements, _ := block["elements"].([]any)
		for _, element := range elements {
			if alt := textField(element, "alt_text"); alt != "" {
				view.Fields = append(view.Fields, plainText(alt))
			} else {
				view.Fields = append(view.Fields, n.textOf(element))
			}
		}
	case "actions":
		view.Controls = n.controlViews(block)
	case "input":
		view.Text, view.Hint = n.textOf(block["label"]), textField(block["hint"], "text")
		view.Optional = block["optional"] == true
		view.Controls = n.controlViews(block)
		for i := range view.Controls {
			view.Controls[i].Label = textField(block["label"], "text")
		}
	case "image":
		view.Text = plainText(cmp.Or(textField(block["title"], "text"), textField(block, "alt_text")))
		if link := textField(block, "image_url"); isWebLink(link) {
			view.Link = link
		}
	case "rich_text":
		view.Kind, view.Text = "section", n.richText(block["elements"])
	case "divider":
	default:
		view.Kind, view.Text = "other", plainText("["+kind+"] "+textField(block, "alt_text"))
	}
	return view
}

// textField reads a text of an object.
func textField(of any, name string) string {
	fields, _ := of.(map[string]any)
	text, _ := fields[name].(string)
	return text
}

// textOf renders a text object, or a text that stands for one.
func (n names) textOf(value any) template.HTML {
	if text, ok := value.(string); ok {
		return n.mrkdwn(text)
	}
	if textField(value, "type") == "plain_text" {
		return plainText(textField(value, "text"))
	}
	return n.mrkdwn(textField(value, "text"))
}

func (n names) controlViews(block map[string]any) []controlView {
	all := controls([]map[string]any{block})
	views := make([]controlView, 0, len(all))
	for _, p := range all {
		views = append(views, n.controlView(p))
	}
	return views
}

func (n names) controlView(p placed) controlView {
	kind := p.word("type")
	view := controlView{
		Kind: "other", ActionID: p.word("action_id"), BlockID: p.blockID(), Label: withEmoji(textField(p.element["text"], "text")),
		Value: p.word("value"), Style: p.word("style"), Placeholder: textField(p.element["placeholder"], "text"),
	}
	if confirm, ok := p.element["confirm"].(map[string]any); ok {
		view.Confirm = strings.TrimSpace(textField(confirm["title"], "text") + "\n" + textField(confirm["text"], "text"))
	}
	if longest, ok := p.element["max_length"].(float64); ok {
		view.Longest = int(longest)
	}
	in := input{kind: kind, element: p.element}
	chosen, _ := texts(in.initial()) // what Slack checked when it was posted
	switch kind {
	case "button":
		view.Kind = "button"
		if url := p.word("url"); isWebLink(url) {
			view.Kind, view.URL = "link", url
		}
		return view
	case "static_select", "multi_static_select":
		view.Kind = "menu"
	case "overflow":
		view.Kind, view.Placeholder = "menu", "⋯"
	case "checkboxes":
		view.Kind = "checks"
	case "radio_buttons":
		view.Kind = "radios"
	case "users_select", "multi_users_select":
		view.Kind = "people"
		for _, one := range responders {
			view.Options = append(view.Options, optionView{Value: one.slackID, Label: one.name})
		}
	case "datepicker":
		view.Kind = "date"
	case "timepicker":
		view.Kind = "time"
	case "plain_text_input":
		view.Kind = "line"
		if p.element["multiline"] == true {
			view.Kind = "text"
		}
	case "email_text_input", "url_text_input", "number_input":
		view.Kind = "line"
	}
	for _, o := range p.options() {
		view.Options = append(view.Options, optionView{
			Value: o.value(), Label: withEmoji(o.label()), Hint: withEmoji(textField(o["description"], "text")),
		})
	}
	for _, value := range chosen {
		view.Value = value
		for i := range view.Options {
			view.Options[i].Chosen = view.Options[i].Chosen || view.Options[i].Value == value
		}
	}
	return view
}

// richText renders the elements of a rich_text block:
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
func (n names) richText(elements any) template.HTML {
	var out strings.Builder
	list, _ := elements.([]any)
	for _, one := range list {
		element, _ := one.(map[string]any)
		inner := element["elements"]
		switch element["type"] {
		case "rich_text_list":
			tag := "ul"
			if element["style"] == "ordered" {
				tag = "ol"
			}
			items, _ := inner.([]any)
			out.WriteString("<" + tag + ` class="listed">`)
			for _, item := range items {
				fields, _ := item.(map[string]any)
				out.WriteString("<li>" + n.richLine(fields["elements"]) + "</li>")
			}
			out.WriteString("</" + tag + ">")
		case "rich_text_preformatted":
			out.WriteString("<pre>" + n.richLine(inner) + "</pre>")
		case "rich_text_quote":
			out.WriteString("<blockquote>" + n.richLine(inner) + "</blockquote>")
		default:
			out.WriteString("<div>" + n.richLine(inner) + "</div>")
		}
	}
	return template.HTML(out.String()) // safe: escaped text and constant tags
}

func (n names) richLine(elements any) string {
	var out strings.Builder
	list, _ := elements.([]any)
	for _, one := range list {
		out.WriteString(n.richPiece(one))
	}
	return out.String()
}

func (n names) richPiece(piece any) string {
	element, _ := piece.(map[string]any)
	text := strings.ReplaceAll(html.EscapeString(textField(element, "text")), "\n", "<br>")
	switch element["type"] {
	case "user":
		text = n.mention("@", textField(element, "user_id"), "")
	case "channel":
		text = n.mention("#", textField(element, "channel_id"), "")
	case "broadcast":
		text = `<span class="mention">@` + html.EscapeString(textField(element, "range")) + `</span>`
	case "emoji":
		text = html.EscapeString(withEmoji(":" + textField(element, "name") + ":"))
	case "date":
		at, _ := element["timestamp"].(float64)
		text = n.date(time.Unix(int64(at), 0).UTC(), textField(element, "format"), textField(element, "fallback"))
	case "link":
		if url := textField(element, "url"); isWebLink(url) {
			text = `<a href="` + html.EscapeString(url) + `" rel="noreferrer">` + cmp.Or(text, html.EscapeString(url)) + `</a>`
		}
	}
	for _, style := range []struct{ name, tag string }{{"code", "code"}, {"bold", "strong"}, {"italic", "em"}, {"strike", "s"}} {
		if styles, _ := element["style"].(map[string]any); styles[style.name] == true {
			text = "<" + style.tag + ">" + text + "</" + style.tag + ">"
		}
	}
	return text
}
