package doctor

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"muster/config"
	"muster/integrations"
	"muster/integrations/mail"
)

// mostRecipients bounds how many addresses the mail server is asked about: many refuse a
// longer list as a whole (RFC 5321, section 4.5.3.1.8, asks for 100).
const mostRecipients = 50

// mailRecipients are all addresses that the catalogue would have mailed to, each once.
func (e *examination) mailRecipients() []string {
	if e.catalogue == nil {
		return nil
	}
	var to []string
	for _, service := range e.catalogue.Services() {
		to = append(to, service.Fallback.Emails...)
	}
	slices.Sort(to)
	return slices.Compact(to)
}

// mail examines the mail server by which people are paged when PagerDuty is out of reach.
func (e *examination) mail(ctx context.Context, n *notes) {
	settings := e.Settings.Mail
	if !settings.URL.IsSet() {
		n.note("no mail server is connected").mend("to page by mail when PagerDuty is out of reach, set MUSTER_SMTP_URL and MUSTER_SMTP_FROM")
		return
	}
	client, err := mail.New(mail.Options{URL: integrations.Secret(settings.URL.Reveal()), From: settings.From})
	if err != nil {
		return // a problem with the settings, which is reported already
	}
	to := e.mailRecipients()
	left := len(to) - mostRecipients
	access, err := client.Access(ctx, to[:min(len(to), mostRecipients)])
	if err != nil {
		vendorFailed(n, "the mail server", "MUSTER_SMTP_URL", err)
		return
	}
	signedIn := "without signing in"
	if access.SignedIn {
		signedIn = "with user and password"
	}
	n.fine("%s lets us in %s, and takes mail from %s", access.Server, signedIn, settings.From)
	if !access.Encrypted && !access.Local {
		n.warn("the conversation with %s is not encrypted: whoever is between can read the pages", access.Server).
			mend("have the server offer STARTTLS, or set MUSTER_SMTP_URL to smtps://…")
	}
	for _, refused := range access.Receipt.Refused {
		n.wrong("%s refuses a recipient: %s", access.Server, refused).mend("mend the address in muster.yaml, or let Muster's sender mail to it")
	}
	if accepted := len(access.Receipt.Accepted); accepted > 0 {
		n.fine("it would take mail for %s", counted(accepted, "recipient"))
	}
	if left > 0 {
		n.note("%s more are not examined", counted(left, "recipient"))
	}
}

// webhook examines whether the host of the fallback webhook can be reached.
func (e *examination) webhook(ctx context.Context, n *notes) {
	settings := e.Settings.Webhook
	wanted := e.catalogue != nil && e.catalogue.Fallback().Webhook
	switch {
	case !settings.URL.IsSet() && wanted && e.real():
		n.wrong("muster.yaml wants a webhook told when PagerDuty is out of reach, but none is named").
			mend("set MUSTER_FALLBACK_WEBHOOK_URL, or take webhook: true out of fallback:")
		return
	case !settings.URL.IsSet():
		n.note("no fallback webhook is connected").
			mend("to have one told when PagerDuty is out of reach, set MUSTER_FALLBACK_WEBHOOK_URL, and webhook: true below fallback: in muster.yaml")
		return
	}
	if e.reachQuietly(ctx, n, "the fallback webhook", "MUSTER_FALLBACK_WEBHOOK_URL", settings.URL) && !settings.Secret.IsSet() {
		n.note("what is posted to it is not signed").mend("if the receiver can check a signature, set MUSTER_FALLBACK_WEBHOOK_SECRET")
	}
}

// heartbeat examines whether somebody outside watches Muster.
func (e *examination) heartbeat(ctx context.Context, n *notes) {
	address := e.Settings.Heartbeat.URL
	if !address.IsSet() {
		n.warn("nobody outside notices when Muster itself is down").
			mend("set MUSTER_HEARTBEAT_URL to a dead-man's switch, which raises the alarm when Muster's calls stay away")
		return
	}
	e.reachQuietly(ctx, n, "the heartbeat", "MUSTER_HEARTBEAT_URL", address)
}

// reachQuietly connects to the host of an address, which is a secret, and asks for nothing
// there. It says whether that worked.
func (e *examination) reachQuietly(ctx context.Context, n *notes, what, setting string, address config.Secret) bool {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() == "" || !strings.HasPrefix(u.Scheme, "http") {
		return false // a problem with the settings, which is reported already
	}
	switch err := e.connect(ctx, u); {
	case errors.Is(err, errProxied):
		n.note("%s is set; its host is behind a proxy, and not examined", what)
	case err != nil:
		notReached(n, what, setting, u.Host, err)
		return false
	case u.Scheme == "http" && !loopback(u.Hostname()):
		n.warn("%s is reached at %s, but not by https: whoever is between can read the address and use it", what, u.Host).
			mend("set %s to an address that begins with https://", setting)
	default:
		n.fine("%s is set, and its host %s can be reached; nothing was sent there", what, u.Host)
	}
	return true
}
