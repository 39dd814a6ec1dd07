package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/mail"
)

func TestAccessNamesRecipientsAndTakesThemBack(t *testing.T) {
	t.Parallel()
	certified, trusting := certificate(t)
	f := &fake{extensions: []string{"STARTTLS", "AUTH PLAIN"}, tls: certified, replies: map[string]string{"RCPT TO:<gone@": "550 no such user"}}
	client := newClient(t, mail.Options{URL: "smtp://responder:sample-password@example.com", Dial: f.dial, TLS: trusting})
	access, err := client.Access(t.Context(), []string{"team@example.com", "gone@example.com"})
	require.NoError(t, err)
	require.Equal(t, "example.com", access.Server)
	require.True(t, access.Encrypted)
	require.True(t, access.SignedIn)
	require.False(t, access.Local)
	require.Equal(t, []string{"team@example.com"}, access.Receipt.Accepted)
	require.Equal(t, []string{"gone@example.com (SMTP 550: no such user)"}, access.Receipt.Refused)
	received := strings.Join(f.commands(), "\n")
	require.Contains(t, received, "RSET\nQUIT")
	require.NotContains(t, received, "DATA", "no mail is sent")
}

func TestAccessWithoutRecipientsNamesTheSender(t *testing.T) {
	t.Parallel()
	f := &fake{}
	access, err := f.client(t, "smtp://mail.example.com").Access(t.Context(), nil)
	require.NoError(t, err)
	require.False(t, access.Encrypted)
	require.False(t, access.SignedIn)
	require.Empty(t, access.Receipt)
	require.Contains(t, strings.Join(f.commands(), "\n"), "MAIL FROM:<muster@example.com>")
}

func TestAccessSaysWhatIsRefused(t *testing.T) {
	t.Parallel()
	const password = "sample-password"
	for name, test := range map[string]struct {
		replies map[string]string
		want    string
	}{
		"the password":    {map[string]string{"AUTH": "535 wrong " + password}, "check the user and the password in MUSTER_SMTP_URL"},
		"the sender":      {map[string]string{"MAIL FROM": "553 not your address"}, "MAIL FROM: not your address"},
		"every recipient": {map[string]string{"RCPT TO": "550 no such user"}, "RCPT TO: no such user"},
		"the greeting":    {map[string]string{"EHLO": "hang up"}, "EHLO: the answer breaks off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certified, trusting := certificate(t)
			f := &fake{extensions: []string{"STARTTLS", "AUTH PLAIN"}, tls: certified, replies: test.replies}
			client := newClient(t, mail.Options{URL: integrations.Secret("smtp://responder:" + password + "@example.com"), Dial: f.dial, TLS: trusting})
			_, err := client.Access(t.Context(), []string{"team@example.com"})
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), password)
		})
	}
}
