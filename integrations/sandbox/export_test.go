package sandbox

import (
	"encoding/json"
	"time"
)

// someNames are what texts are rendered with in the tests.
func someNames() names {
	return names{
		users: map[string]string{"U1": "Sample <Responder>"}, channels: map[string]string{"C1": "inc-1"}, you: "U3",
		now: time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC),
	}
}

// RenderMrkdwn lets the tests outside reach the renderer without a page around it.
func RenderMrkdwn(text string) string { return string(someNames().mrkdwn(text)) }

// RenderBlocks is RenderMrkdwn for blocks: what the page would say, one after the other.
func RenderBlocks(raw string) string {
	var shown string
	for _, view := range someNames().blockViews(json.RawMessage(raw)) {
		shown += string(view.Text)
		for _, field := range view.Fields {
			shown += string(field)
		}
	}
	return shown
}

// InspectBlocks says what Slack would refuse in a message's blocks.
func InspectBlocks(raw string) (messages []string, ok bool) {
	_, messages, ok = inspectBlocks(raw, onMessage, maxMessageBlocks)
	return messages, ok
}

// InspectView is InspectBlocks for a modal.
func InspectView(raw string) (messages []string, ok bool) {
	_, messages, ok = inspectView(raw)
	return messages, ok
}
