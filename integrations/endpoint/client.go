package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations"

	"golang.org/x/net/http/httpguts"
)

const (
	// MaxAnswerBytes bounds what is read of an answer, once it is decompressed.
	MaxAnswerBytes = 1 << 20
	// MaxTimeout bounds a request, whatever it asks for.
	MaxTimeout = time.Minute
	// maxReason bounds what is quoted of a refusal, in UTF-16 units.
	maxReason = 200
	// idempotencyKey is the header by which a receiver recognises a repetition.
	idempotencyKey = "Idempotency-Key"
)

// ownHeaders are those that belong to the connection.
var ownHeaders = []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// Options say where requests may go.
type Options struct {
	Allowed Allowed
}

// Client sends requests. Its methods may be called by many goroutines at once; every error
// is an [*integrations.Error].
type Client struct{ http *http.Client }

// New returns a client. It sends nothing yet.
func New(o Options) *Client {
	client := integrations.NewHTTPClient(&http.Client{
		Timeout: MaxTimeout,
		Transport: &http.Transport{
			DialContext:         o.Allowed.dial,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: dialLimit,
			IdleConnTimeout:     time.Minute,
			MaxIdleConns:        20,
		},
	})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: client}
}

// Send sends a request once and returns the answer if its status is one of those expected.
// Otherwise the error says why not, in the words of whoever answered, and whether another
// attempt is worthwhile: after network failures, timeouts, 408, 425, 429 and 5xx it is. A
// repetition is sent again, with the same Idempotency-Key.
func (c *Client) Send(ctx context.Context, r incident.Request) (incident.Answer, error) {
	secrets := make([]integrations.Secret, len(r.Secrets))
	for i, secret := range r.Secrets {
		secrets[i] = integrations.Secret(secret)
	}
	host := ""
	calls := integrations.NewCaller(integrations.HTTP, func(refusal integrations.Refusal) (code, message string) {
		return explain(host, refusal, secrets)
	}, secrets...)
	request, err := newRequest(r)
	if err != nil {
		return incident.Answer{}, calls.Refuse(r.Method, "%s", err)
	}
	host = request.URL.Host
	var answer incident.Answer
	err = calls.Call(ctx, r.Method, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, min(r.Timeout, MaxTimeout))
		defer cancel()
		response, err := c.http.Do(request.WithContext(ctx))
		var refused *refusal
		if errors.As(err, &refused) {
			return calls.Refuse(r.Method, "%s", refused)
		}
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswerBytes+1))
		if err != nil {
			return err
		}
		if !expected(r, response.StatusCode) {
			return &unexpected{status: response.StatusCode, location: response.Header.Get("Location"), body: body}
		}
		answer = incident.Answer{Status: response.StatusCode, Whole: len(body) <= MaxAnswerBytes}
		text := strings.ToValidUTF8(string(body[:min(len(body), MaxAnswerBytes)]), "\ufffd")
		answer.Body = integrations.Redact(text, secrets...)
		return nil
	})
	return answer, err
}

func expected(r incident.Request, status int) bool {
	if r.Expected == nil {
		return status >= 200 && status < 300
	}
	return r.Expected(status)
}

// newRequest returns the request as it is sent, or says what cannot be sent. Neither quotes
// what may be secret.
func newRequest(r incident.Request) (*http.Request, error) {
	address, ok := integrations.WebAddress(strings.TrimSpace(r.URL))
	if !ok {
		return nil, errors.New("the url is not a whole web address, such as https://deploy.example.com/hooks/rollback")
	}
	if address.User != nil {
		return nil, errors.New("the url holds a user or a password: send credentials in a header, from a secret")
	}
	if r.Timeout <= 0 {
		return nil, errors.New("the timeout is not positive")
	}
	var body io.Reader
	if r.Body != "" {
		body = strings.NewReader(r.Body)
	}
	// The context of the call comes later.
	request, err := http.NewRequestWithContext(context.Background(), r.Method, address.String(), body)
	if err != nil {
		return nil, errors.New("there is no such method")
	}
	request.Header.Set(idempotencyKey, r.Key)
	if r.Body != "" {
		request.Header.Set("Content-Type", contentType(r.Body))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return nil, fmt.Errorf("%q is no name of a header", name)
		case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
			return nil, fmt.Errorf("the header %s is not for playbooks to set", name)
		case !httpguts.ValidHeaderFieldValue(r.Header[name]):
			return nil, fmt.Errorf("the header %s holds a line break or another control character", name)
		}
		request.Header.Set(name, r.Header[name])
	}
	return request, nil
}

func contentType(body string) string {
	if json.Valid([]byte(body)) {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

// unexpected is an answer whose status does not mean success.
type unexpected struct {
	status   int
	location string
	body     []byte
}

func (u *unexpected) Error() string { return fmt.Sprintf("status %d", u.status) }

// explain says what an unexpected answer says of itself.
func explain(host string, refused integrations.Refusal, secrets []integrations.Secret) (code, message string) {
	var answer *unexpected
	if !errors.As(refused.Err, &answer) {
		return "", ""
	}
	// Cut only in the end: half a secret would not be found.
	words := integrations.Shorten(integrations.Redact(reason(answer.body), secrets...), maxReason, integrations.UTF16Length)
	switch {
	case answer.status >= 300 && answer.status < 400:
		return "", host + " answers with a redirect to " + target(answer.location) + ", which is not followed"
	case answer.status < 300:
		// Not what a proxy made of it, but not what the playbook expects either.
		return "unexpected_status", host + " answers with a status that the playbook does not expect"
	case words != "":
		return "", host + " answers: " + words
	default:
		return "", host + " refuses without a reason"
	}
}

// target names the host of a redirect, whose path may hold a token.
func target(location string) string {
	address, err := url.Parse(location)
	if err != nil || address.Host == "" {
		return "another path"
	}
	return address.Host
}

// reasonFields are where services say what is wrong, the most telling first: RFC 9457, and
// what is usual beside it.
var reasonFields = []string{"detail", "message", "error_description", "error", "title", "msg"}

// reason quotes the beginning of a refusal, or what it says in JSON, unless it is a page made
// for browsers.
func reason(body []byte) string {
	var document map[string]any
	if json.Unmarshal(body, &document) == nil {
		for _, field := range reasonFields {
			if text, ok := document[field].(string); ok && text != "" {
				return integrations.Line(text)
			}
		}
	}
	text := integrations.Line(string(body))
	if strings.HasPrefix(text, "<") {
		return ""
	}
	return text
}
