package slack_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
)

const (
	signingSecret integrations.Secret = "8f742231b10e8888abcd99yyyzzz85a5"
	otherSecret   integrations.Secret = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json"
)

// receivedAt is when the tests take place.
var receivedAt = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// taker remembers what it took.
type taker struct {
	problems []chat.Problem
	err      error
	// take, if set, is called with each act.
	take func(context.Context, chat.Act)

	mu   sync.Mutex
	acts []chat.Act
}

func (k *taker) Take(ctx context.Context, act chat.Act) ([]chat.Problem, error) {
	if k.take != nil {
		k.take(ctx, act)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return nil, k.err
	}
	if len(k.problems) == 0 {
		k.acts = append(k.acts, act)
	}
	return k.problems, nil
}

func (k *taker) taken() []chat.Act {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.acts
}

// gate is an Inbound that is played Slack to.
type gate struct {
	*slack.Inbound
	taker *taker
	log   *strings.Builder
	now   time.Time
}

func newGate(secrets ...integrations.Secret) *gate {
	g := &gate{taker: &taker{}, log: &strings.Builder{}, now: receivedAt}
	if secrets == nil {
		secrets = []integrations.Secret{signingSecret}
	}
	g.Inbound = slack.NewInbound(slack.InboundOptions{
		SigningSecrets: secrets, Taker: g.taker, Now: func() time.Time { return g.now },
		Logger: slog.New(slog.NewTextHandler(g.log, nil)),
	})
	return g
}

// signed is the header of a delivery as Slack signs it.
func signed(secret integrations.Secret, at time.Time, mediaType, body string) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte("v0:" + timestamp + ":" + body))
	return http.Header{
		"Content-Type":              {mediaType},
		"X-Slack-Request-Timestamp": {timestamp},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// send delivers a body, signed now.
func (g *gate) send(t testing.TB, mediaType, body string) (chat.Reply, error) {
	t.Helper()
	return g.Receive(t.Context(), signed(signingSecret, g.now, mediaType, body), []byte(body))
}

// act delivers what is one act, and returns it.
func (g *gate) act(t testing.TB, mediaType, body string) chat.Act {
	t.Helper()
	before := len(g.taker.taken())
	reply, err := g.send(t, mediaType, body)
	require.NoError(t, err)
	require.Equal(t, chat.Reply{}, reply, "acts are answered with nothing")
	require.Len(t, g.taker.taken(), before+1)
	return g.taker.taken()[before]
}

// nothing delivers what holds no act.
func (g *gate) nothing(t testing.TB, mediaType, body string) {
	t.Helper()
	reply, err := g.send(t, mediaType, body)
	require.NoError(t, err)
	require.Equal(t, chat.Reply{}, reply)
	require.Empty(t, g.taker.taken())
}

// payload is an interaction as it comes by HTTP.
func payload(document string) string { return url.Values{"payload": {document}}.Encode() }

// sample is a body from the tests of Slack's own SDK.
func sample(t testing.TB, name string) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "counterparts", "payloads", "slack")
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		t.Skip("the vendors' samples are not here")
	}
	body, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(body)
}

// at is a time in the middle of the samples' seconds.
func at(seconds, micros int64) time.Time {
	return time.Unix(seconds, micros*int64(time.Microsecond)).UTC()
}

