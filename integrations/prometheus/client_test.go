package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/prometheus"
	"muster/integrations/vendortest"

	"github.com/stretchr/testify/require"
)

const token = "prometheus-token-1234"

var now = time.Date(2026, 3, 2, 14, 32, 17, 0, time.UTC)

func newClient(t testing.TB, url string, client *http.Client) *prometheus.Client {
	t.Helper()
	c, err := prometheus.New(prometheus.Options{URL: url, Token: token, HTTPClient: client, Now: func() time.Time { return now }})
	require.NoError(t, err)
	return c
}

// answering is a client of a Prometheus that always gives the same result.
func answering(t testing.TB, kind, result string) *prometheus.Client {
	t.Helper()
	return newClient(t, "http://prometheus.example.com", &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) {
			vendortest.WriteJSON(t, w, http.StatusOK, `{"status":"success","data":{"resultType":"`+kind+`","result":`+result+`}}`)
		}))})
}

func TestPrometheusConforms(t *testing.T) {
	t.Parallel()
	refusal := func(message string) string {
		return fmt.Sprintf(`{"status":"error","errorType":"bad_data","error":%q}`, message)
	}
	for name, ask := range map[string]func(*prometheus.Client, context.Context) error{
		"query": func(c *prometheus.Client, ctx context.Context) error { _, err := c.Query(ctx, "up"); return err },
		"range": func(c *prometheus.Client, ctx context.Context) error {
			_, err := c.Range(ctx, "up", time.Hour)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Conform(t, vendortest.Subject{
				Vendor: integrations.Prometheus,
				New: func(t *testing.T, url string, client *http.Client) func(context.Context) error {
					c := newClient(t, url, client)
					return func(ctx context.Context) error { return ask(c, ctx) }
				},
				Refusal: refusal, Secrets: []string{token},
				Codes: []vendortest.Code{
					{Code: "bad_data", Status: http.StatusBadRequest, Document: refusal("parse error"), Final: true},
					{Code: "execution", Status: http.StatusUnprocessableEntity, Document: `{"status":"error","errorType":"execution","error":"too many samples"}`, Final: true},
				},
			})
		})
	}
}

func TestAQueryIsAskedForNowWithTheToken(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Prometheus)
	fake.Answer("POST /prom/api/v1/query", http.StatusOK, `{"status":"success","data":{"resultType":"scalar","result":[1,"2.5"]}}`)
	samples, err := newClient(t, fake.URL+"/prom/", nil).Query(t.Context(), `rate(errors_total{job="pay"}[5m])`)
	require.NoError(t, err)
	require.Equal(t, []incident.Sample{{Value: 2.5}}, samples)
	asked := fake.Requests("/prom/api/v1/query")[0]
	require.Equal(t, `rate(errors_total{job="pay"}[5m])`, asked.Form.Get("query"))
	require.Equal(t, "1772461937", asked.Form.Get("time"))
	require.Equal(t, "Bearer "+token, asked.Header.Get("Authorization"))
}

func TestSamplesAreNamedByWhatTellsThemApartLargestFirst(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		result string
		want   []incident.Sample
	}{
		"none":         {`[]`, nil},
		"a single one": {`[{"metric":{"job":"pay"},"value":[1,"3"]}]`, []incident.Sample{{Value: 3}}},
		"several": {
			`[{"metric":{"job":"pay","zone":"a"},"value":[1,"1"]},{"metric":{"job":"pay","zone":"b","extra":"x"},"value":[1,"7"]}]`,
			[]incident.Sample{{Name: "extra=x, zone=b", Value: 7}, {Name: "zone=a", Value: 1}},
		},
		"what is no number is missing": {
			`[{"metric":{"z":"a"},"value":[1,"NaN"]},{"metric":{"z":"b"},"value":[1,"+Inf"]},{"metric":{"z":"c"},"value":[1,"0"]}]`,
			[]incident.Sample{{Name: "z=c"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples, err := answering(t, "vector", test.result).Query(t.Context(), "up")
			require.NoError(t, err)
			require.Equal(t, test.want, samples)
		})
	}
}

