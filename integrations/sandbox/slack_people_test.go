package sandbox_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

const general = "C0STANDING67656E6572616C"

func TestPeopleTalkAndTheAppIsTold(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	said := w.does(t, "responder-one", "say", fields{"channel": "#general", "text": "Is <checkout> & search down, @responder-two? See https://example.com/?a=1&b=2"})
	envelope, headers := app.event(t)
	require.Empty(t, headers.Get("X-Slack-Retry-Num"))
	require.Equal(t, "event_callback", envelope["type"])
	require.Regexp(t, `^Ev0`, envelope["event_id"])
	event := envelope["event"].(map[string]any)
	require.Equal(t, "message", event["type"])
	require.Equal(t, "Is &lt;checkout&gt; &amp; search down, <@"+responderTwo+">? See <https://example.com/?a=1&amp;b=2>", event["text"])
	require.Equal(t, []any{responderOne, general, "channel", said.TS}, []any{event["user"], event["channel"], event["channel_type"], event["ts"]})

	w.does(t, "responder-two@example.com", "say", fields{"channel": general, "text": "Looking", "thread_ts": said.TS})
	envelope, _ = app.event(t)
	require.Equal(t, said.TS, envelope["event"].(map[string]any)["thread_ts"])

	kinds := func() string {
		envelope, _ := app.event(t)
		event := envelope["event"].(map[string]any)
		if event["subtype"] != nil {
			return event["type"].(string) + " " + event["subtype"].(string)
		}
		return event["type"].(string)
	}
	on := func(more fields) fields {
		more["channel"], more["ts"] = general, said.TS
		return more
	}
	w.does(t, responderTwo, "react", on(fields{"emoji": ":pushpin:"}))
	require.Equal(t, "reaction_added", kinds())
	reactions, err := w.slack.GetReactions(slack.NewRefToMessage(general, said.TS), slack.GetReactionsParameters{})
	require.NoError(t, err)
	require.Equal(t, []slack.ItemReaction{{Name: "pushpin", Count: 1, Users: []string{responderTwo}}}, reactions.Reactions)
	w.does(t, responderTwo, "react", on(fields{"emoji": "pushpin", "removed": true}))
	require.Equal(t, "reaction_removed", kinds())
	w.does(t, responderTwo, "pin", on(fields{}))
	require.Equal(t, "pin_added", kinds())
	w.does(t, responderTwo, "pin", on(fields{"removed": true}))
	require.Equal(t, "pin_removed", kinds())
	w.does(t, responderOne, "edit", on(fields{"text": "Checkout is down"}))
	require.Equal(t, "message message_changed", kinds())
	w.does(t, responderOne, "delete", on(fields{}))
	require.Equal(t, "message message_deleted", kinds())
	w.does(t, responderOne, "leave", fields{"channel": w.channelOf(t, "inc-1")})
	for _, want := range []string{"message channel_join", "member_joined_channel", "member_left_channel", "message channel_leave"} {
		require.Equal(t, want, kinds())
	}
	replies, _, _, err := w.slack.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: general, Timestamp: said.TS})
	require.EqualError(t, err, "thread_not_found", "%v", replies)
}

// channelOf makes a channel with the first responder in it.
func (w *world) channelOf(t *testing.T, name string) string {
	t.Helper()
	channel := w.channel(t, name)
	_, err := w.slack.InviteUsersToConversation(channel, responderOne)
	require.NoError(t, err)
	return channel
}

func TestACommandIsDeliveredAndAnswered(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	app.answers <- func(rw http.ResponseWriter) { _, _ = io.WriteString(rw, "Nothing is open.") }
	got := w.does(t, responderOne, "command", fields{"channel": "general", "text": "/incident  page @responder-two in #general"})
	require.Equal(t, "Nothing is open.", got.Answers[0].Text)
	require.Equal(t, bot, got.Answers[0].User)

	form := app.form(t)
	require.Equal(t, []string{"/incident", "page <@" + responderTwo + "|responder-two> in <#" + general + "|general>", general, "general", responderOne, "responder-one"},
		[]string{form.Get("command"), form.Get("text"), form.Get("channel_id"), form.Get("channel_name"), form.Get("user_id"), form.Get("user_name")})

	reply := func(options ...slack.MsgOption) error {
		_, _, err := w.slack.PostMessage(general, append(options, slack.MsgOptionResponseURL(form.Get("response_url"), slack.ResponseTypeEphemeral))...)
		return err
	}
	for range 5 {
		require.NoError(t, reply(text("*SEV1* checkout")))
	}
	require.ErrorContains(t, reply(text("once too often")), "404")

	app.answers <- func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusServiceUnavailable) }
	status, failed := w.tries(t, responderOne, "command", fields{"channel": "general", "text": "/incident"})
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, failed.Detail, "http_error")
	_, page := w.call(t, "GET", "/sandbox/state", "")
	require.Contains(t, page, "failed because the app did not respond")
}

