package slack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/integrations"
)

// The shortcuts that the app has, by the names under which they arrive as a
// [chat.Shortcut].
const (
	// RecordShortcut is in the menu of a message, and keeps it with the incident.
	RecordShortcut = "record"
	// DeclareShortcut is in Slack's own menu.
	DeclareShortcut = "declare"
)

// DeliveryPath is where Slack sends everything to, below Muster's address.
const DeliveryPath = "/webhooks/slack"

// ManifestOptions say what the app is to be like.
type ManifestOptions struct {
	// Name is what the app and its bot are called; empty means Muster. Up to 35 characters.
	Name string
	// Command is the slash command: "/incident".
	Command string
	// PublicURL is where Slack reaches Muster, by https. It is not needed for Socket Mode.
	PublicURL string
	// SocketMode has Muster connect to Slack instead.
	SocketMode bool
	// Private is for playbooks that open private channels: see [PrivateScopes].
	Private bool
}

// Slack's limits for an app: https://docs.slack.dev/reference/app-manifest.
const maxAppNameLength = 35

// commandPattern is what Slack takes as a command: lower case and without spaces, up to 32
// characters.
var commandPattern = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// Manifest returns the manifest of the app, by which Slack makes one with just the scopes and
// events that Muster uses: https://docs.slack.dev/app-manifests. It is JSON, which Slack takes
// like YAML, and the same for the same options. The errors say what to mend.
func Manifest(options ManifestOptions) ([]byte, error) {
	name := integrations.Line(cmp.Or(options.Name, "Muster"))
	if name == "" || integrations.UTF16Length(name) > maxAppNameLength {
		return nil, fmt.Errorf("the name of the app must have 1 to %d characters", maxAppNameLength)
	}
	if !commandPattern.MatchString(options.Command) {
		return nil, fmt.Errorf("%q cannot be a command in Slack: it begins with a slash, and up to 31 small letters, digits, hyphens and underscores follow", options.Command)
	}
	address, err := deliveryURL(options)
	if err != nil {
		return nil, err
	}
	scopes, events := Scopes(), Events()
	if options.Private {
		scopes, events = append(scopes, PrivateScopes()...), append(events, PrivateEvents()...)
		slices.Sort(scopes)
		slices.Sort(events)
	}
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(slackapi.Manifest{
		Metadata: slackapi.ManifestMetadata{MajorVersion: 1, MinorVersion: 1},
		Display: slackapi.Display{
			Name: name, Description: "Runs incidents: from the alert to the last follow-up closed.", BackgroundColor: "#1f2933",
		},
		Features: slackapi.Features{
			// Private messages need the tab; Muster reads none.
			AppHome: slackapi.AppHome{MessagesTabEnabled: true, MessagesTabReadOnlyEnabled: true},
			BotUser: slackapi.BotUser{DisplayName: name, AlwaysOnline: true},
			Shortcuts: []slackapi.Shortcut{
				{Name: "Add to the incident", CallbackID: musterPrefix + RecordShortcut, Type: slackapi.MessageShortcut, Description: "Keeps the message on the incident's timeline."},
				{Name: "Declare an incident", CallbackID: musterPrefix + DeclareShortcut, Type: slackapi.GlobalShortcut, Description: "Opens a channel and calls who is needed."},
			},
			SlashCommands: []slackapi.ManifestSlashCommand{{
				Command: options.Command, Url: address, Description: "Declare incidents and lead them",
				UsageHint: "checkout errors spiking sev2 | status | help", ShouldEscape: true,
			}},
		},
		OAuthConfig: slackapi.OAuthConfig{Scopes: slackapi.OAuthScopes{Bot: scopes}},
		Settings: slackapi.Settings{
			EventSubscriptions: &slackapi.EventSubscriptions{RequestUrl: address, BotEvents: events},
			Interactivity:      &slackapi.Interactivity{IsEnabled: true, RequestUrl: address},
			SocketModeEnabled:  options.SocketMode,
		},
	})
	return document.Bytes(), err
}

// deliveryURL is where Slack is to send everything to; nothing in Socket Mode.
func deliveryURL(options ManifestOptions) (string, error) {
	if options.SocketMode {
		return "", nil
	}
	address, err := url.Parse(strings.TrimRight(options.PublicURL, "/"))
	if err != nil || address.Scheme != "https" || address.Host == "" {
		return "", fmt.Errorf("%q is no public address of https, and Slack sends to no others: give the one by which Slack reaches Muster, or have Muster connect to Slack by Socket Mode",
			options.PublicURL)
	}
	return address.String() + DeliveryPath, nil
}
