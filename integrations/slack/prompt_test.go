package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/vendortest"
)

// prompting is a message that asks for something, with what Slack might take for markup.
func prompting() chat.Outgoing {
	return chat.Outgoing{Key: "INC-42/unacknowledged", ChannelID: channelID, Prompt: true, Card: chat.Card{
		Summary: "Who takes <it> & when?",
		Parts: []chat.Part{
			{Body: chat.Text{chat.Mention(known), chat.Plain(" Who takes <it> & when?")}},
			{Controls: []chat.Control{{Act: "acknowledge", Label: "Acknowledge", Value: "INC-42"}}},
		},
	}}
}

// promptAt is what a channel holds after a prompt was posted there.
func promptAt(metadata string) string {
	return fmt.Sprintf(`{"ok":true,"messages":[
		{"ts":"1700000002.000100","text":"hello","metadata":{"event_type":"deployment","event_payload":{"card":"{}"}}},
		{"ts":"1700000001.000100","text":"the brief","metadata":{"event_type":"muster_message","event_payload":{"key":"brief"}}},
		{"ts":"1700000000.000100","text":"Who takes it?","metadata":%s}]}`, metadata)
}

// taken is what becomes of the prompt.
func taken(at *time.Time) chat.Change {
	return func(prompt chat.Card, posted time.Time) (chat.Card, bool) {
		*at = posted
		if len(prompt.Parts[1].Controls) == 0 {
			return prompt, false
		}
		prompt.Parts[1] = chat.Part{Aside: chat.Line("✓ acknowledged")}
		return prompt, true
	}
}

func TestAPromptIsChangedInItsPlace(t *testing.T) {
	t.Parallel()
	ref := incident.MessageRef{ChannelID: channelID, ID: "1700000000.000100"}
	for name, change := range map[string]func(c editor, how chat.Change) error{
		"by its place": func(c editor, how chat.Change) error { return c.EditPrompt(t.Context(), ref, how) },
		"among the latest of its channel": func(c editor, how chat.Change) error {
			_, err := c.EditPrompts(t.Context(), channelID, how)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			var metadata string
			fake.Handle(history, func(w http.ResponseWriter, r *http.Request) {
				answer := nothingPosted
				if metadata != "" {
					answer = promptAt(metadata)
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			})
			fake.Answer(edit, http.StatusOK, `{"ok":true,"channel":"C0INCIDENT","ts":"1700000000.000100"}`)
			_, err := client.Show(t.Context(), prompting())
			require.NoError(t, err)
			metadata = fake.Requests("/api/chat.postMessage")[0].Form.Get("metadata")
			require.NotContains(t, metadata, "&", "nothing in it is for Slack to escape")

			var posted time.Time
			require.NoError(t, change(client, taken(&posted)))
			for _, asked := range fake.Requests("/api/conversations.history") {
				require.Equal(t, "1", asked.Form.Get("include_all_metadata"))
			}
			require.Equal(t, time.Unix(1_700_000_000, 100_000).UTC(), posted)
			sent := fake.Requests("/api/chat.update")
			require.Len(t, sent, 1)
			require.Equal(t, "1700000000.000100", sent[0].Form.Get("ts"))
			require.Contains(t, sent[0].Form.Get("blocks"), "✓ acknowledged")
			require.Contains(t, sent[0].Form.Get("blocks"), "U0RESPONDER")
			require.NotContains(t, sent[0].Form.Get("blocks"), "muster:acknowledge")

			metadata = sent[0].Form.Get("metadata")
			var kept struct {
				Payload map[string]string `json:"event_payload"`
			}
			require.NoError(t, json.Unmarshal([]byte(metadata), &kept))
			require.Equal(t, "INC-42/unacknowledged", kept.Payload["key"], "a repetition still finds it")
			require.NoError(t, change(client, taken(&posted)))
			require.Len(t, fake.Requests("/api/chat.update"), 1, "it knows that it was changed")
		})
	}
}

// editor is what changes prompts.
type editor interface {
	EditPrompt(ctx context.Context, ref incident.MessageRef, change chat.Change) error
	EditPrompts(ctx context.Context, channelID string, change chat.Change) (int, error)
}

func TestAPromptThatCannotBeChangedStaysAsItIs(t *testing.T) {
	t.Parallel()
	document, err := json.Marshal(prompting().Card)
	require.NoError(t, err)
	whole, err := json.Marshal(map[string]any{"event_type": "muster_message", "event_payload": map[string]string{"card": string(document)}})
	require.NoError(t, err)
	for name, row := range map[string]struct {
		metadata, edited string
		fails            bool
	}{
		"since it is old":              {metadata: string(whole), edited: refusal("edit_window_closed")},
		"since it is somebody else's":  {metadata: string(whole), edited: refusal("cant_update_message")},
		"since it was just deleted":    {metadata: string(whole), edited: refusal("message_not_found")},
		"since it would be too long":   {metadata: string(whole), edited: refusal("msg_too_long")},
		"since Slack keeps no more":    {metadata: string(whole), edited: refusal("metadata_too_large")},
		"since it holds something odd": {metadata: `{"event_type":"muster_message","event_payload":{"card":"x"}}`},
		"since it holds no card":       {metadata: `{"event_type":"muster_message","event_payload":{"card":7}}`},
		"since Slack is in trouble":    {metadata: string(whole), edited: refusal("internal_error"), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			fake.Answer(history, http.StatusOK, promptAt(row.metadata))
			fake.Answer(edit, http.StatusOK, row.edited)
			var posted time.Time
			changed, err := client.EditPrompts(t.Context(), channelID, taken(&posted))
			require.Equal(t, row.fails, err != nil)
			require.Zero(t, changed)
		})
	}
}

func TestAPromptIsPostedWhetherOrNotItCanBeKept(t *testing.T) {
	t.Parallel()
	t.Run("too long to be kept", func(t *testing.T) {
		t.Parallel()
		client, fake := newKnowing(t)
		fake.Answer(history, http.StatusOK, nothingPosted)
		out := prompting()
		out.Card.Parts[0].Body = chat.Line(strings.Repeat("long ", 1000))
		_, err := client.Show(t.Context(), out)
		require.NoError(t, err)
		require.NotContains(t, fake.Requests("/api/chat.postMessage")[0].Form.Get("metadata"), "card")
	})
	t.Run("too long for Slack", func(t *testing.T) {
		t.Parallel()
		client, fake := newClient(t)
		fake.Answer("POST /api/users.lookupByEmail", http.StatusOK, refusal("users_not_found"))
		fake.Answer(history, http.StatusOK, nothingPosted)
		fake.Answer(post, http.StatusOK, refusal("metadata_too_large"), posted)
		fake.Answer(permalink, http.StatusOK, addressed)
		ref, err := client.Show(t.Context(), prompting())
		require.NoError(t, err)
		require.Equal(t, "1700000000.000100", ref.ID)
		posts := fake.Requests("/api/chat.postMessage")
		require.Len(t, posts, 2)
		require.NotContains(t, posts[1].Form.Get("metadata"), "card")
		require.Contains(t, posts[1].Form.Get("metadata"), "INC-42/unacknowledged")
	})
	t.Run("anything else is an error", func(t *testing.T) {
		t.Parallel()
		client, fake := newClient(t)
		fake.Answer("POST /api/users.lookupByEmail", http.StatusOK, refusal("users_not_found"))
		fake.Answer(history, http.StatusOK, nothingPosted)
		fake.Answer(post, http.StatusOK, refusal("is_archived"))
		_, err := client.Show(t.Context(), prompting())
		require.True(t, integrations.HasCode(err, "is_archived"))
	})
}
