package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"muster/incident"
)

// LogSettings are the flags of every command that runs for long; kong reads them. A command
// whose log is quieter than others embeds them with the tag set:"log_level=warn".
type LogSettings struct {
	Format string     `name:"log-format" env:"MUSTER_LOG_FORMAT" enum:"text,json" default:"text" help:"How the log is written: text for people, json for collectors."`
	Level  slog.Level `name:"log-level" env:"MUSTER_LOG_LEVEL" default:"${log_level=info}" placeholder:"LEVEL" help:"What is logged: error, warn, info or debug."`
}

// Logger returns a logger that writes lines to w. A line that is logged with the context of
// a trace names it by trace_id and span_id.
func (s LogSettings) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.Level}
	if s.Format == "json" {
		return slog.New(tracedLog{slog.NewJSONHandler(w, options)})
	}
	return slog.New(tracedLog{slog.NewTextHandler(w, options)})
}

// The names under which lines are found again.
const (
	incidentKey = "incident"
	traceKey    = "trace_id"
	spanKey     = "span_id"
)

// tracedLog adds the trace of the context.
type tracedLog struct{ slog.Handler }

// Handle implements [slog.Handler].
func (l tracedLog) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record = record.Clone()
		record.AddAttrs(slog.String(traceKey, span.TraceID().String()), slog.String(spanKey, span.SpanID().String()))
	}
	return l.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (l tracedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedLog{l.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (l tracedLog) WithGroup(name string) slog.Handler { return tracedLog{l.Handler.WithGroup(name)} }

// temporalLog gives what Temporal's SDK logs the names that Muster's own lines use: the
// workflow of an incident is the incident, and its trace is found under trace_id.
type temporalLog struct{ slog.Handler }

// Handle implements [slog.Handler].
func (l temporalLog) Handle(ctx context.Context, record slog.Record) error {
	renamed := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(a slog.Attr) bool {
		renamed.AddAttrs(rename(a)...)
		return true
	})
	return l.Handler.Handle(ctx, renamed)
}

// WithAttrs implements [slog.Handler].
func (l temporalLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	var renamed []slog.Attr
	for _, a := range attrs {
		renamed = append(renamed, rename(a)...)
	}
	return temporalLog{l.Handler.WithAttrs(renamed)}
}

// WithGroup implements [slog.Handler].
func (l temporalLog) WithGroup(name string) slog.Handler {
	return temporalLog{l.Handler.WithGroup(name)}
}

func rename(a slog.Attr) []slog.Attr {
	switch value := a.Value.String(); a.Key {
	case "TraceID":
		return []slog.Attr{slog.String(traceKey, value)}
	case "SpanID":
		return []slog.Attr{slog.String(spanKey, value)}
	case "WorkflowID":
		if incident.ID(value).Number() > 0 {
			return []slog.Attr{slog.String(incidentKey, value)}
		}
		// A follow-up is named after its incident (workflows.FollowupID).
		if i := strings.LastIndexByte(value, '-'); i > 0 && incident.ID(value[:i]).Number() > 0 {
			return []slog.Attr{slog.String(incidentKey, value[:i]), a}
		}
	}
	return []slog.Attr{a}
}
