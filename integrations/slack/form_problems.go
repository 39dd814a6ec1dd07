package slack

import (
	"encoding/json"
	"strings"

	"muster/chat"
	"muster/integrations"
)

// maxProblemLength bounds what stands below a field, in UTF-16 units. It is ours: Slack
// names no limit, and more is not read.
const maxProblemLength = 500

// openForm is what of an open form is needed to say what is wrong with it.
type openForm struct {
	Title  json.RawMessage `json:"title"`
	Blocks []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
		Element struct {
			ActionID string `json:"action_id"`
		} `json:"element"`
	} `json:"blocks"`
}

// refuse returns the answer by which the form stays open and says what to mend:
// https://docs.slack.dev/surfaces/modals#displaying_errors. Slack takes problems of fields
// only; one of none stands below the first. A form without any becomes one that says it.
func (f openForm) refuse(problems []chat.Problem) any {
	blocks, first := map[string]string{}, ""
	for _, block := range f.Blocks {
		if block.Type != "input" {
			continue
		}
		if first == "" {
			first = block.BlockID
		}
		blocks[strings.TrimPrefix(block.Element.ActionID, musterPrefix)] = block.BlockID
	}
	if first == "" {
		return f.replaced(problems)
	}
	errors := map[string]string{}
	for _, problem := range problems {
		block, ok := blocks[problem.Entry]
		if !ok {
			block = first
		}
		errors[block] = joined(errors[block], problem.Message)
	}
	return map[string]any{"response_action": "errors", "errors": errors}
}

// replaced is a form in place of one without fields.
func (f openForm) replaced(problems []chat.Problem) any {
	text := ""
	for _, problem := range problems {
		text = joined(text, problem.Message)
	}
	title := any(f.Title)
	if len(f.Title) == 0 {
		title = map[string]any{"type": "plain_text", "text": "Not done"}
	}
	return map[string]any{"response_action": "update", "view": map[string]any{
		"type": "modal", "title": title,
		"blocks": []any{map[string]any{"type": "section", "text": map[string]any{"type": "plain_text", "text": text}}},
	}}
}

// joined adds a problem to those before it.
func joined(before, problem string) string {
	return integrations.Shorten(strings.TrimSpace(before+" "+integrations.Line(problem)), maxProblemLength, integrations.UTF16Length)
}
