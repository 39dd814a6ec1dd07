//go:build !slim

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slackSecret is what Slack and muster have in common in these tests.
const slackSecret = "a-signing-secret-for-tests"

// People of the sandbox, who are Slack's users here.
const (
	slackOne = "U0SANDBOXONE"
	slackTwo = "U0SANDBOXTWO"
)

// slackSender is Slack as muster sees it: what people do there arrives as signed requests,
// with bodies that Slack's own SDK was tested with.
type slackSender struct {
	*process
	t    *testing.T
	user string
	sent *atomic.Int64
}

// startWithSlack starts muster with a secret that the test knows.
func startWithSlack(t *testing.T, dir string, args ...string) *slackSender {
	t.Helper()
	return &slackSender{process: startMusterWith(t, []string{"MUSTER_SLACK_SIGNING_SECRET=" + slackSecret}, dir, args...), t: t, user: slackOne, sent: &atomic.Int64{}}
}

// as is the same Slack, where somebody else acts.
func (s *slackSender) as(user string) *slackSender {
	other := *s
	other.user = user
	return &other
}

// unique is a number that no other delivery of these tests has, not even after a restart.
func (s *slackSender) unique() string {
	return fmt.Sprintf("%d.%d", time.Now().UnixNano(), s.sent.Add(1))
}

// slackBody reads a body that Slack's SDK was tested with.
func slackBody(t *testing.T, name string) []byte {
	t.Helper()
	capturedAlert(t, "webhook.InstanceDown.firing.json") // skips where there are none
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "counterparts", "payloads", "slack", name))
	require.NoError(t, err)
	return body
}

func slackDocument(t *testing.T, name string, changes document) document {
	t.Helper()
	d := parse(t, slackBody(t, name))
	merge(d, changes)
	return d
}

// merge puts changes into a document, object by object.
func merge(d, changes document) {
	for key, change := range changes {
		inner, isObject := change.(document)
		old, wasObject := d[key].(map[string]any)
		if isObject && wasObject {
			merge(old, inner)
			continue
		}
		d[key] = change
	}
}

// signed are the headers of a delivery that Slack signed at some time.
func signed(secret string, body []byte, at time.Time) []string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", timestamp, body)
	return []string{"X-Slack-Request-Timestamp", timestamp, "X-Slack-Signature", "v0=" + hex.EncodeToString(mac.Sum(nil))}
}

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json"
)

// deliver signs and sends a body. The answer must be a 200 without delay.
func (s *slackSender) deliver(mediaType string, body []byte, header ...string) string {
	s.t.Helper()
	at := time.Now()
	if slices.Contains(header, "X-Slack-Retry-Num") {
		at = at.Add(time.Second) // Slack signs a repetition anew, some time later
	}
	status, answer := s.call(http.MethodPost, "/webhooks/slack", body, append(append(signed(slackSecret, body, at), "Content-Type", mediaType), header...)...)
	require.Equal(s.t, http.StatusOK, status, "%s", answer)
	return string(answer)
}

// command writes a line to muster.
func (s *slackSender) command(channel, text string) string {
	s.t.Helper()
	return s.deliver(asForm, s.commandBody(channel, text))
}

func (s *slackSender) commandBody(channel, text string) []byte {
	s.t.Helper()
	form, err := url.ParseQuery(string(slackBody(s.t, "slash_command.slash_command_body.form")))
	require.NoError(s.t, err)
	for name, value := range map[string]string{
		"channel_id": channel, "user_id": s.user, "command": "/incident", "text": text, "trigger_id": s.unique() + ".trigger",
		"response_url": s.base + "/sandbox/slack/hooks/gone",
	} {
		form.Set(name, value)
	}
	return []byte(form.Encode())
}

// interact sends what Slack sends as the field payload of a form.
func (s *slackSender) interact(payload document) string {
	s.t.Helper()
	text, err := json.Marshal(payload)
	require.NoError(s.t, err)
	return s.deliver(asForm, []byte(url.Values{"payload": {string(text)}}.Encode()))
}

