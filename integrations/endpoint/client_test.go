package endpoint_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/endpoint"

	"github.com/stretchr/testify/require"
)

const token = "s3cr3t/token+value"

// loopback lets tests reach their own servers.
var loopback = endpoint.Allowed{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func request(url string) incident.Request {
	return incident.Request{
		Key: "muster-test-INC-1-rollback", Method: http.MethodPost, URL: url, Timeout: 10 * time.Second,
		Header: map[string]string{"Authorization": "Bearer " + token}, Secrets: []string{token},
	}
}

func send(t *testing.T, r incident.Request) (incident.Answer, *integrations.Error) {
	t.Helper()
	answer, err := endpoint.New(endpoint.Options{Allowed: loopback}).Send(t.Context(), r)
	if err == nil {
		return answer, nil
	}
	var failure *integrations.Error
	require.ErrorAs(t, err, &failure)
	require.NotContains(t, err.Error(), token)
	return answer, failure
}

func TestARequestIsSentAsAsked(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id": 7}`)
	})
	r := request(url + "/hooks/rollback?dry=1")
	r.Body, r.Header["X-Version"] = `{"version": "1.2"}`, "1.2"
	answer, failure := send(t, r)
	require.Nil(t, failure)
	require.Equal(t, incident.Answer{Status: http.StatusCreated, Body: `{"id": 7}`, Whole: true}, answer)
	require.Equal(t, "/hooks/rollback?dry=1", got.URL.String())
	require.JSONEq(t, `{"version": "1.2"}`, string(body))
	for name, want := range map[string]string{
		"Authorization": "Bearer " + token, "X-Version": "1.2", "Content-Type": "application/json",
		"Idempotency-Key": "muster-test-INC-1-rollback", "User-Agent": "muster",
	} {
		require.Equal(t, want, got.Header.Get(name), name)
	}
}

func TestTheStatusDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header map[string]string
		body   string
		expect func(int) bool
		final  bool
		delay  time.Duration
		want   string
	}{
		"a refusal is final, in the words of the problem document": {
			status: 422, body: `{"title": "Unprocessable", "detail": "there is no version 1.2"}`, final: true, want: "answers: there is no version 1.2 (HTTP 422)",
		},
		"a refusal in plain text":                  {status: 400, body: "no such\nhook", final: true, want: "answers: no such hook"},
		"a page for browsers is not quoted":        {status: 403, body: "<html>Sign in</html>", final: true, want: "refuses without a reason"},
		"trouble is tried again":                   {status: 503, body: "later", want: "answers: later (HTTP 503)"},
		"too many are tried again when told":       {status: 429, header: map[string]string{"Retry-After": "7"}, delay: 7 * time.Second, want: "HTTP 429"},
		"too many without a time":                  {status: 429, delay: 30 * time.Second, want: "HTTP 429"},
		"a success that is not expected is final":  {status: 200, expect: func(s int) bool { return s == 202 }, final: true, want: "does not expect (unexpected_status, HTTP 200)"},
		"a redirect is not followed":               {status: 302, header: map[string]string{"Location": "https://elsewhere.example.com/?t=abc"}, final: true, want: "a redirect to elsewhere.example.com, which is not followed"},
		"a redirect within the host is not either": {status: 307, header: map[string]string{"Location": "/other"}, final: true, want: "a redirect to another path"},
		"a secret that comes back is not shown":    {status: 400, body: "bad token " + token, final: true, want: "bad token [redacted]"},
		"a long refusal is cut":                    {status: 400, body: strings.Repeat("no ", 500) + "end", final: true, want: "no no…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			r.Expected = test.expect
			_, failure := send(t, r)
			require.NotNil(t, failure)
			require.Equal(t, test.final, failure.Permanent(), failure)
			require.Equal(t, test.delay, failure.Delay())
			require.ErrorContains(t, failure, test.want)
			require.Less(t, len(failure.Error()), 400)
		})
	}
}

func TestAStatusThatIsExpectedIsASuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{204, 302, 404, 503} {
		r := request(serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		r.Expected = func(s int) bool { return s == status }
		answer, failure := send(t, r)
		require.Nil(t, failure)
		require.Equal(t, status, answer.Status)
	}
}

func TestAnAnswerIsBoundedAndFreeOfSecrets(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			_, _ = io.WriteString(w, `{"a":"`+token+`","b":"s3cr3t\/token+value","c":"s3cr3t%2Ftoken%2Bvalue"}`)
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 3<<20))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.Copy(z, io.LimitReader(zeros{}, 64<<20))
			_ = z.Close()
		case "/binary":
			_, _ = w.Write([]byte{'a', 0xff, 0xfe, 'b'})
		}
	})
	answer, failure := send(t, request(url+"/echo"))
	require.Nil(t, failure)
	require.Equal(t, `{"a":"[redacted]","b":"[redacted]","c":"[redacted]"}`, answer.Body)
	for _, path := range []string{"/long", "/bomb"} {
		answer, failure = send(t, request(url+path))
		require.Nil(t, failure)
		require.False(t, answer.Whole)
		require.LessOrEqual(t, len(answer.Body), 3*endpoint.MaxAnswerBytes)
	}
	answer, failure = send(t, request(url+"/binary"))
	require.Nil(t, failure)
	require.Equal(t, "a\ufffdb", answer.Body)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*incident.Request){
		"not a whole web address":             func(r *incident.Request) { r.URL = "deploy.example.com/hooks" },
		"not a whole web address, such":       func(r *incident.Request) { r.URL = "file:///etc/passwd" },
		"holds a user or a password":          func(r *incident.Request) { r.URL = "https://me:" + "pass" + "@example.com" },
		"there is no such method":             func(r *incident.Request) { r.Method = "GET / HTTP/1.1\r\nX: y" },
		"is no name of a header":              func(r *incident.Request) { r.Header["X-A\r\nX-B"] = "1" },
		"holds a line break":                  func(r *incident.Request) { r.Header["X-A"] = "1\r\nX-Injected: 2" },
		"the header X-Token holds a line":     func(r *incident.Request) { r.Header["X-Token"] = token + "\n" },
		"the header host is not for":          func(r *incident.Request) { r.Header["host"] = "internal" },
		"the header Transfer-Encoding is not": func(r *incident.Request) { r.Header["Transfer-Encoding"] = "chunked" },
		"the timeout is not positive":         func(r *incident.Request) { r.Timeout = 0 },
	} {
		r := request("https://deploy.example.com")
		change(&r)
		_, failure := send(t, r)
		require.NotNil(t, failure, want)
		require.True(t, failure.Permanent())
		require.ErrorContains(t, failure, want)
		require.NotContains(t, failure.Error(), "pass@")
	}
}

func TestARequestThatTakesTooLongIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := request(serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	r.Timeout = 50 * time.Millisecond
	_, failure := send(t, r)
	require.NotNil(t, failure)
	require.False(t, failure.Permanent())
	require.ErrorIs(t, failure, context.DeadlineExceeded)
	require.ErrorContains(t, failure, "no answer in time; the call may have taken effect")
}

func TestWhoCannotBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, failure := send(t, request(server.URL+"/hooks?key=in-the-address"))
	require.NotNil(t, failure)
	require.False(t, failure.Permanent())
	require.ErrorContains(t, failure, "cannot be reached")
	require.NotContains(t, failure.Error(), "in-the-address")
}

func TestPrivateAddressesAreRefusedWhenTheyAreDialled(t *testing.T) {
	t.Parallel()
	reached := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { reached = true })
	port := url[strings.LastIndex(url, ":"):]
	for _, address := range []string{"http://127.0.0.1" + port, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port} {
		_, err := endpoint.New(endpoint.Options{}).Send(t.Context(), request(address))
		require.True(t, integrations.IsFinal(err), "%s: %v", address, err)
		require.ErrorContains(t, err, "has a loopback address (")
		require.ErrorContains(t, err, "below http: allow: in muster.yaml")
	}
	require.False(t, reached)
	for _, allowed := range []endpoint.Allowed{loopback, {Hosts: []string{"localhost"}}} {
		_, err := endpoint.New(endpoint.Options{Allowed: allowed}).Send(t.Context(), request("http://localhost"+port))
		require.NoError(t, err)
	}
	require.True(t, reached)
}

func TestWhichAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"8.8.8.8": "", "2606:4700::1111": "", "172.32.0.1": "", "100.128.0.1": "", "64:ff9b::808:808": "",
		"10.1.2.3": "a private", "172.16.0.1": "a private", "192.168.1.1": "a private", "fd12::1": "a private", "fec0::1": "a private",
		"127.0.0.1": "a loopback", "127.8.8.8": "a loopback", "::1": "a loopback", "::ffff:127.0.0.1": "a loopback",
		"169.254.169.254": "a link-local", "fe80::1%eth0": "a link-local", "::ffff:169.254.169.254": "a link-local",
		"100.64.0.1": "a shared (carrier's)", "100.100.100.200": "a shared (carrier's)",
		"168.63.129.16": "a metadata service's", "fd00:ec2::254": "a metadata service's", "192.0.0.192": "a reserved",
		"224.0.0.1": "a multicast", "ff02::1": "a multicast", "0.0.0.0": "an unspecified", "::": "an unspecified", "255.255.255.255": "a reserved",
		"::7f00:1": "a reserved", "::a9fe:a9fe": "a reserved", "64:ff9b::7f00:1": "a loopback", "64:ff9b::a9fe:a9fe": "a link-local", "2002:a00:1::": "a private", "198.18.0.1": "a reserved",
	} {
		err := endpoint.Allowed{}.Check("host.example.com", netip.MustParseAddr(address))
		if want == "" {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorContains(t, err, "host.example.com has "+want+" address", address)
	}
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	allowed := endpoint.Allowed{
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("169.254.7.0/24")},
		Hosts:    []string{"deploy.internal.example"},
	}
	for address, hosts := range map[string][2]bool{ // any host, the allowed host
		"10.1.2.3": {true, true}, "10.2.0.1": {false, true}, "127.0.0.1": {false, true}, "169.254.7.1": {true, true},
		"169.254.169.254": {false, false}, "fd00:ec2::254": {false, false}, "224.0.0.1": {false, false}, "::ffff:10.1.0.1": {true, true},
	} {
		for i, host := range []string{"other.example", "Deploy.Internal.Example."} {
			err := allowed.Check(host, netip.MustParseAddr(address))
			require.Equal(t, hosts[i], err == nil, "%s as %s: %v", address, host, err)
		}
	}
	require.Error(t, allowed.Check("sub.deploy.internal.example", netip.MustParseAddr("10.2.0.1")))
}

func FuzzAnswer(f *testing.F) {
	for _, body := range []string{`{"detail":"no"}`, `{"error":{"message":"no"}}`, "<html>", token, `["` + token + `"]`, "\xff\xfe", strings.Repeat("é", 300)} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		client := endpoint.NewInProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		answer, err := client.Send(t.Context(), request("https://deploy.example.com"))
		var failure *integrations.Error
		if err != nil && !errors.As(err, &failure) {
			t.Fatalf("%T: %v", err, err)
		}
		require.NotContains(t, answer.Body, token)
		if err != nil {
			require.NotContains(t, err.Error(), token)
			require.Less(t, len([]rune(err.Error())), 400)
		}
	})
}
