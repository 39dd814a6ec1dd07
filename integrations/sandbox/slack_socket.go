package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode, by which an app hears over connections that it opens itself:
// https://docs.slack.dev/apis/events-api/using-socket-mode.
const (
	openSlackSocket = "apps.connections.open"
	// appTokenPrefix begins app-level tokens, which open connections and do nothing else.
	appTokenPrefix = "xapp-"
	// maxSlackSockets is how many connections an app may have open.
	maxSlackSockets = 10
	// ticketLife is how long an address is good for one connection.
	ticketLife = 30 * time.Second
	// socketLifeSeconds is what the greeting says of how long a connection lasts. Here it lasts
	// until somebody ends it.
	socketLifeSeconds = 18060
	// warningTime is how long a connection goes on after the notice of its end.
	warningTime = 10 * time.Second
	// pingEvery is how often a connection is tried; one that does not answer several times in a
	// row is given up.
	pingEvery   = 5 * time.Second
	pongTimeout = 4 * pingEvery
	writeTime   = 5 * time.Second
	// maxAcknowledgement is the size from which on Slack drops an acknowledgement, in bytes.
	maxAcknowledgement = 20 << 10
)

// Why Slack ends a connection.
const (
	reasonWarning = "warning"
	reasonRefresh = "refresh_requested"
	reasonTooMany = "too_many_websockets"
)

// slackSockets are the connections that are open.
type slackSockets struct {
	base string // where they lead, ws or wss
	log  *slog.Logger

	mu      sync.Mutex
	tickets map[string]time.Time // addresses that were given out, by when they expire
	asked   bool
	open    []*slackSocket // the oldest first
	turn    int
	closed  bool
	running sync.WaitGroup
}

func newSlackSockets(options Options) *slackSockets {
	// The address was checked before: it begins with http.
	return &slackSockets{
		base: "ws" + strings.TrimPrefix(options.PublicURL, "http") + "/sandbox/slack/link", log: options.Logger, tickets: map[string]time.Time{},
	}
}

// wanted says whether Muster has asked for a connection since the sandbox was opened.
func (k *slackSockets) wanted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

// address makes an address that is good for one connection.
func (k *slackSockets) address(now time.Time) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = true
	for ticket, expires := range k.tickets {
		if now.After(expires) {
			delete(k.tickets, ticket)
		}
	}
	ticket := rand.Text()
	k.tickets[ticket] = now.Add(ticketLife)
	return k.base + "?" + url.Values{"ticket": {ticket}, "app_id": {slackAppID}}.Encode()
}

// exchange uses an address up.
func (k *slackSockets) exchange(ticket string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	expires, ok := k.tickets[ticket]
	delete(k.tickets, ticket)
	return ok && !now.After(expires) && !k.closed
}

// add counts a connection in and returns how many there are with it. It is false for one too
// many, and once the sandbox closes.
func (k *slackSockets) add(socket *slackSocket) (count int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || len(k.open) >= maxSlackSockets {
		return len(k.open), false
	}
	k.open = append(k.open, socket)
	k.running.Add(1)
	return len(k.open), true
}

func (k *slackSockets) remove(socket *slackSocket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open = slices.DeleteFunc(k.open, func(other *slackSocket) bool { return other == socket })
	k.running.Done()
}

// count is how many connections may be given something new.
func (k *slackSockets) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.usable())
}

// usable are the connections that were not told of their end. It is called with mu held.
func (k *slackSockets) usable() []*slackSocket {
	return slices.DeleteFunc(slices.Clone(k.open), func(s *slackSocket) bool { return s.ending })
}

// choose returns the connection whose turn it is, or nil where none can be used: each delivery
// goes to one. A connection that was told of its end gets nothing new.
func (k *slackSockets) choose() *slackSocket {
	k.mu.Lock()
	defer k.mu.Unlock()
	usable := k.usable()
	if len(usable) == 0 {
		return nil
	}
	k.turn++
	return usable[k.turn%len(usable)]
}

// end tells the oldest connection that its end has come, and returns how many others are left.
func (k *slackSockets) end(reason string) (left int, found bool) {
	k.mu.Lock()
	usable := k.usable()
	if len(usable) == 0 {
		k.mu.Unlock()
		return 0, false
	}
	oldest, left := usable[0], len(usable)-1
	oldest.ending = true
	k.mu.Unlock()
	oldest.disconnect(reason)
	lasts := time.Duration(0)
	if reason == reasonWarning {
		lasts = warningTime
	}
	k.running.Go(func() { oldest.closeAfter(lasts) })
	return left, true
}

// close ends all connections and waits for that.
func (k *slackSockets) close() {
	k.mu.Lock()
	k.closed = true
	for _, socket := range k.open {
		socket.hangUp()
	}
	k.mu.Unlock()
	k.running.Wait()
}

// slackSocket is a connection to an app.
type slackSocket struct {
	connection *websocket.Conn
	log        *slog.Logger
	ending     bool          // guarded by slackSockets
	ended      chan struct{} // closed with the connection

	mu      sync.Mutex // of writing and of waiting
	waiting map[string]chan json.RawMessage
}

// openSocket is the method apps.connections.open:
// https://docs.slack.dev/reference/methods/apps.connections.open.
func (s *Sandbox) openSocket(context.Context, slackCall) (object, error) {
	s.slack.begin()
	return object{"url": s.slack.sockets.address(time.Now())}, nil
}

