package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

// socket is a connection of Socket Mode, as an app has it.
type socket struct {
	t *testing.T
	*websocket.Conn
}

// received is what comes over a connection.
type received struct {
	Type           string
	Reason         string
	NumConnections int `json:"num_connections"`
	ConnectionInfo struct {
		AppID string `json:"app_id"`
	} `json:"connection_info"`
	EnvelopeID             string `json:"envelope_id"`
	AcceptsResponsePayload bool   `json:"accepts_response_payload"`
	RetryAttempt           *int   `json:"retry_attempt"`
	RetryReason            string `json:"retry_reason"`
	Payload                map[string]any
}

// socketAddress asks for a connection.
func (w *world) socketAddress(t *testing.T, token string) (address, refused string) {
	t.Helper()
	_, body := w.call(t, "POST", "/sandbox/slack/api/apps.connections.open", "", "Authorization", "Bearer "+token)
	var answer struct{ URL, Error string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	return answer.URL, answer.Error
}

// connect opens a connection, and requires that it is greeted as the one of so many.
func (w *world) connect(t *testing.T, count int) socket {
	t.Helper()
	k := w.dial(t)
	hello := k.next()
	require.Equal(t, "hello", hello.Type)
	require.Equal(t, count, hello.NumConnections)
	require.Equal(t, "A0SANDBOX", hello.ConnectionInfo.AppID)
	return k
}

func (w *world) dial(t *testing.T) socket {
	t.Helper()
	address, refused := w.socketAddress(t, "xapp-any")
	require.Empty(t, refused)
	connection, _, err := websocket.DefaultDialer.Dial(address, http.Header{"Origin": {"https://api.slack.com"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() }) // it may be closed already
	return socket{t, connection}
}

func (k socket) next() (message received) {
	k.t.Helper()
	require.NoError(k.t, k.ReadJSON(&message))
	return message
}

func (k socket) acknowledge(id string, payload any) {
	k.t.Helper()
	answer := map[string]any{"envelope_id": id}
	if payload != nil {
		answer["payload"] = payload
	}
	require.NoError(k.t, k.WriteJSON(answer))
}

// inBackground does one act of a person, and returns what comes of it.
func (w *world) inBackground(t *testing.T, person, act string, body any) func() (int, outcome) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Post(w.url+"/sandbox/slack/people/"+person+"/"+act, "application/json", bytes.NewReader(data))
		done <- result{response, err}
	}()
	return func() (int, outcome) {
		t.Helper()
		r := <-done
		require.NoError(t, r.err)
		defer r.response.Body.Close()
		var o outcome
		require.NoError(t, json.NewDecoder(r.response.Body).Decode(&o))
		return r.response.StatusCode, o
	}
}

var anyCommand = fields{"channel": "general", "text": "/incident status"}

func TestAConnectionIsOpenedWithATokenOfTheAppAndNoOther(t *testing.T) {
	t.Parallel()
	w := start(t)
	address, refused := w.socketAddress(t, "xoxb-any")
	require.Equal(t, "not_allowed_token_type", refused)
	require.Empty(t, address)
	_, err := slack.New("xapp-any", slack.OptionAPIURL(w.box.SlackURL())).AuthTestContext(t.Context())
	require.EqualError(t, err, "not_allowed_token_type")

	address, _ = w.socketAddress(t, "xapp-any")
	require.True(t, strings.HasPrefix(address, "ws://"), address)
	connection, _, err := websocket.DefaultDialer.Dial(address, nil)
	require.NoError(t, err)
	require.NoError(t, connection.Close())
	_, response, err := websocket.DefaultDialer.Dial(address, nil)
	require.Error(t, err, "an address is good for one connection")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestWhatPeopleDoGoesOverTheConnectionThatIsThere(t *testing.T) {
	t.Parallel()
	muster := listen(t)
	w := start(t, muster.options)
	k := w.connect(t, 1)

	outcomeOf := w.inBackground(t, "responder-one", "command", anyCommand)
	command := k.next()
	require.Equal(t, "slash_commands", command.Type)
	require.True(t, command.AcceptsResponsePayload)
	require.Nil(t, command.RetryAttempt)
	require.Equal(t, "/incident", command.Payload["command"])
	require.Equal(t, "status", command.Payload["text"])
	require.Equal(t, "false", command.Payload["is_enterprise_install"])
	k.acknowledge(command.EnvelopeID, fields{"text": "All is well"})
	status, result := outcomeOf()
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "All is well", result.Answers[0].Text)

	outcomeOf = w.inBackground(t, "responder-one", "shortcut", fields{"callback_id": "muster:declare"})
	shortcut := k.next()
	require.Equal(t, "interactive", shortcut.Type)
	require.False(t, shortcut.AcceptsResponsePayload)
	require.Equal(t, "shortcut", shortcut.Payload["type"])
	k.acknowledge(shortcut.EnvelopeID, nil)
	status, _ = outcomeOf()
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, muster.deliveries, "nothing went to the address as well")

	require.NoError(t, k.Close())
	require.Eventually(t, func() bool {
		_, state := w.call(t, "GET", "/sandbox/state", "")
		return strings.Contains(state, `"connections":0`)
	}, time.Minute, time.Millisecond)
	w.does(t, "responder-one", "command", anyCommand)
	require.Equal(t, "status", muster.form(t).Get("text"), "without a connection the address is used")
}

