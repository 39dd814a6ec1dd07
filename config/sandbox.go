package config

import "os"

// Sandbox are the settings of `muster sandbox`.
type Sandbox struct {
	Listen              string `name:"listen" env:"MUSTER_SANDBOX_LISTEN" default:"127.0.0.1:8090" placeholder:"HOST:PORT" help:"Where the stand-ins listen."`
	PublicURL           string `name:"public-url" env:"MUSTER_SANDBOX_PUBLIC_URL" placeholder:"URL" help:"Where people and workers reach the stand-ins; derived from --listen if not set."`
	DataDir             string `name:"data-dir" env:"MUSTER_SANDBOX_DATA_DIR" default:".muster-sandbox" placeholder:"DIR" help:"Folder with what the stand-ins remember."`
	JiraWebhookURL      string `name:"jira-webhook-url" env:"MUSTER_SANDBOX_JIRA_WEBHOOK_URL" placeholder:"URL" help:"What Jira's stand-in tells of tickets that move: a server's /webhooks/jira. Nobody is told if not set."`
	PagerDutyWebhookURL string `name:"pagerduty-webhook-url" env:"MUSTER_SANDBOX_PAGERDUTY_WEBHOOK_URL" placeholder:"URL" help:"What PagerDuty's stand-in tells of what people do with pages: a server's /webhooks/pagerduty. Nobody is told if not set."`
	SlackRequestURL     string `name:"slack-request-url" env:"MUSTER_SANDBOX_SLACK_REQUEST_URL" placeholder:"URL" help:"Where Slack's stand-in delivers what people do: a server's /webhooks/slack. Nothing is delivered if not set."`
	CatalogueFile
	// JiraWebhookSecret proves to the server that its webhooks are from Jira's stand-in, from
	// MUSTER_JIRA_WEBHOOK_SECRET.
	JiraWebhookSecret Secret `kong:"-"`
	// PagerDutyWebhookSecret likewise, from MUSTER_PAGERDUTY_WEBHOOK_SECRET; of several, the
	// first is used.
	PagerDutyWebhookSecret Secret `kong:"-"`
}

func (s *Sandbox) secrets() []secretVariable {
	return []secretVariable{
		{Variable{jiraWebhookSecret, "Proves that webhooks come from Jira."}, &s.JiraWebhookSecret},
		{Variable{pagerDutyWebhookSecret, "Proves that webhooks come from PagerDuty."}, &s.PagerDutyWebhookSecret},
	}
}

// ReadSecrets reads the secrets of the group from the environment. The error is
// Problems. It may be repeated.
func (s *Sandbox) ReadSecrets(lookup Lookup) error { return readSecrets(lookup, s.secrets()) }

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (s *Sandbox) BeforeApply() error { return s.ReadSecrets(os.LookupEnv) }

// Validate checks the settings of the group. The error is Problems.
func (s Sandbox) Validate() error {
	var problems Problems
	problems.listen("MUSTER_SANDBOX_LISTEN", s.Listen)
	problems.publicURL(s.PublicURL)
	if s.SlackRequestURL != "" {
		problems.webURL("MUSTER_SANDBOX_SLACK_REQUEST_URL", s.SlackRequestURL)
	}
	if s.JiraWebhookURL != "" {
		problems.webURL("MUSTER_SANDBOX_JIRA_WEBHOOK_URL", s.JiraWebhookURL)
	}
	if s.PagerDutyWebhookURL != "" {
		problems.webURL("MUSTER_SANDBOX_PAGERDUTY_WEBHOOK_URL", s.PagerDutyWebhookURL)
	}
	return problems.err()
}

// BaseURL is the address of the stand-ins without a slash at its end, given the address
// that they are bound to.
func (s Sandbox) BaseURL(bound string) string {
	return HTTP{Listen: s.Listen, PublicURL: s.PublicURL}.BaseURL(bound)
}
