// Package client speaks to Muster over HTTP as well-behaved clients do: Alertmanager,
// which repeats a delivery until it is taken, and people's tools, which repeat a command
// under the same key until the answer is definite.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// requestTimeout is longer than Muster keeps a command waiting, so that its own answer
	// is heard; a process that is paused leaves us waiting for all of it.
	requestTimeout = 20 * time.Second
	// maxAnswerBytes bounds what is read of an answer. The sandbox's state of a long run is
	// the largest.
	maxAnswerBytes = 256 << 20
	// The pauses between repetitions, doubled each time, where Muster does not say when to
	// come again.
	minPause, maxPause = 100 * time.Millisecond, 2 * time.Second
)

// Client is one Muster. It is safe for concurrent use.
type Client struct {
	base string
	http *http.Client
	// heard is told of the outcome of every request that is not a mere look: its HTTP
	// status, 0 for none.
	heard func(status int)
}

// New returns a client of the Muster at an address such as http://127.0.0.1:8080. Heard is
// told of each attempt at a delivery or command.
func New(base string, heard func(status int)) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &Client{base: base, http: &http.Client{Transport: transport, Timeout: requestTimeout}, heard: heard}
}

// Answer is what a request came back with.
type Answer struct {
	Status int
	Body   []byte
	// retryAfter is when Muster wants to be asked again; 0 if it does not say.
	retryAfter time.Duration
}

// definite says that repeating the request would not bring another answer.
func (a Answer) definite() bool {
	switch a.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return a.Status >= 200 && a.Status < 500
	}
}

// Decode reads the answer's body.
func (a Answer) Decode(into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("the answer %d cannot be read: %w", a.Status, err)
	}
	return nil
}

// Deliver brings alerts to the webhook, again until they are taken or refused for good, or
// ctx ends.
func (c *Client) Deliver(ctx context.Context, body []byte) (Answer, error) {
	return c.insist(ctx, http.MethodPost, "/webhooks/alertmanager", "", body)
}

// Command sends a command under a key, again until the answer is definite or ctx ends.
func (c *Client) Command(ctx context.Context, method, path, key string, body any) (Answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	return c.insist(ctx, method, path, key, text)
}

// insist repeats a request until its answer is definite.
func (c *Client) insist(ctx context.Context, method, path, key string, body []byte) (Answer, error) {
	pause := minPause
	for {
		answer, err := c.once(ctx, method, path, key, body)
		if err == nil && answer.definite() {
			c.heard(answer.Status)
			return answer, nil
		}
		if ctx.Err() != nil {
			return answer, fmt.Errorf("%s %s has no definite answer, the last was %d: %w", method, path, answer.Status, ctx.Err())
		}
		c.heard(answer.Status)
		if err := Wait(ctx, max(pause, answer.retryAfter)); err != nil {
			return answer, fmt.Errorf("%s %s has no definite answer, the last was %d: %w", method, path, answer.Status, err)
		}
		pause = min(2*pause, maxPause)
	}
}

// Send makes one attempt at a request that may fail, such as one to the sandbox.
func (c *Client) Send(ctx context.Context, method, path string, body any) (Answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	return c.once(ctx, method, path, "", text)
}

// Get reads a document, in one attempt.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	answer, err := c.once(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return &StatusError{Path: path, Status: answer.Status}
	}
	return answer.Decode(into)
}

// StatusError says that something could not be read.
type StatusError struct {
	Path   string
	Status int
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("GET %s was answered %d", e.Path, e.Status) }

func (c *Client) once(ctx context.Context, method, path, key string, body []byte) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if method != http.MethodGet {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: response.StatusCode, Body: text}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		answer.retryAfter = time.Duration(seconds) * time.Second
	}
	return answer, nil
}

// Wait lets time pass, unless ctx ends.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Until looks again and again, every interval, until it is so or ctx ends.
func Until(ctx context.Context, interval time.Duration, isSo func() bool) error {
	for !isSo() {
		if err := Wait(ctx, interval); err != nil {
			return err
		}
	}
	return nil
}
