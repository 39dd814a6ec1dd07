package vendortest

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Quota is a limit as the vendor documents it, which it enforces by refusing.
type Quota struct {
	// Name is for the test's messages.
	Name string
	// Counts says whether a request counts, and for whom: the limit is that of each
	// subject alone.
	Counts func(Request) (subject string, counts bool)
	// Most is how many requests there may be in any Window of time.
	Most   int
	Window time.Duration
}

// Crowd is a vendor package under [Pace].
type Crowd struct {
	// Vendor is integrations.Slack and so on.
	Vendor string
	// Answer answers the requests that are not refused.
	Answer http.HandlerFunc
	// Quotas are the vendor's limits. A request that none of them counts fails the test.
	Quotas []Quota
	// Calls returns calls by one client of the API at the URL. All of them are made at
	// once, and each is repeated until it succeeds.
	Calls func(t *testing.T, url string, client *http.Client) []func(context.Context) error
	// Attempts is the most that one call may take. Zero means five, which is how often
	// Temporal tries before a step counts as failed.
	Attempts int
	// Within is the time in which all calls must have succeeded: shaping must not cost
	// much more than the limits do.
	Within time.Duration
}

// Pace fails the test if the vendor has to refuse a request for being one too many while
// its client is driven hard. It runs in virtual time.
func Pace(t *testing.T, c Crowd) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		gate := &gate{t: t, crowd: c, passed: map[string][]time.Time{}}
		began := time.Now()
		calls := c.Calls(t, "http://vendor.example.com", &http.Client{Transport: InProcess(gate)})
		var all sync.WaitGroup
		most := cmp.Or(c.Attempts, 5)
		for _, call := range calls {
			all.Go(func() {
				if attempts, err := insist(t.Context(), call); err != nil || attempts > most {
					t.Errorf("a call took %d attempts, more than %d, or failed: %v", attempts, most, err)
				}
			})
		}
		all.Wait()
		require.LessOrEqual(t, time.Since(began), c.Within, "all calls have succeeded")
	})
}

// gate is the vendor's limiter. It counts by looking back, unlike ours.
type gate struct {
	t     *testing.T
	crowd Crowd

	mu     sync.Mutex
	passed map[string][]time.Time // by quota and subject
}

// ServeHTTP implements [http.Handler].
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := received(r)
	if err != nil {
		g.t.Errorf("read %s %s: %v", r.Method, r.URL, err)
		return
	}
	g.count(request)
	g.crowd.Answer(w, r)
}

// count fails the test for a request that is one too many.
func (g *gate) count(request Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, counted := time.Now(), false
	for _, quota := range g.crowd.Quotas {
		subject, counts := quota.Counts(request)
		if !counts {
			continue
		}
		counted = true
		key := quota.Name + " " + quota.Window.String() + " " + subject
		passed := append(g.passed[key], now)
		for !passed[0].After(now.Add(-quota.Window)) {
			passed = passed[1:]
		}
		if len(passed) > quota.Most {
			g.t.Errorf("%s would refuse %s %s: it is number %d of %s for %q in %s, and %d are allowed", g.crowd.Vendor,
				request.Method, request.Path, len(passed), quota.Name, subject, quota.Window, quota.Most)
		}
		g.passed[key] = passed
	}
	if !counted {
		g.t.Errorf("no quota counts %s %s", request.Method, request.Path)
	}
}
