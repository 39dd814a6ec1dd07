package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestSample(t *testing.T) {
	t.Parallel()
	catalogue := config.Sample()

	t.Run("is what its source says", func(t *testing.T) {
		t.Parallel()
		parsed, err := config.Parse("sample.yaml", config.SampleYAML())
		require.NoError(t, err)
		require.Equal(t, parsed.Services(), catalogue.Services())
		require.Equal(t, parsed.Scale(), catalogue.Scale())
		require.Equal(t, parsed.Teams(), catalogue.Teams())
	})

	t.Run("translates the severities that alerts use", func(t *testing.T) {
		t.Parallel()
		for alias, want := range map[string]string{
			"critical": "SEV1", "page": "SEV1",
			"error": "SEV2", "high": "SEV2", "major": "SEV2",
			"warning": "SEV3",
			"info":    "SEV4", "low": "SEV4", "minor": "SEV4",
		} {
			severity, ok := catalogue.Severity(alias)
			require.True(t, ok, alias)
			require.Equal(t, want, severity.Name, alias)
		}
	})

	t.Run("pages someone for each of its services", func(t *testing.T) {
		t.Parallel()
		var names []string
		for _, service := range catalogue.Services() {
			names = append(names, service.Name)
			require.NotEmpty(t, service.PagerDuty.Service, service.Name)
			require.NotEmpty(t, service.Jira.Project, service.Name)
		}
		require.Equal(t, []string{"checkout", "payments", "search", "identity", "platform"}, names)
		require.Equal(t, config.Defaults{Service: "platform", Severity: "SEV3", Playbook: "default"}, catalogue.Defaults())
	})

	t.Run("cannot be changed through what it returns", func(t *testing.T) {
		t.Parallel()
		config.SampleYAML()[0] = 'X'
		catalogue.Scale()[0] = config.Severity{}
		catalogue.Services()[0] = config.Service{}
		catalogue.Teams()[0] = config.Team{}
		require.Equal(t, byte('#'), config.SampleYAML()[0])
		require.Equal(t, "SEV1", catalogue.Scale()[0].Name)
		require.Equal(t, "checkout", catalogue.Services()[0].Name)
		require.Equal(t, "storefront", catalogue.Teams()[0].Name)
	})
}
