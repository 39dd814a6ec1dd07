package activities

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// outside is a chat, a mail server and a webhook that remember what they were told.
type outside struct {
	Chat
	message incident.Message
	mail    incident.Mail
	receipt incident.MailReceipt
	notice  incident.Notice
	err     error
	// shown are the cards, in order; refused says which channels and accounts take none.
	shown   []chat.Outgoing
	told    []string
	refused map[string]error
	// prompts are those of channels, all posted at once.
	prompts map[string][]chat.Card
	posted  time.Time
}

func (o *outside) Show(_ context.Context, out chat.Outgoing) (incident.MessageRef, error) {
	if err := cmp.Or(o.refused[out.ChannelID], o.err); err != nil {
		return incident.MessageRef{}, err
	}
	o.shown = append(o.shown, out)
	if !out.Edit.IsZero() {
		return out.Edit, nil
	}
	return incident.MessageRef{ChannelID: out.ChannelID, ID: "m of " + out.ChannelID, URL: "https://chat.example.com/" + out.ChannelID}, nil
}

func (o *outside) TellAccount(_ context.Context, key, accountID string, card chat.Card) (bool, error) {
	if err := cmp.Or(o.refused[accountID], o.err); err != nil {
		return false, err
	}
	o.told = append(o.told, key+": "+card.String())
	return accountID != "UGONE", nil
}

func (o *outside) ChannelID(_ context.Context, channel string) (string, error) {
	if channel == "C0123456789" {
		return channel, o.err
	}
	return "id of " + channel, o.err
}

func (o *outside) Post(_ context.Context, m incident.Message) (string, error) {
	o.message = m
	return "", o.err
}

func (o *outside) Send(_ context.Context, m incident.Mail) (incident.MailReceipt, error) {
	o.mail = m
	return o.receipt, o.err
}

func (o *outside) Notify(_ context.Context, n incident.Notice) error {
	o.notice = n
	return o.err
}

func needing(do string, fallback incident.Fallback, with playbooks.Parameters) playbooks.Effect {
	filled := playbooks.Parameters{"text": "help"}
	if do == playbooks.MailSend {
		filled["subject"] = "SEV1"
	}
	maps.Copy(filled, with)
	return playbooks.Effect{
		Incident: incident.State{
			ID: "INC-7", Title: "Down", Status: incident.Investigating, Severity: "SEV1",
			Service: incident.Service{Name: "payments", Fallback: fallback, Runbooks: []incident.Link{{Title: "Runbook", URL: "https://wiki.example.com"}}},
		},
		Work: playbooks.Work{ID: "again@23", Do: do, With: filled},
	}
}

func (o *outside) do(t *testing.T, e playbooks.Effect) (incident.Outcome, error) {
	t.Helper()
	a := &Activities{
		Chat: o, Mailer: o, Notifier: o, Installation: "test",
		PublicURL: "https://muster.example.com", TemporalURL: "https://temporal.example.com/namespaces/default",
	}
	return a.Actions()[e.Work.Do](t.Context(), e)
}

func TestAMailGoesToTheFallbackUnlessThePlaybookNamesSomebody(t *testing.T) {
	t.Parallel()
	fallback := incident.Fallback{Emails: []string{"oncall@example.com"}}
	for to, want := range map[string][]string{
		"":                                    {"oncall@example.com"},
		"a@example.com":                       {"a@example.com"},
		"a@example.com, b@example.com;c@d.ex": {"a@example.com", "b@example.com", "c@d.ex"},
	} {
		o := &outside{receipt: incident.MailReceipt{Server: "mail.example.com", Accepted: want}}
		_, err := o.do(t, needing(playbooks.MailSend, fallback, playbooks.Parameters{"to": to, "subject": "s", "text": " t\n", "links": "incident runbooks"}))
		require.NoError(t, err)
		require.Equal(t, incident.Mail{
			Key: "muster-test-INC-7-again.23", To: want, Subject: "s", Text: "t",
			Links: []incident.Link{
				{Title: "Incident page", URL: "https://muster.example.com/incidents/INC-7"}, {Title: "Runbook", URL: "https://wiki.example.com"},
			},
		}, o.mail)
	}
}

