package cockpit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api/cockpit"
	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	"muster/store"
)

// workspace is the sandbox's Slack, with the cockpit behind Slack's real client on one side
// and its signed requests on the other.
type workspace struct {
	*world
	url    string
	client *slack.Client
	// carried tells of each act that was carried out.
	carried chan error
	// shown is where the brief is.
	shown incident.MessageRef
}

const signingSecret = "a sample secret"

func openWorkspace(t *testing.T) *workspace {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w := &workspace{world: newWorld(t), url: server.URL, carried: make(chan error, 100)}
	w.now, w.noChannel = time.Now(), true

	box, err := sandbox.Open(t.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: server.URL, SlackChannels: []string{"general"},
		SlackRequestURL: server.URL + "/webhooks/slack", SlackSigningSecret: signingSecret, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	mux.Handle("/sandbox/", box)
	w.client = slack.New(slack.Options{Token: "xoxb-sample", APIURL: server.URL + "/sandbox/slack/api", Unshaped: true})

	w.cockpit, err = cockpit.New(cockpit.Options{
		Commander: w.world, Reader: w.world, Catalogue: catalogue, Chat: w.client, Inbox: w, Keeper: w.world, Pages: w.pages,
		Logger: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	require.NoError(t, err)
	t.Cleanup(w.cockpit.Close)
	inbound := slack.NewInbound(slack.InboundOptions{SigningSecrets: []integrations.Secret{signingSecret}, Taker: w.cockpit})
	mux.HandleFunc("POST /webhooks/slack", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		reply, refused := inbound.Receive(r.Context(), r.Header, body)
		if err != nil || refused != nil {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if reply.MediaType != "" {
			rw.Header().Set("Content-Type", reply.MediaType)
		}
		_, _ = rw.Write(reply.Body) // The sandbox is there until the test ends.
	})
	return w
}

// testWriter writes the log of a test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(line []byte) (int, error) {
	w.t.Log(string(bytes.TrimSpace(line)))
	return len(line), nil
}

// Accept implements [cockpit.Inbox]: what is accepted is carried out at once, beside.
func (w *workspace) Accept(ctx context.Context, items []store.Item) (store.Accepted, error) {
	accepted, err := w.world.Accept(ctx, items)
	if accepted.New > 0 {
		go func() {
			var act chat.Act
			err := json.Unmarshal(items[0].Body, &act)
			if err == nil {
				err = w.cockpit.CarryOut(context.WithoutCancel(ctx), act)
			}
			w.carried <- err
		}()
	}
	return accepted, err
}

// outcome is what an act of a person came to.
type outcome struct {
	TS      string
	Answers []struct{ Text string }
	View    *struct{ ID, Title string }
	Errors  map[string]string
	Detail  string
}

// does has a person of the sandbox do something. It waits until Muster has shown something.
func (w *workspace) does(act string, body map[string]any) outcome {
	return w.doing(act+"?wait=10", body)
}

// changes has a person do something, and waits until Muster has carried it out.
func (w *workspace) changes(act string, body map[string]any) outcome {
	w.t.Helper()
	result := w.doing(act, body)
	require.Empty(w.t, result.Errors)
	require.NoError(w.t, <-w.carried)
	return result
}

func (w *workspace) doing(act string, body map[string]any) outcome {
	w.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(w.t, err)
	response, err := http.Post(w.url+"/sandbox/slack/people/responder-one/"+act, "application/json", bytes.NewReader(data))
	require.NoError(w.t, err)
	defer response.Body.Close()
	var result outcome
	require.NoError(w.t, json.NewDecoder(response.Body).Decode(&result))
	require.Equal(w.t, http.StatusOK, response.StatusCode, "%s %v: %s", act, body, result.Detail)
	return result
}

// asks writes a command that is answered, and returns the answer.
func (w *workspace) asks(channel, text string) string {
	w.t.Helper()
	result := w.does("command", map[string]any{"channel": channel, "text": "/incident " + text})
	require.NotEmpty(w.t, result.Answers, "%s is answered", text)
	return result.Answers[len(result.Answers)-1].Text
}

// fillsIn opens a form, and sends it with these values.
func (w *workspace) fillsIn(act string, body, values map[string]any) {
	w.t.Helper()
	opened := w.does(act, body)
	require.NotNil(w.t, opened.View, "%s %v opens a form, and answers %v", act, body, opened.Answers)
	w.changes("submit", map[string]any{"view_id": opened.View.ID, "values": values})
}

// brief shows the brief as it is now, and returns where.
func (w *workspace) brief() incident.MessageRef {
	w.t.Helper()
	s := w.state("INC-1")
	ref, err := w.client.Show(w.t.Context(), chat.Outgoing{
		Key: "brief", ChannelID: s.Channel.ID, Card: card.Brief(s, s.Outlook(), w.pages, []string{card.IncidentLink}), Edit: w.shown,
	})
	require.NoError(w.t, err)
	w.shown = ref
	return ref
}

// control is what the sandbox needs to know of a control of the brief.
func (w *workspace) control(label string, option ...string) map[string]any {
	w.t.Helper()
	ref := w.brief()
	response, err := http.Get(w.url + "/sandbox/state")
	require.NoError(w.t, err)
	defer response.Body.Close()
	var state struct {
		Slack struct {
			Channels []struct {
				Messages []struct {
					TS     string
					Blocks []struct {
						BlockID   string `json:"block_id"`
						Elements  []element
						Accessory element
					}
				}
			}
		}
	}
	require.NoError(w.t, json.NewDecoder(response.Body).Decode(&state))
	for _, channel := range state.Slack.Channels {
		for _, message := range channel.Messages {
			for _, block := range message.Blocks {
				for _, e := range append(block.Elements, block.Accessory) {
					if message.TS != ref.ID || e.ActionID == "" || e.label() != label {
						continue
					}
					found := map[string]any{"channel": ref.ChannelID, "ts": ref.ID, "action_id": e.ActionID, "block_id": block.BlockID}
					if len(option) > 0 {
						i := slices.IndexFunc(e.Options, func(o choice) bool { return o.Text.Text == option[0] })
						require.GreaterOrEqual(w.t, i, 0, "%q has no option %q", label, option[0])
						found["option"] = e.Options[i].Value
					}
					return found
				}
			}
		}
	}
	require.Failf(w.t, "no such control", "the brief has no control %q", label)
	return nil
}

// element is a control as Slack has it.
type element struct {
	ActionID    string `json:"action_id"`
	Text        wording
	Placeholder wording
	Options     []choice
}

type choice struct {
	Text  wording
	Value string
}

// wording is a text of Slack's: an object, or, elsewhere, just a string.
type wording struct{ Text string }

func (t *wording) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &t.Text)
	}
	type plain wording
	return json.Unmarshal(data, (*plain)(t))
}

