package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// How Slack delivers: an app has three seconds to answer. An event that was not taken is sent
// again three times: https://docs.slack.dev/apis/events-api#errors.
const (
	slackPatience   = 3 * time.Second
	maxAnswerBytes  = 1 << 18
	slackUserAgent  = "Slackbot 1.0 (+https://api.slack.com/robots)"
	formContent     = "application/x-www-form-urlencoded"
	jsonContent     = "application/json"
	eventDrainLimit = 5 * time.Second
)

// slackRetryPauses are Slack's pauses before an event is sent again.
var slackRetryPauses = []time.Duration{0, time.Minute, 5 * time.Minute}

// The kinds of what Slack delivers, as Socket Mode calls them.
const (
	kindCommand     = "slash_commands"
	kindInteraction = "interactive"
	kindEvent       = "events_api"
)

// delivery is something that Slack tells an app.
type delivery struct {
	kind    string
	payload json.RawMessage
	// failures are how often it was sent before, and reason is why it was not taken then. Only
	// events are sent again.
	failures int
	reason   string
}

// told is a delivery that was not sent yet.
func told(kind string, fields any) (delivery, error) {
	data, err := json.Marshal(fields)
	return delivery{kind: kind, payload: data}, err
}

// request is a delivery as it goes by HTTP: a command as a form, an interaction as a form whose
// only field is JSON, an event as JSON.
func (what delivery) request() (body []byte, header http.Header, err error) {
	header = http.Header{"Content-Type": {formContent}}
	switch what.kind {
	case kindCommand:
		var fields map[string]string
		err = json.Unmarshal(what.payload, &fields)
		form := url.Values{}
		for name, value := range fields {
			form.Set(name, value)
		}
		return []byte(form.Encode()), header, err
	case kindInteraction:
		return []byte(url.Values{"payload": {string(what.payload)}}.Encode()), header, nil
	default:
		header.Set("Content-Type", jsonContent)
		if what.failures > 0 {
			header.Set("X-Slack-Retry-Num", strconv.Itoa(what.failures))
			header.Set("X-Slack-Retry-Reason", what.reason)
		}
		return what.payload, header, nil
	}
}

// slackSender delivers to Muster what Slack delivers to an app: over a connection that Muster
// has opened (Socket Mode), or else to its address.
type slackSender struct {
	url, secret string
	sockets     *slackSockets
	pauses      []time.Duration
	db          database
	log         *slog.Logger
	client      *http.Client

	begun   sync.Once
	run     func()
	closing chan struct{} // once closed, no event is begun any more
	done    chan struct{}
	cancel  context.CancelFunc
}

func newSlackSender(options Options, db database) *slackSender {
	ctx, cancel := context.WithCancel(context.Background())
	d := &slackSender{
		url: options.SlackRequestURL, secret: options.SlackSigningSecret, sockets: newSlackSockets(options), pauses: options.SlackRetryPauses, db: db, log: options.Logger,
		client:  &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()},
		closing: make(chan struct{}), done: make(chan struct{}), cancel: cancel,
	}
	d.run = func() {
		defer close(d.done)
		d.deliverEvents(ctx)
	}
	if d.url != "" {
		d.begin()
	}
	return d
}

// begin begins to deliver events, once there is somebody to deliver them to. It may be repeated.
func (d *slackSender) begin() { d.begun.Do(func() { go d.run() }) }

// listened says whether Muster can be told anything: it has an address, or asked for connections.
// Slack has a switch in the app's settings for that, of which one who connects has no need here.
func (d *slackSender) listened() bool { return d.url != "" || d.sockets.wanted() }

// deliver makes one delivery. The reason is that of a failure, in Slack's words; "" is success.
func (d *slackSender) deliver(ctx context.Context, what delivery) (answer slackAnswer, reason string) {
	ctx, cancel := context.WithTimeout(ctx, slackPatience)
	defer cancel()
	if socket := d.sockets.choose(); socket != nil {
		return socket.ask(ctx, what)
	}
	if d.url == "" {
		return answer, "no_connection"
	}
	return d.post(ctx, what)
}

// close ends the deliveries. What was not taken yet is kept for the next start.
func (d *slackSender) close() {
	select {
	case <-d.closing:
		return
	default:
		close(d.closing)
	}
	d.begun.Do(func() { close(d.done) }) // it never began
	select {
	case <-d.done:
	case <-time.After(eventDrainLimit):
	}
	d.cancel()
	<-d.done
	d.sockets.close()
	d.client.CloseIdleConnections()
}

