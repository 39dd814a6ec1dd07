package doctor

import (
	"net/url"
	"slices"
	"strings"

	"muster/config"
	"muster/integrations"
)

const (
	// redacted is what stands in the place of a secret.
	redacted = "[redacted]"
	// shortestSecret tells credentials from stand-ins such as "none".
	shortestSecret = 8
	// shortestToken tells tokens in the path of an address from words such as "services".
	shortestToken = 16
)

// redactor returns the last filter before a report: it makes a text one line and takes the
// settings' secrets out of it. Who writes a finding leaves secrets out in the first place.
func redactor(o Options) func(string) string {
	v := o.Settings.Vendors
	var known []string
	add := func(texts ...string) {
		for _, text := range texts {
			if len(text) >= shortestSecret {
				known = append(known, text, url.QueryEscape(text), url.PathEscape(text))
			}
		}
	}
	for _, secret := range slices.Concat([]config.Secret{
		v.Slack.Token, v.Slack.SigningSecret, v.Slack.AppToken, v.PagerDuty.Token, v.PagerDuty.WebhookSecret, v.Jira.Token, v.Jira.WebhookSecret,
		v.Webhook.Secret, v.Alertmanager.Token,
	}, v.Slack.SigningSecrets(), v.PagerDuty.WebhookSecrets()) {
		add(secret.Reveal())
	}
	add(o.Temporal.APIKey.Reveal(), v.Prometheus.Token.Reveal())
	for _, name := range v.PlaybookSecrets.Names() {
		secret, _ := v.PlaybookSecrets.Secret(name)
		add(secret)
	}
	for _, address := range []config.Secret{o.Settings.DatabaseURL, v.Mail.URL, v.Webhook.URL, o.Settings.Heartbeat.URL} {
		add(address.Reveal())
		add(secretParts(address.Reveal())...)
	}
	// The longest first, or what remains of it around a shorter one would show.
	slices.SortStableFunc(known, func(a, b string) int { return len(b) - len(a) })
	return func(text string) string {
		text = integrations.Line(text)
		for _, secret := range known {
			text = strings.ReplaceAll(text, secret, redacted)
		}
		return text
	}
}

// secretParts are the parts of an address that may be credentials.
func secretParts(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	password, _ := u.User.Password()
	parts := []string{password}
	if u.Path != "" && u.Path != "/" && (u.Scheme == "http" || u.Scheme == "https") {
		for segment := range strings.SplitSeq(u.Path, "/") {
			if len(segment) >= shortestToken {
				parts = append(parts, segment)
			}
		}
	}
	for _, values := range u.Query() {
		for _, value := range values {
			if len(value) >= shortestToken {
				parts = append(parts, value)
			}
		}
	}
	return parts
}
