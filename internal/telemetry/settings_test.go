package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"muster/internal/telemetry"
)

func TestTracesAreKeptWhereOpenTelemetrysVariablesSaySo(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for name, test := range map[string]struct {
		env  map[string]string
		want bool
		// wrong is part of the error, empty for none.
		wrong string
	}{
		"nothing":                   {nil, false, ""},
		"an endpoint":               {map[string]string{endpoint: "http://collector:4317"}, true, ""},
		"an endpoint for traces":    {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4317"}, true, ""},
		"an exporter":               {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		"no exporter":               {map[string]string{"OTEL_TRACES_EXPORTER": "none", endpoint: "http://collector:4317"}, false, ""},
		"another exporter":          {map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "zipkin"},
		"another protocol":          {map[string]string{endpoint: "http://collector:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, false, "grpc"},
		"a protocol for traces":     {map[string]string{endpoint: "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, true, ""},
		"a switch that is off":      {map[string]string{endpoint: "http://collector:4317", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"a protocol nobody asks of": {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			got, err := telemetry.TracesWanted()
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				_, err = telemetry.Start(t.Context(), telemetry.Options{})
				require.ErrorContains(t, err, test.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

// collecting is an OpenTelemetry collector that keeps the last it was sent.
type collecting struct {
	collector.UnimplementedTraceServiceServer
	requests []*collector.ExportTraceServiceRequest
}

func (c *collecting) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	c.requests = append(c.requests, r)
	return &collector.ExportTraceServiceResponse{}, nil
}

// startCollector starts a collector and names it in the environment. The function that is
// returned stops it and says what it was sent.
func startCollector(t *testing.T) (stop func() []*collector.ExportTraceServiceRequest) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c, server := &collecting{}, grpc.NewServer()
	collector.RegisterTraceServiceServer(server, c)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
	return func() []*collector.ExportTraceServiceRequest {
		server.GracefulStop()
		// It may be stopped before it has begun.
		if err := <-served; !errors.Is(err, grpc.ErrServerStopped) {
			require.NoError(t, err)
		}
		return c.requests
	}
}

func TestTracesReachACollectorWithWhatTheyAreOf(t *testing.T) {
	stop := startCollector(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	measured, err := telemetry.Start(t.Context(), telemetry.Options{Version: "1.2.3", Process: "server"})
	require.NoError(t, err)
	_, span := measured.TracerProvider().Tracer("test").Start(t.Context(), "something")
	span.End()
	require.NoError(t, measured.Shutdown(t.Context()))

	requests := stop()

	require.Len(t, requests, 1)
	sent := requests[0].GetResourceSpans()[0]
	require.Equal(t, "something", sent.GetScopeSpans()[0].GetSpans()[0].GetName())
	of := map[string]string{}
	for _, a := range sent.GetResource().GetAttributes() {
		of[a.GetKey()] = a.GetValue().GetStringValue()
	}
	for key, value := range map[string]string{
		"service.name": "muster", "service.version": "1.2.3", "muster.process": "server", "deployment.environment.name": "test",
	} {
		require.Equal(t, value, of[key], key)
	}
	require.NotContains(t, of, "process.command_args", "a command line may hold secrets")
}

func TestACollectorThatIsAwayIsLoggedOnceAndHoldsNothingUp(t *testing.T) {
	stop := startCollector(t)
	stop()
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50") // milliseconds
	var log bytes.Buffer
	measured, err := telemetry.Start(t.Context(), telemetry.Options{Logger: telemetry.LogSettings{Format: "text"}.Logger(&log)})
	require.NoError(t, err)
	provider := measured.TracerProvider().(*sdktrace.TracerProvider)
	for range 3 {
		_, span := provider.Tracer("test").Start(t.Context(), "something")
		span.End()
		require.NoError(t, provider.ForceFlush(t.Context()))
	}
	require.NoError(t, measured.Shutdown(t.Context()))
	require.Equal(t, 1, strings.Count(log.String(), "traces are not delivered"), log.String())
}

func TestTheSamplerIsThatOfTheEnvironment(t *testing.T) {
	stop := startCollector(t)
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	measured, err := telemetry.Start(t.Context(), telemetry.Options{})
	require.NoError(t, err)
	ctx, span := measured.TracerProvider().Tracer("test").Start(t.Context(), "something")
	require.Regexp(t, "-00$", telemetry.Traceparent(ctx), "those behind us hear that this trace is not kept")
	span.End()
	require.NoError(t, measured.Shutdown(t.Context()))
	require.Empty(t, stop())
}

func TestWithoutTracesNothingIsAddedToRequests(t *testing.T) {
	t.Parallel()
	measured := start(t, telemetry.Options{})
	require.Nil(t, measured.TracerProvider())
	require.Empty(t, telemetry.Traceparent(t.Context()))
	var options client.Options
	require.NoError(t, measured.Connect(&options))
	require.Len(t, options.Interceptors, 1, "only what measures activities")
}

func TestTheLogIsWhatTheFlagsSay(t *testing.T) {
	parse := func(args ...string) (telemetry.LogSettings, error) {
		var line struct {
			telemetry.LogSettings
		}
		parser, err := kong.New(&line)
		require.NoError(t, err)
		_, err = parser.Parse(args)
		return line.LogSettings, err
	}

	settings, err := parse()
	require.NoError(t, err)
	require.Equal(t, telemetry.LogSettings{Format: "text", Level: slog.LevelInfo}, settings)
	settings, err = parse("--log-format=json", "--log-level=debug")
	require.NoError(t, err)
	require.Equal(t, telemetry.LogSettings{Format: "json", Level: slog.LevelDebug}, settings)
	_, err = parse("--log-level=loud")
	require.ErrorContains(t, err, "loud")
	_, err = parse("--log-format=xml")
	require.ErrorContains(t, err, "text")

	var quiet struct {
		telemetry.LogSettings `embed:"" set:"log_level=warn"`
	}
	parser, err := kong.New(&quiet)
	require.NoError(t, err)
	_, err = parser.Parse(nil)
	require.NoError(t, err)
	require.Equal(t, slog.LevelWarn, quiet.Level)
}

func TestALineNamesTheTraceItBelongsTo(t *testing.T) {
	t.Parallel()
	w := newWay(t)
	ctx, span := w.telemetry.TracerProvider().Tracer("test").Start(t.Context(), "something")
	defer span.End()
	var log bytes.Buffer
	logger := telemetry.LogSettings{Format: "json"}.Logger(&log).With("part", "test")
	logger.InfoContext(ctx, "within", "incident", "INC-7")
	logger.InfoContext(t.Context(), "outside")
	logger.DebugContext(ctx, "too quiet")
	decoder := json.NewDecoder(&log)
	var within, outside map[string]any
	require.NoError(t, decoder.Decode(&within))
	require.NoError(t, decoder.Decode(&outside))
	require.False(t, decoder.More())
	require.Equal(t, trace.SpanContextFromContext(ctx).TraceID().String(), within["trace_id"])
	require.Equal(t, trace.SpanContextFromContext(ctx).SpanID().String(), within["span_id"])
	require.Equal(t, "INC-7", within["incident"])
	require.NotContains(t, outside, "trace_id")

	log.Reset()
	telemetry.LogSettings{Format: "text"}.Logger(&log).InfoContext(ctx, "within")
	require.Regexp(t, `level=INFO msg=within trace_id=\w{32} span_id=\w{16}\n$`, log.String())
}

func TestWhatTemporalsSDKLogsNamesTheIncident(t *testing.T) {
	t.Parallel()
	for workflow, want := range map[string]string{
		"INC-7":               `"incident":"INC-7"`,
		"INC-7-F1":            `"incident":"INC-7","WorkflowID":"INC-7-F1"`,
		"muster-pulse":        `"WorkflowID":"muster-pulse"`,
		"muster-ticket-sweep": `"WorkflowID":"muster-ticket-sweep"`,
	} {
		var log bytes.Buffer
		measured, err := telemetry.Start(t.Context(), telemetry.Options{Logger: telemetry.LogSettings{Format: "json"}.Logger(&log)})
		require.NoError(t, err)
		var options client.Options
		require.NoError(t, measured.Connect(&options))
		options.Logger.Info("a task failed", "WorkflowID", workflow, "TraceID", "t1", "SpanID", "s1")
		require.Contains(t, log.String(), want)
		require.Contains(t, log.String(), `"part":"temporal-sdk"`)
		require.Contains(t, log.String(), `"trace_id":"t1","span_id":"s1"`)
	}
}
