package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
)

// Problem is a setting that does not work.
type Problem struct {
	// Setting is the environment variable, whether or not the value came from it.
	Setting string
	// Message says what is wrong and what to mend. It never holds a secret.
	Message string
}

// Problems are all the settings that do not work. As an error it is never empty.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Setting + " " + problem.Message
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(setting, format string, args ...any) {
	*p = append(*p, Problem{setting, fmt.Sprintf(format, args...)})
}

func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// join returns these problems and those of other groups, each nil or Problems, as one error.
func (p Problems) join(others ...error) error {
	for _, err := range others {
		var problems Problems
		if errors.As(err, &problems) {
			p = append(p, problems...)
		}
	}
	return p.err()
}

// Validate checks the settings of all groups. The error is Problems. Kong calls
// it, and those of the groups, after the flags and the environment are read.
func (s Settings) Validate() error {
	var all Problems
	listeners := []struct{ setting, address string }{
		{"MUSTER_LISTEN", s.Listen},
		{"MUSTER_TEMPORAL_UI_LISTEN", s.TemporalUIListen},
		{"MUSTER_TEMPORAL_LISTEN", s.TemporalListen},
	}
	for i, a := range listeners {
		for _, b := range listeners[:i] {
			if _, port, err := net.SplitHostPort(a.address); err == nil && port != "0" && a.address == b.address {
				all.add(a.setting, "is %s, and so is %s; give one of them another port", a.address, b.setting)
			}
		}
	}
	return Problems(nil).join(s.HTTP.Validate(), s.EmbeddedTemporal.Validate(), s.Storage.Validate(), s.Vendors.Validate(), s.Heartbeat.Validate(), all.err())
}

// Validate checks the settings of the group. The error is Problems.
func (h HTTP) Validate() error {
	var problems Problems
	problems.listen("MUSTER_LISTEN", h.Listen)
	problems.publicURL(h.PublicURL)
	return problems.err()
}

// publicURL reports an address below which Muster cannot be reached. None is none.
func (p *Problems) publicURL(address string) {
	if address == "" {
		return
	}
	p.webURL("MUSTER_PUBLIC_URL", address)
	if u, err := url.Parse(address); err == nil && (u.RawQuery != "" || u.Fragment != "") {
		p.add("MUSTER_PUBLIC_URL", "must end before ? and #, since paths are added to it")
	}
}

// Validate checks the settings of the group. The error is Problems.
func (t EmbeddedTemporal) Validate() error {
	var problems Problems
	problems.listen("MUSTER_TEMPORAL_UI_LISTEN", t.TemporalUIListen)
	problems.listen("MUSTER_TEMPORAL_LISTEN", t.TemporalListen)
	return problems.err()
}

// Validate checks the settings of the group. The error is Problems.
func (s Storage) Validate() error {
	var problems Problems
	if strings.TrimSpace(s.DataDir) == "" {
		problems.add("MUSTER_DATA_DIR", "is empty; name a folder for the embedded state, as in .muster")
	}
	return problems.join(s.Database.Validate())
}

// Validate checks the settings of the group. The error is Problems.
func (d Database) Validate() error {
	var problems Problems
	if d.DatabaseURL.IsSet() {
		// The parser's error would quote the password.
		u, err := url.Parse(d.DatabaseURL.Reveal())
		if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			problems.add(databaseURL, "is not the address of a Postgres database; write postgres://user:password@host:5432/database, "+
				"with special characters in the password percent-encoded")
		}
	}
	return problems.err()
}