func TestSlacksOwnSamplesAreRead(t *testing.T) {
	t.Parallel()
	account := chat.Account{ID: "W111"}
	for name, test := range map[string]struct {
		mediaType string
		body      func(testing.TB) string
		want      chat.Act
	}{
		"a command": {
			asForm, func(t testing.TB) string { return sample(t, "slash_command.slash_command_body.form") },
			chat.Act{
				ID: "command:111.111.xxx", At: receivedAt, Channel: "C111", ChannelName: "random", By: chat.Account{ID: "W111", Name: "primary-owner"},
				Trigger: "111.111.xxx", ReplyTo: "https://hooks.slack.com/commands/T111/111/xxxxx",
				Command: &chat.Command{Name: "/hello-world", Text: "Hi"},
			},
		},
		"a press of a button that only one person saw": {
			asForm, func(t testing.TB) string {
				return payload(strings.Replace(sample(t, "block_actions.body.json"), `"action_id": "a"`, `"action_id": "muster:acknowledge:0"`, 1))
			},
			chat.Act{
				ID: "press:111.222.valid", At: at(1596530385, 194939), Channel: "C111", By: chat.Account{ID: "W111", Name: "primary-owner"},
				Trigger: "111.222.valid", ReplyTo: "https://hooks.slack.com/actions/T111/111/random-value",
				Press: &chat.Press{Act: "acknowledge", Value: "click_me_123", Asked: "C111:111.222"},
			},
		},
		"a form": {
			asForm, func(t testing.TB) string {
				body := strings.Replace(sample(t, "view_submission.body.json"), `"callback_id": "view-id"`, `"callback_id": "muster:update"`, 1)
				return payload(strings.ReplaceAll(body, `"maBWU"`, `"muster:hspI"`))
			},
			chat.Act{
				ID: "form:V111:1596530361.3wRYuk3R", At: receivedAt, By: chat.Account{ID: "W111", Name: "primary-owner"},
				Trigger:    "111.222.valid",
				Submission: &chat.Submission{Form: "update", Context: "This is for you!", Values: map[string]string{"hspI": "test"}},
			},
		},
		"a choice from the menu of a message": {
			asForm, func(t testing.TB) string {
				return payload(strings.Replace(sample(t, "shortcut.message_shortcut_body.json"), `"test-shortcut"`, `"muster:record"`, 1))
			},
			chat.Act{
				ID: "shortcut:111.222.xxx", At: at(1583637157, 207593), Channel: "C111", By: chat.Account{ID: "W111", Name: "test-test"},
				Trigger: "111.222.xxx", ReplyTo: "https://hooks.slack.com/app/T111/111/xxx",
				Shortcut: &chat.Shortcut{Name: "record", Message: &chat.Message{
					Ref: incident.MessageRef{ChannelID: "C111", ID: "1583636382.000300"}, By: account, At: at(1583636382, 300), Text: "<@W222> test",
				}},
			},
		},
		"a message": {
			asJSON, func(t testing.TB) string { return sample(t, "message.message_body.json") },
			chat.Act{
				ID: "event:Ev111", At: at(1596183880, 4200), Channel: "C111", By: account,
				Message: &chat.Message{
					Ref: incident.MessageRef{ChannelID: "C111", ID: "1596183880.004200"}, By: account, At: at(1596183880, 4200), Text: "Hello World!",
				},
			},
		},
		"a reaction": {
			asJSON, func(t testing.TB) string { return sample(t, "events.valid_reaction_added_body.json") },
			chat.Act{
				ID: "event:Ev111", At: at(1599616881, 800), Channel: "C111", By: account,
				Reaction: &chat.Reaction{Emoji: "heart_eyes", On: incident.MessageRef{ChannelID: "C111", ID: "1599529504.000400"}},
			},
		},
		"somebody who leaves, told to an app of the whole organization": {
			asJSON, func(t testing.TB) string { return sample(t, "events.body.json") },
			chat.Act{
				ID: "event:Ev111", Workspace: "T222", At: at(1610493715, 0), Channel: "C111", By: account,
				Membership: &chat.Membership{Left: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.Chat = integrations.Slack
			if test.want.Workspace == "" {
				test.want.Workspace = "T111"
			}
			got := newGate().act(t, test.mediaType, test.body(t))
			require.Empty(t, cmp.Diff(test.want, got))
		})
	}
}

func TestSlacksOwnSamplesOfOthersAppsAreNoActs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"block_actions.body.json", "view_submission.body.json", "shortcut.message_shortcut_body.json"} {
		newGate().nothing(t, asForm, payload(sample(t, name)))
	}
}

