package config

import (
	"os"
	"strings"
	"unicode"
)

// Vendors say how to reach Slack, PagerDuty, Jira, a mail server, a webhook and Prometheus, and
// what Alertmanager must prove. A vendor without its token, or Prometheus without its URL, is
// played by the sandbox; so are mail server and webhook, as long as PagerDuty is.
type Vendors struct {
	Slack        Slack        `embed:"" group:"Slack"`
	PagerDuty    PagerDutyAPI `embed:"" group:"PagerDuty"`
	Jira         JiraAPI      `embed:"" group:"Jira"`
	Mail         Mail         `embed:"" group:"E-mail"`
	Webhook      Webhook      `embed:""`
	Prometheus   Prometheus   `embed:"" group:"Prometheus"`
	Alertmanager Alertmanager `embed:""`
	// PlaybookSecrets are what playbooks may send, from MUSTER_SECRET_….
	PlaybookSecrets PlaybookSecrets `kong:"-"`
}

// Slack is the access to a Slack workspace.
type Slack struct {
	// Token is a bot token, from MUSTER_SLACK_TOKEN.
	Token Secret `kong:"-"`
	// SigningSecret proves that a request is from Slack
	// (https://api.slack.com/authentication/verifying-requests-from-slack). It may be several:
	// see SigningSecrets.
	SigningSecret Secret `kong:"-"`
	// AppToken lets Muster connect to Slack instead of Slack to Muster, from
	// MUSTER_SLACK_APP_TOKEN (https://docs.slack.dev/apis/events-api/using-socket-mode).
	AppToken Secret `kong:"-"`
	APIURL   string `name:"slack-api-url" env:"MUSTER_SLACK_API_URL" default:"https://slack.com/api/" placeholder:"URL" help:"Slack's Web API."`
}

// SigningSecrets are the secrets that Slack may sign with: one, or two while one takes the
// other's place. In the setting, white space or commas are between them.
func (s Slack) SigningSecrets() []Secret { return several(s.SigningSecret) }

// PagerDutyAPI is the access to a PagerDuty account.
type PagerDutyAPI struct {
	// Token is a REST API key, from MUSTER_PAGERDUTY_TOKEN.
	Token Secret `kong:"-"`
	// WebhookSecret proves that a webhook is from PagerDuty
	// (https://developer.pagerduty.com/docs/verifying-webhook-signatures). It may be several:
	// see WebhookSecrets.
	WebhookSecret Secret `kong:"-"`
	// From is the email address of the PagerDuty user in whose name Muster acts,
	// which the REST API asks for in its header From.
	From      string `name:"pagerduty-from" env:"MUSTER_PAGERDUTY_FROM" placeholder:"EMAIL" help:"Email address of the PagerDuty user in whose name Muster acts."`
	APIURL    string `name:"pagerduty-api-url" env:"MUSTER_PAGERDUTY_API_URL" default:"https://api.pagerduty.com" placeholder:"URL" help:"PagerDuty's REST API; in the EU, https://api.eu.pagerduty.com."`
	EventsURL string `name:"pagerduty-events-url" env:"MUSTER_PAGERDUTY_EVENTS_URL" default:"https://events.pagerduty.com" placeholder:"URL" help:"PagerDuty's Events API; in the EU, https://events.eu.pagerduty.com."`
}

// WebhookSecrets are the secrets of all webhooks that PagerDuty may send: each subscription
// has one of its own, and while one is replaced, both count. In the setting, white space or
// commas are between them.
func (p PagerDutyAPI) WebhookSecrets() []Secret {
	return several(p.WebhookSecret)
}

// several are the secrets that a setting holds.
func several(s Secret) []Secret {
	var secrets []Secret
	for secret := range strings.FieldsFuncSeq(s.Reveal(), func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		secrets = append(secrets, NewSecret(secret))
	}
	return secrets
}

// JiraAPI is the access to a Jira site.
type JiraAPI struct {
	URL  string `name:"jira-url" env:"MUSTER_JIRA_URL" placeholder:"URL" help:"The Jira site, as in https://example.atlassian.net."`
	User string `name:"jira-user" env:"MUSTER_JIRA_USER" placeholder:"EMAIL" help:"The user that the API token belongs to."`
	// Token is the user's API token, from MUSTER_JIRA_TOKEN.
	Token Secret `kong:"-"`
	// WebhookSecret proves that a webhook is from Jira
	// (https://developer.atlassian.com/cloud/jira/platform/webhooks/).
	WebhookSecret Secret `kong:"-"`
}

// Mail is the access to a mail server, for paging when PagerDuty is out of reach.
type Mail struct {
	// URL is the server's address with user and password, from MUSTER_SMTP_URL.
	URL  Secret `kong:"-"`
	From string `name:"smtp-from" env:"MUSTER_SMTP_FROM" placeholder:"EMAIL" help:"Sender of the e-mail by which people are paged when PagerDuty is out of reach."`
}

// Webhook is what is told when PagerDuty is out of reach.
type Webhook struct {
	// URL is where notices are posted, from MUSTER_FALLBACK_WEBHOOK_URL. It is a secret,
	// since such addresses hold tokens.
	URL Secret `kong:"-"`
	// Secret signs them, from MUSTER_FALLBACK_WEBHOOK_SECRET. When it is not set, they are
	// not signed.
	Secret Secret `kong:"-"`
}

