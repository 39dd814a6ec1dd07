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

// The whole incident by signed requests, with the bodies of Slack's SDK, and nothing else.
func TestAnIncidentIsDeclaredLedRecordedResolvedAndFollowedUpBySignedRequestsOfSlack(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	two := s.as(slackTwo)

	// Declared in one line.
	require.Empty(t, s.command("C0GENERAL", "checkout errors spiking sev2"))
	channel := s.channelOf("INC-1")
	inc := s.incident("INC-1")
	require.Equal(t, "checkout", inc["service"])
	require.Equal(t, "SEV2", inc["severity"])
	require.Equal(t, "Sample Responder One", inc["declared_by"], "the account is known by its address")

	// Led.
	s.press(channel, "acknowledge")
	s.entry("INC-1", "the acknowledgement", func(e document) bool {
		return e["kind"] == "acknowledged" && e["actor"] == "Sample Responder One" && e["source"] == "slack"
	})
	require.Empty(t, s.command(channel, "severity sev1 all regions"))
	s.entry("INC-1", "the severity", holding("severity_changed", "SEV1", "all regions"))
	require.Empty(t, two.command(channel, "role claim commander"))
	s.entry("INC-1", "the role", func(e document) bool { return e["kind"] == "role_assigned" && e["actor"] == "Sample Responder Two" })
	require.Empty(t, two.command(channel, "step complete assess a third of the orders"))
	s.entry("INC-1", "the step", func(e document) bool { return e["kind"] == "step_completed" && e["actor"] == "Sample Responder Two" })
	require.Contains(t, two.submit("update", "INC-1", map[string]string{"text": "", "status": "identified"}), "text", "an update without words stays open")
	require.Nil(t, two.submit("update", "INC-1", map[string]string{"text": "We are failing over", "status": "identified"}))
	s.entry("INC-1", "the update", holding("update_posted", "We are failing over"))
	s.entry("INC-1", "the status", holding("status_changed", "identified"))

	// Recorded.
	s.does("say", document{"channel": channel, "text": "!decision roll back"})
	s.entry("INC-1", "the decision", holding("note_added", "Decision", "roll back"))
	said := two.does("say", document{"channel": channel, "text": "The pool is <full> & busy"})
	reaction := func(id string, header ...string) {
		s.event("events.valid_reaction_added_body.json", id, document{
			"user": slackOne, "reaction": "pushpin", "item": document{"channel": channel, "ts": said["ts"]}, "item_user": slackTwo,
		}, header...)
	}
	reaction("Ev0PUSHPIN")
	s.entry("INC-1", "the message that was marked", holding("note_added", "Sample Responder Two", "The pool is <full> & busy"))
	reaction("Ev0PUSHPIN", "X-Slack-Retry-Num", "1", "X-Slack-Retry-Reason", "http_timeout")
	require.Nil(t, s.submit("record", fmt.Sprintf("INC-1|%s|%s|%s|two", channel, said["ts"], slackTwo), map[string]string{"as": "action", "text": "Raise the pool's limit"}))
	s.eventually("the follow-up", func() bool { return len(s.incident("INC-1").list("followups")) == 1 })

	// Resolved, and followed up.
	require.Nil(t, two.submit("resolve", "INC-1", map[string]string{"summary": "rolled back"}))
	s.eventually("the resolution", func() bool { return s.incident("INC-1")["status"] == "resolved" })
	require.Contains(t, s.submit("resolve", "INC-1", map[string]string{"summary": "again"}), "summary", "the rule is told in the form")
	require.Empty(t, s.command(channel, "followup Warn sooner by 2027-01-15"))
	s.eventually("the tickets", func() bool { return len(s.get("/sandbox/state").list("jira.issues")) == 2 })
	s.entry("INC-1", "the postmortem", func(e document) bool { return e["kind"] == "postmortem_drafted" })

	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if e["actor_kind"] == "person" {
			require.Equal(t, "slack", e["source"], "%v", e)
		}
	}
	marked := 0
	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if holding("note_added", "The pool is")(e) {
			marked++
		}
	}
	require.Equal(t, 1, marked, "what was sent twice is noted once")
	s.eventually("the inbox to be empty", s.inboxIsEmpty)
}

// inboxIsEmpty says whether all that was accepted is done, as the metrics have it.
func (s *slackSender) inboxIsEmpty() bool {
	_, metrics := s.call(http.MethodGet, "/metrics", nil)
	return strings.Contains(string(metrics), "\nmuster_inbox_pending 0\n")
}

func TestWhatSlackDidNotSignIsNotTaken(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	body := s.commandBody("C0GENERAL", "checkout is slow sev3")
	send := func(header []string) int {
		status, answer := s.call(http.MethodPost, "/webhooks/slack", body, append(header, "Content-Type", asForm)...)
		require.NotContains(t, string(answer), slackSecret)
		return status
	}
	for name, header := range map[string][]string{
		"nothing":          nil,
		"another secret":   signed("another secret", body, time.Now()),
		"another body":     signed(slackSecret, []byte("text=other"), time.Now()),
		"six minutes ago":  signed(slackSecret, body, time.Now().Add(-6*time.Minute)),
		"six minutes away": signed(slackSecret, body, time.Now().Add(6*time.Minute)),
	} {
		require.Equal(t, http.StatusUnauthorized, send(header), name)
	}
	genuine := signed(slackSecret, body, time.Now())
	require.Equal(t, http.StatusOK, send(genuine))
	require.Equal(t, http.StatusUnauthorized, send(genuine), "a recording that is played again")
	require.Equal(t, http.StatusOK, send(signed(slackSecret, body, time.Now().Add(time.Second))), "Slack signs repetitions anew")
	s.channelOf("INC-1")
	require.Len(t, s.get("/api/v1/incidents").list("incidents"), 1)
	require.Contains(t, s.deliver(asJSON, slackBody(t, "events_url_verification.event_body.json")), "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")
}

func TestWhatIsSaidIsKeptWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	catalogue := filepath.Join(t.TempDir(), "muster.yaml")
	code, sample := runMuster(t, "config", "sample")
	require.Zero(t, code)
	require.NoError(t, os.WriteFile(catalogue, []byte(strings.Replace(sample, "transcript: false", "transcript: true", 1)), 0o600))
	s := startWithSlack(t, t.TempDir(), "--config", catalogue)
	s.command("C0GENERAL", "checkout is slow sev3")
	channel := s.channelOf("INC-1")
	one := s.does("say", document{"channel": channel, "text": "Looking into it"})
	s.as(slackTwo).does("say", document{"channel": channel, "text": "Me too", "thread_ts": one["ts"]})
	three := s.does("say", document{"channel": channel, "text": "My password is hunter2"})
	s.does("edit", document{"channel": channel, "ts": one["ts"], "text": "It is the pool"})
	s.does("delete", document{"channel": channel, "ts": three["ts"]})
	four := s.says(channel, "With <https://example.com|a link> &amp; a <@U0SANDBOXTWO>")
	var messages []document
	s.eventually("the transcript", func() bool {
		messages = s.get("/api/v1/incidents/INC-1/transcript").list("messages")
		return len(messages) == 4 && messages[0]["edited"] == true && messages[2]["deleted"] == true
	})
	require.Equal(t, four, messages[3]["id"])
	require.Contains(t, messages[3]["text"], "& a ")
	require.Equal(t, "It is the pool", messages[0]["text"])
	require.Equal(t, "Sample Responder Two", messages[1]["by"])
	require.Equal(t, one["ts"], messages[1]["thread"])
	require.Empty(t, messages[2]["text"])
	_, page := s.call(http.MethodGet, "/incidents/INC-1", nil)
	require.Contains(t, string(page), "It is the pool")
	require.NotContains(t, string(page), "hunter2")
}

// What Slack heard a 200 for takes effect once, even if the process dies in the moment after.
func TestWhatWasTakenFromSlackSurvivesAKill(t *testing.T) {
	t.Parallel()
	const rounds, notes = 3, 8
	slackBody(t, "events.body.json")
	dir := t.TempDir()
	s := startWithSlack(t, dir)
	s.command("C0GENERAL", "search is slow sev3")
	channel := s.channelOf("INC-1")
	var bodies [][]byte
	for round := range rounds {
		for n := range notes {
			body := s.commandBody(channel, fmt.Sprintf("note number %d of round %d", n, round))
			bodies = append(bodies, body)
			require.Empty(t, s.deliver(asForm, body))
		}
		s.kill()
		s = startWithSlack(t, dir)
	}
	for _, body := range bodies {
		s.deliver(asForm, body, "X-Slack-Retry-Num", "1") // Slack cannot know that it was taken
	}
	s.command(channel, "note the last one")
	s.entry("INC-1", "the last note", holding("note_added", "the last one"))
	seen := map[string]int{}
	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if e["kind"] == "note_added" {
			seen[fmt.Sprint(e["text"])]++
		}
	}
	require.Len(t, seen, rounds*notes+1)
	for text, times := range seen {
		require.Equal(t, 1, times, text)
	}
}

// Who declares is let into the channel, also if the process dies in the moment after.
func TestWhoDeclaresIsLetIntoTheChannel(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	dir := t.TempDir()
	s := startWithSlack(t, dir)
	s.as(slackTwo).command("C0GENERAL", "search is slow sev3")
	s.eventually("the incident", func() bool {
		status, _ := s.call(http.MethodGet, "/api/v1/incidents/INC-1", nil)
		return status == http.StatusOK
	})
	s.kill()
	s = startWithSlack(t, dir)
	s.comesIn("INC-1", "Sample Responder Two")
	s.do(http.MethodPost, "/api/v1/incidents", document{"title": "Search is slow", "service": "search", "severity": "SEV3", "actor": "five", "email": "responder-five@example.com"})
	s.comesIn("INC-2", "Sample Responder Five")
	s.stop()
}

// comesIn waits until somebody is in the channel of an incident.
func (p *process) comesIn(id, name string) {
	p.t.Helper()
	p.eventually(name+" to be in the channel of "+id, func() bool {
		return slices.ContainsFunc(p.incident(id).list("present"), func(person document) bool { return person["name"] == name })
	})
}

func TestAnExerciseIsDeclaredFromTheChat(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	s.command("C0GENERAL", "exercise checkout errors spiking sev2 in #team-payments")
	general := s.channelOf("INC-1")
	require.NotNil(t, s.incident("INC-1")["exercise"])
	s.entry("INC-1", "the page that is not sent", func(e document) bool {
		return strings.Contains(fmt.Sprint(e["text"]), "exercise: would page")
	})
	s.eventually("the brief", func() bool {
		return slices.ContainsFunc(s.messages(general), func(m document) bool { return strings.Contains(fmt.Sprint(m), "This is an exercise") })
	})
	s.press(general, "acknowledge")
	s.entry("INC-1", "the acknowledgement", holding("acknowledged"))
	s.command(general, "cancel it was practice")
	s.eventually("the end", func() bool { return s.incident("INC-1")["status"] == "cancelled" })
	s.command(general, "search is slow sev3")
	require.NotEqual(t, general, s.channelOf("INC-2"), "the channel is nobody's again")
	require.Nil(t, s.incident("INC-2")["exercise"])
	for _, page := range s.get("/sandbox/state").list("pagerduty.incidents") {
		require.NotContains(t, fmt.Sprint(page), "errors spiking", "nobody was paged for practice")
	}
	s.stop()
}
