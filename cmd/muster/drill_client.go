package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/api"
	"muster/config"
)

// requestTimeout bounds a request other than a stream. Muster itself gives up on a
// command after 15 seconds, and should be heard to say so.
const requestTimeout = 20 * time.Second

// maxAnswerBytes bounds what is read of an answer, and of one event of a stream. An
// event that carries a storm of alerts is a few hundred kB.
const maxAnswerBytes = 16 << 20

// musterClient uses a running Muster as any other program would: over HTTP.
type musterClient struct {
	base *url.URL
	http *http.Client
	// alertmanagerToken is sent with alerts only.
	alertmanagerToken config.Secret
}

func newMusterClient(address string, alertmanagerToken config.Secret) (*musterClient, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("--url must be an address such as %s, not %q", defaultURL, address)
	}
	return &musterClient{base: base, http: &http.Client{}, alertmanagerToken: alertmanagerToken}, nil
}

// unreachableError says that nobody answered.
type unreachableError struct {
	url   string
	cause error
}

func (e *unreachableError) Error() string {
	// At the default address a muster dev is meant, and elsewhere what others run.
	mend := "see that it runs, and that --url or MUSTER_URL leads to it"
	if e.url == defaultURL {
		mend = "start muster dev, or name another one with --url"
	}
	return fmt.Sprintf("Muster does not answer at %s (%v): %s", e.url, e.cause, mend)
}

func (e *unreachableError) Unwrap() error { return e.cause }

// refusedError is an answer that is not a success, with the reason that Muster gave.
type refusedError struct {
	status int
	detail string
}

func (e *refusedError) Error() string { return e.detail }

// refusedWith says whether an error is Muster's refusal with one of these statuses.
func refusedWith(err error, statuses ...int) bool {
	var refused *refusedError
	if !errors.As(err, &refused) {
		return false
	}
	for _, status := range statuses {
		if refused.status == status {
			return true
		}
	}
	return false
}

// address is where something is. The elements are names, not paths.
func (m *musterClient) address(elements ...string) *url.URL {
	escaped := make([]string, len(elements))
	for i, element := range elements {
		escaped[i] = url.PathEscape(element)
	}
	return m.base.JoinPath(escaped...)
}

func (m *musterClient) incident(id string, elements ...string) *url.URL {
	return m.address(append([]string{"api", "v1", "incidents", id}, elements...)...)
}

// resolve makes an address that Muster gave absolute. Muster gives relative ones where
// it was not told under which address people reach it.
func (m *musterClient) resolve(address string) string {
	reference, err := url.Parse(address)
	if err != nil {
		return address
	}
	return m.base.ResolveReference(reference).String()
}

func (m *musterClient) get(ctx context.Context, address *url.URL, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return err
	}
	return m.exchange(request, into)
}

// send sends a body as JSON. Into may be nil.
func (m *musterClient) send(ctx context.Context, method string, address *url.URL, body, into any) error {
	request, err := newJSONRequest(ctx, method, address, body)
	if err != nil {
		return err
	}
	return m.exchange(request, into)
}

// deliver sends a delivery as Alertmanager does.
func (m *musterClient) deliver(ctx context.Context, delivery alertmanagerDelivery) error {
	request, err := newJSONRequest(ctx, http.MethodPost, m.address("webhooks", "alertmanager"), delivery)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "Alertmanager/0.25.0")
	if m.alertmanagerToken.IsSet() {
		request.Header.Set("Authorization", "Bearer "+m.alertmanagerToken.Reveal())
	}
	err = m.exchange(request, nil)
	if refusedWith(err, http.StatusUnauthorized) {
		return fmt.Errorf("%w (the drill takes the token from %s)", err, alertmanagerTokenVariable)
	}
	return err
}

func newJSONRequest(ctx context.Context, method string, address *url.URL, body any) (*http.Request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

func (m *musterClient) exchange(request *http.Request, into any) error {
	ctx, cancel := context.WithTimeout(request.Context(), requestTimeout)
	defer cancel()
	request.Header.Set("Accept", "application/json")
	response, err := m.do(request.Context(), request.WithContext(ctx))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswerBytes)).Decode(into); err != nil {
		return fmt.Errorf("the answer of %s cannot be read (%w); is it Muster that runs there?", m.base.Redacted(), err)
	}
	return nil
}

// do answers with a success only. The caller's context tells whether it was the caller
// who gave up, or the request that took too long.
func (m *musterClient) do(caller context.Context, request *http.Request) (*http.Response, error) {
	response, err := m.http.Do(request)
	if err != nil {
		if caller.Err() != nil {
			return nil, caller.Err()
		}
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // The address stands in the message already.
		}
		return nil, &unreachableError{url: m.base.Redacted(), cause: err}
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	var problem api.Problem
	err = json.NewDecoder(io.LimitReader(response.Body, maxAnswerBytes)).Decode(&problem)
	if err != nil || problem.Detail == "" {
		problem.Detail = fmt.Sprintf("%s %s answered %s, which is not how Muster answers: see that --url leads to it",
			request.Method, request.URL.Redacted(), response.Status)
	}
	return nil, &refusedError{status: response.StatusCode, detail: problem.Detail}
}

// stream calls each with an incident's events after a number, as they happen, until
// the stream or ctx ends. The error is a [*refusedError] where there is no stream.
func (m *musterClient) stream(ctx context.Context, id string, after int, each func(api.TimelineEvent)) error {
	address := m.incident(id, "timeline", "stream")
	address.RawQuery = url.Values{"after": {strconv.Itoa(after)}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	response, err := m.do(ctx, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return &refusedError{status: response.StatusCode, detail: "there is no live stream"}
	}
	return readEventStream(response.Body, func(data []byte) error {
		var event api.TimelineEvent
		if err := json.Unmarshal(data, &event); err != nil {
			return fmt.Errorf("the live stream cannot be read: %w", err)
		}
		each(event)
		return nil
	})
}

// readEventStream calls each with the data of every server-sent event
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
// Names and numbers of events are left out: the timeline's data carries its own. An
// event that breaks off at the end does not count.
func readEventStream(in io.Reader, each func(data []byte) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxAnswerBytes)
	var data [][]byte
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 {
			if len(data) > 0 {
				if err := each(bytes.Join(data, []byte("\n"))); err != nil {
					return err
				}
			}
			data = nil
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		if string(field) == "data" {
			data = append(data, bytes.Clone(bytes.TrimPrefix(value, []byte(" "))))
		}
	}
	return lines.Err()
}