// Prometheus is where playbooks ask for metrics.
type Prometheus struct {
	URL string `name:"prometheus-url" env:"MUSTER_PROMETHEUS_URL" placeholder:"URL" help:"Prometheus, or what speaks its HTTP API, for the metrics that playbooks ask for; /api/v1/query is added."`
	// Token is a bearer token, from MUSTER_PROMETHEUS_TOKEN. When it is not set, none is sent.
	Token Secret `kong:"-"`
}

// Alertmanager is what Alertmanager must prove.
type Alertmanager struct {
	// Token is the bearer token that its webhooks must carry, from
	// MUSTER_ALERTMANAGER_TOKEN. When it is not set, none is asked for.
	Token Secret `kong:"-"`
}

// SlackSandboxed tells whether the sandbox stands in for Slack.
func (v Vendors) SlackSandboxed() bool { return !v.Slack.Token.IsSet() }

// PagerDutySandboxed tells whether the sandbox stands in for PagerDuty.
func (v Vendors) PagerDutySandboxed() bool { return !v.PagerDuty.Token.IsSet() }

// JiraSandboxed tells whether the sandbox stands in for Jira.
func (v Vendors) JiraSandboxed() bool { return !v.Jira.Token.IsSet() }

// MailSandboxed tells whether the sandbox stands in for the mail server. It does only
// where PagerDuty is played too: somebody who is really to be paged must not be paged in
// the sandbox.
func (v Vendors) MailSandboxed() bool { return !v.Mail.URL.IsSet() && v.PagerDutySandboxed() }

// WebhookSandboxed tells whether the sandbox stands in for the webhook, under the same
// condition.
func (v Vendors) WebhookSandboxed() bool { return !v.Webhook.URL.IsSet() && v.PagerDutySandboxed() }

// PrometheusSandboxed tells whether the sandbox stands in for Prometheus.
func (v Vendors) PrometheusSandboxed() bool { return v.Prometheus.URL == "" }

func (v *Vendors) secrets() []secretVariable {
	return []secretVariable{
		{Variable{slackToken, "Slack bot token; the sandbox stands in for Slack if not set."}, &v.Slack.Token},
		{Variable{slackSigningSecret, "Proves that requests come from Slack; not needed with MUSTER_SLACK_APP_TOKEN."}, &v.Slack.SigningSecret},
		{Variable{slackAppToken, "App-level token of Slack (xapp-…): Muster connects to Slack by Socket Mode, where Slack cannot reach Muster."}, &v.Slack.AppToken},
		{Variable{pagerDutyToken, "PagerDuty REST API key; the sandbox stands in for PagerDuty if not set."}, &v.PagerDuty.Token},
		{Variable{pagerDutyWebhookSecret, "Proves that webhooks come from PagerDuty; several are separated by commas or white space."}, &v.PagerDuty.WebhookSecret},
		{Variable{jiraToken, "Jira API token; the sandbox stands in for Jira if not set."}, &v.Jira.Token},
		{Variable{jiraWebhookSecret, "Proves that webhooks come from Jira."}, &v.Jira.WebhookSecret},
		{Variable{smtpURL, "Mail server, as smtp://user:password@host:587 or smtps://…; the sandbox stands in for it if neither this nor PagerDuty is set."}, &v.Mail.URL},
		{Variable{webhookURL, "Webhook that is told when PagerDuty is out of reach; the sandbox stands in for it if neither this nor PagerDuty is set."}, &v.Webhook.URL},
		{Variable{webhookSecret, "Signs what is posted to that webhook; unsigned if not set."}, &v.Webhook.Secret},
		{Variable{prometheusToken, "Bearer token for Prometheus; none is sent if not set."}, &v.Prometheus.Token},
		{Variable{"MUSTER_ALERTMANAGER_TOKEN", "Bearer token that Alertmanager's webhooks must carry; none is asked for if not set."}, &v.Alertmanager.Token},
	}
}

// The variables that the checks of half-configured vendors also name.
const (
	slackToken             = "MUSTER_SLACK_TOKEN"
	slackSigningSecret     = "MUSTER_SLACK_SIGNING_SECRET"
	slackAppToken          = "MUSTER_SLACK_APP_TOKEN"
	pagerDutyToken         = "MUSTER_PAGERDUTY_TOKEN"
	pagerDutyWebhookSecret = "MUSTER_PAGERDUTY_WEBHOOK_SECRET"
	jiraToken              = "MUSTER_JIRA_TOKEN"
	jiraWebhookSecret      = "MUSTER_JIRA_WEBHOOK_SECRET"
	smtpURL                = "MUSTER_SMTP_URL"
	webhookURL             = "MUSTER_FALLBACK_WEBHOOK_URL"
	webhookSecret          = "MUSTER_FALLBACK_WEBHOOK_SECRET"
	prometheusURL          = "MUSTER_PROMETHEUS_URL"
	prometheusToken        = "MUSTER_PROMETHEUS_TOKEN"
)

// ReadSecrets reads the secrets of the group from the environment. The error is
// Problems. It may be repeated.
func (v *Vendors) ReadSecrets(lookup Lookup) error { return readSecrets(lookup, v.secrets()) }

// ReadPlaybookSecrets reads those of the playbooks: see the function of that name. It may be
// repeated.
func (v *Vendors) ReadPlaybookSecrets(environment []string) (err error) {
	v.PlaybookSecrets, err = ReadPlaybookSecrets(environment)
	return err
}

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (v *Vendors) BeforeApply() error {
	return Problems(nil).join(v.ReadSecrets(os.LookupEnv), v.ReadPlaybookSecrets(os.Environ()))
}
