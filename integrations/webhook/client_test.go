package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/sandbox"
	"muster/integrations/vendortest"
	"muster/integrations/webhook"
)

const (
	token  = "sample-token-in-the-path"
	secret = "sample-signing-secret"
)

func sample() incident.Notice {
	return incident.Notice{
		Key: "muster-test-INC-42-page-by-webhook.23", Text: "PagerDuty has not taken the page",
		Incident: "INC-42", Title: "Checkout <fails>", Summary: "Payments are declined", Service: "checkout",
		Severity: "SEV1", Status: incident.Investigating, DeclaredAt: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC),
		URL: "https://muster.example.com/incidents/INC-42",
	}
}

func newClient(t *testing.T, url string, client *http.Client) *webhook.Client {
	t.Helper()
	c, err := webhook.New(webhook.Options{URL: integrations.Secret(url + "/hooks/" + token), Secret: secret, HTTPClient: client})
	require.NoError(t, err)
	return c
}

func TestANoticeSaysWhatAReceiverNeeds(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Webhook)
	fake.Handle("POST /hooks/"+token, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	require.NoError(t, newClient(t, fake.URL, nil).Notify(t.Context(), sample()))
	require.NoError(t, newClient(t, fake.URL, nil).Notify(t.Context(), sample()))

	received := fake.Requests("/hooks/" + token)
	require.Len(t, received, 2)
	for _, request := range received {
		require.Equal(t, "application/json", request.Header.Get("Content-Type"))
		require.Equal(t, "muster-test-INC-42-page-by-webhook.23", request.Header.Get("Idempotency-Key"), "the same on every repetition")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(request.Body)
		require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), request.Header.Get("X-Hub-Signature-256"))
		require.JSONEq(t, `{
			"key": "muster-test-INC-42-page-by-webhook.23", "text": "PagerDuty has not taken the page",
			"incident": {
				"id": "INC-42", "title": "Checkout <fails>", "summary": "Payments are declined", "service": "checkout",
				"severity": "SEV1", "status": "investigating", "declared_at": "2026-03-10T12:00:00Z",
				"url": "https://muster.example.com/incidents/INC-42"
			}
		}`, string(request.Body))
	}
}

func TestWithoutASecretNothingIsSigned(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Webhook)
	fake.Answer("POST /", http.StatusOK, `{}`)
	c, err := webhook.New(webhook.Options{URL: integrations.Secret(fake.URL)})
	require.NoError(t, err)
	require.NoError(t, c.Notify(t.Context(), sample()))
	require.Empty(t, fake.Requests("/")[0].Header.Values("X-Hub-Signature-256"))
}

// What the answer says is no matter, so the kit's answers that claim success and are none
// do not apply here; these are the others.
func TestTheStatusDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		body       string
		taken      bool
		final      bool
		delay      time.Duration
		says       string
	}{
		"accepted":               {status: http.StatusAccepted, taken: true},
		"a page with 200":        {status: http.StatusOK, body: "<html>ok</html>", taken: true},
		"nothing to say":         {status: http.StatusNoContent, taken: true},
		"not modified":           {status: http.StatusNotModified, final: true},
		"malformed":              {status: http.StatusBadRequest, body: "no such room", final: true, says: "no such room"},
		"a wrong signature":      {status: http.StatusUnauthorized, final: true},
		"gone":                   {status: http.StatusGone, body: "<html>gone</html>", final: true, says: "refused without a reason"},
		"too slow to listen":     {status: http.StatusRequestTimeout},
		"too many":               {status: http.StatusTooManyRequests, retryAfter: "17", delay: 17 * time.Second},
		"trouble of its own":     {status: http.StatusInternalServerError, says: "trouble of its own"},
		"away":                   {status: http.StatusServiceUnavailable, retryAfter: "86400", delay: integrations.MaxDelay},
		"a gateway waited":       {status: http.StatusGatewayTimeout},
		"it quotes what we sent": {status: http.StatusForbidden, final: true, body: token + " " + secret + " /hooks/" + url.PathEscape(token)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			t.Cleanup(server.Close)
			err := newClient(t, server.URL, nil).Notify(t.Context(), sample())
			if test.taken {
				require.NoError(t, err)
				return
			}
			failure := checked(t, err)
			require.Equal(t, test.final, failure.Permanent(), failure)
			require.Equal(t, test.delay, failure.Delay())
			require.Contains(t, failure.Message, test.says)
		})
	}
}

// checked is an error as every vendor package has it, which shows no secret.
func checked(t *testing.T, err error) *integrations.Error {
	t.Helper()
	var failure *integrations.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, integrations.Webhook, failure.Vendor)
	require.NotEmpty(t, failure.Message)
	for _, shown := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, failure)} {
		require.NotContains(t, shown, token)
		require.NotContains(t, shown, secret)
	}
	return failure
}

func TestNoRedirectLeadsElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed a redirect to another host: %s %s", r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/"+token, status))
			t.Cleanup(server.Close)
			require.True(t, checked(t, newClient(t, server.URL, nil).Notify(t.Context(), sample())).Permanent())
		})
	}
}

func TestAReceiverThatIsNotThereIsRetried(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	require.False(t, checked(t, newClient(t, server.URL, nil).Notify(t.Context(), sample())).Permanent())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newClient(t, server.URL, nil).Notify(ctx, sample())
	require.ErrorIs(t, checked(t, err), context.Canceled)
}

func TestANoticeWhoseAnswerIsLostIsKnownByItsKey(t *testing.T) {
	t.Parallel()
	vendortest.Once(t, vendortest.Effect{
		Vendor: integrations.Webhook,
		New: func(t *testing.T, url string) vendortest.Changed {
			box, err := sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "sandbox.db"), PublicURL: url})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, box.Close()) })
			return vendortest.Changed{
				Vendor: box,
				Call: func(t *testing.T, client *http.Client) func(context.Context) error {
					c, err := webhook.New(webhook.Options{URL: integrations.Secret(box.WebhookURL()), HTTPClient: client})
					require.NoError(t, err)
					return func(ctx context.Context) error { return c.Notify(ctx, sample()) }
				},
				Done: func(t *testing.T) int {
					recorder := httptest.NewRecorder()
					box.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/sandbox/state", nil))
					var state struct {
						Webhook struct{ Deliveries []json.RawMessage }
					}
					require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &state))
					return len(state.Webhook.Deliveries)
				},
			}
		},
	})
}

func TestAnAddressThatCannotWorkIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", token, "ftp://example.com/" + token, "https:///" + token, "https://example.com/%zz" + token} {
		_, err := webhook.New(webhook.Options{URL: integrations.Secret(address)})
		require.Error(t, err)
		require.NotContains(t, err.Error(), token)
	}
}
