package sandbox_test

import (
	"database/sql"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

// mail sends a mail as any program would.
func (w *world) mail(id, subject, body string) error {
	message := "From: muster@example.com\r\nTo: oncall@example.com\r\nMessage-ID: <" + id + ">\r\nSubject: " + subject + "\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + body + "\r\n"
	address := strings.TrimPrefix(w.box.SMTPURL(), "smtp://")
	return smtp.SendMail(address, smtp.PlainAuth("", "muster", "any", "127.0.0.1"), "muster@example.com",
		[]string{"oncall@example.com", "second@example.com"}, []byte(message))
}

// notify posts a notice to the webhook.
func (w *world) notify(t *testing.T, key, body string) int {
	t.Helper()
	response, _ := w.call(t, "POST", strings.TrimPrefix(w.box.WebhookURL(), w.url), body, "Idempotency-Key", key)
	return response.StatusCode
}

func TestTheMailServerKeepsWhatItTook(t *testing.T) {
	t.Parallel()
	w := start(t)
	require.NoError(t, w.mail("one@example.com", "=?UTF-8?q?SEV1_=C2=B7_Checkout?=", "It is down.=\r\n =E2=80=94 Muster"))
	require.NoError(t, w.mail("one@example.com", "again", "again"))
	kept := w.state(t).Mail.Messages
	require.Len(t, kept, 2, "a repetition was taken too; the id tells")
	require.Equal(t, "one@example.com", kept[0].ID)
	require.Equal(t, []string{"oncall@example.com", "second@example.com"}, kept[0].To)
	require.Equal(t, "SEV1 · Checkout", kept[0].Subject)
	require.Equal(t, "It is down. — Muster\n", kept[0].Text)
	require.Equal(t, kept[0].ID, kept[1].ID)
}

func TestMailFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	send := func() error { return w.mail("one@example.com", "s", "b") }
	for mode, want := range map[string]string{"error": "451", "rate_limit": "450", "down": ""} {
		w.fault(t, `{"vendor":"mail","mode":"`+mode+`","count":1}`)
		require.ErrorContains(t, send(), want, mode)
	}
	require.Empty(t, w.state(t).Mail.Messages)
	w.fault(t, `{"vendor":"mail","mode":"timeout_after_effect","count":1}`)
	require.Error(t, send())
	require.Len(t, w.state(t).Mail.Messages, 1, "the mail was taken, and nobody was told")
	require.NoError(t, send())
}

func TestTheWebhookKeepsOneDeliveryOfEachKey(t *testing.T) {
	t.Parallel()
	w := start(t)
	require.Equal(t, http.StatusNoContent, w.notify(t, "one", `{"text":"first"}`))
	require.Equal(t, http.StatusNoContent, w.notify(t, "one", `{"text":"again"}`))
	require.Equal(t, http.StatusNoContent, w.notify(t, "two", `{"text":"second"}`))
	require.Equal(t, http.StatusBadRequest, w.notify(t, "", `{}`))
	require.Equal(t, http.StatusBadRequest, w.notify(t, "three", `<html>`))
	w.fault(t, `{"vendor":"webhook","mode":"error","count":1}`)
	require.Equal(t, http.StatusInternalServerError, w.notify(t, "three", `{}`))
	w.fault(t, `{"vendor":"webhook","mode":"rate_limit","count":1}`)
	require.Equal(t, http.StatusTooManyRequests, w.notify(t, "three", `{}`))
	kept := w.state(t).Webhook.Deliveries
	require.Len(t, kept, 2)
	require.Equal(t, "one", kept[0].Key)
	require.JSONEq(t, `{"text":"first"}`, string(kept[0].Body))
}

func TestAChannelThatPeopleMadeShowsOnceSomethingIsSaidInIt(t *testing.T) {
	t.Parallel()
	w := start(t, func(o *sandbox.Options) {
		o.SlackChannels = []string{"major-incidents", "C0SAMPLE123", "major-incidents"}
	})
	require.Empty(t, w.state(t).Slack.Channels)
	first := w.channel(t, "inc-1")
	require.Equal(t, "C0SANDBOX001", first, "the numbers of Muster's own channels stay as they are")

	found, _, err := w.slack.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel"}})
	require.NoError(t, err)
	require.Len(t, found, 4)
	require.NotEqual(t, bot, found[0].Creator)
	for _, channel := range []string{"major-incidents", "C0SAMPLE123"} {
		w.post(t, channel, text("PagerDuty is down"))
	}
	channels := w.state(t).Slack.Channels
	require.Len(t, channels, 3)
	require.Equal(t, "C0SAMPLE123", channels[0].ID)
	require.Equal(t, "major-incidents", channels[1].Name)
	require.Equal(t, "PagerDuty is down", channels[1].Messages[0].Text)
}

func TestAFileOfTheVersionBeforeIsCarriedOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sandbox.db")
	schema, err := os.ReadFile("schema.sql")
	require.NoError(t, err)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), string(schema)+`
		INSERT INTO slack_channels (number, id, name, created_at) VALUES (1, 'C0SANDBOX001', 'inc-1', 1);
		PRAGMA user_version = 1;`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	w := start(t, func(o *sandbox.Options) { o.Path = path })
	require.Equal(t, "inc-1", w.state(t).Slack.Channels[0].Name)
	require.NoError(t, w.mail("one@example.com", "s", "b"))
	require.Len(t, w.state(t).Mail.Messages, 1)
}
