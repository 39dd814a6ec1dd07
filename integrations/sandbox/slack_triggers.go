package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What Slack gives an app to answer an act with:
// https://docs.slack.dev/interactivity/handling-user-interaction.
const (
	triggerLife         = 3 * time.Second
	responseURLLife     = 30 * time.Minute
	responseURLUses     = 5
	outgoingHooks       = "/slack/hooks/" + slackTeamID + "/"
	responseTypeChannel = "in_channel"
)

// newTrigger makes a trigger that opens one view for a person; viewID is the view in which it
// arose, 0 for none.
func (s *Sandbox) newTrigger(ctx context.Context, tx *sql.Tx, user string, viewID int) (string, error) {
	now := s.now()
	if _, err := tx.ExecContext(ctx, `DELETE FROM slack_triggers WHERE expires_at < ?`, microseconds(now.Add(-time.Hour))); err != nil {
		return "", err
	}
	id := fmt.Sprintf("%d.%d.%s", now.UnixMilli(), now.UnixMicro()%1e9, strings.ToLower(rand.Text()))
	_, err := tx.ExecContext(ctx, `INSERT INTO slack_triggers (id, user_id, view_id, expires_at) VALUES (?, ?, ?, ?)`,
		id, user, viewID, microseconds(now.Add(triggerLife)))
	return id, err
}

// trigger is what opens a view.
type trigger struct {
	user   string
	viewID int
}

// exchange uses a trigger up.
func (s *Sandbox) exchange(ctx context.Context, c slackCall) (trigger, error) {
	id := c.Get("trigger_id")
	if id == "" {
		return trigger{}, refuse("invalid_arguments")
	}
	var t trigger
	var expires int64
	var exchanged bool
	err := c.tx.QueryRowContext(ctx, `SELECT user_id, view_id, expires_at, exchanged FROM slack_triggers WHERE id = ?`, id).
		Scan(&t.user, &t.viewID, &expires, &exchanged)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return t, refuse("invalid_trigger_id")
	case err != nil:
		return t, err
	case exchanged:
		return t, refuse("exchanged_trigger_id")
	case microseconds(s.now()) > expires:
		return t, refuse("expired_trigger_id")
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE slack_triggers SET exchanged = 1 WHERE id = ?`, id)
	return t, err
}

// newResponseURL makes an address for answers to an act in a channel; ts is the message whose
// control was used, 0 for a command.
func (s *Sandbox) newResponseURL(ctx context.Context, tx *sql.Tx, user, channelID string, ts int64) (string, error) {
	now := s.now()
	if _, err := tx.ExecContext(ctx, `DELETE FROM slack_response_urls WHERE expires_at < ?`, microseconds(now.Add(-24*time.Hour))); err != nil {
		return "", err
	}
	token := rand.Text()
	_, err := tx.ExecContext(ctx, `INSERT INTO slack_response_urls (token, user_id, channel_id, ts, expires_at) VALUES (?, ?, ?, ?, ?)`,
		token, user, channelID, ts, microseconds(now.Add(responseURLLife)))
	return s.address(outgoingHooks + token), err
}

// responseTo is what a response_url belongs to.
type responseTo struct {
	user, channelID string
	ts              int64
}

// slackResponse is what an app posts to a response_url, or answers a command with.
type slackResponse struct {
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	ResponseType    string          `json:"response_type"`
	ReplaceOriginal any             `json:"replace_original"`
	DeleteOriginal  any             `json:"delete_original"`
	ThreadTS        string          `json:"thread_ts"`
}

// isTrue reads what clients send as a boolean or as its name.
func isTrue(v any) bool { return v == true || v == "true" }

// takeResponse serves a response_url. Slack answers "ok" as text, and errors as JSON.
func (s *Sandbox) takeResponse(w http.ResponseWriter, r *http.Request) {
	body, err := readResponse(r)
	if err == nil {
		err = s.db.transact(r.Context(), func(tx *sql.Tx) error {
			to, err := s.useResponseURL(r.Context(), tx, r.PathValue("token"))
			if err != nil {
				return err
			}
			return s.respond(r.Context(), tx, to, body)
		})
	}
	var refused slackError
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok") // a client that left is no error of ours
	case errors.As(err, &refused):
		status := http.StatusBadRequest
		if refused.code == "used_url" || refused.code == "expired_url" {
			status = http.StatusNotFound
		}
		body := object{"ok": false, "error": refused.code}
		for key, value := range refused.fields {
			body[key] = value
		}
		writeJSON(w, status, body)
	default:
		s.log.ErrorContext(r.Context(), "sandbox: an answer to a response_url failed", "error", err)
		writeJSON(w, http.StatusInternalServerError, object{"ok": false, "error": "internal_error"})
	}
}

// readResponse reads JSON, or a form whose field payload is JSON.
func readResponse(r *http.Request) (slackResponse, error) {
	var response slackResponse
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return response, refuse("invalid_payload")
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(data))
		if err != nil {
			return response, refuse("invalid_payload")
		}
		data = []byte(form.Get("payload"))
	}
	if json.Unmarshal(data, &response) != nil {
		return response, refuse("invalid_payload")
	}
	return response, nil
}

func (s *Sandbox) useResponseURL(ctx context.Context, tx *sql.Tx, token string) (responseTo, error) {
	var to responseTo
	var expires int64
	var uses int
	err := tx.QueryRowContext(ctx, `SELECT user_id, channel_id, ts, expires_at, uses FROM slack_response_urls WHERE token = ?`, token).
		Scan(&to.user, &to.channelID, &to.ts, &expires, &uses)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && microseconds(s.now()) > expires:
		return to, refuse("expired_url")
	case err != nil:
		return to, err
	case uses >= responseURLUses:
		return to, refuse("used_url")
	}
	_, err = tx.ExecContext(ctx, `UPDATE slack_response_urls SET uses = uses + 1 WHERE token = ?`, token)
	return to, err
}

// respond does what an app answers: it replaces or deletes the message whose control was used,
// or posts, to the person alone unless it says otherwise.
func (s *Sandbox) respond(ctx context.Context, tx *sql.Tx, to responseTo, response slackResponse) error {
	call := slackCall{url.Values{"channel": {to.channelID}, "text": {response.Text}, "blocks": {string(response.Blocks)}}, tx}
	channel, err := call.openChannel(ctx, "channel")
	if err != nil {
		return err
	}
	if to.ts > 0 && (isTrue(response.DeleteOriginal) || isTrue(response.ReplaceOriginal)) {
		original, err := call.anyMessage(ctx, channel, formatTS(to.ts))
		if err != nil {
			return err
		}
		if isTrue(response.DeleteOriginal) {
			return s.removeMessage(ctx, tx, original)
		}
		next, err := call.content(maxMessageCharacters)
		if err != nil {
			return err
		}
		_, err = s.editMessage(ctx, tx, original, next)
		return err
	}
	m, err := call.content(maxMessageCharacters)
	if err != nil {
		return err
	}
	m.channelID = channel.id
	if response.ResponseType != responseTypeChannel {
		m.ephemeralTo = to.user
	}
	if m.threadTS, err = call.thread(ctx, channel, response.ThreadTS); err != nil {
		return err
	}
	_, err = s.insertMessage(ctx, tx, m)
	return err
}