// Validate checks the settings of the group: each vendor is either configured as
// a whole or not at all. The error is Problems.
func (v Vendors) Validate() error {
	var problems Problems
	problems.webURL("MUSTER_SLACK_API_URL", v.Slack.APIURL)
	v.Slack.validate(&problems)

	problems.webURL("MUSTER_PAGERDUTY_API_URL", v.PagerDuty.APIURL)
	problems.webURL("MUSTER_PAGERDUTY_EVENTS_URL", v.PagerDuty.EventsURL)
	problems.allOrNone("PagerDuty",
		part{pagerDutyToken, v.PagerDuty.Token.IsSet(), true},
		part{"MUSTER_PAGERDUTY_FROM", v.PagerDuty.From != "", true},
		part{pagerDutyWebhookSecret, v.PagerDuty.WebhookSecret.IsSet(), false})
	if from := v.PagerDuty.From; from != "" {
		if address, err := mail.ParseAddress(from); err != nil || address.Address != from {
			problems.add("MUSTER_PAGERDUTY_FROM", "is %q, which is not an email address; write that of a PagerDuty user, as in muster@example.com", from)
		}
	}

	if v.Jira.URL != "" {
		problems.webURL("MUSTER_JIRA_URL", v.Jira.URL)
	}
	problems.allOrNone("Jira",
		part{"MUSTER_JIRA_URL", v.Jira.URL != "", true},
		part{"MUSTER_JIRA_USER", v.Jira.User != "", true},
		part{jiraToken, v.Jira.Token.IsSet(), true},
		part{jiraWebhookSecret, v.Jira.WebhookSecret.IsSet(), false})

	v.Mail.validate(&problems)
	if v.Webhook.URL.IsSet() && !isWebURL(v.Webhook.URL.Reveal()) {
		problems.add(webhookURL, "is not a web address; write it whole, as in https://hooks.example.com/muster")
	}
	problems.allOrNone("a webhook",
		part{webhookURL, v.Webhook.URL.IsSet(), true},
		part{webhookSecret, v.Webhook.Secret.IsSet(), false})

	if v.Prometheus.URL != "" {
		problems.webURL(prometheusURL, v.Prometheus.URL)
	}
	problems.allOrNone("Prometheus",
		part{prometheusURL, v.Prometheus.URL != "", true},
		part{prometheusToken, v.Prometheus.Token.IsSet(), false})
	return problems.err()
}

func (s Slack) validate(problems *Problems) {
	if s.Token.IsSet() && !s.SigningSecret.IsSet() && !s.AppToken.IsSet() {
		problems.add(slackSigningSecret, "is not set, but %s is; set it so that Slack can reach Muster, or %s so that Muster connects to Slack", slackToken, slackAppToken)
	}
	if s.AppToken.IsSet() && !s.Token.IsSet() && s.AppToken.Reveal() != SandboxAppToken {
		problems.add(slackToken, "is not set, but %s is; set both to use Slack, or neither to do without it", slackAppToken)
	}
	if s.AppToken.IsSet() && !strings.HasPrefix(s.AppToken.Reveal(), appTokenPrefix) {
		problems.add(slackAppToken, "is not an app-level token; those begin with %s and are made under Basic Information on the app's page", appTokenPrefix)
	}
}

// SandboxAppToken is the app-level token by which muster dev connects to its own sandbox's
// Slack by Socket Mode. Alone it is no half of a real Slack's settings.
const SandboxAppToken = appTokenPrefix + "sandbox"

// appTokenPrefix begins Slack's app-level tokens.
// https://docs.slack.dev/authentication/tokens
const appTokenPrefix = "xapp-"

func (m Mail) validate(problems *Problems) {
	problems.allOrNone("a mail server",
		part{smtpURL, m.URL.IsSet(), true},
		part{"MUSTER_SMTP_FROM", m.From != "", true})
	if m.URL.IsSet() {
		// The parser's error would quote the password.
		u, err := url.Parse(m.URL.Reveal())
		if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			problems.add(smtpURL, "is not the address of a mail server; write smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465, "+
				"with special characters in user and password percent-encoded")
		} else if password, given := u.User.Password(); u.User.Username() != "" && (!given || password == "") {
			problems.add(smtpURL, "holds a user without a password; write smtp://user:password@host:587, or leave both out")
		}
	}
	if m.From != "" {
		if address, err := mail.ParseAddress(m.From); err != nil || address.Address != m.From {
			problems.add("MUSTER_SMTP_FROM", "is %q, which is not an email address; write the bare address of the sender, as in muster@example.com", m.From)
		}
	}
}

// part is one of the settings that a vendor consists of.
type part struct {
	setting       string
	set, required bool
}

// allOrNone adds a line for each required part that is missing while another
// part of the vendor is set.
func (p *Problems) allOrNone(vendor string, parts ...part) {
	first := ""
	for _, part := range parts {
		if part.set && first == "" {
			first = part.setting
		}
	}
	if first == "" {
		return
	}
	for _, part := range parts {
		if part.required && !part.set {
			p.add(part.setting, "is not set, but %s is; set both to use %s, or neither to do without it", first, vendor)
		}
	}
}

func (p *Problems) listen(setting, address string) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		p.add(setting, "is %q, which is no address to listen on; write host:port, as in 127.0.0.1:8080, with a port from 0 (any) to 65535", address)
	}
}

func (p *Problems) webURL(setting, address string) {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.User != nil:
		p.add(setting, "holds a user or a password; credentials have settings of their own")
	case !isWebURL(address):
		// Not quoted, for it may hold a password.
		p.add(setting, "is not a web address; write it whole, as in https://muster.example.com")
	}
}
