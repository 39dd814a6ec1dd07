package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
)

const credential = "xoxb-sample-credential"

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := config.NewSecret(credential)
	type inside struct{ Token config.Secret }
	type hidden struct{ token config.Secret }

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
		for name, value := range map[string]any{
			"itself":                 secret,
			"a pointer to it":        &secret,
			"a field":                inside{secret},
			"a field nobody can see": hidden{secret},
			"a list":                 []config.Secret{secret},
			"a key of a map":         map[config.Secret]config.Secret{secret: secret},
			"a wrapped error":        fmt.Errorf("refused: %w", errors.New(fmt.Sprint(secret))),
		} {
			printed := fmt.Sprintf(verb, value)
			require.NotContains(t, printed, credential, "%s of %s", verb, name)
			require.NotContains(t, strings.ToLower(printed), fmt.Sprintf("%x", credential), "%s of %s", verb, name)
		}
	}
	require.Equal(t, "[redacted] [redacted] [redacted]", fmt.Sprintf("%v %s %q", secret, secret, secret))

	encoded, err := json.Marshal(map[string]any{"secret": secret, "inside": inside{secret}, "hidden": hidden{secret}})
	require.NoError(t, err)
	require.JSONEq(t, `{"secret": "[redacted]", "inside": {"Token": "[redacted]"}, "hidden": {}}`, string(encoded))

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("starting", "secret", secret, "inside", inside{secret}, slog.Group("slack", "token", secret))
	}
	require.NotContains(t, log.String(), credential)
	require.Contains(t, log.String(), "slack.token=[redacted]")
}

func TestSecret(t *testing.T) {
	t.Parallel()
	t.Run("reveals its value when asked, without white space around it", func(t *testing.T) {
		t.Parallel()
		secret := config.NewSecret(" " + credential + "\r\n")
		require.True(t, secret.IsSet())
		require.Equal(t, credential, secret.Reveal())
	})
	t.Run("is absent when it is nothing but white space", func(t *testing.T) {
		t.Parallel()
		require.False(t, config.NewSecret("\n").IsSet())
		require.Equal(t, config.Secret{}, config.NewSecret(""))
		require.Empty(t, config.Secret{}.Reveal())
		require.Empty(t, fmt.Sprintf("%v%#v", config.Secret{}, config.Secret{}))
	})
}

// environment looks variables up in a map.
func environment(variables map[string]string) config.Lookup {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestReadSecrets(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	token := file("token", credential+"\n")
	blank := file("blank", " \n")
	twoLines := file("two-lines", credential+"\nsecond")
	large := file("large", strings.Repeat("x", 100_000))
	missing := filepath.Join(folder, "missing")

	for name, test := range map[string]struct {
		variables map[string]string
		want      string
		wantError string
	}{
		"a variable holds the secret": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN": credential}, want: credential,
		},
		"a file holds the secret": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": token}, want: credential,
		},
		"an empty variable is as good as none": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN": "", "MUSTER_SLACK_TOKEN_FILE": token}, want: credential,
		},
		"nothing is set": {},
		"both a variable and a file are an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN": credential, "MUSTER_SLACK_TOKEN_FILE": token},
			wantError: "MUSTER_SLACK_TOKEN is set, and so is MUSTER_SLACK_TOKEN_FILE; unset one of them",
		},
		"a missing file is an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": missing},
			wantError: "MUSTER_SLACK_TOKEN_FILE names a file that cannot be read: stat " + missing + ": no such file or directory",
		},
		"a folder is an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": folder},
			wantError: "MUSTER_SLACK_TOKEN_FILE names a file that cannot be read: read " + folder + ": is a directory",
		},
		"a blank file is an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": blank},
			wantError: "MUSTER_SLACK_TOKEN_FILE holds nothing but white space; put the credential there",
		},
		"a blank variable is an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN": " "},
			wantError: "MUSTER_SLACK_TOKEN holds nothing but white space; put the credential there",
		},
		"a secret of two lines is an error that does not quote it": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": twoLines},
			wantError: "MUSTER_SLACK_TOKEN_FILE holds a line break or another control character; it must be one line with the credential alone",
		},
		"a large file is an error": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN_FILE": large},
			wantError: "MUSTER_SLACK_TOKEN_FILE names a file of more than 64 KiB, which is no credential: " + large,
		},
		"all errors are told at once": {
			variables: map[string]string{"MUSTER_SLACK_TOKEN": " ", "MUSTER_DATABASE_URL": " "},
			wantError: "MUSTER_DATABASE_URL holds nothing but white space; put the credential there\n" +
				"MUSTER_SLACK_TOKEN holds nothing but white space; put the credential there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var settings config.Settings
			err := settings.ReadSecrets(environment(test.variables))
			if test.wantError != "" {
				require.EqualError(t, err, test.wantError)
				require.NotContains(t, err.Error(), credential)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, test.want, settings.Slack.Token.Reveal())
		})
	}
}

func TestEverySecretHasItsVariable(t *testing.T) {
	t.Parallel()
	variables := map[string]string{}
	for _, variable := range config.Variables() {
		require.NotEmpty(t, variable.Help, variable.Name)
		variables[variable.Name] = "value of " + variable.Name
	}
	var settings config.Settings
	require.NoError(t, settings.ReadSecrets(environment(variables)))
	got := map[string]string{
		"MUSTER_DATABASE_URL":             settings.DatabaseURL.Reveal(),
		"MUSTER_SLACK_TOKEN":              settings.Slack.Token.Reveal(),
		"MUSTER_SLACK_SIGNING_SECRET":     settings.Slack.SigningSecret.Reveal(),
		"MUSTER_SLACK_APP_TOKEN":          settings.Slack.AppToken.Reveal(),
		"MUSTER_PAGERDUTY_TOKEN":          settings.PagerDuty.Token.Reveal(),
		"MUSTER_PAGERDUTY_WEBHOOK_SECRET": settings.PagerDuty.WebhookSecret.Reveal(),
		"MUSTER_JIRA_TOKEN":               settings.Jira.Token.Reveal(),
		"MUSTER_JIRA_WEBHOOK_SECRET":      settings.Jira.WebhookSecret.Reveal(),
		"MUSTER_SMTP_URL":                 settings.Mail.URL.Reveal(),
		"MUSTER_FALLBACK_WEBHOOK_URL":     settings.Webhook.URL.Reveal(),
		"MUSTER_FALLBACK_WEBHOOK_SECRET":  settings.Webhook.Secret.Reveal(),
		"MUSTER_PROMETHEUS_TOKEN":         settings.Prometheus.Token.Reveal(),
		"MUSTER_ALERTMANAGER_TOKEN":       settings.Alertmanager.Token.Reveal(),
		"MUSTER_HEARTBEAT_URL":            settings.Heartbeat.URL.Reveal(),
	}
	require.Equal(t, variables, got)
}
