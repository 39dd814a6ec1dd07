package telemetry

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"muster/integrations"
)

// triggerOperation is the one that PagerDuty accepts a page by (package pagerduty).
const triggerOperation = "events trigger"

// callObserver measures calls to vendors, and makes a span of each.
//
// The spans are made here and not by a transport for HTTP, because only here it is known
// what may be shown. The usual instrumentation writes down whole addresses, of which the
// path of a webhook is a secret, and errors as libraries word them; and it would send our
// trace's id to every vendor, who has no use for it.
type callObserver struct {
	metrics *metrics
	tracer  trace.Tracer
}

// ObserveCall implements [integrations.Observer].
func (o callObserver) ObserveCall(ctx context.Context, vendor, operation string) (context.Context, func(integrations.CallReport)) {
	ctx, span := o.tracer.Start(ctx, vendor+" "+operation, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("peer.service", vendor), attribute.String("muster.vendor.operation", operation),
	))
	return ctx, func(r integrations.CallReport) {
		o.metrics.called(vendor, operation, r)
		span.SetAttributes(attribute.String("muster.vendor.outcome", string(r.Outcome)))
		if r.Waited >= time.Millisecond {
			span.SetAttributes(attribute.Int64("muster.vendor.turn_wait_ms", r.Waited.Milliseconds()))
		}
		if r.Status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", r.Status))
		}
		if r.Err != nil {
			span.SetStatus(codes.Error, r.Err.Error())
		}
		span.End()
	}
}

// called notes a call. With the first of an operation all that may be counted of it begins
// at zero.
func (m *metrics) called(vendor, operation string, r integrations.CallReport) {
	m.vendorRetries.WithLabelValues(vendor, operation)
	for _, outcome := range outcomes {
		m.vendorRequests.WithLabelValues(vendor, operation, string(outcome))
	}
	m.vendorRequests.WithLabelValues(vendor, operation, string(r.Outcome)).Inc()
	m.vendorTurn.WithLabelValues(vendor, operation).Observe(r.Waited.Seconds())
	if r.Outcome != integrations.Deferred {
		m.vendorDuration.WithLabelValues(vendor, operation).Observe(r.Took.Seconds())
	}
}

// attemptCalls observes the calls that one attempt at an activity makes.
type attemptCalls struct {
	callObserver
	// again says that an earlier attempt was made.
	again bool
	// pageFor is when what this activity pages for was accepted; zero where it does not
	// page for the first time.
	pageFor time.Time
	trigger string
	paged   atomic.Bool
	// deferred says that the last call was not made.
	deferred atomic.Bool
}

// ObserveCall implements [integrations.Observer].
func (a *attemptCalls) ObserveCall(ctx context.Context, vendor, operation string) (context.Context, func(integrations.CallReport)) {
	ctx, ended := a.callObserver.ObserveCall(ctx, vendor, operation)
	return ctx, func(r integrations.CallReport) {
		ended(r)
		a.deferred.Store(r.Outcome == integrations.Deferred)
		if a.again && r.Outcome != integrations.Deferred {
			a.metrics.vendorRetries.WithLabelValues(vendor, operation).Inc()
		}
		accepted := vendor == integrations.PagerDuty && operation == triggerOperation && r.Outcome == integrations.OK
		if accepted && !a.pageFor.IsZero() && a.paged.CompareAndSwap(false, true) {
			a.metrics.pageLatency.WithLabelValues(a.trigger).Observe(max(0, time.Since(a.pageFor)).Seconds())
		}
	}
}
