package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// Connect joins a Temporal client that is about to be dialled, and all workers that will be
// made of it: metrics, traces, the log, and the time of acceptance. What the options have
// already is kept, but for MetricsHandler and Logger.
func (t *Telemetry) Connect(o *client.Options) error {
	o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: t.meters.Meter("temporal-sdk-go"),
		// So that counters are counters, and are named *_total.
		UseMonotonicCounters: true,
		OnError: func(err error) {
			t.logger.Warn("a metric of Temporal's SDK is not kept", "error", err)
		},
	})
	o.Logger = log.NewStructuredLogger(slog.New(temporalLog{t.logger.Handler()}).With("part", "temporal-sdk"))
	o.ContextPropagators = append(o.ContextPropagators, acceptance{})
	if t.traces != nil {
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
			Tracer: t.tracer, TextMapPropagator: traceContext, DisableBaggage: true,
			// A worker's health is asked by a query every few seconds.
			DisableQueryTracing: true,
			// A header that cannot be read must not keep an incident from running.
			AllowInvalidParentSpans: true,
			SpanStarter:             startSpan,
		})
		if err != nil {
			return fmt.Errorf("trace workflows: %w", err)
		}
		o.Interceptors = append(o.Interceptors, tracing)
	}
	// Behind the tracing, so that calls to vendors are part of their activity's span.
	o.Interceptors = append(o.Interceptors, &workInterceptor{
		metrics: t.metrics, observer: callObserver{metrics: t.metrics, tracer: t.tracer},
	})
	return nil
}

var _ interceptor.Interceptor = (*workInterceptor)(nil)

// startSpan starts a span of Temporal's.
func startSpan(ctx context.Context, t trace.Tracer, name string, o ...trace.SpanStartOption) trace.Span {
	_, span := t.Start(ctx, name, o...)
	if strings.HasPrefix(name, "RunWorkflow:") {
		return runSpan{span}
	}
	return span
}

// runSpan is the span of a workflow's run, which ends as soon as it is described: an
// incident runs for days, in several processes, and a span that is delivered weeks later, or
// never, leaves those below it without a parent until then.
type runSpan struct{ trace.Span }

// SetAttributes is what the interceptor describes the span by, once.
func (s runSpan) SetAttributes(described ...attribute.KeyValue) {
	s.Span.SetAttributes(described...)
	s.End()
}

// temporalBuckets reach from a request on the same machine over a long poll of a minute to
// what waits for hours.
var temporalBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600}

// newMeterProvider returns the provider of the SDK's metrics, which the registry shows
// under the names of Temporal's documentation
// (https://docs.temporal.io/references/sdk-metrics), in seconds. Those that count each
// attempt at a request beside the requests are left out, being as many again, as are labels
// about OpenTelemetry itself.
func newMeterProvider(registry prometheus.Registerer) (*sdkmetric.MeterProvider, error) {
	exporter, err := otelprometheus.New(
		otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, err
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(inSeconds)), nil
}

// inSeconds is the [sdkmetric.View] of the SDK's metrics.
func inSeconds(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	stream := sdkmetric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit}
	switch {
	case strings.HasSuffix(i.Name, "_attempt"):
		stream.Aggregation = sdkmetric.AggregationDrop{}
	case i.Kind == sdkmetric.InstrumentKindHistogram:
		stream.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: temporalBuckets, NoMinMax: true}
	default:
		return sdkmetric.Stream{}, false
	}
	return stream, true
}
