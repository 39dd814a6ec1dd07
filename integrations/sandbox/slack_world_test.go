package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

const signingSecret = "a sample secret"

// app stands in for Muster: it receives what Slack delivers.
type app struct {
	url        string
	deliveries chan delivery
	answers    chan func(http.ResponseWriter)
}

// listen starts an app that answers each delivery as it is told, and 200 without a body else.
// Only signed deliveries are taken.
func listen(t *testing.T) *app {
	t.Helper()
	a := &app{deliveries: make(chan delivery, 64), answers: make(chan func(http.ResponseWriter), 16)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verifier, err := slack.NewSecretsVerifier(r.Header, signingSecret)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(io.TeeReader(r.Body, &verifier))
		if err != nil || verifier.Ensure() != nil {
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		a.deliveries <- delivery{r.Header.Clone(), body}
		select {
		case answer := <-a.answers:
			answer(w)
		default:
		}
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *app) options(o *sandbox.Options) {
	o.SlackRequestURL, o.SlackSigningSecret = a.url, signingSecret
}

// answer says how the next delivery is answered: with JSON.
func (a *app) answer(body string) {
	a.answers <- func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// event returns the next delivery that is an event.
func (a *app) event(t *testing.T) (map[string]any, http.Header) {
	t.Helper()
	got := <-a.deliveries
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	var event map[string]any
	require.NoError(t, json.Unmarshal(got.body, &event))
	return event, got.header
}

// payload returns the next delivery that is an interaction.
func (a *app) payload(t *testing.T) slack.InteractionCallback {
	t.Helper()
	var callback slack.InteractionCallback
	require.NoError(t, json.Unmarshal([]byte(a.form(t).Get("payload")), &callback))
	return callback
}

func (a *app) form(t *testing.T) url.Values {
	t.Helper()
	got := <-a.deliveries
	require.Equal(t, "application/x-www-form-urlencoded", got.header.Get("Content-Type"))
	form, err := url.ParseQuery(string(got.body))
	require.NoError(t, err)
	return form
}

// outcome is what an act of a person came to.
type outcome struct {
	OK      bool
	Channel string
	TS      string
	Answers []struct{ TS, User, Text string }
	View    *struct {
		ID     string
		Title  string
		Fields []struct {
			BlockID string `json:"block_id"`
			Label   string
			Type    string
		}
	}
	Errors map[string]string
	Detail string
}

// does is one act of a person.
func (w *world) does(t *testing.T, person, act string, body any) outcome {
	t.Helper()
	status, result := w.tries(t, person, act, body)
	require.Equal(t, http.StatusOK, status, result.Detail)
	return result
}

func (w *world) tries(t *testing.T, person, act string, body any) (status int, result outcome) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	response, answer := w.call(t, "POST", "/sandbox/slack/people/"+person+"/"+act, string(data), "Content-Type", "application/json")
	require.NoError(t, json.NewDecoder(bytes.NewBufferString(answer)).Decode(&result))
	return response.StatusCode, result
}

type fields = map[string]any
