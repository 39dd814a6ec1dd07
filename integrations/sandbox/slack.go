package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The workspace and the bot that every token belongs to.
const (
	slackTeamID     = "T0SANDBOX"
	slackTeamName   = "Muster sandbox"
	slackTeamDomain = "muster-sandbox"
	slackAppID      = "A0SANDBOX"
	slackBotUserID  = "U0SANDBOXBOT"
	slackBotID      = "B0SANDBOXBOT"
	slackBotName    = "muster"
	slackbotUserID  = "USLACKBOT" // Slack itself
	// slackVerificationToken goes with every delivery, as Slack still sends one. Nobody
	// should trust it: deliveries are signed.
	slackVerificationToken = "sandbox-verification-token"
)

// slackError is a refusal. Slack answers it with HTTP 200 and {"ok": false}.
type slackError struct {
	code   string
	fields object // what the method adds to the answer
}

func (e slackError) Error() string { return e.code }

// Is makes errors.Is compare codes.
func (e slackError) Is(target error) bool {
	other, ok := target.(slackError)
	return ok && other.code == e.code
}

func refuse(code string) error { return slackError{code: code} }

// slackCall is one call of a Web API method: its arguments and the transaction it runs in.
type slackCall struct {
	url.Values
	tx *sql.Tx
}

// slackMethod returns the fields of the answer beside "ok", or a slackError.
type slackMethod func(context.Context, slackCall) (object, error)

func (s *Sandbox) slackAPI() http.Handler {
	methods := map[string]slackMethod{
		openSlackSocket:            s.openSocket,
		"auth.test":                s.authTest,
		"bookmarks.add":            s.addBookmark,
		"bookmarks.edit":           s.editBookmark,
		"bookmarks.list":           s.listBookmarks,
		"chat.delete":              s.deleteMessage,
		"chat.getPermalink":        s.getPermalink,
		"chat.postEphemeral":       s.postEphemeral,
		"chat.postMessage":         s.postMessage,
		"chat.update":              s.updateMessage,
		"conversations.archive":    s.archiveChannel,
		"conversations.create":     s.createChannel,
		"conversations.history":    s.channelHistory,
		"conversations.info":       s.channelInfo,
		"conversations.invite":     s.inviteToChannel,
		"conversations.join":       s.joinChannel,
		"conversations.leave":      s.leaveChannel,
		"conversations.list":       s.listChannels,
		"conversations.members":    s.channelMembers,
		"conversations.open":       s.openDirectMessages,
		"conversations.replies":    s.threadReplies,
		"conversations.setPurpose": s.setPurpose,
		"conversations.setTopic":   s.setTopic,
		"conversations.unarchive":  s.unarchiveChannel,
		"pins.add":                 s.addPin,
		"pins.list":                s.listPins,
		"pins.remove":              s.removePin,
		"reactions.add":            s.addReaction,
		"reactions.get":            s.getReactions,
		"reactions.remove":         s.removeReaction,
		"users.info":               s.userInfo,
		"users.list":               s.listUsers,
		"users.lookupByEmail":      s.lookupUserByEmail,
		"views.open":               s.openView,
		"views.push":               s.pushView,
		"views.update":             s.updateView,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.callSlack(r, methods[r.PathValue("method")])
		var refused slackError
		var early tooOften
		switch {
		case errors.As(err, &early):
			w.Header().Set("Retry-After", early.retryAfter())
			writeFault(w, r, vendorSlack, http.StatusTooManyRequests)
		case err == nil:
			answer["ok"] = true
			w.Header().Set("X-OAuth-Scopes", strings.Join(s.app.scopes, ","))
			writeJSON(w, http.StatusOK, answer)
		case errors.As(err, &refused):
			body := object{"ok": false, "error": refused.code}
			for key, value := range refused.fields {
				body[key] = value
			}
			writeJSON(w, http.StatusOK, body)
		default:
			s.log.ErrorContext(r.Context(), "sandbox: a Slack call failed", "method", r.PathValue("method"), "error", err)
			writeJSON(w, http.StatusInternalServerError, object{"ok": false, "error": "internal_error"})
		}
	})
}

func (s *Sandbox) callSlack(r *http.Request, method slackMethod) (object, error) {
	if method == nil {
		return nil, refuse("unknown_method")
	}
	arguments, err := slackArguments(r)
	if err != nil {
		return nil, err
	}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token := cmp.Or(bearer, arguments.Get("token"))
	switch {
	case token == "":
		return nil, refuse("not_authed")
	case strings.HasPrefix(token, appTokenPrefix) != (r.PathValue("method") == openSlackSocket):
		return nil, refuse("not_allowed_token_type")
	}
	if s.faults.limits(vendorSlack) {
		if err := s.rates.take(r.PathValue("method"), arguments.Get("channel"), s.now()); err != nil {
			return nil, err
		}
	}
	if err := s.app.permit(r.PathValue("method")); err != nil {
		return nil, err
	}
	var answer object
	err = s.db.transact(r.Context(), func(tx *sql.Tx) error {
		answer, err = method(r.Context(), slackCall{arguments, tx})
		return err
	})
	return answer, err
}

// slackArguments reads what Slack's methods take alike: a query, a form, or a JSON
// object whose values that are not strings stay JSON, as a form would carry them.
func slackArguments(r *http.Request) (url.Values, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none is fine for a GET
	if media != "application/json" {
		if err := r.ParseForm(); err != nil {
			return nil, refuse("invalid_form_data")
		}
		return r.Form, nil
	}
	arguments := r.URL.Query()
	if r.ContentLength == 0 {
		return arguments, nil
	}
	var body map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, refuse("invalid_json")
	}
	for key, raw := range body {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text != "null" {
			arguments.Set(key, text)
		}
	}
	return arguments, nil
}

// flag reads a boolean argument the way Slack does.
func (c slackCall) flag(name string) bool {
	v := c.Get(name)
	return v == "1" || strings.EqualFold(v, "true")
}

// limit reads the size of a page.
func (c slackCall) limit(standard, most int) (int, error) {
	raw := c.Get("limit")
	if raw == "" || raw == "0" {
		return standard, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 {
		return 0, refuse("invalid_limit")
	}
	return min(n, most), nil
}

// page cuts one page out of a whole list. Its cursor names the offset of the next; Slack's
// are as opaque to clients.
func page[T any](c slackCall, all []T, standard, most int) ([]T, string, error) {
	size, err := c.limit(standard, most)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if cursor := c.Get("cursor"); cursor != "" {
		raw, err := base64.StdEncoding.DecodeString(cursor)
		if err != nil {
			return nil, "", refuse("invalid_cursor")
		}
		if _, err := fmt.Sscanf(string(raw), "offset:%d", &start); err != nil || start < 0 {
			return nil, "", refuse("invalid_cursor")
		}
	}
	start = min(start, len(all))
	end := min(start+size, len(all))
	next := ""
	if end < len(all) {
		next = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "offset:%d", end))
	}
	return all[start:end], next, nil
}

func nextCursor(cursor string) object { return object{"next_cursor": cursor} }

func (s *Sandbox) authTest(context.Context, slackCall) (object, error) {
	return object{
		"url": s.address("/slack/"), "team": slackTeamName, "team_id": slackTeamID,
		"user": slackBotName, "user_id": slackBotUserID, "bot_id": slackBotID, "is_enterprise_install": false,
	}, nil
}
