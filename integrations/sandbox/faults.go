package sandbox

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// vendor names one of the stand-ins, as the faults endpoint spells it.
type vendor string

const (
	vendorSlack     vendor = "slack"
	vendorPagerDuty vendor = "pagerduty"
	vendorJira      vendor = "jira"
	vendorMail      vendor = "mail"
	vendorWebhook   vendor = "webhook"
	// vendorPrometheus changes nothing, so that timing out after its effect is a timeout.
	vendorPrometheus vendor = "prometheus"
)

var vendors = []vendor{vendorSlack, vendorPagerDuty, vendorJira, vendorMail, vendorWebhook, vendorPrometheus}

// mode is a way to misbehave.
type mode string

const (
	modeNone               mode = "none"                 // ends a fault
	modeError              mode = "error"                // HTTP 500 or SMTP 451, nothing happened
	modeRateLimit          mode = "rate_limit"           // HTTP 429 with Retry-After or SMTP 450, nothing happened
	modeDown               mode = "down"                 // the connection closes, nothing happened
	modeTimeoutAfterEffect mode = "timeout_after_effect" // it happened, and the connection closes unanswered
	// modeLimits is not a failure by chance: Slack refuses what its limits do not allow, with 429
	// and Retry-After, and takes the rest.
	modeLimits mode = "limits"
)

var faultModes = []mode{modeError, modeRateLimit, modeDown, modeTimeoutAfterEffect, modeLimits}

const (
	// retryAfterSeconds is what a rate-limited client is told to wait. A second is the
	// smallest value that Retry-After can carry.
	retryAfterSeconds = "1"
	// silence is how long a client waits on a call that timed out after its effect: long
	// enough to be waiting, short enough to try by hand.
	silence = 100 * time.Millisecond
)

// fault is how one vendor misbehaves from now on.
type fault struct {
	Vendor vendor  `json:"vendor"`
	Mode   mode    `json:"mode"`
	Rate   float64 `json:"rate"`            // the share of requests it hits, 0 to 1
	Count  *int    `json:"count,omitempty"` // how many more requests it hits; nil: until it is ended
}

// faults holds at most one fault per vendor, in memory: a restart heals everything.
type faults struct {
	mu     sync.Mutex
	random *rand.Rand
	active map[vendor]fault
}

func newFaults(seed uint64) *faults {
	if seed == 0 {
		var entropy [8]byte
		_, _ = crand.Read(entropy[:]) // documented never to fail
		seed = binary.LittleEndian.Uint64(entropy[:])
	}
	return &faults{random: rand.New(rand.NewPCG(seed, 0)), active: map[vendor]fault{}}
}

// draw decides the fate of one request.
func (f *faults) draw(v vendor) mode {
	f.mu.Lock()
	defer f.mu.Unlock()
	current, ok := f.active[v]
	if !ok || current.Mode == modeLimits || f.random.Float64() >= current.Rate {
		return modeNone
	}
	if current.Count != nil {
		if left := *current.Count - 1; left > 0 {
			current.Count = &left
			f.active[v] = current
		} else {
			delete(f.active, v)
		}
	}
	return current.Mode
}

// limits says whether a vendor keeps to its limits.
func (f *faults) limits(v vendor) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.active[v].Mode == modeLimits
}

func (f *faults) set(next fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case next.Mode != modeNone:
		f.active[next.Vendor] = next
	case next.Vendor == "":
		clear(f.active)
	default:
		delete(f.active, next.Vendor)
	}
}

// list returns the active faults in the order of their vendors' names.
func (f *faults) list() []fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]fault, 0, len(f.active))
	for _, v := range slices.Sorted(maps.Keys(f.active)) {
		all = append(all, f.active[v])
	}
	return all
}

// faultRequest is the body of POST /sandbox/faults.
type faultRequest struct {
	Vendor vendor   `json:"vendor"`
	Mode   mode     `json:"mode"`
	Rate   *float64 `json:"rate"`
	Count  *int     `json:"count"`
}

