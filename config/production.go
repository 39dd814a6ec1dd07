package config

import (
	"os"
	"slices"
)

// Production are the settings that the commands share which run Muster on Postgres, with
// the work divided among processes. Unlike in `muster dev`, no sandbox stands in for a
// vendor without credentials: it is not connected, and steps that need it say so.
type Production struct {
	Database
	CatalogueFile
	Vendors
	Heartbeat Heartbeat `embed:""`
}

func (p *Production) secrets() []secretVariable {
	return slices.Concat(p.Database.secrets(), p.Vendors.secrets(), p.Heartbeat.secrets())
}

// ReadSecrets reads the secrets of all groups from the environment. The error is
// Problems. It may be repeated.
func (p *Production) ReadSecrets(lookup Lookup) error { return readSecrets(lookup, p.secrets()) }

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (p *Production) BeforeApply() error {
	return Problems(nil).join(p.ReadSecrets(os.LookupEnv), p.ReadPlaybookSecrets(os.Environ()))
}

// Validate checks the settings of all groups. The error is Problems.
func (p Production) Validate() error {
	var half Problems
	if p.Slack.SigningSecret.IsSet() && p.SlackSandboxed() {
		// Only muster dev has a sandbox that signs with it.
		half.add(slackToken, "is not set, but %s is; set both to use Slack, or neither to do without it", slackSigningSecret)
	}
	if p.Slack.AppToken.IsSet() && p.SlackSandboxed() && p.Slack.AppToken.Reveal() == SandboxAppToken {
		half.add(slackToken, "is not set, but %s is; set both to use Slack, or neither to do without it", slackAppToken)
	}
	return Problems(nil).join(p.RequirePostgres(), p.Database.Validate(), p.Vendors.Validate(), p.Heartbeat.Validate(), half.err())
}

// WorkerHTTP says where a worker serves its health and its metrics, and where people find
// the pages that it links to.
type WorkerHTTP struct {
	Listen    string `name:"listen" env:"MUSTER_WORKER_LISTEN" default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where /healthz, /readyz and /metrics are served."`
	PublicURL string `name:"public-url" env:"MUSTER_PUBLIC_URL" required:"" placeholder:"URL" help:"Where people reach the pages of the servers, for links in messages."`
}

// Validate checks the settings of the group. The error is Problems.
func (h WorkerHTTP) Validate() error {
	var problems Problems
	problems.listen("MUSTER_WORKER_LISTEN", h.Listen)
	problems.publicURL(h.PublicURL)
	return problems.err()
}
