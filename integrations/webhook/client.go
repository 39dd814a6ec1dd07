package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations"
)

const (
	// maxReasonLength bounds what is quoted of a refusal.
	maxReasonLength = 200
	// minTokenLength tells tokens in a path from words such as "services".
	minTokenLength = 16
)

// Options say whom to tell.
type Options struct {
	// URL is where notices are posted.
	URL integrations.Secret
	// Secret signs them. Empty means no signature.
	Secret integrations.Secret
	// HTTPClient carries the requests, with the guards of
	// [integrations.NewHTTPClient] added. Nil means a client of its own.
	HTTPClient *http.Client
}

// Client posts notices to one address. Its methods may be called by many goroutines at
// once; every error is an [*integrations.Error].
type Client struct {
	url    string
	secret integrations.Secret
	http   *http.Client
	calls  *integrations.Caller
}

// New returns a client. It sends nothing yet. The error does not quote the URL.
func New(options Options) (*Client, error) {
	address, ok := integrations.WebAddress(options.URL.Reveal())
	if !ok {
		return nil, errors.New("webhook: the URL is not a web address")
	}
	return &Client{
		url: options.URL.Reveal(), secret: options.Secret, http: integrations.NewHTTPClient(options.HTTPClient),
		calls: integrations.NewCaller(integrations.Webhook, explain, append(secretsIn(address), options.URL, options.Secret)...),
	}, nil
}

// secretsIn are the parts of an address that may be tokens: all but its scheme and host.
func secretsIn(address *url.URL) []integrations.Secret {
	password, _ := address.User.Password()
	parts := []integrations.Secret{
		integrations.Secret(address.String()), integrations.Secret(address.RequestURI()), integrations.Secret(address.EscapedPath()),
		integrations.Secret(address.RawQuery), integrations.Secret(password),
	}
	for _, values := range address.Query() {
		for _, value := range values {
			parts = append(parts, integrations.Secret(value))
		}
	}
	for segment := range strings.SplitSeq(address.Path, "/") {
		if len(segment) >= minTokenLength {
			parts = append(parts, integrations.Secret(segment))
		}
	}
	return parts
}

// document is what is posted.
type document struct {
	// Key is the same as in the header Idempotency-Key.
	Key      string           `json:"key"`
	Text     string           `json:"text"`
	Incident incidentDocument `json:"incident"`
}

type incidentDocument struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary"`
	Service    string    `json:"service"`
	Severity   string    `json:"severity"`
	Status     string    `json:"status"`
	DeclaredAt time.Time `json:"declared_at"`
	URL        string    `json:"url"`
}

// Notify posts a notice. A repetition is posted again, with the same Idempotency-Key.
func (c *Client) Notify(ctx context.Context, n incident.Notice) error {
	const operation = "POST"
	body, err := json.Marshal(document{
		Key: n.Key, Text: n.Text,
		Incident: incidentDocument{
			ID: string(n.Incident), Title: n.Title, Summary: n.Summary, Service: n.Service,
			Severity: string(n.Severity), Status: string(n.Status), DeclaredAt: n.DeclaredAt.UTC(), URL: n.URL,
		},
	})
	if err != nil {
		return c.calls.Refuse(operation, "the notice cannot be written: %v", err)
	}
	return c.calls.Call(ctx, operation, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", n.Key)
		if c.secret != "" {
			request.Header.Set("X-Hub-Signature-256", sign(c.secret, body))
		}
		response, err := c.http.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode >= 300 {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	})
}

func sign(secret integrations.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body) // documented never to fail
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// explain quotes the beginning of a refusal, unless it is a page made for browsers.
func explain(refusal integrations.Refusal) (code, message string) {
	text := integrations.Line(string(refusal.Body))
	if strings.HasPrefix(text, "<") {
		return "", ""
	}
	return "", integrations.Shorten(text, maxReasonLength, integrations.UTF16Length)
}
