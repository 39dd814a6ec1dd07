package slack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/vendortest"
)

const (
	edit    = "POST /api/chat.update"
	replies = "POST /api/conversations.replies"
	openIM  = "POST /api/conversations.open"
	whisper = "POST /api/chat.postEphemeral"
)

func card(summary string) chat.Card {
	return chat.Card{Summary: summary, Parts: []chat.Part{{Body: chat.Line(summary)}}}
}

func outgoing() chat.Outgoing {
	return chat.Outgoing{Key: "INC-42/brief", ChannelID: channelID, Card: card("INC-42 SEV1")}
}

// shownAt is where the fake posts.
func shownAt() incident.MessageRef {
	return incident.MessageRef{ChannelID: channelID, ID: "1700000000.000100", URL: address}
}

func TestShowPostsPinsAndSaysWhere(t *testing.T) {
	t.Parallel()
	client, fake := newKnowing(t)
	fake.Answer(history, http.StatusOK, nothingPosted)
	fake.Answer("POST /api/pins.add", http.StatusOK, accepted)
	out := outgoing()
	out.Pin = true
	ref, err := client.Show(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, shownAt(), ref)

	sent := fake.Requests("/api/chat.postMessage")[0].Form
	require.Equal(t, "INC-42 SEV1", sent.Get("text"))
	require.JSONEq(t, `{"event_type":"muster_message","event_payload":{"key":"INC-42/brief"}}`, sent.Get("metadata"))
	require.Equal(t, "none", sent.Get("parse"))
	require.Empty(t, sent.Get("thread_ts"))
	require.Len(t, fake.Requests("/api/pins.add"), 1)
}

func TestShowInAThreadLooksForItselfThere(t *testing.T) {
	t.Parallel()
	const ours = `{"ts":"1700000000.000100","metadata":{"event_type":"muster_message","event_payload":{"key":"INC-42/brief"}}}`
	for name, row := range map[string]struct {
		answers []string
		posts   int
	}{
		"a first time posts":                    {[]string{`{"ok":true,"messages":[{"ts":"1600000000.000100"}]}`}, 1},
		"a repetition does not":                 {[]string{`{"ok":true,"messages":[{"ts":"1600000000.000100"},` + ours + `]}`}, 0},
		"a repetition on the second page":       {[]string{`{"ok":true,"messages":[{"ts":"1600000000.000100"}],"response_metadata":{"next_cursor":"more"}}`, `{"ok":true,"messages":[` + ours + `]}`}, 0},
		"a thread that was deleted posts there": {[]string{refusal("thread_not_found")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			fake.Answer(replies, http.StatusOK, row.answers...)
			out := outgoing()
			out.Thread = "1600000000.000100"
			ref, err := client.Show(t.Context(), out)
			require.NoError(t, err)
			require.Equal(t, shownAt(), ref)
			posts := fake.Requests("/api/chat.postMessage")
			require.Len(t, posts, row.posts)
			for _, request := range posts {
				require.Equal(t, out.Thread, request.Form.Get("thread_ts"))
			}
			require.Equal(t, out.Thread, fake.Requests("/api/conversations.replies")[0].Form.Get("ts"))
		})
	}
}

func TestShowEditsInPlace(t *testing.T) {
	t.Parallel()
	client, fake := newKnowing(t)
	fake.Answer(edit, http.StatusOK, `{"ok":true,"channel":"C0INCIDENT","ts":"1600000000.000100"}`)
	out := outgoing()
	out.Pin = true
	out.Edit = incident.MessageRef{ChannelID: "C0ELSEWHERE", ID: "1600000000.000100", URL: address}
	ref, err := client.Show(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, out.Edit, ref)
	sent := fake.Requests("/api/chat.update")[0].Form
	require.Equal(t, "C0ELSEWHERE", sent.Get("channel"))
	require.Equal(t, "1600000000.000100", sent.Get("ts"))
	require.NotEmpty(t, sent.Get("blocks"))
	require.Equal(t, "none", sent.Get("parse"))
	require.Empty(t, sent.Get("metadata"), "what the message is known by stays")
	require.Empty(t, fake.Requests("/api/pins.add"), "an edit costs one call")
}

func TestShowPostsAnewWhatCannotBeEdited(t *testing.T) {
	t.Parallel()
	for code, posts := range map[string]bool{
		"message_not_found": true, "cant_update_message": true, "edit_window_closed": true,
		"channel_not_found": false, "internal_error": false, "invalid_blocks": false,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			fake.Answer(edit, http.StatusOK, refusal(code))
			fake.Answer(history, http.StatusOK, nothingPosted)
			fake.Answer("POST /api/pins.add", http.StatusOK, accepted)
			out := outgoing()
			out.Pin, out.Edit = true, incident.MessageRef{ChannelID: channelID, ID: "1600000000.000100"}
			ref, err := client.Show(t.Context(), out)
			if !posts {
				require.True(t, integrations.HasCode(err, code))
				require.Empty(t, fake.Requests("/api/chat.postMessage"))
				return
			}
			require.NoError(t, err)
			require.Equal(t, shownAt(), ref)
			require.Len(t, fake.Requests("/api/pins.add"), 1)
		})
	}
}

