package integrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxMessage bounds what is quoted of a vendor's own words, in UTF-16 units.
const maxMessage = 500

// Refusal is an answer that did not bring what was asked for.
type Refusal struct {
	// Status is its HTTP status, which some vendors leave at 200.
	Status int
	// Body is the beginning of its body when the status is 400 or higher.
	Body []byte
	// Err is what the vendor's library made of it.
	Err error
}

// Explain reads the vendor's code and words out of a refusal. Both may be empty. The
// words may end in what to mend.
type Explain func(Refusal) (code, message string)

// Caller makes a vendor package's calls and turns whatever goes wrong into an
// [*Error]. It may be used by many goroutines at once.
type Caller struct {
	vendor  string
	explain Explain
	secrets *secrets
	// shaper is nil for a vendor whose calls are not shaped.
	shaper *shaper
	// subject is what the calls concern, or empty: see [Caller.On].
	subject string
}

// NewCaller returns the caller of a vendor package. The vendor is [Slack],
// [PagerDuty] or [Jira]; secrets are kept out of every error.
func NewCaller(vendor string, explain Explain, secrets ...Secret) *Caller {
	c := &Caller{vendor: vendor, explain: explain, secrets: newSecrets()}
	c.Conceal(secrets...)
	return c
}

// Shaped returns a caller that keeps to the vendor's limits. A call whose turn is near
// waits for it; one whose turn is further away is not made and returns an [*Error] that
// says when to try again. The limits count what this caller and those that [Caller.On]
// returns send together, in this process.
func (c *Caller) Shaped(limits Limits) *Caller {
	shaped := *c
	shaped.shaper = newShaper(limits)
	return &shaped
}

// On returns a caller for calls that concern one thing, such as a channel, of which the
// vendor counts the calls for each (see [Limit.Each]).
func (c *Caller) On(subject string) *Caller {
	concerned := *c
	concerned.subject = subject
	return &concerned
}

// Conceal keeps further secrets out of every error from now on: the ones that a
// vendor tells only later. Repeating one is harmless. Secrets of fewer than eight
// bytes are taken for stand-ins and left alone.
func (c *Caller) Conceal(secrets ...Secret) { c.secrets.add(secrets...) }

// Concealing returns a caller that keeps another secret out of its errors too: one that is
// good for a call or two, such as an address to answer at. [Caller.Conceal] remembers its
// secrets as long as the caller lives.
func (c *Caller) Concealing(secret Secret) *Caller {
	concealing := *c
	concealing.secrets = c.secrets.with(secret)
	return &concealing
}

// Refuse returns a final error for a call that is not worth making, or whose answer
// shows that a person has to mend something first.
func (c *Caller) Refuse(operation, format string, args ...any) error {
	return &Error{Vendor: c.vendor, Operation: operation, Message: c.redact(fmt.Sprintf(format, args...)), Final: true}
}

// Unreadable returns the error for an answer that claims success but lacks what was
// asked for. Another attempt is worthwhile.
func (c *Caller) Unreadable(operation, missing string) error {
	return &Error{Vendor: c.vendor, Operation: operation, Message: "the answer claims success but lacks " + missing}
}

// Call runs one operation of the vendor and returns nil or an [*Error]. The
// function must pass its context on to the library, and the library must use a
// client from [NewHTTPClient] and send one request. An [*Error] that the function
// returns is passed on.
func (c *Caller) Call(ctx context.Context, operation string, call func(context.Context) error) error {
	ctx, ended := c.observe(ctx, operation)
	began := time.Now()
	// With a context that is over, nothing is sent.
	if c.shaper != nil && ctx.Err() == nil {
		if err := c.waitForTurn(ctx, operation); err != nil {
			ended(CallReport{Waited: time.Since(began), Outcome: unsent(err), Err: err})
			return err
		}
	}
	sent, seen := time.Now(), &exchange{}
	err := c.send(ctx, operation, seen, call)
	ended(CallReport{Waited: sent.Sub(began), Took: time.Since(sent), Outcome: outcomeOf(err), Status: seen.status, Err: err})
	return err
}

