package sandbox_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/andygrunwald/go-jira"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"muster/integrations/sandbox"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a running sandbox and the vendors' real clients against it.
type world struct {
	box       *sandbox.Sandbox
	url       string
	clock     *clock
	slack     *slack.Client
	pagerDuty *pagerduty.Client
	jira      *jira.Client
}

const (
	from         = "responder-one@example.com"
	responderOne = "U0SANDBOXONE"
	responderTwo = "U0SANDBOXTWO"
	bot          = "U0SANDBOXBOT"
)

func start(t *testing.T, change ...func(*sandbox.Options)) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)}}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	options := sandbox.Options{
		Path:              filepath.Join(t.TempDir(), "sandbox.db"),
		PublicURL:         w.url + "/",
		PagerDutyServices: []sandbox.Service{{ID: "PCHECKOUT", Name: "Checkout"}, {ID: "PSEARCH", Name: "Search"}},
		JiraProjects:      []string{"CHECKOUT", "SEARCH"},
		Logger:            slog.New(slog.DiscardHandler),
		Clock:             w.clock.read,
		Seed:              1,
	}
	for _, f := range change {
		f(&options)
	}
	var err error
	w.box, err = sandbox.Open(context.Background(), options)
	require.NoError(t, err)
	server.Config.Handler = w.box
	server.Start()
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, w.box.Close())
	})

	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	w.slack = slack.New("xoxb-any", slack.OptionAPIURL(w.box.SlackURL()), slack.OptionHTTPClient(client))
	w.pagerDuty = pagerduty.NewClient("any", pagerduty.WithAPIEndpoint(w.box.PagerDutyURL()), pagerduty.WithV2EventsAPIEndpoint(w.box.PagerDutyEventsURL()))
	w.pagerDuty.HTTPClient = client
	auth := jira.BasicAuthTransport{Username: "muster@example.com", Password: "any", Transport: transport}
	w.jira, err = jira.NewClient(auth.Client(), w.box.JiraURL())
	require.NoError(t, err)
	return w
}

// call makes a plain request and returns the status and the body.
func (w *world) call(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(data)
}

// contractState is the state document as the design promises it.
type contractState struct {
	Slack struct {
		Channels []struct {
			ID, Name, Topic string
			Members         []string
			Messages        []struct{ TS, Text string }
		}
	}
	PagerDuty struct {
		Incidents []struct {
			ID, Title, Status string
			DedupKey          string `json:"dedup_key"`
		}
	}
	Jira struct {
		Issues []struct{ Key, Summary, Status string }
	}
	Mail struct {
		Messages []struct {
			ID, Subject, Text string
			To                []string
		}
	}
	Webhook struct {
		Deliveries []struct {
			Key  string
			Body json.RawMessage
		}
	}
	Prometheus struct {
		Queries []struct {
			Query string
			Value *float64
		}
	}
}

func (w *world) state(t *testing.T) contractState {
	t.Helper()
	response, body := w.call(t, "GET", "/sandbox/state", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	var s contractState
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	return s
}

// fill leaves one of everything in the sandbox.
func (w *world) fill(t *testing.T) {
	t.Helper()
	channel := w.channel(t, "inc-1-checkout")
	_, err := w.slack.InviteUsersToConversation(channel, responderOne, responderTwo)
	require.NoError(t, err)
	_, err = w.slack.SetTopicOfConversation(channel, "*SEV1* · investigating")
	require.NoError(t, err)
	_, err = w.slack.SetPurposeOfConversation(channel, "Response to INC-1")
	require.NoError(t, err)
	_, ts, err := w.slack.PostMessage(channel, slack.MsgOptionText("Checkout answers *5xx*", false),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "muster", EventPayload: map[string]any{"key": "brief"}}))
	require.NoError(t, err)
	require.NoError(t, w.slack.AddPin(channel, slack.NewRefToMessage(channel, ts)))
	w.clock.advance(time.Minute)
	_, _, err = w.slack.PostMessage(channel, slack.MsgOptionText("On it", false), slack.MsgOptionTS(ts))
	require.NoError(t, err)
	_, err = w.slack.PostEphemeral(channel, responderOne, slack.MsgOptionText("An update is due", false))
	require.NoError(t, err)
	_, err = w.slack.AddBookmark(channel, slack.AddBookmarkParameters{Title: "Incident", Type: "link", Link: "https://muster.example.com/INC-1"})
	require.NoError(t, err)

	w.trigger(t, "PCHECKOUT", "INC-1", "Checkout answers 5xx")
	id := w.incident(t, "INC-1").ID
	_, err = w.pagerDuty.ManageIncidentsWithContext(t.Context(), from, []pagerduty.ManageIncidentsOptions{{ID: id, Status: "acknowledged"}})
	require.NoError(t, err)
	_, err = w.pagerDuty.CreateIncidentNoteWithContext(t.Context(), id, pagerduty.IncidentNote{Content: "Rolled back", User: pagerduty.APIObject{Summary: from}})
	require.NoError(t, err)

	key := w.ticket(t, "Alert on the burn rate")
	_, _, err = w.jira.Issue.AddComment(key, &jira.Comment{Body: "From the review of INC-1"})
	require.NoError(t, err)
	_, _, err = w.jira.Issue.AddRemoteLink(key, &jira.RemoteLink{Object: &jira.RemoteLinkObject{URL: "https://muster.example.com/INC-1", Title: "INC-1"}})
	require.NoError(t, err)

	require.NoError(t, w.mail("INC-1-mail@example.com", "SEV1 checkout", "PagerDuty has not taken the page."))
	require.Equal(t, http.StatusNoContent, w.notify(t, "INC-1-notice", `{"text":"PagerDuty has not taken the page."}`))

	w.setMetric(t, `{"query":"error_rate","value":2.5}`)
	_, answer := w.call(t, "GET", "/sandbox/prometheus/api/v1/query?query=latency_p99", "")
	require.Contains(t, answer, `"status":"success"`)
}

