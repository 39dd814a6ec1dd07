package mail_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/mail"
	"muster/integrations/sandbox"
)

const (
	sender   = "muster@example.com"
	password = "sample-pass/word+1"
)

func sample() incident.Mail {
	return incident.Mail{
		Key: "muster-test-INC-42-page-by-mail.23", To: []string{"oncall@example.com", "second@example.com"},
		Subject: "SEV1 checkout: Checkout fails (INC-42)", Text: "PagerDuty has not taken the page.\n\nIt is yours.",
		Links: []incident.Link{{Title: "Incident page", URL: "https://muster.example.com/incidents/INC-42"}},
	}
}

func newClient(t *testing.T, options mail.Options) *mail.Client {
	t.Helper()
	if options.From == "" {
		options.From = sender
	}
	client, err := mail.New(options)
	require.NoError(t, err)
	return client
}

// server is the sandbox's mail server.
type server struct {
	*sandbox.Sandbox
	t *testing.T
}

func newServer(t *testing.T) *server {
	t.Helper()
	box, err := sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "sandbox.db"), PublicURL: "http://127.0.0.1:8080", Seed: 42})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	return &server{Sandbox: box, t: t}
}

func (s *server) call(method, path, body string) string {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	require.Equal(s.t, http.StatusOK, recorder.Code, recorder.Body)
	return recorder.Body.String()
}

// withPassword puts the credentials into the server's address.
func (s *server) withPassword() integrations.Secret {
	return integrations.Secret(strings.Replace(s.SMTPURL(), "://", "://muster:sample-pass%2Fword%2B1@", 1))
}

func TestAMailArrivesAsItWasMeant(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	receipt, err := newClient(t, mail.Options{URL: server.withPassword()}).Send(t.Context(), sample())
	require.NoError(t, err)
	require.Equal(t, incident.MailReceipt{Server: "127.0.0.1", Accepted: []string{"oncall@example.com", "second@example.com"}}, receipt)

	kept := server.messages()
	require.Len(t, kept, 1)
	require.Equal(t, message{
		ID: "muster-test-INC-42-page-by-mail.23@example.com", To: sample().To, Subject: sample().Subject,
		Text: "PagerDuty has not taken the page.\n\nIt is yours.\n\nIncident page: https://muster.example.com/incidents/INC-42\n",
	}, kept[0])
}

func TestARepetitionCanBeRecognised(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"error", "rate_limit", "down", "timeout_after_effect"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			client := newClient(t, mail.Options{URL: integrations.Secret(server.SMTPURL())})
			server.call("POST", "/sandbox/faults", `{"vendor":"mail","mode":"`+mode+`","count":2}`)
			for range 2 {
				_, err := client.Send(t.Context(), sample())
				require.Error(t, err)
				require.False(t, integrations.IsFinal(err), err)
			}
			_, err := client.Send(t.Context(), sample())
			require.NoError(t, err)
			for _, m := range server.messages() {
				require.Equal(t, "muster-test-INC-42-page-by-mail.23@example.com", m.ID)
			}
		})
	}
}

func TestTextFromOutsideStaysText(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	m := sample()
	m.Subject = "Checkout\r\nBcc: everybody@example.com\r\n\r\nfails · <b>now</b> " + strings.Repeat("very ", 100)
	m.Text = ".\r\nQUIT\r\n.hidden\r\n\x1b[2Jgrüße"
	m.Links = []incident.Link{{Title: "Run\nbook", URL: "https://wiki.example.com/\r\nX: y"}}
	_, err := newClient(t, mail.Options{URL: integrations.Secret(server.SMTPURL())}).Send(t.Context(), m)
	require.NoError(t, err)
	kept := server.messages()
	require.Len(t, kept, 1)
	require.Equal(t, m.To, kept[0].To)
	require.True(t, strings.HasPrefix(kept[0].Subject, "Checkout Bcc: everybody@example.com fails · <b>now</b> very"))
	require.LessOrEqual(t, len([]rune(kept[0].Subject)), 200)
	require.Equal(t, ".\nQUIT\n.hidden\n[2Jgrüße\n\nRun book: https://wiki.example.com/ X: y\n", kept[0].Text)
}

func TestAMailThatCannotBeWrittenIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*incident.Mail){
		"no key":                       func(m *incident.Mail) { m.Key = "" },
		"no recipient":                 func(m *incident.Mail) { m.To = nil },
		"a recipient of two lines":     func(m *incident.Mail) { m.To = []string{"a@example.com>\r\nRCPT TO:<b@example.com"} },
		"a recipient with a name":      func(m *incident.Mail) { m.To = []string{"Sample <a@example.com>"} },
		"one of two is not an address": func(m *incident.Mail) { m.To = []string{"a@example.com", "b"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, m := newServer(t), sample()
			change(&m)
			_, err := newClient(t, mail.Options{URL: integrations.Secret(server.SMTPURL())}).Send(t.Context(), m)
			require.True(t, integrations.IsFinal(err), err)
			require.Empty(t, server.messages())
		})
	}
}

func TestOptionsThatCannotWorkAreRefusedWithoutShowingThem(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]mail.Options{
		"no URL":           {From: sender},
		"another scheme":   {From: sender, URL: "https://muster:" + password + "@mail.example.com"},
		"no host":          {From: sender, URL: "smtp://muster:sample@"},
		"a broken escape":  {From: sender, URL: "smtp://muster:sample%zz@mail.example.com"},
		"no sender":        {URL: "smtp://mail.example.com"},
		"a sender's name":  {URL: "smtp://mail.example.com", From: "Muster <muster@example.com>"},
		"a sender no more": {URL: "smtp://mail.example.com", From: "muster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mail.New(options)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "sample")
		})
	}
}
