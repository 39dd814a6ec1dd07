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
	"slices"
	"testing"
	"testing/synctest"
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
	// Retried are statuses that are worth another attempt at this vendor, besides those
	// that are so at every vendor.
	Retried []int
	// Codes are the vendor's error codes that matter.
	Codes []Code
}

// Code is a refusal by one of the vendor's error codes.
type Code struct {
	// Code is what the error must tell as its code, Status what the answer has.
	Code   string
	Status int
	// Header are names and values in turn. Document is the answer.
	Header   []string
	Document string
	// Final and Delay are what the error must say.
	Final bool
	Delay time.Duration
}

// Conform fails the test where a vendor package breaks a promise of package
// integrations: for every status and every kind of broken answer the error must be
// an *integrations.Error that says rightly whether to retry, and shows no secret.
func Conform(t *testing.T, s Subject) {
	t.Helper()
	for _, f := range slices.Concat(s.statusFaults(), s.codeFaults(), s.echoFaults(), s.answerFaults(t)) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			failure := s.try(t.Context(), t, f.answer, integrations.RequestTimeout)
			require.Equal(t, f.final, failure.Permanent(), "final: %v", failure)
			require.Equal(t, f.delay, failure.Delay(), "delay: %v", failure)
			if f.code != "" {
				require.Equal(t, f.code, failure.Code)
			}
		})
	}
	s.conformInTime(t)
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

// conformInTime checks what depends on the clock, in virtual time.
func (s Subject) conformInTime(t *testing.T) {
	t.Helper()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		t.Run(fmt.Sprintf("HTTP %d with a date as Retry-After is retried at that date", status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				date := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
				failure := s.tryInProcess(t, answer(status, s.Refusal("no"), "Retry-After", date))
				require.False(t, failure.Permanent())
				require.Equal(t, time.Minute, failure.Delay())
			})
		})
	}
	t.Run("an answer that never comes is retried after the time limit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			failure := s.tryInProcess(t, hang)
			require.False(t, failure.Permanent())
			require.ErrorIs(t, failure, context.DeadlineExceeded)
			require.Contains(t, failure.Message, "may have taken effect")
			require.Equal(t, integrations.RequestTimeout, time.Since(began))
		})
	})
}

// tryInProcess makes the call against a handler, without a network.
func (s Subject) tryInProcess(t *testing.T, answer http.HandlerFunc) *integrations.Error {
	t.Helper()
	client := &http.Client{Transport: InProcess(s.handler(answer))}
	return s.failure(t, s.New(t, "http://vendor.example.com", client)(t.Context()))
}

// handler is the vendor that answers with a fault what the call is about.
func (s Subject) handler(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A server notices that its caller hangs up only once it has read the request.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if s.Before == nil || !s.Before(w, r) {
			answer(w, r)
		}
	})
}

// try makes the call against a server that answers with the fault.
func (s Subject) try(ctx context.Context, t *testing.T, answer http.HandlerFunc, limit time.Duration) *integrations.Error {
	t.Helper()
	server := httptest.NewServer(s.handler(answer))
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