func TestAResultOfTheWrongKindIsRefused(t *testing.T) {
	t.Parallel()
	_, err := answering(t, "matrix", `[]`).Query(t.Context(), "up[5m]")
	require.True(t, integrations.IsFinal(err))
	require.ErrorContains(t, err, "the query gives a matrix where values of now are needed")
}

func TestARangeFitsAMeasurement(t *testing.T) {
	t.Parallel()
	for last, step := range map[time.Duration]time.Duration{
		time.Minute: time.Second, 30 * time.Minute: 16 * time.Second, time.Hour: 31 * time.Second, 31 * 24 * time.Hour: 22508 * time.Second,
	} {
		fake := vendortest.NewFake(t, integrations.Prometheus)
		fake.Answer("POST /api/v1/query_range", http.StatusOK, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
		m, err := newClient(t, fake.URL, nil).Range(t.Context(), "up", last)
		require.NoError(t, err)
		require.Empty(t, m.Series)
		require.Equal(t, step, m.Step, last)
		asked := fake.Requests("/api/v1/query_range")[0].Form
		require.Equal(t, fmt.Sprint(m.Start.Unix()), asked.Get("start"))
		end := now
		require.Equal(t, fmt.Sprint(end.Unix()), asked.Get("end"))
		require.LessOrEqual(t, int(end.Sub(m.Start)/step)+1, incident.MaxSeriesValues)
	}
}

func TestGapsOfARangeAreMissingValuesAndTheLargestSeriesStay(t *testing.T) {
	t.Parallel()
	// Ten minutes have a step of six seconds.
	end := now.Unix()
	var series []string
	for i := range 10 {
		series = append(series, fmt.Sprintf(`{"metric":{"i":"%d"},"values":[[%d,"%d"],[%d,"NaN"],[%d,"0.5"]]}`, i, end-600, i, end-594, end))
	}
	series = append(series, fmt.Sprintf(`{"metric":{"i":"none"},"values":[[%d,"NaN"]]}`, end))
	m, err := answering(t, "matrix", "["+strings.Join(series, ",")+"]").Range(t.Context(), "up", 10*time.Minute)
	require.NoError(t, err)
	require.Equal(t, 6*time.Second, m.Step)
	require.Equal(t, end-600, m.Start.Unix())
	require.Len(t, m.Series, incident.MaxSeries)
	require.Equal(t, "i=9", m.Series[0].Name)
	values := m.Series[0].Values
	require.Len(t, values, 101)
	require.InDelta(t, 9, *values[0], 0)
	require.Nil(t, values[1])
	require.Nil(t, values[50])
	require.InDelta(t, 0.5, *values[100], 0)
}

func TestAnURLThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	_, err := prometheus.New(prometheus.Options{URL: "prometheus:9090"})
	require.ErrorContains(t, err, "not a web address")
}

func TestSomethingElseAtTheURLIsExplained(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{404: "check MUSTER_PROMETHEUS_URL", 401: "check MUSTER_PROMETHEUS_TOKEN", 403: "check MUSTER_PROMETHEUS_TOKEN"} {
		client := &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>no</html>", status)
		}))}
		_, err := newClient(t, "http://prometheus.example.com", client).Query(t.Context(), "up")
		require.True(t, integrations.IsFinal(err))
		require.ErrorContains(t, err, want)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1772461937,"2"],[-1e300,"-Inf"]]}]}}`,
		`{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":null,"histogram":[1,{"count":"1","sum":"2"}]}]}}`,
		`{"status":"success","data":null}`, `{"status":"success"}`, `null`, ``, `{"status":"error","errorType":"bad_data","error":"` + token + `"}`,
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		client := newClient(t, "http://prometheus.example.com", &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}))})
		_, err := client.Query(t.Context(), "up")
		m, errRange := client.Range(t.Context(), "up", time.Hour)
		for _, err := range []error{err, errRange} {
			if err != nil {
				require.NotContains(t, err.Error(), token)
			}
		}
		require.LessOrEqual(t, len(m.Series), incident.MaxSeries)
		for _, s := range m.Series {
			require.LessOrEqual(t, len(s.Values), incident.MaxSeriesValues)
		}
	})
}