func TestTheTimelineSaysWhomTheMailServerRefused(t *testing.T) {
	t.Parallel()
	o := &outside{receipt: incident.MailReceipt{
		Server: "mail.example.com", Accepted: []string{"a@example.com", "b@example.com"}, Refused: []string{"c@example.com (SMTP 550: no such user)"},
	}}
	outcome, err := o.do(t, needing(playbooks.MailSend, incident.Fallback{Emails: []string{"a@example.com"}}, nil))
	require.NoError(t, err)
	require.Equal(t, "e-mail to a@example.com, b@example.com accepted by the mail server mail.example.com, "+
		"which refused c@example.com (SMTP 550: no such user)", outcome.Text)
}

func TestAnAlertGoesToTheFallbacksChannelUnlessThePlaybookNamesOne(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]struct{ id, text string }{
		"":            {"id of major", "posted in #major"},
		"#other":      {"id of other", "posted in #other"},
		"C0123456789": {"C0123456789", "posted in C0123456789"},
	} {
		o := &outside{}
		outcome, err := o.do(t, needing(playbooks.SlackAlert, incident.Fallback{Channel: "major"}, playbooks.Parameters{"channel": given, "text": "help"}))
		require.NoError(t, err)
		require.Equal(t, incident.Message{Key: "muster-test-INC-7-again.23", ChannelID: want.id, Text: "help"}, o.message)
		require.Equal(t, want.text, outcome.Text)
	}
}

func TestANoticeTellsOfTheIncident(t *testing.T) {
	t.Parallel()
	o := &outside{}
	outcome, err := o.do(t, needing(playbooks.WebhookPost, incident.Fallback{Webhook: true}, playbooks.Parameters{"text": "help"}))
	require.NoError(t, err)
	require.Equal(t, "the webhook accepted it", outcome.Text)
	require.Equal(t, incident.Notice{
		Key: "muster-test-INC-7-again.23", Text: "help", Incident: "INC-7", Title: "Down", Service: "payments",
		Severity: "SEV1", Status: incident.Investigating, URL: "https://muster.example.com/incidents/INC-7",
	}, o.notice)
}

func TestAWayThatIsNotConfiguredSaysWhatToSet(t *testing.T) {
	t.Parallel()
	none := &Activities{Chat: &outside{}}
	for do, want := range map[string]string{
		playbooks.MailSend:    "set MUSTER_SMTP_URL and MUSTER_SMTP_FROM",
		playbooks.WebhookPost: "set MUSTER_FALLBACK_WEBHOOK_URL",
		playbooks.SlackAlert:  "give fallback a slack_channel in muster.yaml",
	} {
		_, err := none.Actions()[do](t.Context(), needing(do, incident.Fallback{}, nil))
		require.True(t, isFinal(err), do)
		require.ErrorContains(t, err, want)
	}
	_, err := (&outside{}).do(t, needing(playbooks.MailSend, incident.Fallback{}, nil))
	require.True(t, isFinal(err))
	require.ErrorContains(t, err, "give fallback an email in muster.yaml")
}

func TestASecondWayThatFailsIsTriedAgainLikeAnyOther(t *testing.T) {
	t.Parallel()
	o := &outside{err: errors.New("connection refused")}
	for _, do := range []string{playbooks.MailSend, playbooks.WebhookPost, playbooks.SlackAlert} {
		_, err := o.do(t, needing(do, incident.Fallback{Emails: []string{"a@example.com"}, Channel: "major"}, nil))
		require.ErrorContains(t, err, "connection refused")
		require.False(t, isFinal(err), do)
	}
}
