package vendortest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

// Effect is a change that a call must bring about once, however often it is repeated.
type Effect struct {
	// Vendor is integrations.Slack and so on.
	Vendor string
	// New returns a vendor whose API is at the URL and to whom nothing was done yet.
	New func(t *testing.T, url string) Changed
}

// Changed is a vendor that is to be changed once.
type Changed struct {
	// Vendor answers like the vendor and remembers what was done to it.
	Vendor http.Handler
	// Call returns the call, made by a client of the API at the URL. It is the same call
	// at every attempt.
	Call func(t *testing.T, client *http.Client) func(context.Context) error
	// Done says how often the effect has happened.
	Done func(t *testing.T) int
}

// Once fails the test if a call whose answer gets lost is not worth another attempt, or
// if that attempt does again what was done. The call is tried anew for each of the
// requests it makes, of which the vendor carries out every one and the answer to that one
// is lost: the connection breaks off, or nothing is heard until the time limit. All of it
// but New runs in virtual time, without a network.
func Once(t *testing.T, e Effect) {
	t.Helper()
	for name, lose := range map[string]http.HandlerFunc{
		"breaks off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"is late":    hang,
	} {
		for lost, more := int64(1), true; more; lost++ {
			passed := t.Run(fmt.Sprintf("the answer to request %d %s", lost, name), func(t *testing.T) {
				const url = "http://vendor.example.com"
				changed := e.New(t, url)
				synctest.Test(t, func(t *testing.T) { more = e.lose(t, changed, lost, lose) })
			})
			more = more && passed
		}
	}
}

// lose loses one answer. It is false when there were fewer.
func (e Effect) lose(t *testing.T, changed Changed, lost int64, lose http.HandlerFunc) (more bool) {
	t.Helper()
	var answered atomic.Int64
	vendor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answered.Add(1) != lost {
			changed.Vendor.ServeHTTP(w, r)
			return
		}
		// A vendor finishes what it began, also for a client that has hung up.
		changed.Vendor.ServeHTTP(discarded{}, r.WithContext(context.WithoutCancel(r.Context())))
		lose(w, r)
	})
	call := changed.Call(t, &http.Client{Transport: InProcess(vendor)})
	_, err := insist(t.Context(), call)
	require.NoError(t, err, e.Vendor)
	require.Equal(t, 1, changed.Done(t), "the effect happened")
	more = answered.Load() >= lost
	_, err = insist(t.Context(), call)
	require.NoError(t, err, e.Vendor)
	require.Equal(t, 1, changed.Done(t), "the effect after a further call")
	return more
}

// insist repeats a call as Temporal does until it succeeds, waiting as long as its error
// says, and returns how many attempts that took. Its error is one that must not be.
func insist(ctx context.Context, call func(context.Context) error) (attempts int, err error) {
	const most, activity, pause = 1000, 20 * time.Second, time.Second
	for attempts = 1; attempts <= most; attempts++ {
		activityCtx, cancel := context.WithTimeout(ctx, activity)
		err = call(activityCtx)
		cancel()
		if err == nil {
			return attempts, nil
		}
		var failure *integrations.Error
		switch {
		case !errors.As(err, &failure):
			return attempts, fmt.Errorf("the error is no *integrations.Error: %w", err)
		case failure.Permanent():
			return attempts, fmt.Errorf("the error is final: %w", err)
		case failure.Delay() > integrations.MaxDelay:
			return attempts, fmt.Errorf("the error asks to wait for %s: %w", failure.Delay(), err)
		}
		<-time.After(max(failure.Delay(), pause))
	}
	return attempts, fmt.Errorf("not even by %d attempts: %w", most, err)
}

// discarded is where an answer goes that nobody will see.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) WriteHeader(int)             {}
