package activities

import (
	"cmp"
	"context"
	"strings"

	"muster/incident"
)

// alert says something in a channel that people watch, whatever became of the
// incident's own.
func (a *Activities) alert(ctx context.Context, e call) (incident.Outcome, error) {
	channel := cmp.Or(strings.TrimPrefix(strings.TrimSpace(e.Work.With["channel"]), "#"), e.Incident.Service.Fallback.Channel)
	if channel == "" {
		return incident.Outcome{}, final("there is no channel to alert: give fallback a slack_channel in muster.yaml, or slack.alert a channel")
	}
	id, err := a.Chat.ChannelID(ctx, channel)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	url, err := a.Chat.Post(ctx, incident.Message{
		Key: e.key, ChannelID: id, Text: strings.TrimSpace(e.Work.With["text"]), Links: a.messageLinks(e),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	if id != channel {
		channel = "#" + channel
	}
	return incident.Outcome{Text: "posted in " + channel, Output: map[string]any{"url": url}}, nil
}

// sendMail sends an e-mail. What the mail server took is not read yet, and the timeline
// says no more than that.
func (a *Activities) sendMail(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Mailer == nil {
		return incident.Outcome{}, final("no e-mail can be sent: set MUSTER_SMTP_URL and MUSTER_SMTP_FROM")
	}
	to := addresses(e.Work.With["to"])
	if len(to) == 0 {
		to = e.Incident.Service.Fallback.Emails
	}
	if len(to) == 0 {
		return incident.Outcome{}, final("there is nobody to send an e-mail to: give fallback an email in muster.yaml, or mail.send a parameter to")
	}
	receipt, err := a.Mailer.Send(ctx, incident.Mail{
		Key: e.key, To: to, Subject: e.Work.With["subject"], Text: strings.TrimSpace(e.Work.With["text"]), Links: a.messageLinks(e),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	text := "e-mail to " + strings.Join(receipt.Accepted, ", ") + " accepted by the mail server " + receipt.Server
	if len(receipt.Refused) > 0 {
		text += ", which refused " + strings.Join(receipt.Refused, ", ")
	}
	return incident.Outcome{
		Text:   text,
		Output: map[string]any{"accepted": len(receipt.Accepted), "refused": len(receipt.Refused)},
	}, nil
}

func addresses(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\t' })
}

// postWebhook tells the fallback webhook of the incident.
func (a *Activities) postWebhook(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Notifier == nil {
		return incident.Outcome{}, final("there is no webhook to post to: set MUSTER_FALLBACK_WEBHOOK_URL")
	}
	s := e.Incident
	err := a.Notifier.Notify(ctx, incident.Notice{
		Key: e.key, Text: strings.TrimSpace(e.Work.With["text"]),
		Incident: s.ID, Title: s.Title, Summary: s.Summary, Service: s.Service.Name, Severity: s.Severity, Status: s.Status,
		DeclaredAt: s.DeclaredAt, URL: a.IncidentURL(s.ID),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Text: "the webhook accepted it"}, nil
}
