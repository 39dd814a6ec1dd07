package activities

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

// automated is the world that a playbook's own requests, workflows and questions go to. It
// remembers what it was asked.
type automated struct {
	request incident.Request
	answer  incident.Answer
	launch  incident.Launch
	run     incident.Run
	signal  incident.Signal
	query   string
	last    time.Duration
	samples []incident.Sample
	metric  incident.Measurement
	err     error
}

func (w *automated) Send(_ context.Context, r incident.Request) (incident.Answer, error) {
	w.request = r
	return w.answer, w.err
}

type launcher struct{ world *automated }

func (w launcher) Start(_ context.Context, l incident.Launch) (incident.Run, error) {
	w.world.launch = l
	return w.world.run, w.world.err
}

func (w launcher) Signal(_ context.Context, s incident.Signal) error {
	w.world.signal = s
	return w.world.err
}

func (w *automated) Query(_ context.Context, query string) ([]incident.Sample, error) {
	w.query = query
	return w.samples, w.err
}

func (w *automated) Range(_ context.Context, query string, last time.Duration) (incident.Measurement, error) {
	w.query, w.last = query, last
	return w.metric, w.err
}

type secrets map[string]string

func (s secrets) Secret(name string) (string, bool) {
	value, ok := s[name]
	return value, ok
}

const token = "very-secret-token"

// at is when the work in these tests was begun.
var at = time.Date(2026, 3, 2, 14, 32, 0, 0, time.UTC)

func effect(do string, with playbooks.Parameters) playbooks.Effect {
	return playbooks.Effect{
		Incident: incident.State{ID: "INC-7", Title: "Down", Status: incident.Investigating, At: at},
		Work:     playbooks.Work{ID: "rollback", Do: do, With: with, Since: at},
	}
}

func (w *automated) do(t *testing.T, e playbooks.Effect) (incident.Outcome, error) {
	t.Helper()
	a := &Activities{
		Requester: w, Automation: launcher{w}, Metrics: w, Secrets: secrets{"deploy_token": token},
		Installation: "test", PublicURL: "https://muster.example.com",
	}
	return a.Actions()[e.Work.Do](t.Context(), e)
}

func TestParametersAreCheckedOnceTheyAreFilledIn(t *testing.T) {
	t.Parallel()
	for want, with := range map[string]playbooks.Parameters{
		`http.request needs the parameter "url"`:                {"method": "POST"},
		`http.request: method must be one of GET, POST`:         {"url": "https://example.com", "method": "FETCH"},
		`http.request: timeout must be a duration such as 30s`:  {"url": "https://example.com", "timeout": "soon"},
		`http.request: timeout must be 1m0s at most, not 2m`:    {"url": "https://example.com", "timeout": "2m"},
		`http.request: timeout must be more than 0`:             {"url": "https://example.com", "timeout": "0s"},
		`http.request: expect must be statuses from 100 to 599`: {"url": "https://example.com", "expect": "ok"},
		`http.request: url must be a whole web address`:         {"url": "example.com"},
		`http.request: url must hold neither user nor password`: {"url": "https://a:" + token + "@example.com"},
		`http.request has no parameter "retries"`:               {"url": "https://example.com", "retries": "2"},
		`http.request has no parameter "headers"`:               {"url": "https://example.com", "headers": "x"},
	} {
		w := &automated{}
		_, err := w.do(t, effect(playbooks.HTTPRequest, with))
		require.True(t, isFinal(err), want)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), token)
		require.Empty(t, w.request.Key, "nothing was sent")
	}
}

func TestSecretsStandOnlyWhereTheyMayAndNeverComeBack(t *testing.T) {
	t.Parallel()
	reference := playbooks.SecretReference("deploy_token")
	w := &automated{answer: incident.Answer{Status: 200, Whole: true, Body: `{"echo": "` + token + `", "` + token + `": ["x` + token + `"]}`}}
	outcome, err := w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{
		"url": "https://deploy.example.com/hooks", "method": "POST", "headers.Authorization": "Bearer " + reference, "body": `{"token": "` + reference + `"}`,
	}))
	require.NoError(t, err)
	require.Equal(t, "Bearer "+token, w.request.Header["Authorization"])
	require.Equal(t, `{"token": "`+token+`"}`, w.request.Body)
	require.Equal(t, []string{token}, w.request.Secrets)
	document, err := json.Marshal(outcome)
	require.NoError(t, err)
	require.NotContains(t, string(document), token)
	require.Equal(t, map[string]any{"echo": "[redacted]", "[redacted]": []any{"x[redacted]"}}, outcome.Output["json"])

	_, err = w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{"url": "https://deploy.example.com/?t=" + reference}))
	require.NoError(t, err)
	require.Equal(t, "https://deploy.example.com/?t=", w.request.URL, "an address is no place for one")
}

