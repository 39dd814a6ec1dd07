package doctor_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/integrations/vendortest"
	"muster/internal/doctor"
)

// mailServer answers each command by its beginning, and otherwise agrees; it returns its
// address.
func mailServer(t *testing.T, replies map[string]string) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() }) // ends the loop below
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go converse(connection, replies)
		}
	}()
	return listener.Addr().String()
}

func converse(connection net.Conn, replies map[string]string) {
	defer func() { _ = connection.Close() }()                                     // the other side may have done so
	say := func(reply string) { _, _ = connection.Write([]byte(reply + "\r\n")) } // who has left hears nothing
	say("220 mail.example.com ready")
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		reply := "250 ok"
		if strings.HasPrefix(lines.Text(), "EHLO") {
			reply = "250-mail.example.com\r\n250 AUTH PLAIN"
		}
		for command, other := range replies {
			if strings.HasPrefix(lines.Text(), command) {
				reply = other
			}
		}
		say(reply)
	}
}

func TestMailThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		replies    map[string]string
		status     doctor.Status
		text, mend string
	}{
		"the password": {map[string]string{"AUTH": "535 no"}, doctor.Problem, "the mail server refuses AUTH (SMTP 535)", "check the user and the password"},
		"the sender":   {map[string]string{"AUTH": "235 welcome", "MAIL": "553 no such sender"}, doctor.Problem, "refuses MAIL FROM (SMTP 553)", "no such sender"},
		"one of two recipients": {
			map[string]string{"AUTH": "235 welcome", "RCPT TO:<payments": "550 no such user"},
			doctor.Problem, "127.0.0.1 refuses a recipient: payments@example.com (SMTP 550: no such user)", "mend the address in muster.yaml",
		},
		"the other recipient": {
			map[string]string{"AUTH": "235 welcome", "RCPT TO:<payments": "550 no such user"}, doctor.Fine, "it would take mail for 1 recipient", "",
		},
		"for a moment": {map[string]string{"AUTH": "454 later"}, doctor.Problem, "the mail server does not do its work: AUTH (SMTP 454)", "try again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			i.vendors().Mail = config.Mail{URL: config.NewSecret("smtp://responder:sample-password@" + mailServer(t, test.replies)), From: "muster@example.com"}
			requireFinding(t, i.examine("mail"), test.status, test.text, test.mend)
		})
	}
}

func TestWebhookAndHeartbeat(t *testing.T) {
	t.Parallel()
	secured := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request came: %s %s", r.Method, r.URL)
	}))
	// Handshakes that fail are what is tested.
	secured.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	secured.StartTLS()
	t.Cleanup(secured.Close)
	for name, test := range map[string]struct {
		address    string
		status     doctor.Status
		text, mend string
	}{
		"nobody listens":                        {"https://" + closedPort + "/hook", doctor.Problem, "cannot be reached: nothing listens at 127.0.0.1:", "check host and port"},
		"a certificate of an unknown authority": {secured.URL + "/hook", doctor.Problem, "is not signed by an authority that this machine trusts", "SSL_CERT_FILE"},
		"no TLS where there should be": {
			"https://" + mailServer(t, nil) + "/hook", doctor.Problem, "does not speak TLS", "check scheme and port",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			i.vendors().Webhook.URL = config.NewSecret(test.address)
			i.options.Settings.Heartbeat.URL = config.NewSecret(test.address)
			report := i.examine("webhook", "heartbeat")
			require.Equal(t, 2, report.Count(test.status), printed(t, report))
			requireFinding(t, report, test.status, "the fallback webhook cannot be reached", test.mend)
			requireFinding(t, report, test.status, "the heartbeat cannot be reached", test.mend)
			requireFinding(t, report, test.status, test.text, test.mend)
		})
	}
	t.Run("a certificate that is trusted", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.options.HTTPClient = secured.Client()
		i.vendors().Webhook = config.Webhook{URL: config.NewSecret(secured.URL + "/hook"), Secret: config.NewSecret("sample-secret")}
		requireFinding(t, i.examine("webhook"), doctor.Fine, "the fallback webhook is set, and its host", "")
	})
	t.Run("a certificate for another name", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.options.HTTPClient = secured.Client()
		i.vendors().Webhook.URL = config.NewSecret(strings.Replace(secured.URL, "127.0.0.1", "localhost", 1) + "/hook")
		requireFinding(t, i.examine("webhook"), doctor.Problem, "is not for that name", "use the name that the certificate is for")
	})
	t.Run("a heartbeat that is not set", func(t *testing.T) {
		t.Parallel()
		report := newInstallation(t).examine("heartbeat")
		require.True(t, report.Healthy)
		requireFinding(t, report, doctor.Warning, "nobody outside notices when Muster itself is down", "MUSTER_HEARTBEAT_URL")
	})
	t.Run("a webhook that is wanted and not set", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		requireFinding(t, i.examine("webhook"), doctor.Problem, "muster.yaml wants a webhook told", "MUSTER_FALLBACK_WEBHOOK_URL")
	})
}