func TestAnEventThatWasNotAcknowledgedComesAgainAndACommandDoesNot(t *testing.T) {
	t.Parallel()
	w := start(t)
	status, result := w.tries(t, "responder-one", "command", anyCommand)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, result.Detail, "connect Muster by Socket Mode")

	k := w.connect(t, 1)
	channel := w.channel(t, "inc-1")
	outcomeOf := w.inBackground(t, "responder-one", "command", anyCommand)
	for k.next().Type != "slash_commands" { // the channel had events
	}
	require.NoError(t, k.Close())
	status, result = outcomeOf()
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, result.Detail, "connection_closed")
	status, _ = w.tries(t, "responder-one", "command", anyCommand)
	require.Equal(t, http.StatusBadGateway, status, "nobody is connected")

	w.does(t, "responder-one", "join", fields{"channel": channel})
	w.does(t, "responder-one", "say", fields{"channel": channel, "text": "It was the deploy"})
	k = w.connect(t, 1)
	said := k.message("It was the deploy")
	require.False(t, said.AcceptsResponsePayload)
	require.NotNil(t, said.RetryAttempt)
	require.NoError(t, k.Close())
	k = w.connect(t, 1)
	again := k.message("It was the deploy")
	require.Greater(t, *again.RetryAttempt, *said.RetryAttempt)
	require.Equal(t, "connection_closed", again.RetryReason)
	require.Equal(t, said.Payload["event_id"], again.Payload["event_id"])
	require.NotEqual(t, said.EnvelopeID, again.EnvelopeID)
	k.acknowledge(again.EnvelopeID, nil)
}

// message acknowledges events until one is a message with a text.
func (k socket) message(text string) received {
	k.t.Helper()
	for {
		envelope := k.next()
		require.Equal(k.t, "events_api", envelope.Type)
		event, ok := envelope.Payload["event"].(map[string]any)
		require.True(k.t, ok)
		if event["text"] == text {
			return envelope
		}
		k.acknowledge(envelope.EnvelopeID, nil)
	}
}

func TestOneOfSeveralConnectionsGetsEach(t *testing.T) {
	t.Parallel()
	w := start(t)
	connections := []socket{w.connect(t, 1), w.connect(t, 2), w.connect(t, 3)}
	seen := make(chan int, 16)
	for n, k := range connections {
		go func() {
			for {
				var envelope received
				if k.ReadJSON(&envelope) != nil || k.WriteJSON(fields{"envelope_id": envelope.EnvelopeID}) != nil {
					return
				}
				seen <- n
			}
		}()
	}
	count := map[int]int{}
	for range 6 {
		w.does(t, "responder-one", "command", anyCommand)
		count[<-seen]++
	}
	require.Equal(t, map[int]int{0: 2, 1: 2, 2: 2}, count)
}

func TestAConnectionIsToldOfItsEnd(t *testing.T) {
	t.Parallel()
	w := start(t)
	end := func(body string) (int, string) {
		response, answer := w.call(t, "POST", "/sandbox/slack/disconnect", body, "Content-Type", "application/json")
		return response.StatusCode, answer
	}
	status, answer := end(`{}`)
	require.Equal(t, http.StatusConflict, status, answer)
	one, two := w.connect(t, 1), w.connect(t, 2)
	status, answer = end(`{"reason": "boredom"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "refresh_requested")

	status, answer = end(`{"reason": "warning"}`)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"ok": true, "connections": 1}`, answer)
	notice := one.next()
	require.Equal(t, "disconnect", notice.Type)
	require.Equal(t, "warning", notice.Reason)
	for range 2 { // it gets nothing new, though it is still there
		outcomeOf := w.inBackground(t, "responder-one", "command", anyCommand)
		two.acknowledge(two.next().EnvelopeID, nil)
		status, _ = outcomeOf()
		require.Equal(t, http.StatusOK, status)
	}
	status, _ = end(`{}`)
	require.Equal(t, http.StatusOK, status)
	notice = two.next()
	require.Equal(t, "refresh_requested", notice.Reason)
	_, _, err := two.ReadMessage()
	require.Error(t, err, "it is over at once")
}

func TestAnAppHasTenConnectionsAndNoMore(t *testing.T) {
	t.Parallel()
	w := start(t)
	for n := range 10 {
		w.connect(t, n+1)
	}
	one := w.dial(t).next()
	require.Equal(t, "disconnect", one.Type)
	require.Equal(t, "too_many_websockets", one.Reason)
}

func TestWithoutAConnectionEventsAreKeptOnlyForWhoHasAskedForOne(t *testing.T) {
	t.Parallel()
	w := start(t, func(o *sandbox.Options) { o.SlackRetryPauses = []time.Duration{time.Hour} })
	channel := w.channel(t, "inc-1")
	w.does(t, "responder-one", "join", fields{"channel": channel})
	w.does(t, "responder-one", "say", fields{"channel": channel, "text": "before"})
	k := w.connect(t, 1)
	w.does(t, "responder-one", "say", fields{"channel": channel, "text": "after"})
	first := k.next()
	event, _ := first.Payload["event"].(map[string]any)
	require.Equal(t, "after", event["text"])
	k.acknowledge(first.EnvelopeID, nil)
}
