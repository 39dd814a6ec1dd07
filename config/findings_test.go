package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestFindings compares what is said about broken catalogues with golden files;
// go test ./config -update writes them anew.
func TestFindings(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/findings/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.ReplaceAll(strings.TrimSuffix(filepath.Base(path), ".yaml"), "_", " "), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = config.Parse(filepath.Base(path), content)
			compareWithGolden(t, err, strings.TrimSuffix(path, ".yaml")+".txt")
		})
	}
}

func compareWithGolden(t *testing.T, err error, golden string) {
	t.Helper()
	var findings config.Findings
	require.ErrorAs(t, err, &findings)
	got := findings.Error() + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("findings differ from %s (-want +got):\n%s", golden, diff)
	}
}