func TestAResponseURLReplacesAndExpires(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	channel := w.channelOf(t, "inc-1")
	button := slack.NewButtonBlockElement("acknowledge", "INC-1", slack.NewTextBlockObject("plain_text", "Acknowledge", false, false))
	_, err := w.slack.PostEphemeral(channel, responderOne, slack.MsgOptionBlocks(slack.NewActionBlock("row", button)))
	require.NoError(t, err)
	for range 2 {
		app.event(t)
	}
	var state struct {
		Slack struct {
			Channels []struct{ Ephemerals []struct{ TS, Text string } }
		}
	}
	w.read(t, &state)
	ts := state.Slack.Channels[0].Ephemerals[0].TS
	w.does(t, responderOne, "press", fields{"channel": channel, "ts": ts, "action_id": "acknowledge"})
	pressed := app.payload(t)
	require.True(t, pressed.Container.IsEphemeral)
	require.Empty(t, pressed.Message.Timestamp, "an ephemeral message is not told")

	_, _, err = w.slack.PostMessage(channel, text("Acknowledged"), slack.MsgOptionReplaceOriginal(pressed.ResponseURL))
	require.NoError(t, err)
	w.read(t, &state)
	require.Equal(t, "Acknowledged", state.Slack.Channels[0].Ephemerals[0].Text)
	_, _, err = w.slack.PostMessage(channel, slack.MsgOptionDeleteOriginal(pressed.ResponseURL))
	require.NoError(t, err)
	w.clock.advance(31 * time.Minute)
	_, _, err = w.slack.PostMessage(channel, text("too late"), slack.MsgOptionReplaceOriginal(pressed.ResponseURL))
	require.ErrorContains(t, err, "404")
	w.read(t, &state)
	require.Empty(t, state.Slack.Channels[0].Ephemerals)
}

func TestPressesCarryWhatWasChosen(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	plain := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	channel := w.channel(t, "inc-1")
	option := slack.NewOptionBlockObject("SEV2", plain("Major"), nil)
	ts := w.post(t, channel, slack.MsgOptionBlocks(slack.NewActionBlock("",
		slack.NewButtonBlockElement("step_complete", "INC-1|one", plain("Done")),
		slack.NewOptionsSelectBlockElement("static_select", plain("Severity"), "severity", slack.NewOptionBlockObject("SEV1", plain("Critical"), nil), option),
		slack.NewOptionsSelectBlockElement("users_select", plain("Who"), "role"),
	), slack.NewActionBlock("", slack.NewButtonBlockElement("step_complete", "INC-1|two", plain("Done")))))
	app.event(t)
	press := func(more fields) *slack.BlockAction {
		more["channel"], more["ts"] = channel, ts
		w.does(t, responderOne, "press", more)
		got := app.payload(t)
		require.Equal(t, slack.InteractionTypeBlockActions, got.Type)
		require.Equal(t, []string{responderOne, channel, ts}, []string{got.User.ID, got.Channel.ID, got.Message.Timestamp})
		return got.ActionCallback.BlockActions[0]
	}
	w.does(t, responderOne, "join", fields{"channel": "inc-1"})
	for range 2 {
		app.event(t)
	}
	require.Equal(t, "INC-1|two", press(fields{"action_id": "step_complete", "value": "INC-1|two"}).Value)
	require.Equal(t, "SEV2", press(fields{"action_id": "severity", "option": "SEV2"}).SelectedOption.Value)
	require.Equal(t, responderTwo, press(fields{"action_id": "role", "user": "responder-two"}).SelectedUser)

	for name, tc := range map[string]struct {
		body fields
		want string
	}{
		"a control that is not there": {fields{"action_id": "resolve"}, "There is no control \"resolve\" here: there are step_complete, severity, role, step_complete."},
		"a value that no button has":  {fields{"action_id": "step_complete", "value": "INC-1|six"}, "No button"},
		"an option that is not there": {fields{"action_id": "severity", "option": "SEV9"}, "there are SEV1, SEV2"},
		"a person whom nobody knows":  {fields{"action_id": "role", "user": "nobody"}, "nobody called"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.body["channel"], tc.body["ts"] = channel, ts
			_, refused := w.tries(t, responderOne, "press", tc.body)
			require.Contains(t, refused.Detail, tc.want)
		})
	}
}

func TestAnEventIsSentAgainUntilItIsTaken(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options, func(o *sandbox.Options) { o.SlackRetryPauses = []time.Duration{0, 0, 0} })
	for range 4 {
		app.answers <- func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusServiceUnavailable) }
	}
	w.does(t, responderOne, "say", fields{"channel": "general", "text": "never taken"})
	var id any
	for _, retry := range []string{"", "1", "2", "3"} {
		envelope, headers := app.event(t)
		require.Equal(t, retry, headers.Get("X-Slack-Retry-Num"))
		if retry != "" {
			require.Equal(t, "http_error", headers.Get("X-Slack-Retry-Reason"))
			require.Equal(t, id, envelope["event_id"])
		}
		id = envelope["event_id"]
	}
	w.does(t, responderOne, "say", fields{"channel": "general", "text": "taken"})
	envelope, _ := app.event(t)
	require.Equal(t, "taken", envelope["event"].(map[string]any)["text"])
}

