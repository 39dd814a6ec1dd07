package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"muster/config"
	"muster/integrations/sandbox"
	"muster/internal/telemetry"
)

type sandboxCommand struct {
	config.Sandbox
	Log telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (sandboxCommand) Help() string {
	return "Stands in for Slack, PagerDuty, Jira and Prometheus where an installation is tried out without their accounts. What reached them is shown on its page. " +
		"Servers and workers reach it by the settings that it prints. muster dev has stand-ins of its own."
}

// sandboxPatience is how long requests under way may take when the stand-ins stop.
const sandboxPatience = 10 * time.Second

// Run stands in until ctx ends.
func (cmd *sandboxCommand) Run(ctx context.Context, c *console) (err error) {
	var closing closers
	defer func() { err = errors.Join(err, closing.close()) }()
	catalogue, err := cmd.Catalogue()
	if err != nil {
		return misuse(err)
	}
	if err := makeDataDir(cmd.DataDir); err != nil {
		return err
	}
	unlock, err := lockDataDir(cmd.DataDir)
	if err != nil {
		return err
	}
	closing.add(unlock)
	listener, err := listen(ctx, cmd.Listen)
	if err != nil {
		return err
	}
	closing.add(func() error { return ignoreClosed(listener.Close()) })
	options, err := sandboxOptions(catalogue)
	if err != nil {
		return err
	}
	options.Path, options.PublicURL, options.Logger = filepath.Join(cmd.DataDir, "sandbox.db"), cmd.BaseURL(listener.Addr().String()), cmd.Log.Logger(os.Stderr)
	options.JiraWebhookURL, options.JiraWebhookSecret = cmd.JiraWebhookURL, cmd.JiraWebhookSecret.Reveal()
	options.SlackRequestURL, options.SlackSigningSecret = cmd.SlackRequestURL, sandboxToken.Reveal()
	options.PagerDutyWebhookURL = cmd.PagerDutyWebhookURL
	options.PagerDutyWebhookSecret = first(config.PagerDutyAPI{WebhookSecret: cmd.PagerDutyWebhookSecret}.WebhookSecrets())
	standIns, err := sandbox.Open(ctx, options)
	if err != nil {
		return err
	}
	closing.add(standIns.Close)
	mux := http.NewServeMux()
	mux.Handle("/sandbox", standIns)
	mux.Handle("/sandbox/", standIns)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("/{$}", http.RedirectHandler("/sandbox", http.StatusFound))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: sandboxPatience}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	c.printf("The sandbox is running: %s/sandbox shows what reaches it. Give servers and workers\n\n", options.PublicURL)
	for _, line := range [][2]string{
		{"MUSTER_SLACK_API_URL", standIns.SlackURL()}, {"MUSTER_SLACK_TOKEN", "sandbox"}, {"MUSTER_SLACK_SIGNING_SECRET", "sandbox"},
		{"MUSTER_SLACK_APP_TOKEN", config.SandboxAppToken},
		{"MUSTER_PAGERDUTY_API_URL", standIns.PagerDutyURL()}, {"MUSTER_PAGERDUTY_EVENTS_URL", standIns.PagerDutyEventsURL()},
		{"MUSTER_PAGERDUTY_TOKEN", "sandbox"}, {"MUSTER_PAGERDUTY_FROM", "muster@example.com"},
		{"MUSTER_JIRA_URL", standIns.JiraURL()}, {"MUSTER_JIRA_USER", "muster@example.com"}, {"MUSTER_JIRA_TOKEN", "sandbox"},
		{"MUSTER_PROMETHEUS_URL", standIns.PrometheusURL()},
	} {
		c.printf("  %s=%s\n", line[0], line[1])
	}
	c.printf("\nServers are told what happens here: of tickets that are moved with --jira-webhook-url http://SERVER/webhooks/jira,\n" +
		"of what people do in Slack over the connections of MUSTER_SLACK_APP_TOKEN, which needs nothing else, or else with\n" +
		"--slack-request-url http://SERVER/webhooks/slack and MUSTER_SLACK_SIGNING_SECRET; and of what they do with pages with\n" +
		"--pagerduty-webhook-url http://SERVER/webhooks/pagerduty and a MUSTER_PAGERDUTY_WEBHOOK_SECRET that both have.\n")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), sandboxPatience)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return err
	}
	return nil
}