// deliverEvents delivers the events one after the other, in the order of what they tell.
func (d *slackSender) deliverEvents(ctx context.Context) {
	d.sendWaiting(ctx) // who starts is perhaps who was not there to take them
	for {
		_, changed := d.db.changes.now()
		pause, err := d.next(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "sandbox: Slack's events cannot be read", "error", err)
			pause = time.Second
		}
		if pause == 0 {
			select {
			case <-d.closing:
				return
			default:
				continue
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-d.closing:
			timer.Stop()
			return
		case <-changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// sendWaiting lets no event wait any longer: who was not there to take it has come. Slack
// itself is less forthcoming and keeps its pauses.
func (d *slackSender) sendWaiting(ctx context.Context) {
	err := d.db.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE slack_events SET due_at = 0`)
		return err
	})
	if err != nil && ctx.Err() == nil {
		d.log.ErrorContext(ctx, "sandbox: Slack's events cannot be sent again", "error", err)
	}
}

// slackEvent is an event that waits to be taken.
type slackEvent struct {
	number   int
	id, body string
	failures int
	reason   string
	dueAt    int64
}

func scanEvent(row scanner) (e slackEvent, err error) {
	err = row.Scan(&e.number, &e.id, &e.body, &e.failures, &e.reason, &e.dueAt)
	return e, err
}

// idle is how long to wait where nothing is to be delivered; any change ends it.
const idle = time.Hour

// next delivers the first event that is due and returns how long to wait for another.
func (d *slackSender) next(ctx context.Context) (time.Duration, error) {
	event, err := scanEvent(d.db.QueryRowContext(ctx,
		`SELECT number, id, body, failures, reason, due_at FROM slack_events ORDER BY due_at, number LIMIT 1`))
	if errors.Is(err, sql.ErrNoRows) {
		return idle, nil
	}
	if err != nil {
		return 0, err
	}
	if wait := time.Until(timeOf(event.dueAt)); event.dueAt > 0 && wait > 0 {
		return wait, nil
	}
	answer, reason := d.deliver(ctx, delivery{kindEvent, json.RawMessage(event.body), event.failures, event.reason})
	switch {
	case ctx.Err() != nil: // the next start sends it again
		return idle, ctx.Err()
	case reason == "":
	case event.failures >= len(d.pauses) || answer.header.Get("X-Slack-No-Retry") == "1":
		d.log.WarnContext(ctx, "sandbox: an event was not taken and is given up", "event", event.id, "reason", reason)
	default:
		d.log.WarnContext(ctx, "sandbox: an event was not taken", "event", event.id, "reason", reason, "tries", event.failures+1)
		due := microseconds(time.Now().Add(d.pauses[event.failures]))
		_, err := d.db.ExecContext(ctx, `UPDATE slack_events SET failures = failures + 1, reason = ?, due_at = ? WHERE number = ?`,
			reason, due, event.number)
		return 0, err
	}
	_, err = d.db.ExecContext(ctx, `DELETE FROM slack_events WHERE number = ?`, event.number)
	return 0, err
}

// slackAnswer is what an app answers a delivery with.
type slackAnswer struct {
	header http.Header
	body   []byte
}

// post makes one delivery to Muster's address.
func (d *slackSender) post(ctx context.Context, what delivery) (answer slackAnswer, reason string) {
	body, header, err := what.request()
	if err != nil {
		return answer, "unknown_error" // what it tells was written here
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return answer, "connection_failed" // the address was checked when the sandbox was opened
	}
	request.Header = header
	request.Header.Set("User-Agent", slackUserAgent)
	request.Header.Set("Accept", "application/json,*/*")
	at := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("X-Slack-Request-Timestamp", at)
	request.Header.Set("X-Slack-Signature", slackSignature(d.secret, at, body))
	response, err := d.client.Do(request)
	if err == nil {
		defer response.Body.Close()
		answer.header = response.Header
		answer.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	}
	var broken *url.Error
	var refused *net.OpError
	switch {
	case err == nil && response.StatusCode == http.StatusOK:
		return answer, ""
	case err == nil:
		return answer, "http_error"
	case errors.Is(err, context.DeadlineExceeded):
		return answer, "http_timeout"
	case errors.As(err, &broken) && errors.As(broken.Err, &refused):
		return answer, "connection_failed"
	default:
		return answer, "unknown_error"
	}
}

// slackSignature is the value of X-Slack-Signature:
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
func slackSignature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:", at)
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
