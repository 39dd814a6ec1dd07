package integrations

import (
	"context"
	"errors"
	"time"
)

// Observer hears of the calls to vendors that are made with a context of [WithObserver]. It
// is used by many goroutines at once.
type Observer interface {
	// ObserveCall is told of a call before it waits for its turn. It returns the context
	// that the call is to be made with, and a function that is called once with how it
	// went. The operation is one of a few dozen names of the vendor's own; it never holds
	// an id, an address or a secret.
	ObserveCall(ctx context.Context, vendor, operation string) (context.Context, func(CallReport))
}

// CallReport is how a call went.
type CallReport struct {
	// Waited is how long the call waited for its turn under the vendor's limits.
	Waited time.Duration
	// Took is how long the vendor took, zero for a call that was not made.
	Took    time.Duration
	Outcome Outcome
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Err is an [*Error] or nil. It holds no secrets.
	Err error
}

// Outcome is what came of a call, in one word.
type Outcome string

// The outcomes.
const (
	OK Outcome = "ok"
	// Refused is final: people have to mend something.
	Refused Outcome = "refused"
	// Limited was one call too many.
	Limited Outcome = "limited"
	// Failed is any other answer that is worth another attempt.
	Failed Outcome = "failed"
	// NoAnswer may have taken effect.
	NoAnswer Outcome = "no_answer"
	// Deferred was not made: its turn under the vendor's limits is too far away.
	Deferred Outcome = "deferred"
	// Cancelled was given up by whoever made it.
	Cancelled Outcome = "cancelled"
)

type observerKey struct{}

// WithObserver returns a context whose calls are observed, as [net/http/httptrace] has it
// for requests.
func WithObserver(ctx context.Context, o Observer) context.Context {
	return context.WithValue(ctx, observerKey{}, o)
}

// observe begins to observe a call.
func (c *Caller) observe(ctx context.Context, operation string) (context.Context, func(CallReport)) {
	if o, ok := ctx.Value(observerKey{}).(Observer); ok {
		return o.ObserveCall(ctx, c.vendor, operation)
	}
	return ctx, func(CallReport) {}
}

// Observed runs one operation by another protocol than HTTP, so that it is observed like
// those of [Caller.Call]. It returns the function's error as it is.
func (c *Caller) Observed(ctx context.Context, operation string, call func(context.Context) error) error {
	ctx, ended := c.observe(ctx, operation)
	began := time.Now()
	err := call(ctx)
	ended(CallReport{Took: time.Since(began), Outcome: outcomeOf(err), Err: err})
	return err
}

// unsent is the outcome of a call that was not made.
func unsent(err error) Outcome {
	var failure *Error
	if errors.As(err, &failure) && failure.RetryAfter > 0 {
		return Deferred
	}
	return Cancelled
}

// outcomeOf reads the outcome of a call that was made out of its error.
func outcomeOf(err error) Outcome {
	var failure *Error
	switch {
	case err == nil:
		return OK
	case !errors.As(err, &failure):
		return Failed
	case failure.Final:
		return Refused
	case errors.Is(failure, context.Canceled):
		return Cancelled
	case limited(failure.Vendor, failure.Status, failure.Code):
		return Limited
	case failure.Status == 0 && failure.Code == "", errors.Is(failure, context.DeadlineExceeded):
		return NoAnswer
	default:
		return Failed
	}
}
