package telemetry

import (
	"context"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// acceptedAtKey finds, in a context and in a workflow's, when what caused an incident was
// accepted.
type acceptedAtKey struct{}

// acceptedAtHeader carries it from process to process, as a header of Temporal's.
const acceptedAtHeader = "muster-accepted-at"

// WithAcceptedAt returns a context for starting an incident's workflow, which will know
// when the cause of the incident was accepted: an alert, or a person's declaration. Whoever
// starts a workflow without it has its page measured from the declaration on. The earlier
// of two times counts.
func WithAcceptedAt(ctx context.Context, at time.Time) context.Context {
	if known := acceptedAt(ctx); !known.IsZero() && known.Before(at) {
		return ctx
	}
	return context.WithValue(ctx, acceptedAtKey{}, at)
}

// acceptedAt is the zero time where it is not known.
func acceptedAt(ctx interface{ Value(any) any }) time.Time {
	at, _ := ctx.Value(acceptedAtKey{}).(time.Time)
	return at
}

// acceptance carries the time of acceptance through Temporal: to the workflow, from there
// to each activity, and on when the workflow continues as new. A workflow that is begun
// again from the journal has lost it. It takes no part in what a workflow decides, and what
// it cannot read it leaves out: telemetry must not keep an incident from running.
type acceptance struct{}

// Inject implements [workflow.ContextPropagator].
func (acceptance) Inject(ctx context.Context, header workflow.HeaderWriter) error {
	writeAcceptedAt(acceptedAt(ctx), header)
	return nil
}

// InjectFromWorkflow implements [workflow.ContextPropagator].
func (acceptance) InjectFromWorkflow(ctx workflow.Context, header workflow.HeaderWriter) error {
	writeAcceptedAt(acceptedAt(ctx), header)
	return nil
}

// Extract implements [workflow.ContextPropagator].
func (acceptance) Extract(ctx context.Context, header workflow.HeaderReader) (context.Context, error) {
	if at := readAcceptedAt(header); !at.IsZero() {
		ctx = context.WithValue(ctx, acceptedAtKey{}, at)
	}
	return ctx, nil
}

// ExtractToWorkflow implements [workflow.ContextPropagator].
func (acceptance) ExtractToWorkflow(ctx workflow.Context, header workflow.HeaderReader) (workflow.Context, error) {
	if at := readAcceptedAt(header); !at.IsZero() {
		ctx = workflow.WithValue(ctx, acceptedAtKey{}, at)
	}
	return ctx, nil
}

func writeAcceptedAt(at time.Time, header workflow.HeaderWriter) {
	if at.IsZero() {
		return
	}
	if payload, err := converter.GetDefaultDataConverter().ToPayload(at.UTC()); err == nil {
		header.Set(acceptedAtHeader, payload)
	}
}

func readAcceptedAt(header workflow.HeaderReader) time.Time {
	payload, ok := header.Get(acceptedAtHeader)
	if !ok {
		return time.Time{}
	}
	var at time.Time
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &at); err != nil {
		return time.Time{}
	}
	return at
}
