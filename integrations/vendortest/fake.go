package vendortest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
)

// Request is what a [Fake] received.
type Request struct {
	Method string
	Path   string
	Header http.Header
	Query  url.Values
	// Form holds a posted form, Body everything that was posted.
	Form url.Values
	Body []byte
}

// JSON returns the posted JSON document, and fails the test when there is none.
func (r Request) JSON(t testing.TB) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(r.Body, &document); err != nil {
		t.Fatalf("%s %s did not get a JSON object: %v\n%s", r.Method, r.Path, err, r.Body)
	}
	return document
}

// Fake is a small stand-in for a vendor on a loopback port, closed when the test
// ends. A request that no route takes fails the test.
type Fake struct {
	// URL is where it listens, without a slash at the end.
	URL string

	vendor string
	t      testing.TB
	mux    *http.ServeMux

	mu       sync.Mutex
	requests []Request
}

// NewFake starts a fake of a vendor: integrations.Slack and so on.
func NewFake(t testing.TB, vendor string) *Fake {
	t.Helper()
	f := &Fake{t: t, vendor: vendor, mux: http.NewServeMux()}
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the fake has no answer for %s %s", r.Method, r.URL)
		http.NotFound(w, r)
	})
	server := httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// Client returns an HTTP client whose requests are checked against the vendor's
// API description on their way to the fake.
func (f *Fake) Client() *http.Client {
	f.t.Helper()
	return &http.Client{Transport: Validating(f.t, f.vendor, http.DefaultTransport)}
}

// Handle answers requests that match a pattern of [http.ServeMux], such as
// "POST /api/pins.add".
func (f *Fake) Handle(pattern string, answer http.HandlerFunc) { f.mux.HandleFunc(pattern, answer) }

// Answer answers requests that match a pattern with a status and JSON documents:
// the first request with the first, and so on, the last one again and again.
func (f *Fake) Answer(pattern string, status int, documents ...string) {
	var mu sync.Mutex
	next := 0
	f.Handle(pattern, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		document := documents[next]
		next = min(next+1, len(documents)-1)
		mu.Unlock()
		WriteJSON(f.t, w, status, document)
	})
}

// WriteJSON sends a JSON document as an answer.
func WriteJSON(t testing.TB, w http.ResponseWriter, status int, document string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if _, err := io.WriteString(w, document); err != nil {
		t.Errorf("send an answer: %v", err)
	}
}

// Requests returns what was received at a path, in order.
func (f *Fake) Requests(path string) []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []Request
	for _, request := range f.requests {
		if request.Path == path {
			found = append(found, request)
		}
	}
	return found
}

// serve keeps the request and routes it.
func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	request, err := received(r)
	if err != nil {
		f.t.Errorf("read %s %s: %v", r.Method, r.URL, err)
		return
	}
	f.mu.Lock()
	f.requests = append(f.requests, request)
	f.mu.Unlock()
	f.mux.ServeHTTP(w, r)
}

// received reads a request, which can be read again afterwards.
func received(r *http.Request) (Request, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Request{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseForm(); err != nil {
		return Request{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return Request{
		Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(),
		Query: r.URL.Query(), Form: r.PostForm, Body: body,
	}, nil
}
