package sandbox

import (
	"encoding/json"
	"html/template"
)

// block is as much of a Block Kit block as the page can show and the API checks:
// https://docs.slack.dev/reference/block-kit/blocks.
type block struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"` // a text object; in a markdown block a string
	Fields   []textObject    `json:"fields"`
	Elements []element       `json:"elements"`
	AltText  string          `json:"alt_text"`
}

type textObject struct {
	Type string `json:"type"` // mrkdwn or plain_text
	Text string `json:"text"`
}

// element is part of a context block (a text) or of an actions block (a control).
type element struct {
	Type  string          `json:"type"`
	Text  json.RawMessage `json:"text"` // a control's text object, or a text itself
	URL   string          `json:"url"`
	Style string          `json:"style"`
}

// textOf reads what is a text object in one place and a string in another.
func textOf(raw json.RawMessage, kind string) textObject {
	var object textObject
	if json.Unmarshal(raw, &object) == nil {
		return object
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = ""
	}
	return textObject{Type: kind, Text: text}
}

func (b block) text() textObject { return textOf(b.Text, "mrkdwn") }

func (n names) textObject(t textObject) template.HTML {
	if t.Type == "plain_text" {
		return plainText(t.Text)
	}
	return n.mrkdwn(t.Text)
}

// blockView is a block as the page shows it.
type blockView struct {
	Kind    string // header, section, context, actions, divider or other
	Text    template.HTML
	Fields  []template.HTML
	Buttons []buttonView
}

type buttonView struct{ Label, URL, Style string }

// blockViews renders blocks; a kind that the page does not know shows as its name, so
// that nothing that was posted stays hidden.
func (n names) blockViews(raw json.RawMessage) []blockView {
	var blocks []block
	if len(raw) == 0 || json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	views := make([]blockView, 0, len(blocks))
	for _, b := range blocks {
		view := blockView{Kind: b.Type}
		switch b.Type {
		case "header", "section", "markdown":
			view.Text = n.textObject(b.text())
			for _, field := range b.Fields {
				view.Fields = append(view.Fields, n.textObject(field))
			}
		case "context":
			for _, e := range b.Elements {
				view.Fields = append(view.Fields, n.textObject(textOf(e.Text, e.Type)))
			}
		case "actions":
			for _, e := range b.Elements {
				button := buttonView{Label: textOf(e.Text, "plain_text").Text, Style: e.Style}
				if button.Label == "" {
					button.Label = e.Type
				}
				if isWebLink(e.URL) {
					button.URL = e.URL
				}
				view.Buttons = append(view.Buttons, button)
			}
		case "divider":
		default:
			view.Kind = "other"
			view.Text = n.textObject(textObject{Type: "plain_text", Text: "[" + b.Type + "] " + b.AltText})
		}
		views = append(views, view)
	}
	return views
}
