package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
)

// traceContext is how traces are written down between processes:
// https://www.w3.org/TR/trace-context/. Baggage is left out: nothing of ours uses it, and
// callers could fill the database with it.
var traceContext = propagation.TraceContext{}

// TracesWanted says whether the environment asks for traces, by OpenTelemetry's own
// variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/):
// OTEL_TRACES_EXPORTER is otlp, or not set while OTEL_EXPORTER_OTLP_ENDPOINT or its variant
// for traces is. The error says which variable has a value that Muster does not know.
func TracesWanted() (bool, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	endpoint := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	switch exporter := strings.TrimSpace(os.Getenv("OTEL_TRACES_EXPORTER")); exporter {
	case "none":
		return false, nil
	case "otlp":
	case "":
		if endpoint == "" {
			return false, nil
		}
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q; Muster knows otlp and none", exporter)
	}
	protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "grpc")
	if protocol != "grpc" {
		return false, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; Muster sends traces by grpc only, which collectors take on port 4317", protocol)
	}
	return true, nil
}

// newTracerProvider returns nil where no traces are wanted. The sampler is that of
// OTEL_TRACES_SAMPLER, which the SDK reads, as it does all else about batches and limits.
func newTracerProvider(ctx context.Context, o Options, logger *slog.Logger) (*sdktrace.TracerProvider, error) {
	var output sdktrace.TracerProviderOption
	switch wanted, err := TracesWanted(); {
	case o.Exporter != nil:
		output = sdktrace.WithSyncer(o.Exporter)
	case err != nil:
		return nil, err
	case !wanted:
		return nil, nil
	default:
		exporter, err := otlptracegrpc.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("prepare to send traces to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names: %w", err)
		}
		output = sdktrace.WithBatcher(reporting{exporter, logger, &rate.Sometimes{First: 1, Interval: time.Minute}})
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(
			attribute.String("service.name", "muster"),
			attribute.String("service.version", o.Version),
			attribute.String("muster.process", o.Process),
		),
		resource.WithHost(), resource.WithTelemetrySDK(),
		// Last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("describe this process for traces, with OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return sdktrace.NewTracerProvider(output, sdktrace.WithResource(described)), nil
}

// reporting is an exporter whose log hears when its collector cannot be reached: at once, and
// then once a minute, since it happens with every batch. OpenTelemetry's own way to say so
// is one handler for the whole process, which the Temporal server in `muster dev` takes for
// itself.
type reporting struct {
	sdktrace.SpanExporter
	logger *slog.Logger
	seldom *rate.Sometimes
}

// ExportSpans implements [sdktrace.SpanExporter]. It has no error to return: all has been
// said and done.
func (r reporting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := r.SpanExporter.ExportSpans(ctx, spans); err != nil {
		r.seldom.Do(func() {
			r.logger.WarnContext(ctx, "traces are not delivered; nothing else depends on them", "error", err)
		})
	}
	return nil
}

// Traceparent returns the trace that ctx belongs to, as the header traceparent has it, to
// be kept with what has been accepted. It is empty outside of a trace.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	traceContext.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// spanContext reads what [Traceparent] wrote. What cannot be read belongs to no trace.
func spanContext(traceparent string) trace.SpanContext {
	ctx := traceContext.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	return trace.SpanContextFromContext(ctx)
}