func TestTheAddressOfMuster(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer     http.HandlerFunc
		status     doctor.Status
		text, mend string
	}{
		"it is Muster": {nil, doctor.Fine, "Muster answers at http://127.0.0.1:", ""},
		"it is another version": {
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"status":"ok","version":"1.0.0"}`))
			},
			doctor.Warning, "Muster 1.0.0 answers at", "finish the upgrade",
		},
		"it is a page": {
			func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<html>Welcome</html>`)) },
			doctor.Problem, "something else than Muster answers", "have the proxy there hand its requests on",
		},
		"it is a refusal": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
			doctor.Problem, "it does not answer as Muster does (HTTP 502)", "MUSTER_PUBLIC_URL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			if test.answer != nil {
				server := httptest.NewServer(test.answer)
				t.Cleanup(server.Close)
				i.options.Settings.PublicURL = server.URL
			}
			requireFinding(t, i.examine("address"), test.status, test.text, test.mend)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.options.Settings.PublicURL = "http://" + closedPort
		requireFinding(t, i.examine("address"), doctor.Problem, "nothing listens at", "is Muster running")
	})
	t.Run("it is this installation", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.use(migrated(t))
		requireFinding(t, i.examine("address"), doctor.Fine, "this installation answers at http://127.0.0.1:", "")
	})
	t.Run("it is another installation", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.use(migrated(t))
		i.answering = "00000000"
		requireFinding(t, i.examine("address"), doctor.Problem, "another Muster answers at", "the same database")
	})
	t.Run("vendors are told this machine", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		requireFinding(t, i.examine("address"), doctor.Problem, "which leads everybody to their own machine", "set MUSTER_PUBLIC_URL")
	})
	t.Run("vendors are told an address without TLS", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		i.options.Settings.PublicURL = "http://muster.example.com"
		i.options.HTTPClient = &http.Client{Transport: vendortest.InProcess(i.mux)}
		requireFinding(t, i.examine("address"), doctor.Warning, "is not one of https", "proxy that speaks TLS")
	})
	t.Run("what cannot be seen from here is said", func(t *testing.T) {
		t.Parallel()
		requireFinding(t, newInstallation(t).examine("address"), doctor.Note, "whether vendors reach this address cannot be seen from here", "/webhooks/jira")
	})
}

// sampleError is an error of a test.
type sampleError string

func (e sampleError) Error() string { return string(e) }

const errSample sampleError = "a sample of an error"

func TestAHostThatCannotBeReachedIsExplained(t *testing.T) {
	t.Parallel()
	expired := &x509.Certificate{NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for name, test := range map[string]struct {
		err        error
		what, mend string
	}{
		"its name is none":           {&net.DNSError{Name: "db.example.com", IsNotFound: true}, "the name db.example.com does not resolve", "name server"},
		"there is no way there":      {os.NewSyscallError("connect", syscall.EHOSTUNREACH), "there is no way to db:5432 from here", "routes"},
		"it does not answer":         {context.DeadlineExceeded, "db:5432 does not answer in time", "firewalls"},
		"its certificate is too old": {x509.CertificateInvalidError{Cert: expired, Reason: x509.Expired}, "is not valid now (from 2025-01-01 to 2026-01-01)", "renew"},
		"its certificate is for something else": {
			x509.CertificateInvalidError{Cert: expired, Reason: x509.IncompatibleUsage}, "is not signed by an authority", "SSL_CERT_FILE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			what, mend, known := doctor.Unreachable(fmt.Errorf("dial: %w", test.err), "db:5432")
			require.True(t, known)
			require.Contains(t, what, test.what)
			require.Contains(t, mend, test.mend)
		})
	}
	_, _, known := doctor.Unreachable(errSample, "db:5432")
	require.False(t, known)
}
