package slack_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/chat"
)

// FuzzDeliveries sends whatever can be signed. It is refused, or is at most one act that is
// whole: it can be kept as JSON, and does just one thing.
func FuzzDeliveries(f *testing.F) {
	samples, err := filepath.Glob("../../../shared/counterparts/payloads/slack/*")
	require.NoError(f, err)
	for _, path := range samples {
		body, err := os.ReadFile(path)
		require.NoError(f, err)
		if filepath.Ext(path) == ".form" {
			f.Add(asForm, string(body))
			continue
		}
		f.Add(asJSON, string(body))
		f.Add(asForm, payload(string(body)))
	}
	f.Add(asForm, pressed(`"type":"button","action_id":"muster:acknowledge:0","value":"INC-42"`))
	f.Add(asForm, form(`{"type":"input","block_id":"title","element":{"action_id":"muster:title"}}`, `"title":{"muster:title":{"value":"x"}}`))
	f.Add(asJSON, inChannel(`"user":"U1","text":"<@U1|a> <https://example.com|b> &lt;","thread_ts":"1.2"`))
	f.Add(asJSON, inChannel(`"subtype":"message_changed","message":{"text":"b","ts":"1.0","edited":{"user":"U1"}},"previous_message":{"text":"a"}`))
	f.Add(asJSON, inChannel(`"subtype":"message_deleted","deleted_ts":"1.0"`))
	f.Add(asJSON, event(`{"type":"pin_added","user":"U1","channel_id":"C1","item":{"message":{"ts":"1.0"}}}`))
	f.Fuzz(func(t *testing.T, mediaType, body string) {
		g := newGate()
		g.taker.problems = []chat.Problem{{Entry: "title", Message: "no"}}
		if reply, err := g.send(t, mediaType, body); err == nil && reply.MediaType == "application/json" {
			require.True(t, json.Valid(reply.Body))
		}
		g = newGate()
		if _, err := g.send(t, mediaType, body); err != nil {
			var refused *chat.RefusedError
			require.ErrorAs(t, err, &refused)
			require.Empty(t, g.taker.taken())
			return
		}
		for _, act := range g.taker.taken() {
			requireWhole(t, act)
		}
	})
}

func requireWhole(t *testing.T, act chat.Act) {
	t.Helper()
	require.NotEmpty(t, act.ID)
	set := 0
	for _, is := range []bool{
		act.Command != nil, act.Press != nil, act.Submission != nil, act.Shortcut != nil,
		act.Reaction != nil, act.Pin != nil, act.Message != nil, act.Membership != nil,
	} {
		if is {
			set++
		}
	}
	require.Equal(t, 1, set)
	require.NotEqual(t, "open", lookAt(act.Press).Act)
	if act.Message == nil || !act.Message.Deleted && !act.Message.Edited {
		require.NotEmpty(t, act.By.ID)
		require.False(t, act.By.Bot)
	}
	kept, err := json.Marshal(act)
	require.NoError(t, err)
	require.True(t, utf8.Valid(kept))
	var again chat.Act
	require.NoError(t, json.Unmarshal(kept, &again))
}

// lookAt is what a pointer points to, or nothing.
func lookAt[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// FuzzPlainText reads texts: what comes out can be shown, and no form's encoding matters.
func FuzzPlainText(f *testing.F) {
	for _, text := range []string{"<@U1|a>", "<!subteam^S1|@x>", "<https://example.com|b>", "&amp;lt;", "<>", "<|>", "\xff<#C1>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body := url.Values{"command": {"/incident"}, "user_id": {"U1"}, "trigger_id": {"1"}, "text": {text}}
		read := newGate().act(t, asForm, body.Encode()).Command.Text
		require.True(t, utf8.ValidString(read))
	})
}
