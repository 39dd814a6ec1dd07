package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"muster/config"
	"muster/incident"
	"muster/integrations"

	"github.com/stretchr/testify/require"
)

func TestMetricsComeFromTheSandboxWhereNoPrometheusIsNamed(t *testing.T) {
	a := withSandbox(t, config.Vendors{})
	metrics, err := a.metrics(config.Vendors{})
	require.NoError(t, err)
	samples, err := metrics.Query(t.Context(), "error_rate")
	require.NoError(t, err)
	require.Len(t, samples, 1)
	measured, err := metrics.Range(t.Context(), "error_rate", time.Hour)
	require.NoError(t, err)
	require.Len(t, measured.Series, 1)
	require.LessOrEqual(t, len(measured.Series[0].Values), incident.MaxSeriesValues)
}

func TestInProductionThereAreNoMetricsWithoutAPrometheus(t *testing.T) {
	metrics, err := (&app{}).metrics(config.Vendors{})
	require.NoError(t, err)
	require.Nil(t, metrics)
	metrics, err = (&app{}).metrics(config.Vendors{Prometheus: config.Prometheus{URL: "https://prometheus.example.com"}})
	require.NoError(t, err)
	require.NotNil(t, metrics)
}

func TestPlaybooksReachWhatTheCatalogueAllows(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	request := incident.Request{Key: "k", Method: http.MethodGet, URL: server.URL, Timeout: time.Minute}
	_, err := requester(config.Sample()).Send(t.Context(), request)
	require.True(t, integrations.IsFinal(err))
	require.ErrorContains(t, err, "has a loopback address")

	catalogue, err := config.Parse("muster.yaml", append(config.SampleYAML(), "\nhttp: {allow: [127.0.0.0/8]}\n"...))
	require.NoError(t, err)
	answer, err := requester(catalogue).Send(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, answer.Status)
}
