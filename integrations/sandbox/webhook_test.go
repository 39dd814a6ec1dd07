package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

// delivery is a webhook as its receiver sees it.
type delivery struct {
	header http.Header
	body   []byte
}

// receive starts a receiver that answers the statuses in turn, and 200 from then on.
func receive(t *testing.T, statuses ...int) (url string, deliveries <-chan delivery) {
	t.Helper()
	arrived := make(chan delivery, 16)
	next := make(chan int, len(statuses))
	for _, status := range statuses {
		next <- status
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		arrived <- delivery{r.Header.Clone(), body}
		select {
		case status := <-next:
			w.WriteHeader(status)
		default:
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/jira", arrived
}

func withWebhook(url, secret string) func(*sandbox.Options) {
	return func(o *sandbox.Options) { o.JiraWebhookURL, o.JiraWebhookSecret = url, secret }
}

// jiraEvent is what a receiver reads of the webhook.
type jiraEvent struct {
	Timestamp    int64
	WebhookEvent string
	User         struct{ AccountID string }
	Issue        struct {
		Key    string
		Fields struct {
			Status struct {
				Name           string
				StatusCategory struct{ Key string }
			}
		}
	}
	Changelog struct {
		Items []map[string]any
	}
}

func TestMovingATicketSendsASignedWebhook(t *testing.T) {
	t.Parallel()
	url, deliveries := receive(t)
	w := start(t, withWebhook(url, "s3cret"))
	key := w.ticket(t, "A repair")

	response, body := w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"done"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, body, `"status":"Done"`)

	got := <-deliveries
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write(got.body)
	require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), got.header.Get("X-Hub-Signature"))
	require.NotEmpty(t, got.header.Get("X-Atlassian-Webhook-Identifier"))
	require.Empty(t, got.header.Get("X-Atlassian-Webhook-Retry"))
	var event jiraEvent
	require.NoError(t, json.Unmarshal(got.body, &event))
	require.Equal(t, "jira:issue_updated", event.WebhookEvent)
	require.Equal(t, w.clock.read().UnixMilli(), event.Timestamp)
	require.Equal(t, key, event.Issue.Key)
	require.Equal(t, "Done", event.Issue.Fields.Status.Name)
	require.Equal(t, "done", event.Issue.Fields.Status.StatusCategory.Key)
	require.Equal(t, "sandbox-visitor", event.User.AccountID)
	require.Len(t, event.Changelog.Items, 2)
	require.Equal(t, map[string]any{"field": "status", "fieldtype": "jira", "fieldId": "status", "from": "10000", "fromString": "To Do", "to": "10002", "toString": "Done"}, event.Changelog.Items[1])

	_, err := w.jira.Issue.DoTransition(key, "11")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal((<-deliveries).body, &event))
	require.Equal(t, "To Do", event.Issue.Fields.Status.Name)
	require.Equal(t, "sandbox-muster", event.User.AccountID)

	w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"To Do"}`)
	require.NoError(t, w.box.Close())
	require.Empty(t, deliveries, "a move to where the ticket is tells nothing")
}

func TestWebhooksAreRepeatedInOrderWithTheSameIdentity(t *testing.T) {
	t.Parallel()
	url, deliveries := receive(t, http.StatusServiceUnavailable)
	w := start(t, withWebhook(url, ""))
	key := w.ticket(t, "A repair")
	for _, status := range []string{"In Progress", "Done"} {
		w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"`+status+`"}`)
	}
	first, repeated, second := <-deliveries, <-deliveries, <-deliveries
	require.Equal(t, first.body, repeated.body)
	require.Equal(t, first.header.Get("X-Atlassian-Webhook-Identifier"), repeated.header.Get("X-Atlassian-Webhook-Identifier"))
	require.Equal(t, "1", repeated.header.Get("X-Atlassian-Webhook-Retry"))
	require.Empty(t, first.header.Values("X-Hub-Signature"), "nothing to sign with")
	var event jiraEvent
	require.NoError(t, json.Unmarshal(second.body, &event))
	require.Equal(t, "Done", event.Issue.Fields.Status.Name)
}