func TestEventsThatWereNotTakenOutliveTheProcess(t *testing.T) {
	t.Parallel()
	app := listen(t)
	path := filepath.Join(t.TempDir(), "sandbox.db")
	before := start(t, app.options, func(o *sandbox.Options) { o.Path = path })
	app.answers <- func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusServiceUnavailable) }
	app.answers <- func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusServiceUnavailable) }
	before.does(t, responderOne, "say", fields{"channel": "general", "text": "Is anybody there?"})
	first, _ := app.event(t)
	app.event(t) // the next attempt would be in a minute
	require.NoError(t, before.box.Close())

	start(t, app.options, func(o *sandbox.Options) { o.Path = path })
	again, headers := app.event(t)
	require.Equal(t, first["event_id"], again["event_id"])
	require.Equal(t, "2", headers.Get("X-Slack-Retry-Num"))
}

func TestPeopleAreToldWhatToMend(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.channel(t, "inc-1")
	private, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: "hidden", IsPrivate: true})
	require.NoError(t, err)
	ts := w.post(t, general, text("hello"))
	for name, tc := range map[string]struct {
		person, act string
		body        fields
		status      int
		want        string
	}{
		"a person whom nobody knows":      {"nobody", "say", fields{}, 404, "responder-one, responder-two"},
		"an act that people lack":         {"responder-one", "shout", fields{}, 404, "they can close, command, delete"},
		"no channel":                      {"responder-one", "say", fields{"text": "x"}, 400, "channel is missing"},
		"a channel that is not":           {"responder-one", "say", fields{"channel": "nowhere", "text": "x"}, 409, "no such channel"},
		"a channel they are not in":       {"responder-one", "say", fields{"channel": channel, "text": "x"}, 409, "join it first"},
		"a private channel":               {"responder-one", "join", fields{"channel": private.ID}, 409, "it is private"},
		"no words":                        {"responder-one", "say", fields{"channel": "general", "text": " "}, 400, "say something"},
		"somebody else's words":           {"responder-one", "edit", fields{"channel": "general", "ts": ts, "text": "x"}, 409, "did not say this"},
		"a reaction that is no emoji":     {"responder-one", "react", fields{"channel": "general", "ts": ts, "emoji": "Push Pin"}, 409, "such as pushpin"},
		"taking back what was not":        {"responder-one", "react", fields{"channel": "general", "ts": ts, "emoji": "eyes", "removed": true}, 409, "has not reacted"},
		"a command where nobody listens":  {"responder-one", "command", fields{"channel": "general", "text": "/incident"}, 409, "no address of Muster"},
		"a command that is not installed": {"responder-one", "command", fields{"channel": "general", "text": "/other x"}, 400, "text begins with /incident"},
		"a field that acts lack":          {"responder-one", "say", fields{"chanel": "general"}, 400, "unknown field"},
		"leaving general":                 {"responder-one", "leave", fields{"channel": "general"}, 409, "Nobody leaves #general"},
		"a modal that is not":             {"responder-one", "submit", fields{"view_id": "V0SANDBOX999"}, 409, "no address of Muster"},
		"closing a modal that is not":     {"responder-one", "close", fields{"view_id": "V0SANDBOX999"}, 409, "no such modal"},
		"a file without an address":       {"responder-one", "say", fields{"channel": "general", "files": []fields{{"name": "a"}}}, 400, "files[0] needs"},
	} {
		t.Run(name, func(t *testing.T) {
			status, refused := w.tries(t, tc.person, tc.act, tc.body)
			require.Equal(t, tc.status, status, refused.Detail)
			require.Contains(t, refused.Detail, tc.want)
		})
	}
	response, _ := w.call(t, "POST", "/sandbox/slack/people/responder-one/say?wait=60", `{"channel":"general","text":"x"}`)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, _ = w.call(t, "POST", "/sandbox/slack/people/responder-one/say", `{}`, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, response.StatusCode)
}

func TestDirectMessagesAreBetweenTwo(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	channel, _, already, err := w.slack.OpenConversation(&slack.OpenConversationParameters{Users: []string{responderOne}, ReturnIM: true})
	require.NoError(t, err)
	require.False(t, already)
	require.Equal(t, []any{true, responderOne}, []any{channel.IsIM, channel.User})
	w.post(t, responderOne, text("Only for you"))
	got := w.does(t, responderOne, "say", fields{"channel": "@muster", "text": "Thanks"})
	require.Equal(t, channel.ID, got.Channel)
	for _, want := range []string{"Only for you", "Thanks"} {
		envelope, _ := app.event(t)
		event := envelope["event"].(map[string]any)
		require.Equal(t, []any{want, "im"}, []any{event["text"], event["channel_type"]})
	}
	_, refused := w.tries(t, responderTwo, "say", fields{"channel": channel.ID, "text": "x"})
	require.Contains(t, refused.Detail, "it is private")
	var state struct {
		Slack struct {
			DirectMessages []struct {
				Name     string
				Messages []struct{ User string }
			} `json:"direct_messages"`
		}
	}
	w.read(t, &state)
	require.Len(t, state.Slack.DirectMessages[0].Messages, 2)
	require.True(t, strings.HasPrefix(channel.ID, "D0"))
}
