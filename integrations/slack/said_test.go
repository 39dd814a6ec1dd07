package slack_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
)

func TestMessageSaysWhatStandsAtAPlace(t *testing.T) {
	t.Parallel()
	const none = `{"ok":true,"messages":[]}`
	ref := incident.MessageRef{ChannelID: channelID, ID: "1700000000.000100"}
	at := time.Unix(1_700_000_000, 100_000).UTC()
	shown := ref
	shown.URL = address
	for name, row := range map[string]struct {
		history, replies string
		want             chat.Message
		found            bool
	}{
		"in a channel": {
			history: `{"ok":true,"messages":[{"ts":"1700000000.000100","user":"U0RESPONDER","text":"&lt;b&gt; <@U0OTHER> see <https://example.com|the graph>"}]}`,
			want: chat.Message{
				Ref: shown, At: at, By: chat.Account{ID: "U0RESPONDER"}, Text: "<b> <@U0OTHER> see the graph (https://example.com)",
			},
			found: true,
		},
		"in a thread": {
			history: none,
			replies: `{"ok":true,"messages":[{"ts":"1600000000.000100","user":"U0OTHER","text":"first"},
				{"ts":"1700000000.000100","thread_ts":"1600000000.000100","user":"U0RESPONDER","text":"answer","edited":{"user":"U0RESPONDER","ts":"1700000001.000000"}}]}`,
			want:  chat.Message{Ref: shown, Thread: "1600000000.000100", At: at, By: chat.Account{ID: "U0RESPONDER"}, Text: "answer", Edited: true},
			found: true,
		},
		"by an app, with a file": {
			history: `{"ok":true,"messages":[{"ts":"1700000000.000100","subtype":"bot_message","bot_id":"B0OTHER","username":"grafana","text":"graph",
				"files":[{"id":"F1","name":"graph.png","mimetype":"image/png","permalink":"https://sample.slack.com/files/F1"}]}]}`,
			want: chat.Message{
				Ref: shown, At: at, By: chat.Account{ID: "B0OTHER", Name: "grafana", Bot: true}, Text: "graph",
				Files: []incident.File{{Name: "graph.png", MediaType: "image/png", URL: "https://sample.slack.com/files/F1"}},
			},
			found: true,
		},
		"that was deleted":                    {history: none, replies: refusal("thread_not_found")},
		"that was deleted from a thread":      {history: none, replies: `{"ok":true,"messages":[{"ts":"1600000000.000100"}]}`},
		"in a channel that Muster cannot see": {history: refusal("channel_not_found")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(history, http.StatusOK, row.history)
			fake.Answer(replies, http.StatusOK, row.replies)
			fake.Answer(permalink, http.StatusOK, addressed)
			said, found, err := client.Message(t.Context(), ref)
			require.NoError(t, err)
			require.Equal(t, row.found, found)
			require.Equal(t, row.want, said)
			asked := fake.Requests("/api/conversations.history")[0].Form
			require.Equal(t, []string{ref.ID, ref.ID, "1"}, []string{asked.Get("latest"), asked.Get("oldest"), asked.Get("inclusive")})
		})
	}
}

func TestMessageThatSlackCannotGiveNowIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][2]string{
		"in the channel": {refusal("internal_error"), ""},
		"in the thread":  {`{"ok":true,"messages":[]}`, refusal("internal_error")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(history, http.StatusOK, answers[0])
			fake.Answer(replies, http.StatusOK, answers[1])
			_, _, err := client.Message(t.Context(), incident.MessageRef{ChannelID: channelID, ID: "1700000000.000100"})
			require.ErrorContains(t, err, "internal_error")
		})
	}
}
