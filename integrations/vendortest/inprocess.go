package vendortest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
)

// InProcess returns a transport that hands each request to a handler, without a
// network, so that it works in the virtual time of testing/synctest. The handler runs to
// its end before there is an answer; one that waits must heed the request's context. A
// handler that panics with http.ErrAbortHandler breaks the connection off.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (p inProcess) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	var body []byte
	if req.Body != nil {
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
	}
	received := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), bytes.NewReader(body))
	received.Header = req.Header.Clone()
	defer func() {
		switch broken := recover(); broken {
		case nil:
		case http.ErrAbortHandler:
			resp, err = nil, io.ErrUnexpectedEOF
		default:
			panic(broken)
		}
	}()
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, received)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}
