package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheManifestOfTheSlackAppIsPrinted(t *testing.T) {
	catalogue := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(catalogue, []byte("severities:\n  - {name: SEV1, pager: critical}\nteams:\n  - {name: shop}\n"+
		"services:\n  - {name: checkout, team: shop}\ndefaults: {service: checkout, severity: SEV1}\nchat: {command: /outage}\n"), 0o600))
	for name, test := range map[string]struct {
		settings map[string]string
		args     []string
		want     []string
		code     int
	}{
		"for the address in the settings": {
			map[string]string{"MUSTER_PUBLIC_URL": "https://muster.example.com"}, nil, []string{`"https://muster.example.com/webhooks/slack"`, `"/incident"`, `"Muster"`}, 0,
		},
		"with the command of the catalogue": {nil, []string{"--config", catalogue, "--public-url", "https://muster.example.com"}, []string{`"/outage"`}, 0},
		"for Socket Mode":                   {nil, []string{"--socket-mode", "--name", "Sample"}, []string{`"socket_mode_enabled": true`, `"Sample"`}, 0},
		"with private channels":             {nil, []string{"--socket-mode", "--private"}, []string{`"groups:history"`, `"message.groups"`}, 0},
		"without an address":                {nil, nil, []string{"is no public address of https"}, exitMisused},
		"with a bad catalogue":              {nil, []string{"--socket-mode", "--config", "missing.yaml"}, []string{"missing.yaml"}, exitMisused},
	} {
		stdout, stderr, code := runHere(t, test.settings, append([]string{"slack", "manifest"}, test.args...)...)
		require.Equal(t, test.code, code, "%s: %s", name, stderr)
		for _, want := range test.want {
			require.Contains(t, stdout+stderr, want, name)
		}
		require.Equal(t, test.code == 0, json.Valid([]byte(stdout)), name)
	}
}
