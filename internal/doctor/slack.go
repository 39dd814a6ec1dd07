package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"muster/config"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/playbooks"
)

// slack examines the token, its scopes, and the channels that people are told in when
// PagerDuty is out of reach.
func (e *examination) slack(ctx context.Context, n *notes) {
	settings := e.Settings.Slack
	if !settings.Token.IsSet() {
		e.notConnected(n, "Slack").mend("to connect it, set MUSTER_SLACK_TOKEN and MUSTER_SLACK_SIGNING_SECRET")
		return
	}
	client := slack.New(slack.Options{
		Token: integrations.Secret(settings.Token.Reveal()), APIURL: settings.APIURL, HTTPClient: e.HTTPClient,
	})
	access, err := client.Access(ctx)
	if err != nil {
		vendorFailed(n, "Slack", "MUSTER_SLACK_API_URL", err)
		return
	}
	n.fine("the token is that of @%s in the workspace %s", access.App, access.Workspace)
	scopes(n, access)
	e.privateChannels(n, access)
	if settings.SigningSecret.IsSet() {
		n.fine("the signing secret is set; whether it is the app's shows only when Slack sends something")
	}
	e.fallbackChannels(ctx, n, client, access.App)
}

func scopes(n *notes, access slack.Access) {
	if !access.ScopesTold {
		n.note("Slack does not say which scopes the token has; Muster needs %s", strings.Join(slack.Scopes(), ", "))
		return
	}
	if missing := access.Missing(); len(missing) > 0 {
		scopes := strings.Join(slices.Sorted(maps.Keys(missing)), ", ")
		methods := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(missing))...)))
		n.wrong("the token lacks %s (%s), without which Slack refuses %s", counted(len(missing), "scope"), scopes,
			strings.Join(slices.Compact(methods), ", ")).
			mend("add %s to the Bot Token Scopes on the app's page OAuth & Permissions, and install the app again", scopes)
	} else {
		n.fine("it has the %s that Muster needs", counted(len(slack.Scopes()), "scope"))
	}
	if unused := access.Unused(); len(unused) > 0 {
		n.note("it also has %s, which Muster does not use: %s", counted(len(unused), "scope"), strings.Join(unused, ", "))
	}
}

// privateChannels examines whether the app may open the private channels that playbooks ask for.
func (e *examination) privateChannels(n *notes, access slack.Access) {
	users := e.calls(playbooks.SlackCreateChannel, func(with playbooks.Parameters) bool {
		return with["private"] != "" && with["private"] != "false"
	})
	missing := slices.DeleteFunc(slack.PrivateScopes(), func(scope string) bool { return slices.Contains(access.Granted, scope) })
	if len(users) == 0 || !access.ScopesTold || len(missing) == 0 {
		return
	}
	// Other incidents are not the worse for it.
	n.warn("%s opens private channels, for which the token lacks %s: %s", strings.Join(users, ", "), counted(len(missing), "scope"), strings.Join(missing, ", ")).
		mend("add them to the Bot Token Scopes on the app's page OAuth & Permissions, and install the app again")
}

// fallbackChannels examines whether the app can post where people are told when PagerDuty
// is out of reach.
func (e *examination) fallbackChannels(ctx context.Context, n *notes, client *slack.Client, app string) {
	groups, _ := e.services(n, func(s config.Service) string { return s.Fallback.SlackChannel })
	if len(groups) == 0 {
		return
	}
	channels := make([]string, len(groups))
	for i, g := range groups {
		channels[i] = g.id
	}
	standings, err := client.Standings(ctx, channels)
	if err != nil {
		vendorFailed(n, "Slack", "MUSTER_SLACK_API_URL", err)
		return
	}
	good := 0
	for i, s := range standings {
		name, services := "#"+s.Name, groups[i].forServices()
		switch {
		case !s.Exists:
			n.wrong("the channel %s (for %s) does not exist, or is private", s.Asked, services).
				mend("create it and invite the app, or mend slack_channel in muster.yaml; a private channel is given by its id, and needs the scopes groups:read and groups:history")
		case s.Archived:
			n.wrong("the channel %s (for %s) is archived", name, services).mend("unarchive it, or name another as slack_channel in muster.yaml")
		case !s.Member:
			n.wrong("the app is not a member of %s (for %s), so it cannot post there", name, services).
				mend("in that channel: /invite @%s", app)
		default:
			good++
		}
	}
	if good > 0 {
		n.fine("it can post in %s for when PagerDuty is out of reach", counted(good, "channel"))
	}
}
