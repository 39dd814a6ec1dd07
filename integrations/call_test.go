package integrations_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

// get makes a call to a server and returns what came back. It flattens errors into
// text, as some libraries do.
func get(t *testing.T, caller *integrations.Caller, url string) (string, error) {
	t.Helper()
	client := integrations.NewHTTPClient(nil)
	return integrations.Ask(t.Context(), caller, "GET /", func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return "", err
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", errors.New("flattened: " + err.Error())
		}
		body, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return "", errors.New("flattened: " + err.Error())
		}
		if resp.StatusCode >= 400 || string(body) == "refused" {
			return "", errors.New("refused")
		}
		return string(body), nil
	})
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func silent(integrations.Refusal) (code, message string) { return "", "" }

func TestAskReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "an answer to %s", r.UserAgent())
	})
	answer, err := get(t, integrations.NewCaller(integrations.Slack, silent), address)
	require.NoError(t, err)
	require.Equal(t, "an answer to muster", answer)
}

func TestCallExplainsARefusalInTheVendorsWords(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprint(w, "short and stout")
	})
	caller := integrations.NewCaller(integrations.Jira, func(refusal integrations.Refusal) (code, message string) {
		require.EqualError(t, refusal.Err, "refused")
		require.Equal(t, http.StatusTeapot, refusal.Status)
		return "teapot", string(refusal.Body)
	})
	_, err := get(t, caller, address)
	require.EqualError(t, err, "jira: GET /: short and stout (teapot, HTTP 418)")
	require.True(t, integrations.IsFinal(err))
	require.True(t, integrations.HasCode(err, "kettle", "teapot"))
	require.False(t, integrations.HasCode(err, "kettle"))
	require.False(t, integrations.HasCode(nil, "teapot"))
}