func TestTheAddressIsProvenToSlack(t *testing.T) {
	t.Parallel()
	reply, err := newGate().send(t, asJSON, sample(t, "events_url_verification.event_body.json"))
	require.NoError(t, err)
	require.Equal(t, "text/plain", reply.MediaType)
	require.Equal(t, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", string(reply.Body))
}

const command = "command=%2Fincident&text=status&user_id=U1&channel_id=C1&team_id=T1&trigger_id=1.2.a"

func TestADeliveryHasToBeSigned(t *testing.T) {
	t.Parallel()
	good := signed(signingSecret, receivedAt, asForm, command)
	change := func(name, value string) http.Header {
		header := good.Clone()
		if header.Set(name, value); value == "" {
			header.Del(name)
		}
		return header
	}
	for name, test := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"without a signature":           {change("X-Slack-Signature", ""), command, "is not signed"},
		"without a time":                {change("X-Slack-Request-Timestamp", ""), command, "is not signed"},
		"with a time that is none":      {change("X-Slack-Request-Timestamp", "soon"), command, "not a number of seconds"},
		"with another version":          {change("X-Slack-Signature", strings.Replace(good.Get("X-Slack-Signature"), "v0", "v1", 1)), command, "of the version v0"},
		"with half a signature":         {change("X-Slack-Signature", good.Get("X-Slack-Signature")[:20]), command, "of the version v0"},
		"with what is no signature":     {change("X-Slack-Signature", "v0=confidential"), command, "of the version v0"},
		"with a body that was changed":  {good, command + "&text=resolve", "body was changed"},
		"with a time that was changed":  {change("X-Slack-Request-Timestamp", strconv.FormatInt(receivedAt.Unix()+1, 10)), command, "body was changed"},
		"by another secret":             {signed(otherSecret, receivedAt, asForm, command), command, "MUSTER_SLACK_SIGNING_SECRET"},
		"by no secret":                  {signed("", receivedAt, asForm, command), command, "MUSTER_SLACK_SIGNING_SECRET"},
		"more than five minutes before": {signed(signingSecret, receivedAt.Add(-5*time.Minute-time.Second), asForm, command), command, "5m1s away"},
		"more than five minutes after":  {signed(signingSecret, receivedAt.Add(5*time.Minute+time.Second), asForm, command), command, "clock is wrong"},
		"at the beginning of time":      {signed(signingSecret, time.Unix(-1<<62, 0), asForm, command), command, "away from this machine's time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			_, err := g.Receive(t.Context(), test.header, []byte(test.body))
			var refused *chat.RefusedError
			require.ErrorAs(t, err, &refused)
			require.True(t, refused.Unproven)
			require.Contains(t, refused.Message, test.want)
			require.NotContains(t, refused.Message, good.Get("X-Slack-Signature")[3:])
			require.Empty(t, g.taker.taken())
		})
	}
	t.Run("to the minute", func(t *testing.T) {
		t.Parallel()
		for _, skew := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
			g := newGate()
			_, err := g.Receive(t.Context(), signed(signingSecret, receivedAt.Add(skew), asForm, command), []byte(command))
			require.NoError(t, err)
		}
	})
}

func TestWhileASecretIsReplacedBothAreTaken(t *testing.T) {
	t.Parallel()
	g := newGate(signingSecret, otherSecret, "")
	for i, secret := range []integrations.Secret{signingSecret, otherSecret} {
		body := strings.Replace(command, "1.2.a", fmt.Sprint(i), 1)
		_, err := g.Receive(t.Context(), signed(secret, receivedAt, asForm, body), []byte(body))
		require.NoError(t, err)
	}
	require.Len(t, g.taker.taken(), 2)
}

func TestWithoutASecretNothingIsTakenByHTTP(t *testing.T) {
	t.Parallel()
	for _, secret := range []integrations.Secret{"", signingSecret} {
		_, err := newGate("").Receive(t.Context(), signed(secret, receivedAt, asForm, command), []byte(command))
		require.ErrorContains(t, err, "MUSTER_SLACK_SIGNING_SECRET is not set")
	}
}

func TestADeliveryThatSomebodySendsAgainIsRefused(t *testing.T) {
	t.Parallel()
	g := newGate()
	first := signed(signingSecret, g.now, asForm, command)
	_, err := g.Receive(t.Context(), first, []byte(command))
	require.NoError(t, err)
	for _, later := range []time.Duration{0, time.Minute, 5 * time.Minute, time.Hour} {
		g.now = receivedAt.Add(later)
		var refused *chat.RefusedError
		_, err = g.Receive(t.Context(), first, []byte(command))
		require.ErrorAs(t, err, &refused)
		require.True(t, refused.Unproven)
	}
	require.Len(t, g.taker.taken(), 1)
}

