package activities

import (
	"errors"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestARequestIsSentWithTheKeyOfItsStep(t *testing.T) {
	t.Parallel()
	w := &automated{answer: incident.Answer{Status: 202, Body: `{"job": 12}`, Whole: true}}
	outcome, err := w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{
		"url": "https://deploy.example.com/hooks/secret-path", "method": "POST", "headers.X-Service": "payments", "expect": "202, 409",
	}))
	require.NoError(t, err)
	require.Equal(t, "muster-test-INC-7-rollback", w.request.Key)
	require.Equal(t, map[string]string{"X-Service": "payments"}, w.request.Header)
	require.Equal(t, 10*time.Second, w.request.Timeout)
	require.True(t, w.request.Expected(409))
	require.False(t, w.request.Expected(200))
	require.Equal(t, map[string]any{"status": 202, "body": `{"job": 12}`, "json": map[string]any{"job": 12.0}}, outcome.Output)
	require.Equal(t, "deploy.example.com answered 202", outcome.Text)
}

func TestALongAnswerIsNoDocument(t *testing.T) {
	t.Parallel()
	w := &automated{answer: incident.Answer{Status: 200, Body: `12345`}}
	outcome, err := w.do(t, effect(playbooks.HTTPRequest, playbooks.Parameters{"url": "https://deploy.example.com"}))
	require.NoError(t, err)
	require.NotContains(t, outcome.Output, "json", "it is the beginning of another number")
}

func TestAWorkflowIsStartedForItsStep(t *testing.T) {
	t.Parallel()
	w := &automated{run: incident.Run{WorkflowID: "w", RunID: "r"}}
	outcome, err := w.do(t, effect(playbooks.TemporalStart, playbooks.Parameters{"workflow": "Rollback", "task_queue": "deployments", "input": `{"v": 1}`}))
	require.NoError(t, err)
	require.Equal(t, incident.Launch{
		Key: "muster-test-INC-7-rollback", Workflow: "Rollback", TaskQueue: "deployments", Input: `{"v": 1}`, Since: at,
	}, w.launch)
	require.Equal(t, map[string]any{"workflow_id": "w", "run_id": "r"}, outcome.Output)
	require.Zero(t, outcome.Again)
}

func TestAWorkflowThatIsWaitedForIsAskedAgain(t *testing.T) {
	t.Parallel()
	waiting := effect(playbooks.TemporalStart, playbooks.Parameters{"workflow": "Rollback", "task_queue": "deployments", "wait": "true"})
	w := &automated{run: incident.Run{WorkflowID: "w", RunID: "r"}}
	outcome, err := w.do(t, waiting)
	require.NoError(t, err)
	require.Equal(t, incident.Outcome{Again: lastAsk}, outcome, "it has been under way for long")
	w.run.Done, w.run.Result = true, []byte(`{"version": "1.2"}`)
	outcome, err = w.do(t, waiting)
	require.NoError(t, err)
	require.Zero(t, outcome.Again)
	require.Equal(t, map[string]any{"version": "1.2"}, outcome.Output["result"])
	w.run.Result = []byte(`"` + strings.Repeat("x", 8000) + `"`)
	outcome, err = w.do(t, waiting)
	require.NoError(t, err)
	require.Less(t, len(outcome.Output["result"].(string)), incident.MaxOutputBytes)
	w.err = vendorSays{permanent: true}
	_, err = w.do(t, waiting)
	require.True(t, isFinal(err))
}

func TestALongWorkflowIsAskedLessAndLessOften(t *testing.T) {
	t.Parallel()
	for underWay, want := range map[time.Duration]time.Duration{
		-time.Second: firstAsk, 0: firstAsk, 10 * time.Second: firstAsk, time.Minute: 15 * time.Second, time.Hour: lastAsk,
	} {
		require.Equal(t, want, pauseBefore(underWay), underWay)
	}
}

func TestASignalIsSentWithTheKeyOfItsStep(t *testing.T) {
	t.Parallel()
	w := &automated{}
	outcome, err := w.do(t, effect(playbooks.TemporalSignal, playbooks.Parameters{"workflow_id": "nightly", "signal": "go", "input": `"now"`}))
	require.NoError(t, err)
	require.Equal(t, incident.Signal{Key: "muster-test-INC-7-rollback", WorkflowID: "nightly", Name: "go", Input: `"now"`}, w.signal)
	require.Equal(t, "the workflow nightly was told go", outcome.Text)
	_, err = w.do(t, effect(playbooks.TemporalSignal, playbooks.Parameters{"workflow_id": "nightly", "signal": "go", "input": "now"}))
	require.True(t, isFinal(err))
	require.ErrorContains(t, err, "temporal.signal: input must be one JSON document")
}

func TestAQueryGivesItsValues(t *testing.T) {
	t.Parallel()
	w := &automated{samples: []incident.Sample{{Name: "zone=b", Value: 7}, {Name: "zone=a", Value: 0.25}}}
	outcome, err := w.do(t, effect(playbooks.PrometheusQuery, playbooks.Parameters{"query": "up"}))
	require.NoError(t, err)
	require.Equal(t, incident.Outcome{
		Text:   "2 values from 0.25 to 7",
		Output: map[string]any{"value": 7.0, "min": 0.25, "count": 2, "values": map[string]any{"zone=a": 0.25, "zone=b": 7.0}},
	}, outcome)
	w.samples = w.samples[:1]
	outcome, err = w.do(t, effect(playbooks.PrometheusQuery, playbooks.Parameters{"query": "up"}))
	require.NoError(t, err)
	require.Equal(t, "7", outcome.Text)
	w.samples = nil
	outcome, err = w.do(t, effect(playbooks.PrometheusQuery, playbooks.Parameters{"query": "up"}))
	require.NoError(t, err)
	require.Equal(t, "no value", outcome.Text)
	require.Equal(t, map[string]any{"count": 0, "values": map[string]any{}}, outcome.Output)
}

