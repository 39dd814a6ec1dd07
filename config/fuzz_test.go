package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/config"
)

// FuzzParse checks that whatever stands in a file, it is either a catalogue that
// answers every question or a list of findings that can be shown.
func FuzzParse(f *testing.F) {
	f.Add(config.SampleYAML())
	broken, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(f, err)
	for _, path := range broken {
		content, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(content)
	}
	f.Add([]byte("a: &a\n  <<: *a\nb: [*a, *b]\n"))
	f.Add([]byte("services: &s [*s]\n"))

	f.Fuzz(func(t *testing.T, data []byte) {
		catalogue, err := config.Parse("fuzz.yaml", data)
		if err != nil {
			require.Nil(t, catalogue)
			var findings config.Findings
			require.ErrorAs(t, err, &findings)
			require.NotEmpty(t, findings)
			for _, finding := range findings {
				require.Positive(t, finding.Line)
				require.Positive(t, finding.Column)
				require.NotEmpty(t, finding.Message)
			}
			require.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
			return
		}
		require.NotEmpty(t, catalogue.Scale())
		for _, service := range catalogue.Services() {
			_, ok := catalogue.Team(service.Team)
			require.True(t, ok, "the team of %q", service.Name)
			found, ok := catalogue.Service(service.Name)
			require.True(t, ok)
			require.Equal(t, service, found)
		}
		route := catalogue.Route(map[string]string{"service": string(data), "severity": "no such"})
		require.NotEmpty(t, route.Service.Name)
		require.NotEmpty(t, route.Severity.Name)
	})
}
