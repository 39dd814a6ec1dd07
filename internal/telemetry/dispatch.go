package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"muster/incident"
	"muster/store"
)

// maxLinks bounds how many deliveries a hand-over names beside its parent. A storm brings
// hundreds, of which a few tell all there is to know.
const maxLinks = 16

// HandOver begins to hand items of one subject to the workflow of an incident. The context
// is for the call to Temporal: it belongs to the trace in which the first of the items was
// accepted, with links to those of the others, and carries when that was
// ([WithAcceptedAt]). The function that is returned is called once with how the call went;
// only without an error does it count as a hand-over.
func (t *Telemetry) HandOver(ctx context.Context, to incident.ID, items []store.Item) (context.Context, func(error)) {
	if t == nil || len(items) == 0 {
		return ctx, func(error) {}
	}
	kind := items[0].Kind
	parent, links := origins(items)
	if parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	ctx, span := t.tracer.Start(ctx, "hand over "+kind, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...),
		trace.WithAttributes(
			attribute.String("muster.incident", string(to)),
			attribute.Int("messaging.batch.message_count", len(items)),
		))
	return WithAcceptedAt(ctx, oldest(items)), func(err error) {
		if err != nil {
			t.metrics.handOverFailures.WithLabelValues(kind).Inc()
			span.SetStatus(codes.Error, err.Error())
			span.End()
			return
		}
		now, lag := time.Now(), t.metrics.lag.WithLabelValues(kind)
		for _, item := range items {
			// Another process, with a clock of its own, may have accepted it.
			lag.Observe(max(0, now.Sub(item.ReceivedAt)).Seconds())
		}
		span.End()
	}
}

// origins returns the trace of the first item that has one, and links to the others.
func origins(items []store.Item) (parent trace.SpanContext, links []trace.Link) {
	known := map[string]bool{"": true}
	for _, item := range items {
		if known[item.Trace] {
			continue
		}
		known[item.Trace] = true
		origin := spanContext(item.Trace)
		switch {
		case !origin.IsValid():
		case !parent.IsValid():
			parent = origin
		case len(links) < maxLinks:
			links = append(links, trace.Link{SpanContext: origin})
		}
	}
	return parent, links
}

func oldest(items []store.Item) time.Time {
	first := items[0].ReceivedAt
	for _, item := range items[1:] {
		if item.ReceivedAt.Before(first) {
			first = item.ReceivedAt
		}
	}
	return first
}