func TestWhatSlackRepeatsIsTheSameAct(t *testing.T) {
	t.Parallel()
	g := newGate()
	body := sample(t, "message.message_body.json")
	first := g.act(t, asJSON, body)
	g.now = g.now.Add(time.Minute)
	again := signed(signingSecret, g.now, asJSON, body)
	again.Set("X-Slack-Retry-Num", "1")
	again.Set("X-Slack-Retry-Reason", "http_timeout")
	_, err := g.Receive(t.Context(), again, []byte(body))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, g.taker.taken()[1]), "its id is known by then")
}

func TestWhatWasNotTakenMayComeAgain(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.taker.err = errors.New("disk full")
	header := signed(signingSecret, g.now, asForm, command)
	_, err := g.Receive(t.Context(), header, []byte(command))
	require.ErrorIs(t, err, g.taker.err)
	g.taker.err = nil
	_, err = g.Receive(t.Context(), header, []byte(command))
	require.NoError(t, err)
	require.Len(t, g.taker.taken(), 1)
}

func TestOldDeliveriesAreForgotten(t *testing.T) {
	t.Parallel()
	g := newGate()
	for i := range 20_000 {
		g.now = g.now.Add(time.Second)
		g.act(t, asForm, strings.Replace(command, "1.2.a", strconv.Itoa(i), 1))
	}
	require.Less(t, slack.RememberedDeliveries(g.Inbound), 2_000)
}

func TestAnActHasToBeTakenInTime(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.taker.take = func(ctx context.Context, _ chat.Act) {
		deadline, ok := ctx.Deadline()
		require.True(t, ok)
		require.LessOrEqual(t, time.Until(deadline), 3*time.Second, "Slack waits no longer")
	}
	g.act(t, asForm, command)
}

func TestWhatSlackDoesNotSendIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ mediaType, body, want string }{
		"no type":                     {"", command, "Content-Type"},
		"a type of something else":    {"text/xml", command, "text/xml"},
		"a form that is none":         {asForm, "payload=%zz", "form cannot be read"},
		"a form of something else":    {asForm, "a=b", "neither a command nor a payload"},
		"a payload that is no JSON":   {asForm, "payload=fire", "interaction is not as Slack sends it"},
		"an event that is no JSON":    {asJSON, "fire", "event is not as Slack sends it"},
		"an event without an id":      {asJSON, `{"type":"event_callback","event":{"type":"message"}}`, "event_id"},
		"a command without a trigger": {asForm, "command=%2Fincident&user_id=U1", "trigger_id"},
		"a press by nobody":           {asForm, payload(`{"type":"block_actions","trigger_id":"1"}`), "user"},
		"a message of something else": {asJSON, `{"type":"event_callback","event_id":"Ev1","event":{"type":"message","files":1}}`, "message event is not as Slack sends it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			_, err := g.send(t, test.mediaType, test.body)
			var refused *chat.RefusedError
			require.ErrorAs(t, err, &refused)
			require.False(t, refused.Unproven)
			require.Contains(t, refused.Message, test.want)
			require.Empty(t, g.taker.taken())
		})
	}
}

func TestWhatIsNotForMusterIsAcceptedAndPassedOver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ mediaType, body string }{
		"Slack looks at the certificate":        {asForm, "ssl_check=1&token=x"},
		"a form was closed":                     {asForm, payload(`{"type":"view_closed","user":{"id":"U1"}}`)},
		"a menu asks for options":               {asForm, payload(`{"type":"block_suggestion","user":{"id":"U1"},"value":"x"}`)},
		"a kind of interaction from the future": {asForm, payload(`{"type":"hologram"}`)},
		"a kind of event from the future":       {asJSON, `{"type":"event_callback","event_id":"Ev1","event":{"type":"user_changed","user":{"id":"U1"},"channel":7}}`},
		"a kind of delivery of the future":      {asJSON, `{"type":"hologram"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newGate().nothing(t, test.mediaType, test.body)
		})
	}
}

func TestWhatSlackSaysOfTheAppIsLogged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"it was removed":      {`{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_uninstalled"}}`, "was removed"},
		"its tokens are gone": {`{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"tokens_revoked","tokens":{"bot":["U1"]}}}`, "tokens were revoked"},
		"there is too much":   {`{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}`, "too many"},
		"of an organization":  {`{"type":"app_rate_limited","enterprise_id":"T1"}`, "too many"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			g.nothing(t, asJSON, test.body)
			require.Contains(t, g.log.String(), test.want)
			require.Contains(t, g.log.String(), "workspace=T1")
		})
	}
}
