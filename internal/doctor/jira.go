package doctor

import (
	"context"
	"strings"

	"muster/config"
	"muster/integrations"
	"muster/integrations/jira"
)

// jira examines the account and what it may do in the projects of the catalogue.
func (e *examination) jira(ctx context.Context, n *notes) {
	settings := e.Settings.Jira
	if !settings.Token.IsSet() {
		e.notConnected(n, "Jira").mend("to connect it, set MUSTER_JIRA_URL, MUSTER_JIRA_USER and MUSTER_JIRA_TOKEN")
		return
	}
	client, err := jira.New(jira.Options{
		URL: settings.URL, User: settings.User, Token: integrations.Secret(settings.Token.Reveal()), HTTPClient: e.HTTPClient,
	})
	if err != nil {
		// Settings that are missing are reported already; this is one that is wrong.
		if settings.URL != "" {
			n.wrong("%s", err).mend("set MUSTER_JIRA_URL to the address of the site, as in https://example.atlassian.net")
		}
		return
	}
	account, err := client.Account(ctx)
	if err != nil {
		vendorFailed(n, "Jira", "MUSTER_JIRA_URL", err)
		return
	}
	n.fine("the token is that of %s", account)
	if settings.WebhookSecret.IsSet() {
		n.fine("the webhook secret is set; whether it is the one that Jira has shows only when Jira sends something")
	} else {
		n.warn("MUSTER_JIRA_WEBHOOK_SECRET is not set: whoever reaches Muster can say that a ticket is done").
			mend("give the webhook in Jira a secret (System, WebHooks), and set the variable to the same")
	}
	e.jiraProjects(ctx, n, client)
}

func (e *examination) jiraProjects(ctx context.Context, n *notes, client *jira.Client) {
	groups, without := e.services(n, func(s config.Service) string { return s.Jira.Project })
	if len(without) > 0 {
		n.warn("follow-ups of %s are filed nowhere", strings.Join(without, ", ")).
			mend("give the service jira: {project: …} in muster.yaml, or give one to the default service, which stands in for it")
	}
	standings := make([]jira.Standing, len(groups))
	failures := make([]error, len(groups))
	each(len(groups), func(i int) {
		standings[i], failures[i] = inTurn(ctx, func(ctx context.Context) (jira.Standing, error) { return client.Standing(ctx, groups[i].id) })
	})
	good, failed := 0, false
	for i, standing := range standings {
		if failures[i] != nil {
			if !failed { // the others say the same
				vendorFailed(n, "Jira", "MUSTER_JIRA_URL", failures[i])
			}
			failed = true
			continue
		}
		if usable(n, standing, groups[i]) {
			good++
		}
	}
	if good > 0 {
		n.fine("follow-ups can be filed and followed in %s", counted(good, "project"))
	}
}

// usable says whether tickets can be filed in a project and followed, and notes what
// cannot be done.
func usable(n *notes, s jira.Standing, g group) bool {
	if !s.Exists {
		n.wrong("there is no project %s (for %s), or the account may not browse it", s.Key, g.forServices()).
			mend("mend jira: {project: …} in muster.yaml, or give the account the permission Browse projects there")
		return false
	}
	good := true
	if !s.HasType {
		n.wrong("the project %s has no issue type %s, which follow-ups are filed as", s.Key, s.Type()).
			mend("add the type %s to the project's issue type scheme", s.Type())
		good = false
	}
	if s.Screen.Known && !s.Screen.Labels {
		n.wrong("tickets in the project %s cannot have labels, by which Muster knows its own again", s.Key).
			mend("put the field Labels on the project's create screen")
		good = false
	}
	if len(s.Screen.Unfilled) > 0 {
		n.wrong("the project %s asks for fields that Muster does not fill: %s", s.Key, strings.Join(s.Screen.Unfilled, ", ")).
			mend("give them a default, make them optional for the type %s, or name another project in muster.yaml", s.Type())
		good = false
	}
	for _, permission := range s.Lacking {
		found := n.warn
		if permission.Needed {
			found, good = n.wrong, false
		}
		found("the account lacks the permission %s in the project %s: %s", permission.Name, s.Key, permission.Without).
			mend("give it the permission in the project's settings (%s in its permission scheme)", permission.Key)
	}
	return good
}