// fault checks the request; every error says what to mend.
func (q faultRequest) fault() (fault, []problemError) {
	f := fault{Vendor: q.Vendor, Mode: q.Mode, Rate: 1, Count: q.Count}
	var errs []problemError
	complain := func(field, format string, args ...any) {
		errs = append(errs, problemError{Location: "body." + field, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case q.Mode == "":
		complain("mode", "is missing: send one of %s, or none to end a fault", spell(faultModes))
	case q.Mode != modeNone && !slices.Contains(faultModes, q.Mode):
		complain("mode", "is %q: send one of %s, or none to end a fault", q.Mode, spell(faultModes))
	}
	switch {
	case q.Vendor == "" && q.Mode != modeNone:
		complain("vendor", "is missing: send one of %s", spell(vendors))
	case q.Vendor != "" && !slices.Contains(vendors, q.Vendor):
		complain("vendor", "is %q: send one of %s", q.Vendor, spell(vendors))
	}
	if q.Rate != nil {
		f.Rate = *q.Rate
		if f.Rate < 0 || f.Rate > 1 {
			complain("rate", "is %v: send the share of requests to hit, from 0 to 1", f.Rate)
		}
	}
	if q.Count != nil && *q.Count < 1 {
		complain("count", "is %d: send how many requests to hit, at least 1, or leave it out", *q.Count)
	}
	if q.Mode == modeLimits {
		if slices.Contains(vendors, q.Vendor) && q.Vendor != vendorSlack {
			complain("vendor", "is %q, whose limits are not known here: send %s", q.Vendor, vendorSlack)
		}
		if q.Rate != nil || q.Count != nil {
			complain("mode", "is %s, which hits the calls that are too many: leave rate and count out", modeLimits)
		}
	}
	return f, errs
}

func spell[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// setFault serves POST /sandbox/faults. It may be repeated safely. A program gets the
// faults that are now active; a browser's form goes back to the page.
func (s *Sandbox) setFault(w http.ResponseWriter, r *http.Request) {
	var request faultRequest
	form, ok := readControl(w, r, &request, func(values url.Values) {
		request = faultRequest{Vendor: vendor(values.Get("vendor")), Mode: mode(values.Get("mode"))}
	})
	if !ok {
		return
	}
	next, errs := request.fault()
	if len(errs) > 0 {
		writeProblem(w, http.StatusBadRequest, "The fault is not understood and nothing has changed.", errs...)
		return
	}
	s.faults.set(next)
	if form {
		http.Redirect(w, r, "/sandbox", http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, object{"faults": s.faults.list()})
}

// misbehaving puts a vendor's faults in front of its API.
func (s *Sandbox) misbehaving(v vendor, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hungUp := r.Context().Done()
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		// A vendor finishes what it began, also for a client that has hung up.
		r = r.WithContext(context.WithoutCancel(r.Context()))
		switch s.faults.draw(v) {
		case modeError:
			writeFault(w, r, v, http.StatusInternalServerError)
		case modeRateLimit:
			w.Header().Set("Retry-After", retryAfterSeconds)
			writeFault(w, r, v, http.StatusTooManyRequests)
		case modeDown:
			hangUp(w)
		case modeTimeoutAfterEffect:
			api.ServeHTTP(unanswered{}, r)
			select {
			case <-time.After(silence):
			case <-hungUp:
			}
			hangUp(w)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// writeFault answers 429 or 500 in the words of the vendor, and of the API where a
// vendor has two.
func writeFault(w http.ResponseWriter, r *http.Request, v vendor, status int) {
	limited := status == http.StatusTooManyRequests
	switch {
	case v == vendorSlack && limited:
		writeJSON(w, status, object{"ok": false, "error": "ratelimited"})
	case v == vendorSlack:
		writeJSON(w, status, object{"ok": false, "error": "internal_error"})
	case v == vendorPagerDuty && strings.HasPrefix(r.URL.Path, eventsPath) && limited:
		writeJSON(w, status, object{"status": "throttle exceeded", "message": "Requests for this service are arriving too quickly. Please retry later."})
	case v == vendorPagerDuty && strings.HasPrefix(r.URL.Path, eventsPath):
		writeJSON(w, status, object{"status": "internal error", "message": "Internal Server Error"})
	case v == vendorPagerDuty && limited:
		w.Header().Set("ratelimit-remaining", "0")
		w.Header().Set("ratelimit-reset", retryAfterSeconds)
		writePagerDutyError(w, pagerDutyError{status: status, code: 2020, message: "Too Many Requests"})
	case v == vendorPagerDuty:
		writePagerDutyError(w, pagerDutyError{status: status, code: 2000, message: "Internal Server Error"})
	case v == vendorWebhook:
		writeProblem(w, status, "The webhook fails, as it was told to.")
	case v == vendorPrometheus && limited:
		writePrometheusError(w, status, "too_many_requests", "too many requests")
	case v == vendorPrometheus:
		writePrometheusError(w, status, "internal", "internal error")
	case limited:
		writeJiraError(w, jiraError{status: status, messages: []string{"Rate limit exceeded."}})
	default:
		writeJiraError(w, jiraError{status: status, messages: []string{"Internal server error"}})
	}
}

// hangUp closes the connection without an answer. Where it cannot be had (HTTP/2, or a
// wrapper that hides it), the server is told to abort.
func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close() // the client is meant to see it broken; how it broke is no matter
}

// unanswered is where an answer goes that the client will never see.
type unanswered struct{}

func (unanswered) Header() http.Header         { return http.Header{} }
func (unanswered) Write(b []byte) (int, error) { return len(b), nil }
func (unanswered) WriteHeader(int)             {}