// slackUpgrader makes a WebSocket of a request. Slack's clients name Slack as their origin.
var slackUpgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket serves a connection until it ends.
func (s *Sandbox) serveSocket(w http.ResponseWriter, r *http.Request) {
	k := s.slack.sockets
	if !k.exchange(r.URL.Query().Get("ticket"), time.Now()) {
		writeProblem(w, http.StatusNotFound, "This address was used or has expired: ask for another with "+openSlackSocket+".")
		return
	}
	connection, err := slackUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the answer says why
	}
	socket := &slackSocket{connection: connection, log: s.log, ended: make(chan struct{}), waiting: map[string]chan json.RawMessage{}}
	count, ok := k.add(socket)
	if !ok {
		socket.disconnect(reasonTooMany)
		socket.hangUp()
		return
	}
	defer k.remove(socket)
	defer socket.hangUp()
	if socket.write(object{
		"type": "hello", "num_connections": count, "connection_info": object{"app_id": slackAppID},
		"debug_info": object{"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": socketLifeSeconds},
	}) != nil {
		return
	}
	s.slack.sendWaiting(context.WithoutCancel(r.Context()))
	k.running.Go(socket.ping)
	socket.read()
}

// read takes the acknowledgements until the connection ends.
func (k *slackSocket) read() {
	defer close(k.ended)
	alive := func(string) error { return k.connection.SetReadDeadline(time.Now().Add(pongTimeout)) }
	k.connection.SetPongHandler(alive)
	k.connection.SetReadLimit(maxAnswerBytes)
	if alive("") != nil {
		return
	}
	for {
		_, data, err := k.connection.ReadMessage()
		if err != nil {
			return
		}
		var acknowledged struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(data, &acknowledged); err != nil || len(data) >= maxAcknowledgement {
			k.log.Warn("sandbox: Slack would drop an acknowledgement, which is no JSON or too long", "bytes", len(data))
			continue
		}
		k.mu.Lock()
		if waiting, ok := k.waiting[acknowledged.EnvelopeID]; ok {
			waiting <- acknowledged.Payload // it has room for one, and is asked once
			delete(k.waiting, acknowledged.EnvelopeID)
		}
		k.mu.Unlock()
	}
}

// ping tries the connection until it ends.
func (k *slackSocket) ping() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		// One that cannot be reached is found out by reading.
		_ = k.connection.WriteControl(websocket.PingMessage, []byte("Ping from the sandbox"), time.Now().Add(writeTime))
		select {
		case <-k.ended:
			return
		case <-ticker.C:
		}
	}
}

// ask sends an envelope and waits until it is acknowledged. The reason is that of a failure.
func (k *slackSocket) ask(ctx context.Context, what delivery) (answer slackAnswer, reason string) {
	id, payload := rand.Text(), make(chan json.RawMessage, 1)
	envelope := object{"envelope_id": id, "type": what.kind, "payload": what.payload, "accepts_response_payload": what.takesAnswer()}
	if what.kind == kindEvent {
		envelope["retry_attempt"], envelope["retry_reason"] = what.failures, what.reason
	}
	k.mu.Lock()
	k.waiting[id] = payload
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.waiting, id)
		k.mu.Unlock()
	}()
	if err := k.write(envelope); err != nil {
		return answer, "connection_closed"
	}
	select {
	case body := <-payload:
		if what.takesAnswer() && len(body) > 0 && string(body) != "null" {
			answer = slackAnswer{header: http.Header{"Content-Type": {jsonContent}}, body: body}
		}
		return answer, ""
	case <-k.ended:
		return answer, "connection_closed"
	case <-ctx.Done():
		return answer, "timeout"
	}
}

// takesAnswer says whether an acknowledgement may carry what to show: to a command, and to a
// form that was sent.
func (what delivery) takesAnswer() bool {
	var interaction struct {
		Type string `json:"type"`
	}
	if what.kind == kindInteraction && json.Unmarshal(what.payload, &interaction) != nil {
		return false
	}
	return what.kind == kindCommand || interaction.Type == "view_submission"
}

// disconnect tells the app that the connection ends.
func (k *slackSocket) disconnect(reason string) {
	// One that is gone needs not be told.
	_ = k.write(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-sandbox"}})
}

func (k *slackSocket) write(message object) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.connection.SetWriteDeadline(time.Now().Add(writeTime)), k.connection.WriteJSON(message))
}

// closeAfter ends the connection once it has lasted so long, if it has not ended before.
func (k *slackSocket) closeAfter(lasts time.Duration) {
	timer := time.NewTimer(lasts)
	defer timer.Stop()
	select {
	case <-k.ended:
	case <-timer.C:
		k.hangUp()
	}
}

// hangUp ends the connection. It may be repeated.
func (k *slackSocket) hangUp() {
	_ = k.connection.Close() // it is over, however that went
}

// disconnectSlack serves POST /sandbox/slack/disconnect: the oldest connection is told that it
// ends, as Slack does to each every few hours, and ends.
func (s *Sandbox) disconnectSlack(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Reason string `json:"reason"`
	}
	if _, ok := readControl(w, r, &request, func(form url.Values) { request.Reason = form.Get("reason") }); !ok {
		return
	}
	reason := cmp.Or(request.Reason, reasonRefresh)
	if reason != reasonRefresh && reason != reasonWarning {
		writeProblem(w, http.StatusBadRequest, "reason is "+reasonRefresh+", after which the connection ends at once, or "+reasonWarning+", after which it ends in ten seconds.")
		return
	}
	left, found := s.slack.sockets.end(reason)
	if !found {
		writeProblem(w, http.StatusConflict, "No server is connected by Socket Mode.")
		return
	}
	writeJSON(w, http.StatusOK, object{"ok": true, "connections": left})
}