func TestManyValuesAreNotAllKeptAndTheExtremesAre(t *testing.T) {
	t.Parallel()
	w := &automated{}
	for i := range 3000 {
		w.samples = append(w.samples, incident.Sample{Name: strings.Repeat("x", 100) + string(rune('a'+i%26)), Value: float64(3000 - i)})
	}
	outcome, err := w.do(t, effect(playbooks.PrometheusQuery, playbooks.Parameters{"query": "up"}))
	require.NoError(t, err)
	require.InDelta(t, 3000, outcome.Output["value"], 0)
	require.InDelta(t, 1, outcome.Output["min"], 0)
	require.Equal(t, 3000, outcome.Output["count"])
}

func TestAMetricIsCollectedWithItsLine(t *testing.T) {
	t.Parallel()
	value := func(v float64) *float64 { return &v }
	w := &automated{metric: incident.Measurement{Start: at, Step: time.Minute, Series: []incident.Series{
		{Name: "zone=a", Values: []*float64{value(-1), nil, value(4)}}, {Name: "zone=b", Values: []*float64{value(9), value(2), nil}},
	}}}
	outcome, err := w.do(t, effect(playbooks.PrometheusCollect, playbooks.Parameters{"query": "errors", "title": "Error rate", "unit": "%"}))
	require.NoError(t, err)
	require.Equal(t, 30*time.Minute, w.last)
	require.Equal(t, "Error rate", outcome.Measurement.Title)
	require.Equal(t, "errors", outcome.Measurement.Query)
	require.Equal(t, "zone=a 4 % ▁ █; zone=b 2 % █▁ ", outcome.Measurement.Summary())
	require.Empty(t, outcome.Text, "the timeline has it already")
	require.Equal(t, map[string]any{"last": 4.0, "min": -1.0, "max": 9.0}, outcome.Output)
	w.metric.Series = nil
	outcome, err = w.do(t, effect(playbooks.PrometheusCollect, playbooks.Parameters{"query": "errors", "last": "1h"}))
	require.NoError(t, err)
	require.Nil(t, outcome.Measurement)
	require.Equal(t, "no values in the last 1h", outcome.Text)
}

func TestWhatIsNotConnectedSaysWhatToSet(t *testing.T) {
	t.Parallel()
	none := &Activities{}
	for do, test := range map[string]struct {
		with playbooks.Parameters
		want string
	}{
		playbooks.PrometheusQuery:   {playbooks.Parameters{"query": "up"}, "set MUSTER_PROMETHEUS_URL"},
		playbooks.PrometheusCollect: {playbooks.Parameters{"query": "up"}, "set MUSTER_PROMETHEUS_URL"},
		playbooks.HTTPRequest:       {playbooks.Parameters{"url": "https://example.com"}, "sends no HTTP requests"},
		playbooks.TemporalStart:     {playbooks.Parameters{"workflow": "W", "task_queue": "q"}, "starts no workflows"},
		playbooks.TemporalSignal:    {playbooks.Parameters{"workflow_id": "w", "signal": "s"}, "starts no workflows"},
	} {
		_, err := none.Actions()[do](t.Context(), effect(do, test.with))
		require.True(t, isFinal(err), do)
		require.ErrorContains(t, err, test.want)
	}
}

func TestWhatCannotBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := &automated{err: errors.New("connection refused")}
	for do, with := range map[string]playbooks.Parameters{
		playbooks.PrometheusQuery: {"query": "up"}, playbooks.PrometheusCollect: {"query": "up"}, playbooks.HTTPRequest: {"url": "https://example.com"},
		playbooks.TemporalStart: {"workflow": "W", "task_queue": "q"}, playbooks.TemporalSignal: {"workflow_id": "w", "signal": "s"},
	} {
		_, err := w.do(t, effect(do, with))
		require.ErrorContains(t, err, "connection refused")
		require.False(t, isFinal(err), do)
	}
}

func TestWhatAnActionOnlySaysIsForTheWorkflowToWriteDown(t *testing.T) {
	t.Parallel()
	w := &automated{}
	for do, test := range map[string]struct {
		with playbooks.Parameters
		want incident.Outcome
	}{
		playbooks.UpdatePost: {playbooks.Parameters{"text": " Half of the payments fail. "}, incident.Outcome{Update: "Half of the payments fail."}},
		playbooks.NoteAdd:    {playbooks.Parameters{"text": "Rolled back"}, incident.Outcome{Note: "Rolled back"}},
		playbooks.FollowupAdd: {
			playbooks.Parameters{"title": "Alert on it", "owner": "team", "due": "2w"},
			incident.Outcome{NewFollowup: &incident.AddFollowup{Title: "Alert on it", Owner: "team", Due: time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC)}},
		},
	} {
		outcome, err := w.do(t, effect(do, test.with))
		require.NoError(t, err)
		require.Equal(t, test.want, outcome)
	}
	outcome, err := w.do(t, effect(playbooks.FollowupAdd, playbooks.Parameters{"title": "Alert on it"}))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC), outcome.NewFollowup.Due, "a week")
}
