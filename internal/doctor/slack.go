package doctor

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/config"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/playbooks"
)

// slack examines the token and its scopes, the way by which Muster hears what people do, and
// the channels that are named in muster.yaml.
func (e *examination) slack(ctx context.Context, n *notes) {
	settings := e.Settings.Slack
	if !settings.Token.IsSet() {
		e.notConnected(n, "Slack").mend("to connect it, make the app with muster slack manifest, and set MUSTER_SLACK_TOKEN with MUSTER_SLACK_SIGNING_SECRET or MUSTER_SLACK_APP_TOKEN")
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
	e.heard(ctx, n)
	e.slackChannels(ctx, n, client, access.App)
}

func scopes(n *notes, access slack.Access) {
	if !access.ScopesTold {
		n.note("Slack does not say which scopes the token has; Muster needs %s", strings.Join(slack.Scopes(), ", "))
		return
	}
	if missing := access.Missing(); len(missing) > 0 {
		scopes := strings.Join(slices.Sorted(maps.Keys(missing)), ", ")
		uses := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(missing))...)))
		n.wrong("the token lacks %s (%s), needed for %s", counted(len(missing), "scope"), scopes,
			strings.Join(slices.Compact(uses), ", ")).
			mend("paste what muster slack manifest prints on the app's page App Manifest, or add %s to the Bot Token Scopes on its page OAuth & Permissions; then install the app again", scopes)
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

// heard examines the way by which Muster hears what people do in Slack.
func (e *examination) heard(ctx context.Context, n *notes) {
	settings := e.Settings.Slack
	if settings.AppToken.IsSet() {
		socket := slack.NewSocket(slack.SocketOptions{
			AppToken: integrations.Secret(settings.AppToken.Reveal()), APIURL: settings.APIURL, HTTPClient: e.HTTPClient,
		})
		if err := socket.Check(ctx); err != nil {
			vendorFailed(n, "Slack", "MUSTER_SLACK_API_URL", err)
		} else {
			n.fine("Slack lets Muster connect by Socket Mode")
		}
	}
	if settings.SigningSecret.IsSet() {
		e.challenge(ctx, n, settings.SigningSecrets())
	}
	n.note("which events, command and shortcuts the app has, Slack does not tell").
		mend("compare its page App Manifest with what muster slack manifest prints")
}

// challenge examines whether what Slack signs is taken at Muster's address, by any of the
// secrets. Whether the address answers at all is a question of its own area.
func (e *examination) challenge(ctx context.Context, n *notes, secrets []config.Secret) {
	address := e.Settings.BaseURL("") + slack.DeliveryPath
	for _, secret := range secrets {
		status, proven, err := slack.Challenge(ctx, e.HTTPClient, address, integrations.Secret(secret.Reveal()), time.Now())
		switch {
		case proven:
			continue
		case err != nil:
			n.note("whether Muster takes what Slack sends cannot be examined, since %s does not answer", address)
		case status == http.StatusUnauthorized:
			n.wrong("the Muster at %s does not take what is signed with this signing secret", address).
				mend("give it the same MUSTER_SLACK_SIGNING_SECRET, and start it again; if it has that already, look whether its clock is right, and whether a proxy changes bodies or headers on their way")
		case status == http.StatusNotFound:
			n.wrong("the Muster at %s is not connected to Slack, so that nothing that people do there is heard", address).
				mend("start it again with MUSTER_SLACK_TOKEN and MUSTER_SLACK_SIGNING_SECRET")
		default:
			n.wrong("%s does not take what Slack sends (HTTP %d)", address, status).
				mend("look whether a proxy there keeps the path %s to itself, or asks who is there: Slack proves itself to Muster", slack.DeliveryPath)
		}
		return
	}
	n.fine("%s takes what is signed with the signing secret; whether it is the app's shows only when Slack sends something", address)
}

// named is a channel that muster.yaml names, with what for and where.
type named struct{ channel, purpose, setting string }

// namedChannels are the channels that muster.yaml names, each once: where people are told when
// PagerDuty is out of reach, where incidents are announced, and where the digest goes.
func (e *examination) namedChannels(n *notes) []named {
	groups, _ := e.services(n, func(s config.Service) string { return s.Fallback.SlackChannel })
	if e.catalogueErr != nil {
		return nil
	}
	var all []named
	for _, g := range groups {
		all = append(all, named{g.id, "for " + g.forServices(), "slack_channel"})
	}
	for _, channel := range e.catalogue.AnnouncementChannels() {
		all = append(all, named{channel, "for announcements", "announcements"})
	}
	if channel := e.catalogue.Cockpit().Digest.Channel; channel != "" {
		all = append(all, named{channel, "for the digest", "digest"})
	}
	var once []named
	for _, one := range all {
		if i := slices.IndexFunc(once, func(o named) bool { return o.channel == one.channel }); i >= 0 {
			once[i].purpose += ", " + one.purpose
			once[i].setting += " and " + one.setting
			continue
		}
		once = append(once, one)
	}
	return once
}

// slackChannels examines whether the app can post in the channels that muster.yaml names.
func (e *examination) slackChannels(ctx context.Context, n *notes, client *slack.Client, app string) {
	wanted := e.namedChannels(n)
	if len(wanted) == 0 {
		return
	}
	channels := make([]string, len(wanted))
	for i, w := range wanted {
		channels[i] = w.channel
	}
	standings, err := client.Standings(ctx, channels)
	if err != nil {
		vendorFailed(n, "Slack", "MUSTER_SLACK_API_URL", err)
		return
	}
	good := 0
	for i, s := range standings {
		name, w := "#"+s.Name, wanted[i]
		switch {
		case !s.Exists:
			n.wrong("the channel %s (%s) does not exist, or is private", s.Asked, w.purpose).
				mend("create it and invite the app, or mend %s in muster.yaml; a private channel is given by its id, and needs the scopes groups:read and groups:history", w.setting)
		case s.Archived:
			n.wrong("the channel %s (%s) is archived", name, w.purpose).mend("unarchive it, or name another as %s in muster.yaml", w.setting)
		case !s.Member:
			n.wrong("the app is not a member of %s (%s), so it cannot post there", name, w.purpose).
				mend("in that channel: /invite @%s", app)
		default:
			good++
		}
	}
	if good > 0 {
		n.fine("it can post in %s that muster.yaml names", counted(good, "channel"))
	}
}
