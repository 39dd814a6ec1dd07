package mail_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/mail"
)

const plain integrations.Secret = "smtp://mail.example.com"

// signedIn is an address on this machine, where a password may be sent in the clear.
func signedIn(scheme, host string) integrations.Secret {
	return integrations.Secret(scheme + "://muster:" + url.QueryEscape(password) + "@" + host)
}

func TestWhatTheServerRepliesDecidesWhetherToRetry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fake  *fake
		final bool
		code  string
		says  string
	}{
		"busy at the door":                  {fake: &fake{greeting: "421 come back later"}, code: "SMTP 421"},
		"nobody is served here":             {fake: &fake{greeting: "554 no service"}, final: true, code: "SMTP 554"},
		"the sender is held back for now":   {fake: &fake{replies: map[string]string{"MAIL": "450 4.7.1 greylisted"}}, code: "SMTP 450", says: "greylisted"},
		"the sender is not wanted":          {fake: &fake{replies: map[string]string{"MAIL": "553 5.7.1 not yours"}}, final: true, code: "SMTP 553"},
		"every mailbox is full":             {fake: &fake{replies: map[string]string{"RCPT": "452 4.2.2 mailbox full"}}, code: "SMTP 452"},
		"no mailbox exists":                 {fake: &fake{replies: map[string]string{"RCPT": "550 5.1.1 no such user"}}, final: true, code: "SMTP 550"},
		"none exists, but one may":          {fake: &fake{replies: map[string]string{"RCPT TO:<oncall": "550 no such user", "RCPT TO:<second": "451 not now"}}, code: "SMTP 451"},
		"no room for the mail":              {fake: &fake{replies: map[string]string{"DATA": "452 4.3.1 disk full"}}, code: "SMTP 452"},
		"the mail is refused":               {fake: &fake{replies: map[string]string{".": "554 5.7.1 it is spam"}}, final: true, code: "SMTP 554", says: "it is spam"},
		"the mail is refused for now":       {fake: &fake{replies: map[string]string{".": "451 4.3.0 try again"}}, code: "SMTP 451"},
		"it hangs up at the door":           {fake: &fake{replies: map[string]string{"EHLO": "hang up", "HELO": "hang up"}}},
		"it hangs up when it has the mail":  {fake: &fake{replies: map[string]string{".": "hang up"}}, says: "may have taken effect"},
		"it hangs up between two addresses": {fake: &fake{replies: map[string]string{"RCPT TO:<second": "hang up"}}},
		"it speaks no SMTP":                 {fake: &fake{greeting: "HTTP/1.1 400 Bad Request"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.fake.client(t, plain).Send(t.Context(), sample())
			failure := checked(t, err)
			require.Equal(t, test.final, failure.Permanent(), failure)
			require.Equal(t, test.code, failure.Code)
			require.Contains(t, failure.Error(), test.says)
		})
	}
}

// checked is an error as every vendor package has it.
func checked(t *testing.T, err error) *integrations.Error {
	t.Helper()
	var failure *integrations.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, integrations.Mail, failure.Vendor)
	require.NotEmpty(t, failure.Operation)
	require.NotEmpty(t, failure.Message)
	return failure
}

func TestOneRecipientWhoIsRefusedDoesNotKeepTheMailFromTheOthers(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{"for good": "550 no such user", "for now": "452 mailbox full"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{replies: map[string]string{"RCPT TO:<oncall@": reply}}
			receipt, err := f.client(t, plain).Send(t.Context(), sample())
			require.NoError(t, err)
			code, words, _ := strings.Cut(reply, " ")
			require.Equal(t, incident.MailReceipt{
				Server: "mail.example.com", Accepted: []string{"second@example.com"},
				Refused: []string{"oncall@example.com (SMTP " + code + ": " + words + ")"},
			}, receipt)
		})
	}
}