func TestCallHasWordsWhereTheVendorHasNone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status     int
		code, want string
	}{
		"for a code":              {http.StatusOK, "some_code", "slack: GET /: refused (some_code, HTTP 200)"},
		"for too many requests":   {http.StatusTooManyRequests, "", "slack: GET /: too many requests (HTTP 429)"},
		"for a bare status":       {http.StatusBadGateway, "", "slack: GET /: the vendor has trouble of its own (HTTP 502)"},
		"for an answer not to be": {http.StatusOK, "", `the answer cannot be read (its type is "text/plain; charset=utf-8"): is the configured URL the vendor's?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(row.status)
				_, _ = fmt.Fprint(w, "refused")
			})
			caller := integrations.NewCaller(integrations.Slack, func(integrations.Refusal) (string, string) { return row.code, "" })
			_, err := get(t, caller, address)
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestCallTakesSecretsOutOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, "token sample-a, longer sample-a-long, later sample-b, short abc")
	})
	caller := integrations.NewCaller(integrations.Slack, func(r integrations.Refusal) (string, string) { return "", string(r.Body) }, "sample-a", "abc")
	caller.Conceal("", "sample-a-long", "sample-b", "sample-b")
	_, err := get(t, caller, address)
	require.ErrorContains(t, err, "token [redacted], longer [redacted], later [redacted], short abc")

	err = caller.Refuse("GET /", "the key %s is odd", "sample-b")
	require.EqualError(t, err, "slack: GET /: the key [redacted] is odd")
}

func TestCallTakesASecretOfOneCallOutOfItsErrorsOnly(t *testing.T) {
	t.Parallel()
	caller := integrations.NewCaller(integrations.Slack, silent, "sample-token")
	require.EqualError(t, caller.Concealing("sample-address").Refuse("POST /", "sample-token at sample-address"),
		"slack: POST /: [redacted] at [redacted]")
	require.EqualError(t, caller.Refuse("POST /", "sample-token at sample-address"), "slack: POST /: [redacted] at sample-address")
}

func TestCallQuotesOnlyTheBeginningOfALongRefusal(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, strings.Repeat("no\n", 100_000))
	})
	_, err := get(t, integrations.NewCaller(integrations.Slack, func(r integrations.Refusal) (string, string) { return "", string(r.Body) }), address)
	require.Less(t, len(err.Error()), 600)
	require.NotContains(t, err.Error(), "\n")
}

func TestCallOfSomethingThatIsNeverSentIsFinal(t *testing.T) {
	t.Parallel()
	_, err := get(t, integrations.NewCaller(integrations.Slack, silent), "https://%zz")
	require.ErrorContains(t, err, "invalid URL escape")
	require.True(t, integrations.IsFinal(err))
}

func TestCallPassesOurOwnErrorsOn(t *testing.T) {
	t.Parallel()
	caller := integrations.NewCaller(integrations.Slack, silent)
	inner := caller.Unreadable("inner", "an id")
	err := caller.Call(t.Context(), "outer", func(context.Context) error { return fmt.Errorf("wrapped: %w", inner) })
	require.Same(t, inner, err)
	require.EqualError(t, err, "slack: inner: the answer claims success but lacks an id")
	require.False(t, integrations.IsFinal(err))
}

func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		header, value string
		want          time.Duration
	}{
		"seconds":                        {"Retry-After", "30", 30 * time.Second},
		"parts of a second":              {"Retry-After", "0.5", 500 * time.Millisecond},
		"seconds of PagerDuty":           {"ratelimit-reset", "45", 45 * time.Second},
		"more than anybody should wait":  {"Retry-After", "86400", integrations.MaxDelay},
		"something that is not a number": {"Retry-After", "NaN", 30 * time.Second},
		"nothing":                        {"Retry-After", "", 30 * time.Second},
		"a date of Jira that has passed": {"X-RateLimit-Reset", "2000-01-01T00:00Z", 0},
		"a date of Jira far ahead":       {"X-RateLimit-Reset", "9999-01-01T00:00:00Z", integrations.MaxDelay},
		"a number in the date's place":   {"X-RateLimit-Reset", "1700000000", 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(row.header, row.value)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			_, err := get(t, integrations.NewCaller(integrations.PagerDuty, silent), address)
			var failure *integrations.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, row.want, failure.Delay())
		})
	}
}

func TestRedirectIsFollowedOnlyWhereTheRequestSurvivesIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		method string
		status int
		to     func(host string) string
		want   string
	}{
		"to the same host": {http.MethodPost, http.StatusPermanentRedirect, func(string) string { return "/end" }, ""},
		"not to another method": {
			http.MethodPost, http.StatusFound, func(string) string { return "/end" }, "which is not followed: check the configured URL",
		},
		"not to another host": {
			http.MethodGet, http.StatusFound, func(string) string { return "https://other.example.com/end" }, "redirect to https://other.example.com,",
		},
		"not to another port": {
			http.MethodGet, http.StatusFound, func(host string) string { return "http://" + host + "0/end" }, "which is not followed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/end" {
					if r.Method != row.method {
						t.Errorf("a %s became a %s", row.method, r.Method)
					}
					return
				}
				w.Header().Set("Location", row.to(r.Host))
				w.WriteHeader(row.status)
			})
			req, err := http.NewRequestWithContext(t.Context(), row.method, address, strings.NewReader("body"))
			require.NoError(t, err)
			resp, err := integrations.NewHTTPClient(nil).Do(req)
			if row.want == "" {
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				return
			}
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestNewHTTPClientLeavesItsBaseAlone(t *testing.T) {
	t.Parallel()
	used := false
	base := &http.Client{Timeout: time.Minute, Transport: transport(func(r *http.Request) (*http.Response, error) {
		used = true
		deadline, ok := r.Context().Deadline()
		require.True(t, ok)
		require.Greater(t, time.Until(deadline), integrations.RequestTimeout, "the base's own limit counts")
		return nil, &url.Error{Op: "Get", URL: "x", Err: io.ErrUnexpectedEOF}
	})}
	client := integrations.NewHTTPClient(integrations.NewHTTPClient(base))
	_, err := client.Get("https://sample.example.com")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, used)
	require.Equal(t, time.Minute, base.Timeout)
	require.Nil(t, base.CheckRedirect)
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
