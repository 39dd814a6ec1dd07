package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/integrations"
	"muster/integrations/slack"
)

const appToken integrations.Secret = "xapp-1-A0MUSTER-sample-token-of-a-test"

// socketSlack plays Slack's side of Socket Mode on loopback. Each connection that is opened
// goes to the test.
type socketSlack struct {
	t           *testing.T
	server      *httptest.Server
	connections chan *websocket.Conn

	mu sync.Mutex
	// open are the answers to the next requests for a connection; then they are granted.
	open []string
}

func newSocketSlack(t *testing.T, open ...string) *socketSlack {
	t.Helper()
	s := &socketSlack{t: t, connections: make(chan *websocket.Conn, 4), open: open}
	// The library gives an origin that is Slack's, whatever the address.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer "+appToken.Reveal(), r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, s.next(`{"ok":true,"url":"ws://`+r.Host+`/link?ticket=1"}`))
	})
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		connection, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("no connection: %v", err)
			return
		}
		// It may be closed already, by the test or from the other side.
		t.Cleanup(func() { _ = connection.Close() })
		s.connections <- connection
	})
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	return s
}

func (s *socketSlack) next(granted string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == 0 {
		return granted
	}
	answer := s.open[0]
	s.open = s.open[1:]
	return answer
}

// accept waits for Muster to connect, and greets it.
func (s *socketSlack) accept() *websocket.Conn {
	s.t.Helper()
	connection := <-s.connections
	require.NoError(s.t, connection.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"A0MUSTER"}}`)))
	return connection
}

// envelope is what comes over a connection.
func envelope(id, kind, payload string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":%q,"accepts_response_payload":true,"payload":%s}`, id, kind, payload)
}

// put sends an envelope.
func put(t *testing.T, connection *websocket.Conn, envelope string) {
	t.Helper()
	require.NoError(t, connection.WriteMessage(websocket.TextMessage, []byte(envelope)))
}

// acknowledged waits for the next answer.
func acknowledged(t *testing.T, connection *websocket.Conn) (id string, payload json.RawMessage) {
	t.Helper()
	var answer struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	require.NoError(t, connection.ReadJSON(&answer))
	return answer.EnvelopeID, answer.Payload
}

// socket is a running connection.
type socket struct {
	taker *taker
	log   *safeLog
	// pauses are how long it wanted to leave Slack alone.
	pauses chan time.Duration
	stop   context.CancelFunc
	ended  chan struct{}
}

// safeLog collects log lines from many goroutines.
type safeLog struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote *sync.Cond
}

func newSafeLog() *safeLog {
	l := &safeLog{}
	l.wrote = sync.NewCond(&l.mu)
	return l
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrote.Broadcast()
	return l.text.Write(p)
}

// await waits until a text was written.
func (l *safeLog) await(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.text.String(), text) {
		l.wrote.Wait()
	}
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// connect starts a connection to s, and stops it when the test ends.
func (s *socketSlack) connect(taker *taker) *socket {
	s.t.Helper()
	return s.connectWith(1, taker)
}

// connectWith starts so many connections; 0 are as many as usual.
func (s *socketSlack) connectWith(connections int, taker *taker) *socket {
	s.t.Helper()
	k := &socket{taker: taker, log: newSafeLog(), pauses: make(chan time.Duration, 4), ended: make(chan struct{})}
	logger := slog.New(slog.NewTextHandler(k.log, nil))
	connection := slack.NewSocket(slack.SocketOptions{
		AppToken: appToken, APIURL: s.server.URL + "/api", Logger: logger, Connections: connections,
		Inbound: slack.NewInbound(slack.InboundOptions{Taker: taker, Logger: logger, Now: func() time.Time { return receivedAt }}),
	})
	slack.SetPause(connection, func(_ context.Context, d time.Duration) { k.pauses <- d })
	ctx, stop := context.WithCancel(s.t.Context())
	k.stop = stop
	go func() {
		defer close(k.ended)
		connection.Run(ctx)
	}()
	s.t.Cleanup(func() {
		stop()
		<-k.ended
	})
	return k
}