func (e element) label() string { return e.Text.Text + e.Placeholder.Text }

// comesIn has whoever declared an incident invited by what it knows of them, as its playbook
// does, and waits until they have come in.
func (w *workspace) comesIn(id incident.ID) {
	w.t.Helper()
	s, err := w.Incident(w.t.Context(), id)
	require.NoError(w.t, err)
	invited, err := w.client.Invite(w.t.Context(), s.Channel.ID, []incident.Person{s.Declarer})
	require.NoError(w.t, err)
	require.Len(w.t, invited, 1)
	require.NoError(w.t, <-w.carried)
}

func TestTheSandboxsSlackRunsAWholeIncident(t *testing.T) {
	t.Parallel()
	w := openWorkspace(t)
	w.fillsIn("command", map[string]any{"channel": "general", "text": "/incident"}, map[string]any{"title": "Carts are empty", "severity": "SEV2"})
	const id = incident.ID("INC-1")
	channel, err := w.client.OpenChannel(t.Context(), incident.ChannelRequest{Key: "channel", Name: "inc-1", Purpose: "INC-1"})
	require.NoError(t, err)
	w.channelFor = func(incident.ID) *incident.Channel { return &channel }
	w.openChannel(id)
	w.comesIn(id)

	with := func(more map[string]any) map[string]any { more["channel"] = channel.ID; return more }
	w.changes("press", w.control("Acknowledge"))
	w.changes("press", w.control("Take a role…", "Incident commander"))
	w.changes("press", w.control("Severity…", "SEV1"))
	said := w.doing("say", with(map[string]any{"text": "the deploy of noon & <its> cache"}))
	w.changes("react", with(map[string]any{"ts": said.TS, "emoji": "pushpin"}))
	w.changes("say", with(map[string]any{"text": "!decision roll back"}))
	w.fillsIn("shortcut", with(map[string]any{"ts": said.TS, "callback_id": "muster:record"}), map[string]any{"as": "action", "text": "Warm the cache", "due": "2026-12-01"})
	w.changes("press", w.control("Done"))
	w.fillsIn("press", w.control("Skip…"), map[string]any{"reason": "it has stopped"})
	w.fillsIn("press", w.control("Post an update…"), map[string]any{"status": "monitoring"})
	w.changes("command", with(map[string]any{"text": "/incident role scribe @responder-two"}))
	w.changes("command", with(map[string]any{"text": "/incident page search can you look?"}))
	w.fillsIn("command", with(map[string]any{"text": "/incident resolve"}), map[string]any{"summary": "Rolled back."})
	w.changes("command", with(map[string]any{"text": "/incident followup test the rollback @responder-two by 2026-12-02"}))

	told := w.told(id)
	update := slices.IndexFunc(told, func(line string) bool {
		return strings.HasPrefix(line, "Sample Responder One: - ") && strings.Contains(line, "Sample Responder One is incident commander")
	})
	require.Positive(t, update, "the draft of the update was posted as it stood there, not %q", told)
	require.Equal(t, []string{
		"Sample Responder One: Declared SEV2 for checkout: Carts are empty",
		"Sample Responder One: Sample Responder One joined the channel",
		"Sample Responder One: Acknowledged",
		"Sample Responder One: Sample Responder One is incident commander",
		"Sample Responder One: Severity raised from SEV2 to SEV1",
		"Sample Responder One: Sample Responder One said: the deploy of noon & <its> cache",
		"Sample Responder One: Decision (Sample Responder One): roll back",
		"Sample Responder One: Follow-up F1: Warm the cache, due 2026-12-01",
		"Sample Responder One: Done: Confirm the severity and who is affected",
		"Sample Responder One: Skipped: Stop the impact before looking for the cause: it has stopped",
		"Sample Responder One: Status changed from investigating to monitoring",
		"Sample Responder One: Sample Responder Two is scribe",
		"Sample Responder One: Asked service search to help: can you look?",
		"Sample Responder One: Resolved: Rolled back.",
		"Sample Responder One: Follow-up F2: test the rollback (responder-two@example.com), due 2026-12-02",
	}, slices.Delete(slices.Clone(told), update, update+1))
}

