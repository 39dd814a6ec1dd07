//go:build !slim

package prometheus_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/integrations"
	"muster/integrations/prometheus"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startPrometheus runs the real one, which scrapes a server that always says the same, and
// returns its address. Only the whole test run does so, as only that asks for Prometheus.
func startPrometheus(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	require.NoError(t, err, "install Prometheus (Debian and Ubuntu: the package prometheus)")
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "sample_requests{zone=\"a\"} 3\nsample_requests{zone=\"b\"} 5\n") // a scraper that left is no error of ours
	}))
	t.Cleanup(target.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(`
global: {scrape_interval: 1s}
scrape_configs: [{job_name: sample, static_configs: [{targets: ["`+strings.TrimPrefix(target.URL, "http://")+`"]}]}]
`), 0o600))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	process := exec.CommandContext(ctx, binary, "--config.file="+file, "--web.listen-address="+address, "--storage.tsdb.path="+filepath.Join(folder, "data"))
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 10 * time.Second
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		cancel()
		_ = process.Wait() // it says how it was interrupted
	})
	return "http://" + address
}

func TestARealPrometheusAnswers(t *testing.T) {
	t.Parallel()
	c, err := prometheus.New(prometheus.Options{URL: startPrometheus(t)})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		samples, err := c.Query(t.Context(), "sample_requests")
		require.NoError(collect, err)
		require.Len(collect, samples, 2)
	}, time.Minute, 200*time.Millisecond)

	samples, err := c.Query(t.Context(), "sample_requests")
	require.NoError(t, err)
	require.Equal(t, "zone=b", samples[0].Name)
	require.InDelta(t, 5, samples[0].Value, 0)
	samples, err = c.Query(t.Context(), "sum(sample_requests)")
	require.NoError(t, err)
	require.InDelta(t, 8, samples[0].Value, 0)
	samples, err = c.Query(t.Context(), "no_such_metric")
	require.NoError(t, err)
	require.Empty(t, samples)

	m, err := c.Range(t.Context(), "sample_requests", 31*24*time.Hour)
	require.NoError(t, err)
	require.LessOrEqual(t, len(m.Series), 2)
	_, err = c.Query(t.Context(), "sum(")
	require.True(t, integrations.IsFinal(err))
	require.ErrorContains(t, err, "parse error")
	require.ErrorContains(t, err, "bad_data, HTTP 400")
}
