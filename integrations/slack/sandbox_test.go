package slack_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
)

// first is one of the people in the sandbox.
var first = incident.Person{Name: "Sample Responder One", Email: "responder-one@example.com"}

// stage is a sandbox in which a person acts, and Muster on its other side.
type stage struct {
	*gate
	client  *slack.Client
	url     string
	channel string
}

// newStage opens a channel with one person in it. What people do comes to the gate, signed.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{gate: &gate{taker: &taker{}}}
	s.Inbound = slack.NewInbound(slack.InboundOptions{SigningSecrets: []integrations.Secret{signingSecret}, Taker: s.taker})
	muster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		reply, err := s.Receive(r.Context(), r.Header, body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", reply.MediaType)
		if _, err := w.Write(reply.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(muster.Close)
	var box *sandbox.Sandbox
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { box.ServeHTTP(w, r) }))
	box, err := sandbox.Open(t.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: server.URL, Seed: 42, SlackRequestURL: muster.URL, SlackSigningSecret: signingSecret.Reveal(),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, box.Close())
	})
	s.url = server.URL
	s.client = slack.New(slack.Options{Token: token, APIURL: box.SlackURL(), Unshaped: true})
	channel, err := s.client.OpenChannel(t.Context(), incident.ChannelRequest{Key: "INC-42/channel", Name: "inc-42"})
	require.NoError(t, err)
	s.channel = channel.ID
	_, err = s.client.Invite(t.Context(), s.channel, []incident.Person{first})
	require.NoError(t, err)
	return s
}

// does is an act of the person, and returns what Muster was told of it and what the person
// sees then.
func (s *stage) does(t *testing.T, act string, body map[string]any) (told chat.Act, seen map[string]any) {
	t.Helper()
	before := len(s.taker.taken())
	resp, err := http.Post(s.url+"/sandbox/slack/people/responder-one/"+act, asJSON, bytes.NewReader(marshal(t, body)))
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&seen))
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode, seen)
	acts := s.taker.taken()[before:]
	for i, one := range acts {
		if one.Message == nil && one.Membership == nil {
			return acts[i], seen
		}
	}
	return chat.Act{}, seen
}

// opened is the form that the person has open.
func (s *stage) opened(t *testing.T) string {
	t.Helper()
	resp, err := http.Get(s.url + "/sandbox/state")
	require.NoError(t, err)
	var state struct {
		Slack struct {
			Views []struct {
				ID string `json:"id"`
			} `json:"views"`
		} `json:"slack"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&state))
	require.NoError(t, resp.Body.Close())
	require.Len(t, state.Slack.Views, 1)
	return state.Slack.Views[0].ID
}

// TestTheSandboxTakesWhateverIsShown is a second opinion on the limits, by who wrote the
// sandbox.
func TestTheSandboxTakesWhateverIsShown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			shown, err := s.client.Show(t.Context(), chat.Outgoing{Key: name, ChannelID: s.channel, Card: everyPart(text), Pin: true})
			require.NoError(t, err)
			edited, err := s.client.Show(t.Context(), chat.Outgoing{ChannelID: s.channel, Card: everyPart("more " + text), Edit: shown})
			require.NoError(t, err)
			require.Equal(t, shown, edited)
			asked, _ := s.does(t, "command", map[string]any{"channel": s.channel, "text": "/incident declare"})
			form := everyField(text)
			for i, entry := range form.Fields {
				if entry.Kind == chat.PersonEntry {
					form.Fields[i].Value = asked.By.ID // Slack knows nobody else here
				}
			}
			require.NoError(t, s.client.OpenForm(t.Context(), asked.Trigger, form))
			require.NoError(t, s.client.Answer(t.Context(), asked, everyPart(text)))
		})
	}
}

// TestAPersonIsShownAskedAndAnswered goes the whole way from a button to its answer.
func TestAPersonIsShownAskedAndAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	shown, err := s.client.Show(t.Context(), chat.Outgoing{Key: "INC-42/prompt", ChannelID: s.channel, Card: chat.Card{
		Summary: "An update is due", Parts: []chat.Part{
			{Body: chat.Text{chat.Plain("An update is due, "), chat.Mention(first), chat.Plain(", "), chat.Since(moment)}},
			{Controls: []chat.Control{{Act: "update", Value: "INC-42", Label: "Post an update", Style: chat.Primary}}},
		},
	}})
	require.NoError(t, err)

	pressed, _ := s.does(t, "press", map[string]any{"channel": s.channel, "ts": shown.ID, "action_id": "muster:update:1ynw0bo"})
	require.Equal(t, &chat.Press{Act: "update", Value: "INC-42", On: incident.MessageRef{ChannelID: s.channel, ID: shown.ID}}, pressed.Press)
	person, err := s.client.Person(t.Context(), pressed.By.ID)
	require.NoError(t, err)
	require.Equal(t, first, person)

	require.NoError(t, s.client.OpenForm(t.Context(), pressed.Trigger, chat.Form{
		ID: "update", Context: "INC-42", Title: "Update", Submit: "Post", Fields: []chat.Entry{{ID: "text", Label: "Text", Kind: chat.TextEntry}},
	}))
	submitted, _ := s.does(t, "submit", map[string]any{"view_id": s.opened(t), "values": map[string]any{"text": "We know why"}})
	require.Equal(t, &chat.Submission{Form: "update", Context: "INC-42", Values: map[string]string{"text": "We know why"}}, submitted.Submission)

	require.NoError(t, s.client.Answer(t.Context(), pressed, card("Your update is posted")))
	_, seen := s.does(t, "say", map[string]any{"channel": s.channel, "text": "Thanks"})
	require.NotContains(t, string(marshal(t, seen["answers"])), "failed")
	said, found, err := s.client.Message(t.Context(), incident.MessageRef{ChannelID: s.channel, ID: word(seen["ts"])})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "Thanks", said.Text)
	require.Equal(t, pressed.By.ID, said.By.ID)
}