func TestTheSandboxsSlackShowsAllThatIsAskedFor(t *testing.T) {
	t.Parallel()
	w := openWorkspace(t)
	w.changes("command", map[string]any{"channel": "general", "text": "/incident checkout is down sev2"})
	channel, err := w.client.OpenChannel(t.Context(), incident.ChannelRequest{Key: "channel", Name: "inc-1", Purpose: "INC-1"})
	require.NoError(t, err)
	w.channelFor = func(incident.ID) *incident.Channel { return &channel }
	w.openChannel("INC-1")
	w.comesIn("INC-1")
	for _, text := range []string{
		"help", "help step", "list", "list all sev2", "status", "step list", "timeline", "followup list", "postmortem", "subscribe list",
		"satus", "search is slow", "page not loading", "done dance", "claim captain", "severity sev9", "INC-99 ack", "snooze a while",
	} {
		require.NotEmpty(t, w.asks(channel.ID, text), text)
	}
	for _, text := range []string{
		"declare", "role", "severity", "update", "note", "decision", "followup", "step add", "step skip assess", "page", "resolve", "cancel", "step reject statement",
	} {
		opened := w.does("command", map[string]any{"channel": channel.ID, "text": "/incident " + text})
		require.NotNil(t, opened.View, text)
		w.doing("close", map[string]any{"view_id": opened.View.ID})
	}
	opened := w.does("command", map[string]any{"channel": channel.ID, "text": "/incident note"})
	refused := w.doing("submit", map[string]any{"view_id": opened.View.ID, "values": map[string]any{"text": " "}})
	require.NotEmpty(t, refused.Errors, "the form stays open")
}
