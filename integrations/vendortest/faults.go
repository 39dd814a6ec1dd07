package vendortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/integrations"
)

// fault is one thing that goes wrong, and what must follow from it.
type fault struct {
	name   string
	answer http.HandlerFunc
	// final and delay are what the error must say, code too unless it is empty.
	final bool
	delay time.Duration
	code  string
}

// unnamed is how long to wait after too many requests when the vendor does not say.
const unnamed = 30 * time.Second

// statusFaults are refusals by HTTP status. Their documents quote the secrets.
func (s Subject) statusFaults() []fault {
	const wait = 17 * time.Second
	rows := []struct {
		status     int
		retryAfter string
		final      bool
		delay      time.Duration
	}{
		{status: http.StatusMultipleChoices, final: true},
		{status: http.StatusNotModified, final: true},
		{status: http.StatusBadRequest, final: true},
		{status: http.StatusUnauthorized, final: true},
		{status: http.StatusPaymentRequired, final: true},
		{status: http.StatusForbidden, final: true},
		{status: http.StatusNotFound, final: true},
		{status: http.StatusMethodNotAllowed, final: true},
		{status: http.StatusConflict, final: true},
		{status: http.StatusGone, final: true},
		{status: http.StatusRequestEntityTooLarge, final: true},
		{status: http.StatusUnprocessableEntity, final: true},
		{status: http.StatusForbidden, retryAfter: "17", final: true},
		{status: http.StatusRequestTimeout},
		{status: http.StatusTooEarly},
		{status: http.StatusTooManyRequests, delay: unnamed},
		{status: http.StatusTooManyRequests, retryAfter: "17", delay: wait},
		{status: http.StatusTooManyRequests, retryAfter: "0"},
		{status: http.StatusTooManyRequests, retryAfter: "soon", delay: unnamed},
		{status: http.StatusTooManyRequests, retryAfter: "NaN", delay: unnamed},
		{status: http.StatusTooManyRequests, retryAfter: "-5"},
		{status: http.StatusTooManyRequests, retryAfter: "Inf", delay: integrations.MaxDelay},
		{status: http.StatusTooManyRequests, retryAfter: "99999999999999999999", delay: integrations.MaxDelay},
		{status: http.StatusTooManyRequests, retryAfter: "Sat, 01 Jan 2000 00:00:00 GMT"},
		{status: http.StatusTooManyRequests, retryAfter: "Fri, 31 Dec 9999 23:59:59 GMT", delay: integrations.MaxDelay},
		{status: http.StatusInternalServerError},
		{status: http.StatusNotImplemented},
		{status: http.StatusBadGateway},
		{status: http.StatusServiceUnavailable},
		{status: http.StatusServiceUnavailable, retryAfter: "17", delay: wait},
		{status: http.StatusServiceUnavailable, retryAfter: "86400", delay: integrations.MaxDelay},
		{status: http.StatusGatewayTimeout},
		{status: 599},
	}
	var faults []fault
	for _, row := range rows {
		name := fmt.Sprintf("HTTP %d", row.status)
		if row.retryAfter != "" {
			name += " with Retry-After " + strconv.Quote(row.retryAfter)
		}
		for contentType, document := range map[string]string{
			"application/json": s.Refusal("no: " + strings.Join(s.Secrets, " ")),
			"text/html":        "<h1>No</h1>" + strings.Join(s.Secrets, " "),
		} {
			faults = append(faults, fault{
				name: name + " as " + contentType, final: row.final && !slices.Contains(s.Retried, row.status), delay: row.delay,
				answer: answer(row.status, document, "Content-Type", contentType, "Retry-After", row.retryAfter),
			})
		}
	}
	return faults
}

// codeFaults are refusals by the vendor's codes.
func (s Subject) codeFaults() []fault {
	var faults []fault
	for _, code := range s.Codes {
		header := append([]string{"Content-Type", "application/json"}, code.Header...)
		faults = append(faults, fault{
			name: fmt.Sprintf("the code %s with HTTP %d %v", code.Code, code.Status, code.Header), code: code.Code,
			answer: answer(code.Status, code.Document, header...), final: code.Final, delay: code.Delay,
		})
	}
	return faults
}

