package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// slackApp is Muster's app as it is installed in the workspace.
type slackApp struct {
	command   string
	escaped   bool // the command's mentions carry ids and names
	shortcuts []slackShortcut
	scopes    []string
	events    []string // nil: all
	readOnly  bool     // people cannot write to the app in private
}

// slackShortcut is an entry of a message's menu, or of the workspace's own.
type slackShortcut struct {
	CallbackID, Name string
	OnMessage        bool
}

// slashCommand is Slack's form of a command.
var slashCommand = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// installed is the app that the options describe: by a manifest, of which
// https://docs.slack.dev/reference/app-manifest tells, or else with everything that there is.
func (o Options) installed() (slackApp, error) {
	app := slackApp{
		command: cmp.Or(o.SlackCommand, "/incident"), escaped: true, scopes: slackScopes,
		shortcuts: []slackShortcut{{"muster:record", "Add to the incident", true}, {"muster:declare", "Declare an incident", false}},
	}
	if !slashCommand.MatchString(app.command) {
		return app, fmt.Errorf("sandbox: SlackCommand is %q: a command is a slash and up to 31 small letters, digits, hyphens or underscores", app.command)
	}
	if o.SlackManifest == nil {
		return app, nil
	}
	var manifest struct {
		Features struct {
			AppHome struct {
				ReadOnly bool `json:"messages_tab_read_only_enabled"`
			} `json:"app_home"`
			Shortcuts []struct {
				Name       string `json:"name"`
				Type       string `json:"type"`
				CallbackID string `json:"callback_id"`
			} `json:"shortcuts"`
			Commands []struct {
				Command string `json:"command"`
				Escape  bool   `json:"should_escape"`
			} `json:"slash_commands"`
		} `json:"features"`
		OAuth struct {
			Scopes struct {
				Bot []string `json:"bot"`
			} `json:"scopes"`
		} `json:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `json:"bot_events"`
			} `json:"event_subscriptions"`
		} `json:"settings"`
	}
	if err := json.Unmarshal(o.SlackManifest, &manifest); err != nil {
		return app, fmt.Errorf("sandbox: SlackManifest is no manifest in JSON: %w", err)
	}
	if len(manifest.Features.Commands) != 1 {
		return app, errors.New("sandbox: SlackManifest must have one slash command")
	}
	app = slackApp{
		command: manifest.Features.Commands[0].Command, escaped: manifest.Features.Commands[0].Escape,
		scopes: manifest.OAuth.Scopes.Bot, events: append([]string{}, manifest.Settings.Events.Bot...), readOnly: manifest.Features.AppHome.ReadOnly,
	}
	for _, shortcut := range manifest.Features.Shortcuts {
		app.shortcuts = append(app.shortcuts, slackShortcut{shortcut.CallbackID, shortcut.Name, shortcut.Type == "message"})
	}
	return app, nil
}

// offers are the shortcuts of messages, or the workspace's.
func (a slackApp) offers(onMessage bool) []slackShortcut {
	return slices.DeleteFunc(slices.Clone(a.shortcuts), func(s slackShortcut) bool { return s.OnMessage != onMessage })
}

// hears says whether the app is told of an event in a channel.
func (a slackApp) hears(event string, channel slackChannel) bool {
	if event == "message" {
		event += map[string]string{"channel": ".channels", "group": ".groups", "im": ".im"}[channel.kind()]
	}
	return a.events == nil || slices.Contains(a.events, event)
}

// methodScopes are the scopes of which a method needs one, which for conversations depends on
// the kind of channel: https://docs.slack.dev/reference/scopes.
var methodScopes = map[string][]string{
	"bookmarks.add": {"bookmarks:write"}, "bookmarks.edit": {"bookmarks:write"}, "bookmarks.list": {"bookmarks:read"},
	"chat.delete": {"chat:write"}, "chat.postEphemeral": {"chat:write"}, "chat.postMessage": {"chat:write"}, "chat.update": {"chat:write"},
	"conversations.archive": {"channels:manage", "groups:write"}, "conversations.create": {"channels:manage", "groups:write"},
	"conversations.history": {"channels:history", "groups:history", "im:history"}, "conversations.info": {"channels:read", "groups:read", "im:read"},
	"conversations.invite": {"channels:manage", "channels:write.invites", "groups:write"}, "conversations.join": {"channels:join"},
	"conversations.leave": {"channels:manage", "groups:write"}, "conversations.list": {"channels:read", "groups:read", "im:read"},
	"conversations.members": {"channels:read", "groups:read", "im:read"}, "conversations.open": {"im:write", "channels:manage", "groups:write"},
	"conversations.replies":    {"channels:history", "groups:history", "im:history"},
	"conversations.setPurpose": {"channels:manage", "channels:write.topic", "groups:write"},
	"conversations.setTopic":   {"channels:manage", "channels:write.topic", "groups:write"}, "conversations.unarchive": {"channels:manage", "groups:write"},
	"pins.add": {"pins:write"}, "pins.list": {"pins:read"}, "pins.remove": {"pins:write"},
	"reactions.add": {"reactions:write"}, "reactions.get": {"reactions:read"}, "reactions.remove": {"reactions:write"},
	"users.info": {"users:read"}, "users.list": {"users:read"}, "users.lookupByEmail": {"users:read.email"},
}

// permit refuses a method for which the app was granted none of the scopes.
func (a slackApp) permit(method string) error {
	needed := methodScopes[method]
	if len(needed) == 0 || slices.ContainsFunc(needed, func(scope string) bool { return slices.Contains(a.scopes, scope) }) {
		return nil
	}
	return slackError{code: "missing_scope", fields: object{"needed": strings.Join(needed, ","), "provided": strings.Join(a.scopes, ",")}}
}