func TestAWebhookThatIsRefusedIsNotRepeated(t *testing.T) {
	t.Parallel()
	url, deliveries := receive(t, http.StatusUnauthorized)
	w := start(t, withWebhook(url, ""))
	key := w.ticket(t, "A repair")
	w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"Done"}`)
	require.NoError(t, w.box.Close())
	require.Len(t, deliveries, 1)
}

func TestAPersonDoesNotWaitForTheWebhookAndCloseDoes(t *testing.T) {
	t.Parallel()
	release, delivered := make(chan struct{}), make(chan struct{}, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		<-release
		delivered <- struct{}{}
	}))
	t.Cleanup(receiver.Close)
	w := start(t, withWebhook(receiver.URL, ""))
	key := w.ticket(t, "A repair")
	response, _ := w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"Done"}`)
	require.Equal(t, http.StatusOK, response.StatusCode, "answered while the receiver still holds the webhook")
	close(release)
	require.NoError(t, w.box.Close())
	require.Len(t, delivered, 1)
}

func TestOnlyKnownTicketsMoveToKnownStatuses(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.ticket(t, "A repair")
	for path, tc := range map[string]struct {
		key, body string
		status    int
		want      string
	}{
		"an unknown status": {key, `{"status":"Waiting"}`, 400, `the statuses are To Do, In Progress, Done`},
		"no status":         {key, `{}`, 400, `send one of To Do, In Progress, Done`},
		"an unknown field":  {key, `{"state":"Done"}`, 400, `unknown field`},
		"an unknown ticket": {"CHECKOUT-99", `{"status":"Done"}`, 404, `There is no ticket CHECKOUT-99`},
	} {
		t.Run(path, func(t *testing.T) {
			response, body := w.call(t, "POST", "/sandbox/jira/issues/"+tc.key+"/status", tc.body)
			require.Equal(t, tc.status, response.StatusCode)
			require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
			require.Contains(t, body, tc.want)
		})
	}
	require.Equal(t, "To Do", w.state(t).Jira.Issues[0].Status)
}

// TestTheWebhookHasTheFormOfRealOnes: every field the sandbox sends is in a webhook that a
// real Jira sent, with the same type.
func TestTheWebhookHasTheFormOfRealOnes(t *testing.T) {
	t.Parallel()
	root := repositoryRoot(t)
	real, err := os.ReadFile(filepath.Join(root, "..", "shared", "counterparts", "payloads", "jira", "webhook-issue-updated-resolved.json"))
	if os.IsNotExist(err) {
		t.Skip("the captured payloads are not beside the repository")
	}
	require.NoError(t, err)
	url, deliveries := receive(t)
	w := start(t, withWebhook(url, ""))
	key := w.ticket(t, "A repair")
	w.call(t, "POST", "/sandbox/jira/issues/"+key+"/status", `{"status":"Done"}`)

	var want, got map[string]any
	require.NoError(t, json.Unmarshal(real, &want))
	require.NoError(t, json.Unmarshal((<-deliveries).body, &got))
	// Jira Cloud has added these since the sample was captured.
	newer := map[string]bool{"accountType": true, "simplified": true, "expand": true}
	var compare func(path string, want, got any)
	compare = func(path string, want, got any) {
		switch got := got.(type) {
		case map[string]any:
			real, ok := want.(map[string]any)
			if want == nil {
				return
			}
			require.True(t, ok, path)
			for name, value := range got {
				if newer[name] {
					continue
				}
				require.Contains(t, real, name, path)
				compare(path+"."+name, real[name], value)
			}
		case []any:
			real, ok := want.([]any)
			require.True(t, ok, path)
			if len(real) > 0 && len(got) > 0 {
				compare(path+"[0]", real[0], got[0])
			}
		case nil:
		default:
			if want != nil {
				require.IsType(t, want, got, path)
			}
		}
	}
	compare("webhook", want, got)
}

func repositoryRoot(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		require.NotEqual(t, folder, parent, "no go.mod above the test")
		folder = parent
	}
}
