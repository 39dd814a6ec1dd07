package slack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/slack"
)

const musterURL = "https://muster.example.com/"

// manifest makes the manifest of an app.
func manifest(t *testing.T, options slack.ManifestOptions) ([]byte, slackapi.Manifest) {
	t.Helper()
	text, err := slack.Manifest(options)
	require.NoError(t, err)
	var m slackapi.Manifest
	require.NoError(t, json.Unmarshal(text, &m))
	return text, m
}

func TestTheManifestIsThatOfTheGoldenFile(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]slack.ManifestOptions{
		"manifest.json":        {Command: "/incident", PublicURL: musterURL},
		"manifest_socket.json": {Name: "Sample Incidents", Command: "/sample-incident", SocketMode: true, Private: true},
	} {
		text, _ := manifest(t, options)
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, text, 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(text), "run the test with -update if this is meant")
	}
}

func TestTheManifestHasJustTheScopesThatAreUsed(t *testing.T) {
	t.Parallel()
	_, m := manifest(t, slack.ManifestOptions{Command: "/incident", PublicURL: musterURL})
	require.Equal(t, slack.Scopes(), m.OAuthConfig.Scopes.Bot)
	require.Empty(t, m.OAuthConfig.Scopes.User)
	require.Empty(t, slack.Access{Granted: m.OAuthConfig.Scopes.Bot}.Missing())

	_, m = manifest(t, slack.ManifestOptions{Command: "/incident", SocketMode: true, Private: true})
	require.ElementsMatch(t, append(slack.Scopes(), slack.PrivateScopes()...), m.OAuthConfig.Scopes.Bot)
	require.Empty(t, slack.Access{Granted: m.OAuthConfig.Scopes.Bot}.Unused())
}

func TestTheManifestSubscribesToWhatIsUnderstood(t *testing.T) {
	t.Parallel()
	_, m := manifest(t, slack.ManifestOptions{Command: "/incident", PublicURL: musterURL, Private: true})
	var types []string
	for _, event := range m.Settings.EventSubscriptions.BotEvents {
		kind, _, _ := strings.Cut(event, ".") // message.channels comes as message
		types = append(types, kind)
	}
	slices.Sort(types)
	require.Equal(t, slack.EventTypes(), slices.Compact(types))
}

func TestTheManifestKeepsSlacksLimits(t *testing.T) {
	t.Parallel()
	_, m := manifest(t, slack.ManifestOptions{Name: strings.Repeat("n", 35), Command: "/" + strings.Repeat("c", 31), PublicURL: musterURL})
	require.LessOrEqual(t, len(m.Display.Description), 140)
	require.LessOrEqual(t, len(m.Features.BotUser.DisplayName), 80)
	for _, shortcut := range m.Features.Shortcuts {
		require.LessOrEqual(t, len(shortcut.Name), 24)
		require.LessOrEqual(t, len(shortcut.Description), 150)
		require.LessOrEqual(t, len(shortcut.CallbackID), 255)
	}
	for _, command := range m.Features.SlashCommands {
		require.LessOrEqual(t, len(command.Command), 32)
		require.LessOrEqual(t, len(command.Description), 2000)
		require.LessOrEqual(t, len(command.UsageHint), 1000)
		require.True(t, command.ShouldEscape, "mentions come with their ids")
	}
}

func TestTheManifestLeadsToOneAddressOrToNone(t *testing.T) {
	t.Parallel()
	const address = "https://muster.example.com/webhooks/slack"
	_, m := manifest(t, slack.ManifestOptions{Command: "/incident", PublicURL: musterURL})
	require.Equal(t, address, m.Settings.EventSubscriptions.RequestUrl)
	require.Equal(t, address, m.Settings.Interactivity.RequestUrl)
	require.Equal(t, address, m.Features.SlashCommands[0].Url)
	require.False(t, m.Settings.SocketModeEnabled)

	text, m := manifest(t, slack.ManifestOptions{Command: "/incident", PublicURL: musterURL, SocketMode: true})
	require.NotContains(t, string(text), "muster.example.com")
	require.True(t, m.Settings.SocketModeEnabled)
	require.True(t, m.Settings.Interactivity.IsEnabled)
}

func TestAManifestThatSlackWouldRefuseIsNotMade(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options slack.ManifestOptions
		want    string
	}{
		"without an address":            {slack.ManifestOptions{Command: "/incident"}, "Socket Mode"},
		"with an address of http":       {slack.ManifestOptions{Command: "/incident", PublicURL: "http://127.0.0.1:8080"}, "no public address of https"},
		"with an address that is none":  {slack.ManifestOptions{Command: "/incident", PublicURL: "https://%zz"}, "no public address of https"},
		"with a name that is too long":  {slack.ManifestOptions{Command: "/incident", PublicURL: musterURL, Name: strings.Repeat("n", 36)}, "1 to 35 characters"},
		"with a command in large type":  {slack.ManifestOptions{Command: "/Incident", PublicURL: musterURL}, "cannot be a command"},
		"with a command of two words":   {slack.ManifestOptions{Command: "/my incident", PublicURL: musterURL}, "cannot be a command"},
		"with a command without slash":  {slack.ManifestOptions{Command: "incident", PublicURL: musterURL}, "cannot be a command"},
		"with a command without a name": {slack.ManifestOptions{Command: "/", PublicURL: musterURL}, "cannot be a command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := slack.Manifest(test.options)
			require.ErrorContains(t, err, test.want)
		})
	}
}