func TestHowItSignsIn(t *testing.T) {
	t.Parallel()
	server, trusting := certificate(t)
	auth := func(mechanism string) string { return "AUTH " + mechanism }
	for name, test := range map[string]struct {
		fake *fake
		url  integrations.Secret
		// want is what the server hears, by its beginning; refused is what the error says.
		want    string
		refused string
	}{
		"over TLS by STARTTLS": {
			fake: &fake{extensions: []string{"STARTTLS", "AUTH LOGIN PLAIN"}, tls: server}, url: signedIn("smtp", "example.com"), want: "AUTH PLAIN ",
		},
		"over TLS from the start": {
			fake: &fake{extensions: []string{"AUTH LOGIN"}, tls: server, replies: map[string]string{"AUTH LOGIN": "535 no"}}, url: signedIn("smtps", "example.com"),
			want: "AUTH LOGIN", refused: "check the user and the password in MUSTER_SMTP_URL",
		},
		"on this machine": {
			fake: &fake{extensions: []string{auth("PLAIN")}}, url: signedIn("smtp", "127.0.0.1"), want: "AUTH PLAIN ",
		},
		"not with a password in the clear": {
			fake: &fake{extensions: []string{auth("PLAIN LOGIN")}}, url: signedIn("smtp", "example.com"), refused: "have it offer STARTTLS",
		},
		"not where nobody asks": {
			fake: &fake{}, url: signedIn("smtp", "example.com"), refused: "offers no way to sign in",
		},
		"by a proof of the password in the clear": {
			fake: &fake{extensions: []string{auth("PLAIN CRAM-MD5")}, replies: map[string]string{
				"AUTH CRAM-MD5": "334 PDFAZXhhbXBsZS5jb20+", base64.StdEncoding.EncodeToString([]byte("muster")): "235 welcome",
			}},
			url: signedIn("smtp", "example.com"), want: "AUTH CRAM-MD5",
		},
		"with a password that is wrong": {
			fake: &fake{extensions: []string{auth("PLAIN")}, replies: map[string]string{"AUTH": "535 5.7.8 not accepted"}}, url: signedIn("smtp", "localhost"),
			want: "AUTH PLAIN ", refused: "5.7.8 not accepted: check the user and the password in MUSTER_SMTP_URL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := mail.Options{URL: test.url, TLS: trusting, Dial: test.fake.dial}
			if strings.HasPrefix(test.url.Reveal(), "smtps") {
				options.Dial = test.fake.dialTLS
			}
			_, err := newClient(t, options).Send(t.Context(), sample())
			heard := strings.Join(test.fake.commands(), "\n")
			if test.refused != "" {
				require.True(t, integrations.IsFinal(err), err)
				require.ErrorContains(t, err, test.refused)
				require.NotContains(t, heard, "MAIL FROM")
			} else {
				require.NoError(t, err)
				require.Contains(t, heard, "MAIL FROM:<muster@example.com>")
			}
			if test.want == "" {
				require.NotContains(t, heard, "AUTH")
			}
			require.Contains(t, heard, test.want)
		})
	}
}

func TestACertificateThatNobodyVouchesForIsNotTrusted(t *testing.T) {
	t.Parallel()
	server, _ := certificate(t)
	f := &fake{extensions: []string{"STARTTLS", "AUTH PLAIN"}, tls: server}
	_, err := newClient(t, mail.Options{URL: signedIn("smtp", "example.com"), Dial: f.dial}).Send(t.Context(), sample())
	require.False(t, checked(t, err).Permanent())
	require.ErrorContains(t, err, "certificate")
	require.NotContains(t, strings.Join(f.commands(), "\n"), "AUTH")
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"EHLO", "MAIL", "RCPT", "DATA", "."} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{replies: map[string]string{command: "silence"}}
				began := time.Now()
				_, err := f.client(t, plain).Send(t.Context(), sample())
				require.False(t, checked(t, err).Permanent())
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, integrations.RequestTimeout, time.Since(began))
			})
			synctest.Test(t, func(t *testing.T) {
				f := &fake{replies: map[string]string{command: "silence"}}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := f.client(t, plain).Send(ctx, sample())
				require.False(t, checked(t, err).Permanent())
				require.ErrorIs(t, err, context.Canceled)
			})
		})
	}
}

func TestAMailThatWasTakenIsSentHoweverTheServerSaysGoodbye(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"silence", "hang up", "500 what?"} {
		t.Run(reply, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{replies: map[string]string{"QUIT": reply}}
				began := time.Now()
				_, err := f.client(t, plain).Send(t.Context(), sample())
				require.NoError(t, err)
				require.Less(t, time.Since(began), 5*time.Second)
			})
		})
	}
}

func TestAServerThatIsNotThereIsRetried(t *testing.T) {
	t.Parallel()
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	_, err := newClient(t, mail.Options{URL: plain, Dial: dial}).Send(t.Context(), sample())
	require.False(t, checked(t, err).Permanent())
	require.ErrorContains(t, err, "cannot be reached: connection refused")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newClient(t, mail.Options{URL: "smtp://127.0.0.1:1"}).Send(ctx, sample())
	require.ErrorIs(t, err, context.Canceled)
}

func TestNoErrorShowsThePassword(t *testing.T) {
	t.Parallel()
	proof := base64.StdEncoding.EncodeToString([]byte("\x00muster\x00" + password))
	echo := "535 wrong: " + password + " " + url.QueryEscape(password) + " " + proof + " " + base64.StdEncoding.EncodeToString([]byte(password))
	for _, command := range []string{"AUTH", "MAIL", "RCPT", "DATA", "."} {
		f := &fake{extensions: []string{"AUTH PLAIN"}, replies: map[string]string{command: echo}}
		_, err := f.client(t, signedIn("smtp", "127.0.0.1")).Send(t.Context(), sample())
		failure := checked(t, err)
		for _, shown := range []string{failure.Error(), fmt.Sprintf("%+v %#v", err, failure)} {
			for _, secret := range []string{password, url.QueryEscape(password), proof, base64.StdEncoding.EncodeToString([]byte(password))} {
				require.NotContains(t, shown, secret, command)
			}
		}
	}
}
