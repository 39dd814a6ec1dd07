package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestWhatPlaybooksMayConnectTo(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Parse("muster.yaml", []byte(twoTeams+`
http:
  allow: [10.1.0.0/16, 192.168.7.9, "fd12::/48", "::1", "::ffff:10.2.0.1", Deploy.Internal.Example., localhost]
`))
	require.NoError(t, err)
	require.Equal(t, config.Outbound{
		Networks: []netip.Prefix{
			netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.168.7.9/32"), netip.MustParsePrefix("fd12::/48"),
			netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.2.0.1/32"),
		},
		Hosts: []string{"deploy.internal.example", "localhost"},
	}, catalogue.Outbound())
	require.Zero(t, config.Sample().Outbound())
}

func TestSecretsOfPlaybooksComeFromTheEnvironmentOrFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("from the file\n"), 0o600))
	secrets, err := config.ReadPlaybookSecrets([]string{
		"MUSTER_SECRET_DEPLOY_TOKEN=from the environment", "MUSTER_SECRET_CI_2_FILE=" + file, "MUSTER_SECRET_EMPTY=", "MUSTER_SLACK_TOKEN=other", "PATH",
	})
	require.NoError(t, err)
	require.Equal(t, []string{"ci_2", "deploy_token"}, secrets.Names())
	for name, want := range map[string]string{"deploy_token": "from the environment", "ci_2": "from the file"} {
		value, ok := secrets.Secret(name)
		require.True(t, ok)
		require.Equal(t, want, value)
	}
	_, ok := secrets.Secret("other")
	require.False(t, ok)
	_, ok = config.PlaybookSecrets{}.Secret("other")
	require.False(t, ok)
	require.Equal(t, "MUSTER_SECRET_DEPLOY_TOKEN", config.PlaybookSecretVariable("deploy_token"))
}

func TestSecretsOfPlaybooksThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"MUSTER_SECRET_PIN=12345":                   "MUSTER_SECRET_PIN is shorter than 8 characters",
		"MUSTER_SECRET_deploy=very-secret":          "MUSTER_SECRET_deploy is no name of a secret; write MUSTER_SECRET_ and capital letters",
		"MUSTER_SECRET_=very-secret":                "MUSTER_SECRET_ is no name of a secret",
		"MUSTER_SECRET_FILE=very-secret":            "MUSTER_SECRET_FILE is no name of a secret",
		"MUSTER_SECRET_CI_FILE=/no/such/file":       "MUSTER_SECRET_CI_FILE names a file that cannot be read",
		"MUSTER_SECRET_LINES=very-secret\nand more": "MUSTER_SECRET_LINES holds a line break",
	} {
		secrets, err := config.ReadPlaybookSecrets([]string{variable})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "very-secret")
		require.Empty(t, secrets.Names())
	}
	_, err := config.ReadPlaybookSecrets([]string{"MUSTER_SECRET_CI=very-secret", "MUSTER_SECRET_CI_FILE=/file"})
	require.EqualError(t, err, "MUSTER_SECRET_CI is set, and so is MUSTER_SECRET_CI_FILE; unset one of them")
}

func TestSettingsHaveTheSecretsOfPlaybooksAndPrometheus(t *testing.T) {
	parsed, err := parseArguments(t, map[string]string{
		"MUSTER_SECRET_DEPLOY_TOKEN": "very-secret", "MUSTER_PROMETHEUS_URL": "https://prometheus.example.com", "MUSTER_PROMETHEUS_TOKEN": credential,
	}, "dev")
	require.NoError(t, err)
	require.Equal(t, []string{"deploy_token"}, parsed.Dev.PlaybookSecrets.Names())
	require.False(t, parsed.Dev.PrometheusSandboxed())
	require.Equal(t, credential, parsed.Dev.Prometheus.Token.Reveal())

	_, err = parseArguments(t, map[string]string{"MUSTER_PROMETHEUS_TOKEN": credential, "MUSTER_SECRET_PIN": "123"}, "dev")
	require.ErrorContains(t, err, "MUSTER_SECRET_PIN is shorter than 8 characters")
	_, err = parseArguments(t, map[string]string{"MUSTER_PROMETHEUS_TOKEN": credential}, "dev")
	require.ErrorContains(t, err, "MUSTER_PROMETHEUS_URL is not set, but MUSTER_PROMETHEUS_TOKEN is")
	_, err = parseArguments(t, map[string]string{"MUSTER_PROMETHEUS_URL": "prometheus:9090"}, "dev")
	require.ErrorContains(t, err, "MUSTER_PROMETHEUS_URL is not a web address")
}