// echoFaults are refusals that give secrets away in other ways than as they are.
func (s Subject) echoFaults() []fault {
	var faults []fault
	for name, spell := range map[string]func(string) string{
		"escaped for an address": url.QueryEscape,
		"escaped for a path":     url.PathEscape,
		"escaped for JSON":       strconv.Quote,
		"split by a character that does not show": func(secret string) string {
			return secret[:len(secret)/2] + "\u202e" + secret[len(secret)/2:]
		},
		"at the end of what is quoted": func(secret string) string { return strings.Repeat("x", 490) + secret },
	} {
		var words []string
		for _, secret := range s.Secrets {
			words = append(words, spell(secret))
		}
		faults = append(faults, fault{
			name: "secrets " + name, final: true,
			answer: answer(http.StatusBadRequest, s.Refusal(strings.Join(words, " ")), "Content-Type", "application/json"),
		})
	}
	return append(faults, fault{
		name:   "secrets in the header of an answer that cannot be read",
		answer: answer(http.StatusOK, "<html></html>", "Content-Type", "text/html; token="+strings.Join(s.Secrets, "_")),
	})
}

// answerFaults are answers that claim success and are none.
func (s Subject) answerFaults(t *testing.T) []fault {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s followed a redirect to another host: %s %s", s.Vendor, r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	faults := []fault{
		{
			name:   "a page instead of JSON is retried",
			answer: answer(http.StatusOK, "<html>Sign in to the network</html>", "Content-Type", "text/html"),
		},
		{
			name:   "an empty answer is retried",
			answer: answer(http.StatusOK, "", "Content-Type", "application/json"),
		},
		{
			name:   "JSON of another kind is retried",
			answer: answer(http.StatusOK, `"fine"`, "Content-Type", "application/json"),
		},
		{
			name:   "half an answer is retried",
			answer: answer(http.StatusOK, `{"ok":tr`, "Content-Type", "application/json", "Content-Length", "4000"),
		},
		{
			name:   "an answer that is not packed as it says is retried",
			answer: answer(http.StatusOK, `{"ok":true}`, "Content-Type", "application/json", "Content-Encoding", "gzip"),
		},
		{
			name: "half a refusal keeps its meaning", final: true,
			answer: answer(http.StatusBadRequest, `{"error":`, "Content-Type", "application/json", "Content-Length", "4000"),
		},
		{
			name:   "half an excuse is retried",
			answer: answer(http.StatusBadGateway, `{"error":`, "Content-Type", "application/json", "Content-Length", "4000"),
		},
		{
			name: "a connection that breaks off is retried",
			answer: func(http.ResponseWriter, *http.Request) {
				panic(http.ErrAbortHandler)
			},
		},
		{
			name:  "an endless answer is cut and final",
			final: true,
			answer: answer(http.StatusOK, `{"padding":"`+strings.Repeat("x", integrations.MaxAnswerBytes)+`"}`,
				"Content-Type", "application/json"),
		},
		{
			name:  "an endless refusal is cut and keeps its meaning",
			final: true,
			answer: answer(http.StatusForbidden, `{"padding":"`+strings.Repeat("x", integrations.MaxAnswerBytes)+`"}`,
				"Content-Type", "application/json"),
		},
		{
			name:  "a redirect that never ends is final",
			final: true,
			answer: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
			},
		},
	}
	for _, status := range []int{
		http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
	} {
		faults = append(faults, fault{
			name: fmt.Sprintf("a redirect to another host by %d is not followed and final", status), final: true,
			answer: answer(status, "", "Location", elsewhere.URL+"/"+url.PathEscape(strings.Join(s.Secrets, " "))),
		})
	}
	return faults
}

// hang answers nothing until the caller gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// answer returns a handler that sends a document; empty header values are left out.
func answer(status int, document string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			if header[i+1] != "" {
				w.Header().Set(header[i], header[i+1])
			}
		}
		w.WriteHeader(status)
		// The caller may hang up on purpose, so a failed write is no finding.
		_, _ = fmt.Fprint(w, document)
	}
}
