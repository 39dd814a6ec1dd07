package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"muster/activities"
	"muster/config"
	"muster/integrations"
	"muster/integrations/endpoint"
	"muster/integrations/jira"
	"muster/integrations/mail"
	"muster/integrations/pagerduty"
	"muster/integrations/prometheus"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	fallback "muster/integrations/webhook"
)

// openSandbox opens stand-ins for the vendors without credentials.
func (a *app) openSandbox(ctx context.Context, o appOptions) error {
	v := o.vendors
	var names []string
	for _, vendor := range []struct {
		name      string
		sandboxed bool
	}{
		{"Slack", v.SlackSandboxed()}, {"PagerDuty", v.PagerDutySandboxed()}, {"Jira", v.JiraSandboxed()},
		{"e-mail", v.MailSandboxed()}, {"the webhook", v.WebhookSandboxed()}, {"Prometheus", v.PrometheusSandboxed()},
	} {
		if vendor.sandboxed {
			names = append(names, vendor.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	a.sandboxed = strings.Join(names, ", ")
	options, err := sandboxOptions(o.catalogue)
	if err != nil {
		return err
	}
	options.Path, options.PublicURL, options.Logger = filepath.Join(o.sandboxDir, "sandbox.db"), o.baseURL, o.logger
	options.JiraWebhookURL, options.JiraWebhookSecret = o.baseURL+"/webhooks/jira", v.Jira.WebhookSecret.Reveal()
	options.PagerDutyWebhookURL, options.PagerDutyWebhookSecret = o.baseURL+"/webhooks/pagerduty", first(v.PagerDuty.WebhookSecrets())
	if secret := first(v.Slack.SigningSecrets()); v.SlackSandboxed() && secret != "" {
		options.SlackRequestURL, options.SlackSigningSecret = o.baseURL+"/webhooks/slack", secret
	}
	a.sandbox, err = sandbox.Open(ctx, options)
	return err
}

// first is the first of the secrets that a sender may sign with; empty where there is none.
func first(secrets []config.Secret) string {
	if len(secrets) == 0 {
		return ""
	}
	return secrets[0].Reveal()
}

// sandboxOptions are stand-ins that know what the catalogue names.
func sandboxOptions(catalogue *config.Catalogue) (options sandbox.Options, err error) {
	for _, severity := range catalogue.Scale() {
		options.PagerDutyPriorities = append(options.PagerDutyPriorities, severity.Name)
	}
	for _, s := range catalogue.Services() {
		if id := s.PagerDuty.Service; id != "" && !slices.ContainsFunc(options.PagerDutyServices, func(s sandbox.Service) bool { return s.ID == id }) {
			options.PagerDutyServices = append(options.PagerDutyServices, sandbox.Service{ID: id, Name: s.Name})
		}
		if key := s.Jira.Project; key != "" && !slices.Contains(options.JiraProjects, key) {
			options.JiraProjects = append(options.JiraProjects, key)
		}
		if channel := s.Fallback.SlackChannel; channel != "" && !slices.Contains(options.SlackChannels, channel) {
			options.SlackChannels = append(options.SlackChannels, channel)
		}
	}
	options.PagerDutyTeams = sandboxTeams(catalogue)
	for _, channel := range append(catalogue.AnnouncementChannels(), catalogue.Cockpit().Digest.Channel) {
		if channel != "" && !slices.Contains(options.SlackChannels, channel) {
			options.SlackChannels = append(options.SlackChannels, channel)
		}
	}
	// As for Socket Mode, because where deliveries go is said by another option.
	options.SlackManifest, err = slack.Manifest(slack.ManifestOptions{Command: catalogue.Cockpit().Command, SocketMode: true, Private: true})
	return options, err
}

// sandboxTeams are the teams that the catalogue gives policies and schedules. What several of
// them share is the first one's.
func sandboxTeams(catalogue *config.Catalogue) []sandbox.Team {
	var teams []sandbox.Team
	seen := map[string]bool{}
	fresh := func(id string) string {
		if seen[id] {
			return ""
		}
		seen[id] = true
		return id
	}
	for _, t := range catalogue.Teams() {
		team := sandbox.Team{Name: t.Name, PolicyID: fresh(t.PagerDuty.EscalationPolicy), ScheduleID: fresh(t.PagerDuty.Schedule)}
		if team.PolicyID != "" || team.ScheduleID != "" {
			teams = append(teams, team)
		}
	}
	return teams
}

// sandboxToken is what the stand-ins are given where a vendor wants a token. It opens
// nothing.
const sandboxToken integrations.Secret = "sandbox"

// connect connects to the chat and the pager, which both servers and workers need. Those
// without credentials are played by the sandbox, or else say of everything that they are not
// connected.
func (a *app) connect(o appOptions) {
	v := o.vendors
	a.chat, a.pager = unconnectedChat{}, unconnectedPager{}
	if a.sandbox != nil || !v.SlackSandboxed() {
		options := a.slackOptions(v)
		options.Directory = directory(o.catalogue.People())
		a.chat = slack.New(options)
	}
	if a.sandbox != nil || !v.PagerDutySandboxed() {
		options := a.pagerDutyOptions(v)
		options.Directory = directory(o.catalogue.People())
		client := pagerduty.New(options)
		a.pager, a.pagerNews = client, client
	}
}

// tracker connects to Jira likewise.
func (a *app) tracker(v config.Vendors, people []config.Person) (activities.Tracker, error) {
	if a.sandbox == nil && v.JiraSandboxed() {
		return unconnectedTracker{}, nil
	}
	options := a.jiraOptions(v)
	options.Directory = directory(people)
	return jira.New(options)
}

func (a *app) slackOptions(v config.Vendors) slack.Options {
	if v.SlackSandboxed() {
		return slack.Options{Token: sandboxToken, APIURL: a.sandbox.SlackURL(), Unshaped: true}
	}
	return slack.Options{Token: integrations.Secret(v.Slack.Token.Reveal()), APIURL: v.Slack.APIURL}
}

func (a *app) pagerDutyOptions(v config.Vendors) pagerduty.Options {
	if v.PagerDutySandboxed() {
		return pagerduty.Options{
			Token: sandboxToken, From: "muster@example.com",
			APIURL: a.sandbox.PagerDutyURL(), EventsURL: a.sandbox.PagerDutyEventsURL(), Unshaped: true,
		}
	}
	return pagerduty.Options{
		Token: integrations.Secret(v.PagerDuty.Token.Reveal()), From: v.PagerDuty.From,
		APIURL: v.PagerDuty.APIURL, EventsURL: v.PagerDuty.EventsURL,
	}
}

func (a *app) jiraOptions(v config.Vendors) jira.Options {
	if v.JiraSandboxed() {
		return jira.Options{URL: a.sandbox.JiraURL(), User: "muster@example.com", Token: sandboxToken, Unshaped: true}
	}
	return jira.Options{URL: v.Jira.URL, User: v.Jira.User, Token: integrations.Secret(v.Jira.Token.Reveal())}
}

// secondWay connects to the mail server and the webhook, or to their stand-ins. What is
// not configured is nil.
func (a *app) secondWay(v config.Vendors) (mailer activities.Mailer, notifier activities.Notifier, err error) {
	server := mail.Options{URL: integrations.Secret(v.Mail.URL.Reveal()), From: v.Mail.From}
	if a.sandbox != nil && v.MailSandboxed() {
		server = mail.Options{URL: integrations.Secret(a.sandbox.SMTPURL()), From: "muster@example.com"}
	}
	if server.URL != "" {
		if mailer, err = mail.New(server); err != nil {
			return nil, nil, err
		}
	}
	hook := fallback.Options{URL: integrations.Secret(v.Webhook.URL.Reveal()), Secret: integrations.Secret(v.Webhook.Secret.Reveal())}
	if a.sandbox != nil && v.WebhookSandboxed() {
		hook = fallback.Options{URL: integrations.Secret(a.sandbox.WebhookURL())}
	}
	if hook.URL != "" {
		if notifier, err = fallback.New(hook); err != nil {
			return nil, nil, err
		}
	}
	return mailer, notifier, nil
}

// metrics connects to Prometheus, or to its stand-in. It is nil where neither is there.
func (a *app) metrics(v config.Vendors) (activities.Metrics, error) {
	switch {
	case !v.PrometheusSandboxed():
		return prometheus.New(prometheus.Options{URL: v.Prometheus.URL, Token: integrations.Secret(v.Prometheus.Token.Reveal())})
	case a.sandbox != nil:
		return prometheus.New(prometheus.Options{URL: a.sandbox.PrometheusURL()})
	default:
		return nil, nil
	}
}

// requester sends playbooks' requests to whatever is public or allowed.
func requester(catalogue *config.Catalogue) *endpoint.Client {
	allowed := catalogue.Outbound()
	return endpoint.New(endpoint.Options{Allowed: endpoint.Allowed{Networks: allowed.Networks, Hosts: allowed.Hosts}})
}
