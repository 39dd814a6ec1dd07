package sandbox_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

// sample reads a body from Slack's own SDK.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repositoryRoot(t), "..", "shared", "counterparts", "payloads", "slack", name))
	if os.IsNotExist(err) {
		t.Skip("the samples are not beside the repository")
	}
	require.NoError(t, err)
	return data
}

// hasTheFormOf checks that all of a sample's fields are there, of the same types. Those of
// organizations of several workspaces, which the sandbox is not, are left out.
func hasTheFormOf(t *testing.T, path string, want, got any) {
	t.Helper()
	ofOrganizations := map[string]bool{"enterprise_id": true, "enterprise_name": true, "authed_users": true}
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		require.True(t, ok, path)
		for name, value := range want {
			if !ofOrganizations[name] {
				require.Contains(t, fields, name, path)
				hasTheFormOf(t, path+"."+name, value, fields[name])
			}
		}
	case []any:
		items, ok := got.([]any)
		require.True(t, ok, path)
		if len(want) > 0 {
			require.NotEmpty(t, items, path)
			hasTheFormOf(t, path+"[0]", want[0], items[0])
		}
	case nil:
	default:
		require.IsType(t, want, got, path)
	}
}

// TestDeliveriesHaveTheFormOfRealOnes compares each with what Slack's own SDK takes for one.
func TestDeliveriesHaveTheFormOfRealOnes(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	decode := func(data []byte) (document map[string]any) {
		require.NoError(t, json.Unmarshal(data, &document))
		return document
	}
	payload := func() map[string]any { return decode([]byte(app.form(t).Get("payload"))) }
	event := func() map[string]any {
		envelope, _ := app.event(t)
		return envelope
	}

	said := w.does(t, responderOne, "say", fields{"channel": "general", "text": "Hello World!"})
	hasTheFormOf(t, "message", decode(sample(t, "message.message_body.json")), event())
	w.does(t, responderOne, "react", fields{"channel": "general", "ts": said.TS, "emoji": "heart_eyes"})
	hasTheFormOf(t, "reaction", decode(sample(t, "events.valid_reaction_added_body.json")), event())
	w.does(t, responderTwo, "shortcut", fields{"channel": "general", "ts": said.TS, "callback_id": "muster:record"})
	// The sample mentions somebody before it says something.
	shortcut := decode(sample(t, "shortcut.message_shortcut_body.json"))
	shortcut["message"].(map[string]any)["blocks"] = []any{}
	hasTheFormOf(t, "shortcut", shortcut, payload())

	w.does(t, responderOne, "leave", fields{"channel": w.channelOf(t, "inc-1")})
	for range 2 {
		app.event(t) // coming in
	}
	left := decode(sample(t, "events.body.json"))
	hasTheFormOf(t, "left", left, event())
	app.event(t)

	w.does(t, responderOne, "command", fields{"channel": "general", "text": "/incident Hi"})
	form := app.form(t)
	want, err := url.ParseQuery(string(sample(t, "slash_command.slash_command_body.form")))
	require.NoError(t, err)
	for name := range want {
		if name != "enterprise_id" && name != "enterprise_name" {
			require.NotEmpty(t, form.Get(name), name)
		}
	}
	opened, err := w.slack.OpenView(form.Get("trigger_id"), declareForm("Declare"))
	require.NoError(t, err)
	w.does(t, responderOne, "submit", fields{"view_id": opened.ID, "values": fields{"title": "checkout"}})
	submission := decode(sample(t, "view_submission.body.json"))
	view := submission["view"].(map[string]any)
	view["state"] = map[string]any{"values": map[string]any{}} // by the ids of its fields
	hasTheFormOf(t, "submission", submission, payload())

	ts := w.post(t, general, slack.MsgOptionBlocks(slack.NewActionBlock("", slack.NewButtonBlockElement("a", "click_me_123", plainText("Button")))))
	app.event(t)
	w.does(t, responderOne, "press", fields{"channel": "general", "ts": ts, "action_id": "a"})
	actions := decode(sample(t, "block_actions.body.json"))
	hasTheFormOf(t, "actions", actions, payload())
}
