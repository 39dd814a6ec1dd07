package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// DefaultLimit is how long a part may take to answer where its probe does not say. An
// orchestrator's readiness probe waits for a second or a few.
const DefaultLimit = 2 * time.Second

// patience is how much longer than its limit a probe is waited for: time to notice that
// its context has ended, and to say so in its own words.
const patience = 500 * time.Millisecond

// Probe is a question to one part of Muster.
type Probe struct {
	// Part is its name, in one word that people and dashboards know: "database".
	Part string
	// Limit bounds the answer; 0 means [DefaultLimit].
	Limit time.Duration
	// Check returns nil when the part works. It is called by many goroutines, but never
	// again before it has returned, and its context ends after Limit. The error is for the
	// log; what everybody may read of it is given by [Because].
	Check func(ctx context.Context) error
}

// Part is how one part does.
type Part struct {
	Name string
	// Reason says why it is unhealthy, for everybody; empty if it is healthy.
	Reason string
	// Err says so for the log; nil if it is healthy.
	Err error
}

// Healthy says whether the part works.
func (p Part) Healthy() bool { return p.Err == nil }

// reasonError is an error with a reason that everybody may read.
type reasonError struct {
	reason string
	cause  error
}

// Because returns an error whose reason everybody may read: a few words about the part, such
// as "the oldest alert has waited for 3 minutes", without hosts, users and secrets. The
// cause, which may be nil, is for the log.
func Because(reason string, cause error) error { return &reasonError{reason, cause} }

// Error implements error.
func (e *reasonError) Error() string {
	if e.cause == nil {
		return e.reason
	}
	return e.reason + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *reasonError) Unwrap() error { return e.cause }

// reasonOf is what everybody may read of an error.
func reasonOf(err error, limit time.Duration) string {
	var given *reasonError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &given):
		return given.reason
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not answer within " + InWords(limit)
	default:
		return "it does not work"
	}
}

// probe is a Probe with what is under way. Whoever asks while an answer is under way gets
// that one, so that a part that hangs is asked once, and not once more every time.
type probe struct {
	Probe
	mu      sync.Mutex
	current *answer
}

// answer is complete once done is closed.
type answer struct {
	done chan struct{}
	err  error
}

// ask waits for an answer. It returns the error of ctx when that ends first.
func (p *probe) ask(ctx context.Context) error {
	a := p.begin(ctx)
	timer := time.NewTimer(p.Limit + patience)
	defer timer.Stop()
	select {
	case <-a.done:
		return a.err
	case <-timer.C:
		return fmt.Errorf("nothing came back, and it cannot be interrupted: %w", context.DeadlineExceeded)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin asks the part, or returns the answer that is under way.
func (p *probe) begin(ctx context.Context) *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		return p.current
	}
	a := &answer{done: make(chan struct{})}
	p.current = a
	// Others may be waiting for it by the time that whoever asked first has left.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Limit)
	go func() {
		defer cancel()
		a.err = p.Check(asking)
		p.mu.Lock()
		p.current = nil
		p.mu.Unlock()
		close(a.done)
	}()
	return a
}

// InWords is a time as people say it, rounded down: "45 seconds", "3 minutes", "2 hours".
func InWords(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return plural(int64(d/time.Second), "second")
	case d < 2*time.Hour:
		return plural(int64(d/time.Minute), "minute")
	default:
		return plural(int64(d/time.Hour), "hour")
	}
}

func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
