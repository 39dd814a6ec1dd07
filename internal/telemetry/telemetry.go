package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Options are what a [Telemetry] is made of. All may be left out.
type Options struct {
	// Version of Muster, for muster_build_info and the traces' resource.
	Version string
	// Process is the command that runs: "server", "worker". It tells the processes of one
	// installation apart in traces.
	Process string
	// Logger hears when traces cannot be delivered. Nil is the default.
	Logger *slog.Logger
	// Exporter takes the traces instead of what the environment names: for tests. It gets
	// each span as it ends.
	Exporter sdktrace.SpanExporter
}

// Telemetry measures one process. It comes from [Start] and may be used by many
// goroutines. A nil *Telemetry measures nothing, so that what is measured need not care.
type Telemetry struct {
	registry *prometheus.Registry
	metrics  *metrics
	meters   *sdkmetric.MeterProvider
	// traces is nil where no traces are kept.
	traces *sdktrace.TracerProvider
	tracer trace.Tracer
	logger *slog.Logger
}

// tracerName names this package to OpenTelemetry, as the instrumentation's scope.
const tracerName = "muster"

// Start begins to measure. Traces are kept where the environment says so (see
// [TracesWanted]); an error says which variable to mend. Whoever calls it calls
// [Telemetry.Shutdown] in the end.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	t := &Telemetry{
		registry: prometheus.NewRegistry(), logger: cmp.Or(o.Logger, slog.Default()),
		tracer: noop.NewTracerProvider().Tracer(tracerName),
	}
	t.metrics = newMetrics(o.Version)
	t.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), t.metrics,
	)
	var err error
	if t.meters, err = newMeterProvider(t.registry); err != nil {
		return nil, fmt.Errorf("prepare Temporal's metrics: %w", err)
	}
	if t.traces, err = newTracerProvider(ctx, o, t.logger); err != nil {
		return nil, err
	}
	if t.traces != nil {
		t.tracer = t.traces.Tracer(tracerName)
	}
	return t, nil
}

// Shutdown delivers the traces that have not been, for as long as ctx allows. It may be
// repeated.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var errs []error
	if t.traces != nil {
		if err := t.traces.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("deliver the last traces: %w", err))
		}
	}
	if err := t.meters.Shutdown(ctx); err != nil && !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		errs = append(errs, fmt.Errorf("stop Temporal's metrics: %w", err))
	}
	return errors.Join(errs...)
}

// Registry has all metrics of this process. Others register theirs here.
func (t *Telemetry) Registry() *prometheus.Registry { return t.registry }

// Handler serves the metrics to Prometheus.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{Registry: t.registry})
}

// TracerProvider makes spans. It is nil where no traces are kept, so that whoever asks can
// save itself the trouble.
func (t *Telemetry) TracerProvider() trace.TracerProvider {
	if t == nil || t.traces == nil {
		return nil
	}
	return t.traces
}