func TestBySocketModeTheSameIsRead(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	k := s.connect(&taker{})
	connection := s.accept()
	for i, sent := range []string{
		envelope("e0", "slash_commands", `{"command":"/incident","text":"status <@U9|x>","user_id":"U1","channel_id":"C1","team_id":"T1","trigger_id":"1.2.a","is_enterprise_install":"false"}`),
		envelope("e1", "events_api", inChannel(`"user":"U1","text":"It was the deploy."`)),
		envelope("e2", "interactive", `{"type":"block_actions","user":{"id":"U1"},"trigger_id":"1.2.b","actions":[{"type":"button","block_id":"b","action_id":"muster:acknowledge:0"}]}`),
		envelope("e3", "events_api", event(`{"type":"an_event_of_the_future","user":{"id":"U1"},"channel":7}`)),
		envelope("e4", "events_api", `{"type":"event_callback"}`),
		envelope("e5", "a_type_of_the_future", `{}`),
	} {
		put(t, connection, sent)
		id, payload := acknowledged(t, connection)
		require.Equal(t, fmt.Sprint("e", i), id)
		require.Empty(t, payload)
	}
	acts := k.taker.taken()
	require.Len(t, acts, 3)
	require.Equal(t, "status <@U9>", acts[0].Command.Text)
	require.Equal(t, receivedAt, acts[0].At)
	require.Equal(t, "event:Ev1", acts[1].ID)
	require.Equal(t, "acknowledge", acts[2].Press.Act)
	require.Contains(t, k.log.String(), "connected to Slack by Socket Mode")
	require.Contains(t, k.log.String(), "passed over")
}

func TestTheProblemsOfAFormComeBackOverTheConnection(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	s.connect(&taker{problems: []chat.Problem{{Entry: "title", Message: "say what is broken"}}})
	connection := s.accept()
	put(t, connection, envelope("e1", "interactive", `{"type":"view_submission","user":{"id":"U1"},"trigger_id":"1.2.b","view":{"id":"V1","callback_id":"muster:declare",
		"blocks":[{"type":"input","block_id":"title","element":{"type":"plain_text_input","action_id":"muster:title"}}],"state":{"values":{}}}}`))
	id, payload := acknowledged(t, connection)
	require.Equal(t, "e1", id)
	require.JSONEq(t, `{"response_action":"errors","errors":{"title":"say what is broken"}}`, string(payload))
}

func TestAnEnvelopeIsAcknowledgedOnlyOnceItWasTaken(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	release, reached := make(chan struct{}), make(chan struct{})
	k := s.connect(&taker{take: func(_ context.Context, act chat.Act) {
		if act.Message.Text == "slow" {
			close(reached)
			<-release
		}
	}})
	connection := s.accept()
	put(t, connection, envelope("slow", "events_api", inChannel(`"user":"U1","text":"slow"`)))
	<-reached
	put(t, connection, envelope("quick", "events_api", inChannel(`"user":"U1","text":"quick"`)))
	id, _ := acknowledged(t, connection)
	require.Equal(t, "quick", id, "one does not wait for another")
	close(release)
	id, _ = acknowledged(t, connection)
	require.Equal(t, "slow", id)
	require.Len(t, k.taker.taken(), 2)
}

func TestWhatCannotBeTakenIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	failing := &taker{err: errors.New("disk full")}
	k := s.connect(failing)
	connection := s.accept()
	put(t, connection, envelope("lost", "events_api", inChannel(`"user":"U1","text":"It was the deploy."`)))
	// What holds nothing is acknowledged whatever the disk is like.
	put(t, connection, envelope("next", "events_api", event(`{"type":"app_uninstalled"}`)))
	id, _ := acknowledged(t, connection)
	require.Equal(t, "next", id)
	// Envelopes do not wait for each other: the disk is mended only after the first has failed.
	k.log.await("disk full")

	failing.mu.Lock()
	failing.err = nil
	failing.mu.Unlock()
	put(t, connection, envelope("lost", "events_api", inChannel(`"user":"U1","text":"It was the deploy."`)))
	id, _ = acknowledged(t, connection)
	require.Equal(t, "lost", id)
	require.Len(t, k.taker.taken(), 1)
}