// press presses a button of a message in a channel, which must be there.
func (s *slackSender) press(channel, act string) {
	s.t.Helper()
	var ts string
	var button document
	s.eventually("a button that does "+act, func() bool {
		ts, button = s.button(channel, act)
		return button != nil
	})
	action := document{"type": "button", "action_ts": "1596530385.194939", "text": button["text"]}
	for _, key := range []string{"action_id", "block_id", "value"} {
		action[key] = button[key]
	}
	require.Empty(s.t, s.interact(slackDocument(s.t, "block_actions.body.json", document{
		"user": document{"id": s.user}, "channel": document{"id": channel}, "trigger_id": s.unique(), "response_url": s.base + "/sandbox/slack/hooks/gone",
		"container": document{"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false}, "actions": []any{action},
	})))
}

// button finds the newest button in a channel that does something, and its message.
func (s *slackSender) button(channel, act string) (ts string, found document) {
	for _, m := range s.messages(channel) {
		for _, block := range m.list("blocks") {
			for _, element := range block.list("elements") {
				if strings.HasPrefix(fmt.Sprint(element["action_id"]), "muster:"+act+":") {
					ts, found = fmt.Sprint(m["ts"]), element
					found["block_id"] = block["block_id"]
				}
			}
		}
	}
	return ts, found
}

// submit fills in a form about an incident, and returns what muster says is wrong, by field.
func (s *slackSender) submit(form, about string, values map[string]string) map[string]any {
	s.t.Helper()
	state, blocks := document{}, []any{}
	for field, value := range values {
		element := document{"type": "plain_text_input", "action_id": "muster:" + field}
		blocks = append(blocks, document{"type": "input", "block_id": field, "label": document{"type": "plain_text", "text": field}, "element": maps.Clone(element)})
		if element["value"] = value; value == "" {
			element["value"] = nil // as Slack sends what was left empty
		}
		state[field] = document{"muster:" + field: element}
	}
	answer := s.interact(slackDocument(s.t, "view_submission.body.json", document{
		"user": document{"id": s.user}, "trigger_id": s.unique(),
		"view": document{
			"id": "V" + s.unique(), "callback_id": "muster:" + form, "private_metadata": about, "blocks": blocks, "state": document{"values": state},
		},
	}))
	if answer == "" {
		return nil
	}
	problems := parse(s.t, []byte(answer))
	require.Equal(s.t, "errors", problems["response_action"])
	errors, ok := problems["errors"].(map[string]any)
	require.True(s.t, ok, answer)
	return errors
}

// event sends an event, with whatever headers Slack puts to a repetition.
func (s *slackSender) event(name string, id string, event document, header ...string) {
	s.t.Helper()
	body, err := json.Marshal(slackDocument(s.t, name, document{"event_id": id, "event_time": time.Now().Unix(), "event": event}))
	require.NoError(s.t, err)
	require.Empty(s.t, s.deliver(asJSON, body, header...))
}

// says has somebody write in a channel, and returns the message's timestamp. Slack's stand-in
// knows nothing of it.
func (s *slackSender) says(channel, text string) string {
	s.t.Helper()
	now := time.Now()
	ts := fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
	s.event("message.message_body.json", "Ev"+s.unique(), document{"user": s.user, "channel": channel, "text": text, "ts": ts, "event_ts": ts})
	return ts
}

// does has a person do something in the sandbox's Slack, which sends it to muster.
func (s *slackSender) does(act string, what document) document {
	s.t.Helper()
	return s.do(http.MethodPost, "/sandbox/slack/people/"+s.user+"/"+act+"?wait=10", what)
}

// messages are those of a channel, as Slack's stand-in has them.
func (s *slackSender) messages(channel string) []document {
	for _, c := range s.get("/sandbox/state").list("slack.channels") {
		if c["id"] == channel {
			return c.list("messages")
		}
	}
	return nil
}

// channelOf waits until an incident has its channel.
func (s *slackSender) channelOf(id string) string {
	s.t.Helper()
	var channel string
	s.eventually("the channel of "+id, func() bool {
		if c, ok := s.incident(id)["channel"].(map[string]any); ok {
			channel = fmt.Sprint(c["id"])
		}
		return channel != ""
	})
	return channel
}

// entry waits for an entry of a timeline that is so, and returns it.
func (s *slackSender) entry(id, what string, isSo func(e document) bool) document {
	s.t.Helper()
	var found document
	s.eventually(what, func() bool {
		for _, e := range s.get("/api/v1/incidents/" + id + "/timeline?limit=1000").list("events") {
			if isSo(e) {
				found = e
			}
		}
		return found != nil
	})
	return found
}

// holding is for entries of a kind whose sentence holds some words.
func holding(kind string, words ...string) func(document) bool {
	return func(e document) bool {
		for _, w := range words {
			if !strings.Contains(fmt.Sprint(e["text"]), w) {
				return false
			}
		}
		return e["kind"] == kind
	}
}
