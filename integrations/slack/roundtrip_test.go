package slack_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
)

// TestWhatIsShownComesBack presses every control of a card as Slack tells of it, and compares
// what is read with what was shown.
func TestWhatIsShownComesBack(t *testing.T) {
	t.Parallel()
	option := chat.Option{Value: "INC-42|SEV2", Label: "SEV2"}
	_, blocks := shown(t, chat.Card{Summary: "controls", Parts: []chat.Part{
		{Body: chat.Line("Page the on-call"), Beside: &chat.Control{Act: "step_complete", Value: "INC-42|page", Label: "Done"}},
		{Controls: []chat.Control{
			{Act: "acknowledge", Value: "INC-42", Label: "Acknowledge"},
			{Act: "severity", Label: "Severity", Options: []chat.Option{option}},
			{Act: "take_role", Value: "INC-42|commander", Label: "Take command"},
			{Act: "role", Label: "Hand over", People: true},
		}},
	}})
	var layout []struct {
		Accessory map[string]any
		Elements  []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(blocks), &layout))
	var presses []chat.Press
	for _, block := range layout {
		if block.Accessory != nil {
			block.Elements = append(block.Elements, block.Accessory)
		}
		for _, element := range block.Elements {
			action := map[string]any{"type": element["type"], "action_id": element["action_id"], "value": element["value"], "action_ts": "1700000001.000100"}
			if options := items(element["options"]); options != nil {
				action["selected_option"] = options[0]
			}
			if element["type"] == "users_select" {
				action["selected_user"] = "U0RESPONDER"
			}
			act := newGate().act(t, asForm, payload(string(marshal(t, map[string]any{
				"type": "block_actions", "user": map[string]any{"id": "U0RESPONDER"}, "team": map[string]any{"id": "T1"},
				"channel": map[string]any{"id": channelID}, "trigger_id": "1.2.3",
				"container": map[string]any{"type": "message", "message_ts": "1700000000.000100", "channel_id": channelID},
				"actions":   []any{action},
			}))))
			require.NotNil(t, act.Press)
			presses = append(presses, chat.Press{Act: act.Press.Act, Value: act.Press.Value})
		}
	}
	require.Equal(t, []chat.Press{
		{Act: "step_complete", Value: "INC-42|page"},
		{Act: "acknowledge", Value: "INC-42"},
		{Act: "severity", Value: "INC-42|SEV2"},
		{Act: "take_role", Value: "INC-42|commander"},
		{Act: "role", Value: "U0RESPONDER"},
	}, presses)
}

// TestAFormComesBackFilledIn submits a form with what stands in it at first.
func TestAFormComesBackFilledIn(t *testing.T) {
	t.Parallel()
	client, fake := newKnowing(t)
	fake.Answer(openView, http.StatusOK, accepted)
	require.NoError(t, client.OpenForm(t.Context(), "42.42.trigger", everyField("text")))
	view := fieldsOf(fake.Requests("/api/views.open")[0].JSON(t)["view"])
	values := map[string]any{}
	for _, one := range items(view["blocks"]) {
		block := fieldsOf(one)
		if block["type"] != "input" {
			continue
		}
		element := fieldsOf(block["element"])
		filled := map[string]any{
			"type": element["type"], "value": element["initial_value"], "selected_user": element["initial_user"],
			"selected_date": element["initial_date"], "selected_option": element["initial_option"], "selected_options": element["initial_options"],
		}
		values[word(block["block_id"])] = map[string]any{word(element["action_id"]): filled}
	}
	view["state"], view["id"], view["hash"] = map[string]any{"values": values}, "V1", "1.a"
	act := newGate().act(t, asForm, payload(string(marshal(t, map[string]any{
		"type": "view_submission", "trigger_id": "1.2.3", "user": map[string]any{"id": "U0RESPONDER"}, "team": map[string]any{"id": "T1"}, "view": view,
	}))))
	require.Equal(t, &chat.Submission{
		Form: "declare", Context: "C0INCIDENT|x",
		Values: map[string]string{
			"title": "text", "update": "text", "severity": "SEV1", "service": "SEV2", "commander": "U0RESPONDER", "due": "2026-11-22", "private": "true",
		},
	}, act.Submission)
}