func TestTheConnectionIsOpenedAgain(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	k := s.connect(&taker{})
	for i, end := range []func(*websocket.Conn){
		func(c *websocket.Conn) { put(t, c, `{"type":"disconnect","reason":"refresh_requested"}`) },
		func(c *websocket.Conn) { require.NoError(t, c.Close()) },
		func(*websocket.Conn) {},
	} {
		connection := s.accept()
		put(t, connection, envelope(fmt.Sprint("e", i), "events_api", strings.Replace(inChannel(`"user":"U1","text":"x"`), "Ev1", fmt.Sprint("Ev", i), 1)))
		id, _ := acknowledged(t, connection)
		require.Equal(t, fmt.Sprint("e", i), id)
		end(connection)
	}
	require.Len(t, k.taker.taken(), 3)
	require.Empty(t, k.pauses)
}

func TestWhileOneConnectionIsRenewedAnotherHears(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	k := s.connectWith(0, &taker{})
	one, two := s.accept(), s.accept()
	put(t, one, `{"type":"disconnect","reason":"warning"}`)
	put(t, two, envelope("e1", "slash_commands", `{"command":"/incident","text":"status","user_id":"U1","channel_id":"C1","trigger_id":"1.2.a"}`))
	id, _ := acknowledged(t, two)
	require.Equal(t, "e1", id)
	s.accept()
	require.Len(t, k.taker.taken(), 1)
	require.Empty(t, s.connections, "there are two again, and no more")
}

func TestATokenThatSlackRefusesIsTriedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t, `{"ok":false,"error":"invalid_auth"}`, `{"ok":false,"error":"account_inactive"}`)
	k := s.connect(&taker{})
	require.Equal(t, time.Minute, <-k.pauses)
	require.Equal(t, time.Minute, <-k.pauses)
	s.accept()
	require.Contains(t, k.log.String(), "invalid_auth: set MUSTER_SLACK_APP_TOKEN to an app-level token")
	require.NotContains(t, k.log.String(), appToken.Reveal())
}

func TestTheConnectionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newSocketSlack(t)
	release, reached := make(chan struct{}), make(chan struct{})
	k := s.connect(&taker{take: func(context.Context, chat.Act) {
		close(reached)
		<-release
	}})
	connection := s.accept()
	put(t, connection, envelope("e1", "events_api", inChannel(`"user":"U1","text":"last words"`)))
	<-reached
	k.stop()
	_, _, err := connection.ReadMessage()
	require.Error(t, err, "the connection is closed")
	select {
	case <-k.ended:
		t.Fatal("it did not wait for what was under way")
	default:
	}
	close(release)
	<-k.ended
	require.Len(t, k.taker.taken(), 1)
}

func TestTheTokenOfSocketModeIsChecked(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"ok":true,"url":"wss://sample.slack.com/link"}`:                                 "",
		`{"ok":false,"error":"not_allowed_token_type"}`:                                   "MUSTER_SLACK_APP_TOKEN",
		`{"ok":false,"error":"missing_scope","needed":"connections:write","provided":""}`: "connections:write",
		`{"ok":false,"error":"invalid_auth"}`:                                             "MUSTER_SLACK_APP_TOKEN",
	} {
		s := newSocketSlack(t, answer)
		err := slack.NewSocket(slack.SocketOptions{AppToken: appToken, APIURL: s.server.URL + "/api"}).Check(t.Context())
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
		require.True(t, integrations.IsFinal(err))
		require.Empty(t, s.connections, "no connection was opened")
	}
}