func TestStateIsTheContractsDocument(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.fill(t)
	response, body := w.call(t, "GET", "/sandbox/state", "")
	require.Equal(t, "application/json; charset=utf-8", response.Header.Get("Content-Type"))

	var document any
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(body, w.url, "http://sandbox.test")), &document))
	got, err := json.MarshalIndent(document, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "state.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got)+"\n")
}

func TestAnEmptySandboxHasEmptyLists(t *testing.T) {
	t.Parallel()
	_, body := start(t, func(o *sandbox.Options) { o.Path = ":memory:" }).call(t, "GET", "/sandbox/state", "")
	require.Contains(t, body, `"channels":[]`)
	require.Contains(t, body, `"incidents":[]`)
	require.Contains(t, body, `"issues":[]`)
	require.Contains(t, body, `"deliveries":[]`)
	require.Contains(t, body, `"queries":[]`)
}

func TestStateSurvivesTheProcess(t *testing.T) {
	t.Parallel()
	for name, reopen := range map[string]func(t *testing.T, w *world, path string) string{
		"closed and opened again": func(t *testing.T, w *world, path string) string {
			require.NoError(t, w.box.Close())
			return path
		},
		"killed": func(t *testing.T, _ *world, path string) string {
			// What kill -9 leaves behind are the files as they are at that moment.
			crashed := filepath.Join(t.TempDir(), "crashed.db")
			for _, suffix := range []string{"", "-wal"} {
				data, err := os.ReadFile(path + suffix)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(crashed+suffix, data, 0o600))
			}
			return crashed
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "sandbox #1.db")
			before := start(t, func(o *sandbox.Options) { o.Path = path })
			before.fill(t)
			want := before.state(t)

			path = reopen(t, before, path)
			after := start(t, func(o *sandbox.Options) { o.Path = path })
			require.Equal(t, want, after.state(t))
			_, err := after.slack.CreateConversation(slack.CreateConversationParams{ChannelName: "inc-1-checkout"})
			require.EqualError(t, err, "name_taken")
			_, ts, err := after.slack.PostMessage(want.Slack.Channels[0].ID, slack.MsgOptionText("The clock went back", false))
			require.NoError(t, err)
			messages := want.Slack.Channels[0].Messages
			require.Greater(t, ts, messages[len(messages)-1].TS)
		})
	}
}

func TestOpenSaysWhatToMend(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*sandbox.Options)
		want   string
	}{
		"no path":             {func(o *sandbox.Options) { o.Path = "" }, "Path is empty"},
		"no such folder":      {func(o *sandbox.Options) { o.Path = filepath.Join(o.Path, "none", "s.db") }, "none/s.db"},
		"relative public URL": {func(o *sandbox.Options) { o.PublicURL = "localhost:8080" }, "PublicURL must be an absolute http or https address"},
		"odd webhook URL":     {func(o *sandbox.Options) { o.JiraWebhookURL = "ftp://secret@example.com" }, "JiraWebhookURL must be"},
		"nameless service":    {func(o *sandbox.Options) { o.PagerDutyServices = []sandbox.Service{{ID: "P1"}} }, "PagerDutyServices[0] needs an ID and a Name"},
		"service named twice": {func(o *sandbox.Options) { o.PagerDutyServices = []sandbox.Service{{"P1", "A"}, {"P1", "B"}} }, "PagerDutyServices[1] repeats the ID P1"},
		"lower-case project":  {func(o *sandbox.Options) { o.JiraProjects = []string{"ops"} }, `JiraProjects[0] is "ops"`},
		"project named twice": {func(o *sandbox.Options) { o.JiraProjects = []string{"OPS", "OPS"} }, "JiraProjects[1] repeats the key OPS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := sandbox.Options{Path: t.TempDir() + "/s.db", PublicURL: "http://127.0.0.1:8080"}
			tc.change(&options)
			_, err := sandbox.Open(t.Context(), options)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestAFileThatIsNoSandboxIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("not a database\n", 100)), 0o600))
	_, err := sandbox.Open(t.Context(), sandbox.Options{Path: path, PublicURL: "http://127.0.0.1:8080"})
	require.ErrorContains(t, err, "notes.txt")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(data), "not a database"))
}

func TestClosingTwiceIsFine(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Open(t.Context(), sandbox.Options{Path: ":memory:", PublicURL: "http://127.0.0.1:8080"})
	require.NoError(t, err)
	require.NoError(t, box.Close())
	require.NoError(t, box.Close())
}