func TestTell(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		person     incident.Person
		open, post string
		told       bool
		want       string
	}{
		"writes to whom Slack knows":                 {person: known, open: `{"ok":true,"channel":{"id":"D0RESPONDER"}}`, post: posted, told: true},
		"writes nothing to whom Slack does not know": {person: unknown},
		"writes nothing to who has no address":       {person: incident.Person{Name: "Sample Guest"}},
		"writes nothing to who takes no messages":    {person: known, open: refusal("user_disabled")},
		"writes nothing where the app may not write": {person: known, open: `{"ok":true,"channel":{"id":"D0RESPONDER"}}`, post: refusal("messages_tab_disabled")},
		"fails for want of a scope":                  {person: known, open: `{"ok":false,"error":"missing_scope","needed":"im:write"}`, want: "add the scope im:write"},
		"fails where Slack does not say which":       {person: known, open: accepted, want: "lacks the conversation's id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Handle("POST /api/users.lookupByEmail", func(w http.ResponseWriter, r *http.Request) {
				answer := refusal("users_not_found")
				if r.FormValue("email") == known.Email {
					answer = `{"ok":true,"user":{"id":"U0RESPONDER"}}`
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			})
			fake.Answer(openIM, http.StatusOK, row.open)
			fake.Answer(history, http.StatusOK, nothingPosted)
			fake.Answer(post, http.StatusOK, row.post)
			fake.Answer(permalink, http.StatusOK, addressed)
			told, err := client.Tell(t.Context(), "INC-42/notify/1", row.person, card("You are needed"))
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, row.told, told)
			for _, request := range fake.Requests("/api/conversations.open") {
				require.Equal(t, "U0RESPONDER", request.Form.Get("users"))
			}
			if row.told {
				require.Equal(t, "D0RESPONDER", fake.Requests("/api/conversations.history")[0].Form.Get("channel"))
				require.Contains(t, fake.Requests("/api/chat.postMessage")[0].Form.Get("metadata"), "INC-42/notify/1")
			}
		})
	}
}

func TestAnswerTakesTheFirstWayThatIsOpen(t *testing.T) {
	t.Parallel()
	const opened = `{"ok":true,"channel":{"id":"D0RESPONDER"}}`
	for name, row := range map[string]struct {
		replyTo, channel string
		reply            string
		replyStatus      int
		whisper, open    string
		way, want        string
		final            bool
	}{
		"the address of the act":                            {replyTo: "/actions/T1/2/x", channel: channelID, reply: "ok", way: "/actions/T1/2/x"},
		"an address that answers in JSON":                   {replyTo: "/actions/T1/2/x", channel: channelID, reply: accepted, way: "/actions/T1/2/x"},
		"the channel where the address is used up":          {replyTo: "/actions/T1/2/x", channel: channelID, reply: refusal("used_url"), replyStatus: http.StatusNotFound, whisper: `{"ok":true,"message_ts":"1.2"}`, way: "/api/chat.postEphemeral"},
		"the channel where the address is somebody's":       {replyTo: "https://evil.example.com/actions", channel: channelID, whisper: `{"ok":true,"message_ts":"1.2"}`, way: "/api/chat.postEphemeral"},
		"the channel where the act has no address":          {channel: channelID, whisper: `{"ok":true,"message_ts":"1.2"}`, way: "/api/chat.postEphemeral"},
		"a message where they are not in the channel":       {channel: channelID, whisper: refusal("user_not_in_channel"), open: opened, way: "/api/chat.postMessage"},
		"a message where the app is not in the channel":     {channel: channelID, whisper: refusal("not_in_channel"), open: opened, way: "/api/chat.postMessage"},
		"a message for a form":                              {open: opened, way: "/api/chat.postMessage"},
		"none where nothing reaches them":                   {open: refusal("user_not_found"), want: "takes no messages from Muster", final: true},
		"none while Slack has trouble with the address":     {replyTo: "/actions/T1/2/x", channel: channelID, reply: "no", replyStatus: http.StatusBadGateway, want: "trouble of its own"},
		"none while Slack has trouble with the channel":     {channel: channelID, whisper: refusal("internal_error"), want: "internal_error"},
		"none where the address answers what it should not": {replyTo: "/actions/T1/2/x", channel: channelID, reply: "<html>sign in</html>", want: "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			fake.Handle("POST /actions/T1/2/x", func(w http.ResponseWriter, _ *http.Request) {
				if row.replyStatus != 0 {
					w.WriteHeader(row.replyStatus)
				}
				_, _ = w.Write([]byte(row.reply))
			})
			fake.Answer(whisper, http.StatusOK, row.whisper)
			fake.Answer(openIM, http.StatusOK, row.open)
			fake.Answer(history, http.StatusOK, nothingPosted)
			act := chat.Act{ID: "act-1", Channel: row.channel, By: chat.Account{ID: "U0RESPONDER"}, ReplyTo: row.replyTo}
			if strings.HasPrefix(row.replyTo, "/") {
				act.ReplyTo = fake.URL + row.replyTo
			}
			err := client.Answer(t.Context(), act, card("INC-42 is <resolved>"))
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
				require.Equal(t, row.final, integrations.IsFinal(err))
				require.NotContains(t, err.Error(), "/actions/T1")
				return
			}
			require.NoError(t, err)
			sent := fake.Requests(row.way)
			require.Len(t, sent, 1)
			switch row.way {
			case "/api/chat.postEphemeral":
				require.Equal(t, "U0RESPONDER", sent[0].Form.Get("user"))
				require.Empty(t, blockProblems(sent[0].Form.Get("blocks"), false))
			case "/api/chat.postMessage":
				require.Equal(t, "D0RESPONDER", sent[0].Form.Get("channel"))
				require.Contains(t, sent[0].Form.Get("metadata"), "answer:act-1")
			default:
				document := sent[0].JSON(t)
				require.Equal(t, "ephemeral", document["response_type"])
				require.Equal(t, false, document["replace_original"])
				require.Equal(t, "INC-42 is &lt;resolved&gt;", document["text"])
				blocks, err := json.Marshal(document["blocks"])
				require.NoError(t, err)
				require.Empty(t, blockProblems(string(blocks), false))
			}
		})
	}
}