func TestOfASecretThatHoldsAnotherNothingRemains(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := &automated{answer: incident.Answer{Status: 200, Whole: true, Body: token + "-of-production"}}
		a := &Activities{Requester: w, Secrets: secrets{"short": token, "long": token + "-of-production"}}
		outcome, err := a.Actions()[playbooks.HTTPRequest](t.Context(), effect(playbooks.HTTPRequest, playbooks.Parameters{
			"url": "https://deploy.example.com", "headers.A": playbooks.SecretReference("short"), "headers.B": playbooks.SecretReference("long"),
		}))
		require.NoError(t, err)
		require.Equal(t, "[redacted]", outcome.Output["body"])
	}
}

func TestASecretThatIsNotSetIsNamed(t *testing.T) {
	t.Parallel()
	w := &automated{}
	_, err := w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{
		"url": "https://deploy.example.com", "body": playbooks.SecretReference("other") + playbooks.SecretReference("ci_token") + playbooks.SecretReference("other"),
	}))
	require.True(t, isFinal(err))
	require.ErrorContains(t, err, "http.request uses a secret that the workers do not have: set MUSTER_SECRET_CI_TOKEN and MUSTER_SECRET_OTHER")
	require.Empty(t, w.request.Key)
}

func TestAnErrorThatHoldsASecretLosesIt(t *testing.T) {
	t.Parallel()
	for _, failure := range []vendorSays{{}, {permanent: true}, {delay: time.Minute}} {
		w := &automated{err: leak{failure}}
		_, err := w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{
			"url": "https://deploy.example.com", "headers.Authorization": playbooks.SecretReference("deploy_token"),
		}))
		require.ErrorContains(t, err, "refused [redacted]")
		require.NotContains(t, err.Error(), token)
		var application *temporal.ApplicationError
		require.ErrorAs(t, err, &application)
		require.Equal(t, failure.permanent, application.NonRetryable())
		require.Equal(t, failure.delay, application.NextRetryDelay())
	}
}

// leak is a vendor's error that it should not have made.
type leak struct{ vendorSays }

func (leak) Error() string { return "http: refused " + token }

func TestOutputsFitIntoAnIncident(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		output map[string]any
		want   []string
	}{
		"a small one stays":                {map[string]any{"status": 200, "body": "ok"}, []string{"body", "status"}},
		"a long text is cut":               {map[string]any{"status": 200, "body": strings.Repeat("é", 5000)}, []string{"body", "status"}},
		"a document goes before a status":  {map[string]any{"status": 200, "body": "x", "json": strings.Split(strings.Repeat("a,", 5000), ",")}, []string{"body", "status"}},
		"texts give way before a document": {map[string]any{"body": strings.Repeat("x", 3900), "json": map[string]any{"a": strings.Repeat("x", 3000)}}, []string{"body", "json"}},
		"what is no JSON is left out":      {map[string]any{"status": 200, "odd": func() {}}, []string{"status"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := clean(incident.Outcome{Output: test.output}, nil).Output
			require.Equal(t, test.want, slices.Sorted(maps.Keys(kept)))
			document, err := json.Marshal(kept)
			require.NoError(t, err)
			require.LessOrEqual(t, len(document), incident.MaxOutputBytes)
		})
	}
}

func FuzzOutput(f *testing.F) {
	f.Add(`{"a": "b"}`, strings.Repeat("x", 5000))
	f.Add(`[[[["`+token+`"]]]]`, "\xff\xfe"+token)
	f.Fuzz(func(t *testing.T, document, text string) {
		var value any
		if json.Unmarshal([]byte(document), &value) != nil {
			value = document
		}
		kept := clean(incident.Outcome{Text: text, Output: map[string]any{"json": value, "body": text, "status": 1}}, []string{token})
		written, err := json.Marshal(kept.Output)
		require.NoError(t, err)
		require.LessOrEqual(t, len(written), incident.MaxOutputBytes)
		require.NotContains(t, string(written), token)
		require.NotContains(t, kept.Text, token)
	})
}