// send makes a call whose turn has come, and returns nil or an [*Error].
func (c *Caller) send(ctx context.Context, operation string, seen *exchange, call func(context.Context) error) error {
	err := call(context.WithValue(ctx, exchangeKey{}, seen))
	if err == nil {
		return nil
	}
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	failure := &Error{Vendor: c.vendor, Operation: operation, Status: seen.status}
	switch {
	case seen.failure != nil:
		c.describeFailure(ctx, failure, seen.failure)
	case seen.status != 0:
		c.describeAnswer(failure, seen, err)
	case ctx.Err() != nil:
		c.describeFailure(ctx, failure, ctx.Err())
	default:
		// The library did not even send it: the input or a setting is wrong.
		failure.Final = true
		failure.Message = c.redact(err.Error())
	}
	return failure
}

// Ask is [Caller.Call] for an operation with an answer.
func Ask[T any](ctx context.Context, c *Caller, operation string, ask func(context.Context) (T, error)) (T, error) {
	var answer T
	err := c.Call(ctx, operation, func(ctx context.Context) (err error) {
		answer, err = ask(ctx)
		return err
	})
	return answer, err
}

// waitForTurn returns nil once the call may be made under the vendor's limits, or an
// [*Error] that says why it is not made now.
func (c *Caller) waitForTurn(ctx context.Context, operation string) error {
	turn, err := c.shaper.wait(ctx, operation, c.subject)
	switch {
	case err != nil:
		return &Error{
			Vendor: c.vendor, Operation: operation, cause: err,
			Message: "the call was given up while it waited for its turn; it was not made",
		}
	case turn.after > 0:
		return &Error{Vendor: c.vendor, Operation: operation, Message: turn.reason(), RetryAfter: turn.after}
	default:
		return nil
	}
}

// describeFailure fills in an error for which there is no whole answer.
func (c *Caller) describeFailure(ctx context.Context, failure *Error, cause error) {
	var timeout net.Error
	var redirect *redirectError
	switch {
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(cause, context.Canceled):
		failure.Message = "the call was cancelled before the answer came; it may have taken effect"
		failure.cause = context.Canceled
	case errors.Is(cause, context.DeadlineExceeded), errors.As(cause, &timeout) && timeout.Timeout():
		failure.Message = "no answer in time; the call may have taken effect"
		failure.cause = context.DeadlineExceeded
	case errors.Is(cause, io.ErrUnexpectedEOF):
		failure.Message = "the answer breaks off; the call may have taken effect"
	case errors.Is(cause, errOversized), errors.As(cause, &redirect):
		failure.Message = c.redact(cause.Error())
		failure.Final = true
	default:
		failure.Message = c.redact("cannot be reached: " + cause.Error())
	}
}

// describeAnswer fills in an error for which there is an answer.
func (c *Caller) describeAnswer(failure *Error, seen *exchange, err error) {
	code, message := c.explain(Refusal{Status: seen.status, Body: seen.refusal, Err: err})
	failure.Code = c.redact(code)
	failure.Message = c.redact(message)
	failure.Final = !retried(c.vendor, seen.status, code)
	if !failure.Final {
		wait, named := retryAfter(seen.header, time.Now())
		tooMany := limited(c.vendor, seen.status, code)
		if tooMany && !named {
			wait = unnamedPause
		}
		if tooMany && c.shaper != nil {
			c.shaper.hold(failure.Operation, c.subject, seen.header, wait)
		}
		failure.RetryAfter = wait
	}
	if failure.Message != "" {
		return
	}
	switch {
	case code != "":
		failure.Message = "refused"
	case seen.status < 300:
		failure.Message = fmt.Sprintf("the answer cannot be read (its type is %q): is the configured URL the vendor's?",
			c.redact(seen.header.Get("Content-Type")))
	case seen.status == http.StatusTooManyRequests:
		failure.Message = "too many requests"
	case seen.status >= 500:
		failure.Message = "the vendor has trouble of its own"
	default:
		failure.Message = "refused without a reason"
	}
}

// redact cuts a text to a sensible length and takes all known secrets out of it.
func (c *Caller) redact(text string) string {
	// Cut only in the end: half a secret would not be found.
	return Shorten(c.secrets.redact(text), maxMessage, UTF16Length)
}
