package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"muster/internal/health"
)

// ProbeOptions are what [Probes] are made of. Logger may be left out.
type ProbeOptions struct {
	Monitor  *health.Monitor
	Registry *prometheus.Registry
	// Version and Installation are for /healthz, as in [Options].
	Version, Installation string
	Logger                *slog.Logger
}

// Probes answer /healthz, /readyz and /metrics as a [Server] does, for a process that
// serves nothing else.
type Probes struct {
	mux    *http.ServeMux
	logger *slog.Logger
}

// NewProbes returns probes. The error says what is missing.
func NewProbes(o ProbeOptions) (*Probes, error) {
	if o.Monitor == nil || o.Registry == nil {
		return nil, errors.New("probes need a Monitor and a Registry")
	}
	p := &Probes{mux: http.NewServeMux(), logger: cmp.Or(o.Logger, slog.Default())}
	p.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		p.write(r.Context(), w, http.StatusOK, "application/json", Health{Status: "ok", Version: o.Version, Installation: o.Installation})
	})
	p.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		report := o.Monitor.Check(r.Context())
		if results := checkResults(report); report.Healthy() {
			p.write(r.Context(), w, http.StatusOK, "application/json", Readiness{Status: "ready", Checks: results})
		} else {
			p.write(r.Context(), w, http.StatusServiceUnavailable, "application/problem+json", notReady(results...))
		}
	})
	p.mux.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{Registry: o.Registry}))
	return p, nil
}

// ServeHTTP implements [http.Handler].
func (p *Probes) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// Serve answers requests on the listener, which it closes, until ctx ends. It returns nil
// after such an end, and otherwise why it could not serve. It can be called once.
func (p *Probes) Serve(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, p, p.logger, func() {})
}

func (p *Probes) write(ctx context.Context, w http.ResponseWriter, status int, mediaType string, document any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(document); err != nil {
		p.logger.DebugContext(ctx, "nobody waited for the answer of a probe", "error", err)
	}
}
