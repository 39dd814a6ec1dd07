package vendortest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

// Subject is a vendor package under [Conform].
type Subject struct {
	// Vendor is integrations.Slack and so on.
	Vendor string
	// New returns the call to try, made by a client of the API at the URL.
	New func(t *testing.T, url string, client *http.Client) func(context.Context) error
	// Before answers the requests that must succeed for the call to get to the one
	// that fails. It returns false for that one. Nil when there are none.
	Before func(w http.ResponseWriter, r *http.Request) bool
	// Refusal words a failure as the vendor does.
	Refusal func(message string) (document string)
	// Secrets must not show in any error: tokens, keys and what is made of them.
	Secrets []string
}

// fault is one thing that goes wrong, and what must follow from it.
type fault struct {
	name   string
	answer http.HandlerFunc
	// final and delay are what the error must say.
	final bool
	delay time.Duration
	// cause is what the error must unwrap to, or nil.
	cause error
}

// Conform fails the test where a vendor package breaks a promise of package
// integrations: for every status and every kind of broken answer the error must be
// an *integrations.Error that says rightly whether to retry, and shows no secret.
func Conform(t *testing.T, s Subject) {
	t.Helper()
	for _, f := range append(s.statusFaults(), s.answerFaults(t)...) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			failure := s.try(t.Context(), t, f.answer, integrations.RequestTimeout)
			require.Equal(t, f.final, failure.Permanent(), "final: %v", failure)
			require.Equal(t, f.delay, failure.Delay(), "delay: %v", failure)
			if f.cause != nil {
				require.ErrorIs(t, failure, f.cause)
			}
		})
	}
	t.Run("no answer in time is retried", func(t *testing.T) {
		t.Parallel()
		const limit = 50 * time.Millisecond
		failure := s.try(t.Context(), t, hang, limit)
		require.False(t, failure.Permanent())
		require.ErrorIs(t, failure, context.DeadlineExceeded)
	})
	t.Run("a cancelled call says so and is not final", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		failure := s.try(ctx, t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}, integrations.RequestTimeout)
		require.False(t, failure.Permanent())
		require.ErrorIs(t, failure, context.Canceled)
	})
	t.Run("a call whose context is over is not final", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		failure := s.try(ctx, t, hang, integrations.RequestTimeout)
		require.False(t, failure.Permanent())
		require.ErrorIs(t, failure, context.Canceled)
	})
	t.Run("a vendor that does not listen is retried", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		failure := s.failure(t, s.New(t, server.URL, &http.Client{})(t.Context()))
		require.False(t, failure.Permanent())
		require.Zero(t, failure.Status)
	})
}

// hang answers nothing until the caller gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// statusFaults are refusals by HTTP status.
func (s Subject) statusFaults() []fault {
	const wait = 17 * time.Second
	rows := []struct {
		status     int
		retryAfter string
		final      bool
		delay      time.Duration
	}{
		{status: http.StatusBadRequest, final: true},
		{status: http.StatusUnauthorized, final: true},
		{status: http.StatusPaymentRequired, final: true},
		{status: http.StatusForbidden, final: true},
		{status: http.StatusNotFound, final: true},
		{status: http.StatusConflict, final: true},
		{status: http.StatusRequestEntityTooLarge, final: true},
		{status: http.StatusUnprocessableEntity, final: true},
		{status: http.StatusForbidden, retryAfter: "17", final: true},
		{status: http.StatusRequestTimeout},
		{status: http.StatusTooManyRequests},
		{status: http.StatusTooManyRequests, retryAfter: "17", delay: wait},
		{status: http.StatusTooManyRequests, retryAfter: "soon"},
		{status: http.StatusTooManyRequests, retryAfter: "-5"},
		{status: http.StatusTooManyRequests, retryAfter: "99999999999999999999", delay: integrations.MaxDelay},
		{status: http.StatusTooManyRequests, retryAfter: "Sat, 01 Jan 2000 00:00:00 GMT"},
		{status: http.StatusTooManyRequests, retryAfter: "Fri, 31 Dec 9999 23:59:59 GMT", delay: integrations.MaxDelay},
		{status: http.StatusInternalServerError},
		{status: http.StatusBadGateway},
		{status: http.StatusServiceUnavailable},
		{status: http.StatusServiceUnavailable, retryAfter: "17", delay: wait},
		{status: http.StatusGatewayTimeout},
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
				name: name + " as " + contentType, final: row.final, delay: row.delay,
				answer: answer(row.status, document, "Content-Type", contentType, "Retry-After", row.retryAfter),
			})
		}
	}
	return faults
}

// answerFaults are answers that claim success and are none.
func (s Subject) answerFaults(t *testing.T) []fault {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s followed a redirect to another host: %s %s", s.Vendor, r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	return []fault{
		{
			name:   "a page instead of JSON is retried",
			answer: answer(http.StatusOK, "<html>Sign in to the network</html>", "Content-Type", "text/html"),
		},
		{
			name:   "an empty answer is retried",
			answer: answer(http.StatusOK, "", "Content-Type", "application/json"),
		},
		{
			name:   "half an answer is retried",
			answer: answer(http.StatusOK, `{"ok":tr`, "Content-Type", "application/json", "Content-Length", "4000"),
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
			name:   "a redirect to another host is not followed and final",
			final:  true,
			answer: answer(http.StatusTemporaryRedirect, "", "Location", elsewhere.URL+"/"),
		},
		{
			name:  "a redirect that never ends is final",
			final: true,
			answer: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
			},
		},
	}
}

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

// try makes the call against a server that answers with the fault.
func (s Subject) try(ctx context.Context, t *testing.T, answer http.HandlerFunc, limit time.Duration) *integrations.Error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A server notices that its caller hangs up only once it has read the request.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if s.Before == nil || !s.Before(w, r) {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	client := &http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}
	return s.failure(t, s.New(t, server.URL, client)(ctx))
}

// failure checks what is true of every error: its type, that it speaks for itself,
// and that it shows no secret however it is printed.
func (s Subject) failure(t *testing.T, err error) *integrations.Error {
	t.Helper()
	require.Error(t, err)
	var failure *integrations.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, s.Vendor, failure.Vendor)
	require.NotEmpty(t, failure.Operation)
	require.NotEmpty(t, failure.Message)

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "error", err, "whole", failure)
	document, marshalErr := json.Marshal(failure)
	require.NoError(t, marshalErr)
	shown := []string{log.String(), string(document), fmt.Sprintf("%v %+v %#v", err, err, err)}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		shown = append(shown, cause.Error())
	}
	for _, secret := range s.Secrets {
		for _, text := range shown {
			require.NotContains(t, text, secret)
		}
	}
	return failure
}
