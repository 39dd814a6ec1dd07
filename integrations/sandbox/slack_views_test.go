package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

// read reads the state document into v.
func (w *world) read(t *testing.T, v any) {
	t.Helper()
	_, body := w.call(t, "GET", "/sandbox/state", "")
	require.NoError(t, json.Unmarshal([]byte(body), v))
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("plain_text", s, false, false)
}

// declareForm is a modal with a field of each common kind.
func declareForm(title string) slack.ModalViewRequest {
	words := slack.NewPlainTextInputBlockElement(nil, "input")
	words.MinLength = 3
	severity := slack.NewOptionsSelectBlockElement("static_select", nil, "input",
		slack.NewOptionBlockObject("SEV1", plainText("Critical"), nil), slack.NewOptionBlockObject("SEV2", plainText("Major"), nil))
	severity.InitialOption = slack.NewOptionBlockObject("SEV2", plainText("Major"), nil)
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText(title), Submit: plainText("Declare"), Close: plainText("Cancel"), CallbackID: "declare", PrivateMetadata: "INC-1",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("title", plainText("Title"), nil, words),
			slack.NewInputBlock("severity", plainText("Severity"), nil, severity),
			slack.NewInputBlock("lead", plainText("Lead"), nil, slack.NewOptionsSelectBlockElement("users_select", nil, "input")).WithOptional(true),
			slack.NewInputBlock("due", plainText("Due"), nil, slack.NewDatePickerBlockElement("input")).WithOptional(true),
			slack.NewInputBlock("private", plainText("Private"), nil,
				slack.NewCheckboxGroupsBlockElement("input", slack.NewOptionBlockObject("yes", plainText("Yes"), nil))).WithOptional(true),
		}},
	}
}

// commanded has somebody send a command and returns its trigger.
func (w *world) commanded(t *testing.T, app *app) string {
	t.Helper()
	w.does(t, responderOne, "command", fields{"channel": "general", "text": "/incident"})
	return app.form(t).Get("trigger_id")
}

func TestAModalIsOpenedFilledInAndSent(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	opened, err := w.slack.OpenView(w.commanded(t, app), declareForm("Declare"))
	require.NoError(t, err)

	submit := func(values fields) outcome {
		return w.does(t, responderOne, "submit", fields{"view_id": opened.ID, "values": values})
	}
	require.Equal(t, map[string]string{"title": "Please complete this required field."}, submit(fields{}).Errors)
	require.Equal(t, map[string]string{"title": "Must be at least 3 characters."}, submit(fields{"title": "ab"}).Errors)
	require.Empty(t, app.deliveries, "Slack itself found it wanting")

	app.answer(`{"response_action":"errors","errors":{"title":"Say what is broken."}}`)
	refused := submit(fields{"title": "checkout"})
	require.False(t, refused.OK)
	require.Equal(t, map[string]string{"title": "Say what is broken."}, refused.Errors)
	require.Equal(t, opened.ID, refused.View.ID, "it stays open")
	app.payload(t)

	done := submit(fields{"title": "checkout is down", "lead": "responder-two", "due": "2026-11-22", "private": []string{"yes"}})
	require.True(t, done.OK)
	require.Nil(t, done.View)
	got := app.payload(t)
	require.Equal(t, slack.InteractionTypeViewSubmission, got.Type)
	require.Equal(t, []string{"declare", "INC-1", opened.ID}, []string{got.View.CallbackID, got.View.PrivateMetadata, got.View.ID})
	values := got.View.State.Values
	require.Equal(t, []string{"checkout is down", "SEV2", responderTwo, "2026-11-22", "yes"}, []string{
		values["title"]["input"].Value, values["severity"]["input"].SelectedOption.Value, values["lead"]["input"].SelectedUser,
		values["due"]["input"].SelectedDate, values["private"]["input"].SelectedOptions[0].Value,
	})
}

func TestTriggersAreGoodOnceAndForThreeSeconds(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	trigger := w.commanded(t, app)
	_, err := w.slack.OpenView("1.2.none", declareForm("Declare"))
	require.EqualError(t, err, "invalid_trigger_id")
	_, err = w.slack.OpenView(trigger, declareForm("Declare"))
	require.NoError(t, err)
	_, err = w.slack.OpenView(trigger, declareForm("Declare"))
	require.EqualError(t, err, "exchanged_trigger_id")
	trigger = w.commanded(t, app)
	w.clock.advance(3*time.Second + time.Millisecond)
	_, err = w.slack.OpenView(trigger, declareForm("Declare"))
	require.EqualError(t, err, "expired_trigger_id")
}

func TestModalsLieOnTopOfEachOther(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	opened, err := w.slack.OpenView(w.commanded(t, app), declareForm("First"))
	require.NoError(t, err)
	_, err = w.slack.UpdateView(declareForm("First, again"), "", "stale", opened.ID)
	require.EqualError(t, err, "hash_conflict")
	updated, err := w.slack.UpdateView(declareForm("First, again"), "", opened.Hash, opened.ID)
	require.NoError(t, err)
	require.NotEqual(t, opened.Hash, updated.Hash)

	form := declareForm("Second")
	form.NotifyOnClose = true
	push, err := json.Marshal(map[string]any{"response_action": "push", "view": form})
	require.NoError(t, err)
	app.answer(string(push))
	second := w.does(t, responderOne, "submit", fields{"view_id": opened.ID, "values": fields{"title": "checkout"}})
	require.Equal(t, "Second", second.View.Title)
	app.payload(t)
	status, _ := w.tries(t, responderOne, "submit", fields{"view_id": opened.ID, "values": fields{"title": "checkout"}})
	require.Equal(t, http.StatusConflict, status, "another lies over it")

	closed := w.does(t, responderOne, "close", fields{"view_id": second.View.ID})
	require.Equal(t, slack.InteractionTypeViewClosed, app.payload(t).Type)
	require.Equal(t, "First, again", closed.View.Title)

	app.answer(`{"response_action":"errors","errors":{"nowhere":"x"}}`)
	status, refused := w.tries(t, responderOne, "submit", fields{"view_id": opened.ID, "values": fields{"title": "checkout"}})
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, refused.Detail, `an error at "nowhere"`)
	app.payload(t)
	app.answer(`{"response_action":"clear"}`)
	require.Nil(t, w.does(t, responderOne, "submit", fields{"view_id": opened.ID, "values": fields{"title": "checkout"}}).View)
}

func TestAShortcutTellsOfItsMessage(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	said := w.does(t, responderOne, "say", fields{"channel": "general", "text": "Rolled back", "files": []fields{
		{"name": "graph.png", "media_type": "image/png", "url": "https://example.com/graph.png"},
	}})
	app.event(t)
	w.does(t, responderTwo, "shortcut", fields{"callback_id": "record", "channel": "general", "ts": said.TS})
	got := app.payload(t)
	require.Equal(t, slack.InteractionTypeMessageAction, got.Type)
	require.Equal(t, []string{"record", responderTwo, "Rolled back", responderOne, "graph.png"},
		[]string{got.CallbackID, got.User.ID, got.Message.Text, got.Message.User, got.Message.Files[0].Name})
	w.does(t, responderTwo, "shortcut", fields{"callback_id": "declare"})
	got = app.payload(t)
	require.Equal(t, slack.InteractionTypeShortcut, got.Type)
	_, err := w.slack.OpenView(got.TriggerID, declareForm("Declare"))
	require.NoError(t, err)
}
