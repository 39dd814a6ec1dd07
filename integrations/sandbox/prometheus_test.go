package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// setMetric says what a query gives, as a program does.
func (w *world) setMetric(t *testing.T, body string) string {
	t.Helper()
	response, answer := w.call(t, "POST", "/sandbox/prometheus/value", body, "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, response.StatusCode, answer)
	return answer
}

// prometheus is the client that everybody uses.
func (w *world) prometheus(t *testing.T) apiv1.API {
	t.Helper()
	client, err := api.NewClient(api.Config{Address: w.box.PrometheusURL()})
	require.NoError(t, err)
	return apiv1.NewAPI(client)
}

func (w *world) value(t *testing.T, query string) *model.Sample {
	t.Helper()
	value, _, _, err := w.prometheus(t).Query(t.Context(), query, w.clock.read())
	require.NoError(t, err)
	require.Len(t, value, 1)
	return value.(model.Vector)[0]
}

func TestAQueryGivesASampleOrWhatAPersonHasSet(t *testing.T) {
	t.Parallel()
	w := start(t)
	sample := w.value(t, "error_rate")
	require.Equal(t, model.Metric{"sandbox": "sample"}, sample.Metric)
	require.Equal(t, sample, w.value(t, "error_rate"), "it is the same at the same time")
	require.NotEqual(t, sample.Value, w.value(t, "latency_p99").Value)
	w.clock.advance(5 * time.Minute)
	require.NotEqual(t, sample.Value, w.value(t, "error_rate").Value, "it moves")

	require.Contains(t, w.setMetric(t, `{"query":" error_rate ","value":-2.5}`), `"query":"error_rate","value":-2.5`)
	set := w.value(t, "error_rate")
	require.InDelta(t, -2.5, float64(set.Value), 0)
	require.Equal(t, model.Metric{"sandbox": "set by hand"}, set.Metric)
	w.clock.advance(time.Minute)

	value, _, _, err := w.prometheus(t).QueryRange(t.Context(), "error_rate", apiv1.Range{
		Start: w.clock.read().Add(-2 * time.Minute), End: w.clock.read(), Step: time.Minute,
	})
	require.NoError(t, err)
	pairs := value.(model.Matrix)[0].Values
	require.Len(t, pairs, 3)
	require.NotEqual(t, model.SampleValue(-2.5), pairs[0].Value, "before, it was a sample")
	require.InDelta(t, -2.5, float64(pairs[1].Value), 0)
	require.InDelta(t, -2.5, float64(pairs[2].Value), 0)

	w.setMetric(t, `{"query":"error_rate","value":null}`)
	require.Equal(t, model.Metric{"sandbox": "sample"}, w.value(t, "error_rate").Metric)
}

func TestWhoOnlyAsksWhetherSomebodyAnswersLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := start(t)
	for query, want := range map[string]float64{"vector(1)": 1, "vector( -2.5 )": -2.5} {
		sample := w.value(t, query)
		require.InDelta(t, want, float64(sample.Value), 0)
		require.Empty(t, sample.Metric)
	}
	require.Empty(t, w.state(t).Prometheus.Queries)
}

func TestQueriesAreForgottenUnlessTheyAreSet(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.setMetric(t, `{"query":"kept","value":1}`)
	for i := range 60 {
		w.clock.advance(time.Second)
		w.value(t, "metric_"+strings.Repeat("x", i+1))
	}
	queries := w.state(t).Prometheus.Queries
	require.Len(t, queries, 51)
	require.Equal(t, "kept", queries[50].Query)
	require.NotNil(t, queries[50].Value)
	require.Nil(t, queries[0].Value)
	require.Equal(t, "metric_"+strings.Repeat("x", 60), queries[0].Query)
}

func TestPrometheusRefusesAsItDoes(t *testing.T) {
	t.Parallel()
	w := start(t)
	const base = "/sandbox/prometheus/api/v1/"
	for path, want := range map[string]string{
		base + "query":                                              "no expression found",
		base + "query?query=up&time=now":                            `cannot parse \"now\"`,
		base + "query_range?query=up&start=1":                       `invalid parameter \"end\"`,
		base + "query_range?query=up&start=2&end=1&step=1":          "must not be before",
		base + "query_range?query=up&start=1&end=2&step=0":          "not a positive duration",
		base + "query_range?query=up&start=1&end=1000000000&step=1": "11000 points",
		base + "labels":                                             "knows nothing of",
	} {
		response, body := w.call(t, "GET", path, "")
		require.GreaterOrEqual(t, response.StatusCode, 400)
		require.Contains(t, body, `"status":"error"`)
		require.Contains(t, body, want, path)
	}
}

func TestAValueThatMakesNoSenseChangesNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for body, headers := range map[string][]string{
		`{"value":1}`: nil, `{"query":"up","value":"1"}`: nil, `{"query":"up","valve":1}`: nil,
		"query=up&value=NaN": form, "query=up&value=many": form, "query=+&value=1": form,
	} {
		response, answer := w.call(t, "POST", "/sandbox/prometheus/value", body, headers...)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, body)
		require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"), answer)
	}
	require.Empty(t, w.state(t).Prometheus.Queries)
	response, _ := w.call(t, "POST", "/sandbox/prometheus/value", "query=up&value=1", "Origin", "https://elsewhere.example.com", "Content-Type", form[1])
	require.Equal(t, http.StatusForbidden, response.StatusCode)
}

func TestAPersonSetsAValueOnThePage(t *testing.T) {
	t.Parallel()
	w := start(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for body, want := range map[string]string{"query=up&value=+0.25": "set by hand", "query=up2&value=7&again=sample": "sample", "query=up3&value=": "sample"} {
		response, _ := w.call(t, "POST", "/sandbox/prometheus/value", body, form...)
		require.Equal(t, http.StatusSeeOther, response.StatusCode)
		query, _, _ := strings.Cut(strings.TrimPrefix(body, "query="), "&")
		require.Equal(t, model.LabelValue(want), w.value(t, query).Metric["sandbox"], body)
	}
}

func TestPrometheusFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	for mode, status := range map[string]int{"error": http.StatusInternalServerError, "rate_limit": http.StatusTooManyRequests} {
		w.fault(t, `{"vendor":"prometheus","mode":"`+mode+`","count":1}`)
		response, body := w.call(t, "GET", "/sandbox/prometheus/api/v1/query?query=up", "")
		require.Equal(t, status, response.StatusCode)
		require.Contains(t, body, `"errorType"`)
	}
	require.Empty(t, w.state(t).Prometheus.Queries)
	w.fault(t, `{"vendor":"prometheus","mode":"down"}`)
	_, _, _, err := w.prometheus(t).Query(t.Context(), "up", time.Time{})
	require.ErrorContains(t, err, "EOF")
}
