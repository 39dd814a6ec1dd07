package integrations

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// RequestTimeout bounds one request, from dialling to the last byte of the answer.
	RequestTimeout = 20 * time.Second
	// MaxAnswerBytes bounds an answer. The largest that is expected, a thousand
	// Slack channels, stays below 2 MiB.
	MaxAnswerBytes = 8 << 20
	// maxRefusalBytes bounds how much of a refusal is read for its message.
	maxRefusalBytes = 64 << 10
	// userAgent names Muster in the vendors' logs.
	userAgent = "muster"
)

// errOversized is a bounded body's error when the answer goes on too long.
var errOversized = fmt.Errorf("the answer is longer than %d MiB", MaxAnswerBytes>>20)

// redirectError is a redirect that is not followed.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return fmt.Sprintf("the answer is a redirect to %s, which is not followed: check the configured URL", e.to)
}

// NewHTTPClient returns the client that every vendor package talks through. It is
// base, or a client of its own for nil, with these guards added: a time limit
// ([RequestTimeout] unless base has one), a size limit ([MaxAnswerBytes]), our
// User-Agent, no redirect to another host, to plain HTTP or to another method, and
// the memory that [Caller.Call] needs. The base is not changed. A client that has the
// guards already may be given again.
func NewHTTPClient(base *http.Client) *http.Client {
	client := &http.Client{}
	if base != nil {
		*client = *base
	}
	if _, guarded := client.Transport.(*guard); !guarded {
		client.Transport = &guard{
			next:  cmp.Or(client.Transport, http.DefaultTransport),
			limit: cmp.Or(client.Timeout, RequestTimeout),
		}
		// The guard keeps the time: what the client would say of a timeout depends on
		// the transports between them.
		client.Timeout = 0
	}
	client.CheckRedirect = checkRedirect
	return client
}

// checkRedirect follows a redirect only where credentials and the meaning of the
// request survive it.
func checkRedirect(next *http.Request, before []*http.Request) error {
	const most = 3
	first := before[0]
	sameHost := next.URL.Host == first.URL.Host
	downgraded := first.URL.Scheme == "https" && next.URL.Scheme != "https"
	if sameHost && !downgraded && next.Method == first.Method && len(before) <= most {
		return nil
	}
	err := &redirectError{to: next.URL.Scheme + "://" + next.URL.Host}
	exchangeFrom(next.Context()).failed(err)
	return err
}

// exchange is what one call has seen of the vendor: its last request's fate. It
// belongs to one [Caller.Call], whose requests follow one another.
type exchange struct {
	status int
	header http.Header
	// refusal is the beginning of the body of an answer that is no success.
	refusal []byte
	// failure is why there was no answer, or no whole one.
	failure error
}

// exchangeKey finds the exchange in a request's context.
type exchangeKey struct{}

// exchangeFrom returns the exchange of a call, or one that nobody reads for
// requests made outside of a call.
func exchangeFrom(ctx context.Context) *exchange {
	if seen, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return seen
	}
	return &exchange{}
}

func (x *exchange) answered(resp *http.Response, refusal []byte) {
	*x = exchange{status: resp.StatusCode, header: resp.Header, refusal: refusal}
}

func (x *exchange) failed(err error) { x.failure = err }

// guard is the transport behind [NewHTTPClient].
type guard struct {
	next  http.RoundTripper
	limit time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	seen := exchangeFrom(req.Context())
	*seen = exchange{}
	ctx, cancel := context.WithTimeout(req.Context(), g.limit)
	req = req.Clone(ctx)
	req.Header.Set("User-Agent", userAgent)
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		cancel()
		seen.failed(err)
		return nil, err
	}
	if resp.StatusCode < 400 {
		seen.answered(resp, nil)
		resp.Body = &boundedBody{body: resp.Body, left: MaxAnswerBytes, seen: seen, cancel: cancel}
		return resp, nil
	}
	// Read here, because libraries differ in what they keep of a refusal, and some
	// forget to close it.
	refusal, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusalBytes))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		// The status alone decides what happens next; a torn message is still a message.
		refusal = append(refusal, " (the message ends early)"...)
	}
	cancel()
	seen.answered(resp, refusal)
	resp.Body = io.NopCloser(bytes.NewReader(refusal))
	return resp, nil
}

// boundedBody is an answer that ends in errOversized instead of filling the memory.
type boundedBody struct {
	body   io.ReadCloser
	left   int64
	seen   *exchange
	cancel context.CancelFunc
}

// Read implements [io.Reader].
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.seen.failed(errOversized)
		return 0, errOversized
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.seen.failed(err)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}
