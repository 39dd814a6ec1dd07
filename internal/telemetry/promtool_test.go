//go:build !slim

package telemetry_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// promtool runs Prometheus' own checks.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	require.NoError(t, err, "the rules are checked by promtool: install it (Debian and Ubuntu: the package prometheus)")
	output, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "%s", output)
}

func TestPromtoolFindsNothingWrong(t *testing.T) {
	t.Parallel()
	const folder = "../../deploy/prometheus/"
	promtool(t, "check", "config", folder+"prometheus.yml")
	promtool(t, "check", "rules", folder+"muster.rules.yml")
	promtool(t, "test", "rules", folder+"muster.rules.test.yml", folder+"muster.rules.days.test.yml")
}

// TestEveryQueryOfTheDashboardIsPromQL has them checked as if they were rules, since that
// is what promtool reads.
func TestEveryQueryOfTheDashboardIsPromQL(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, expr := range queries(t) {
		fmt.Fprintf(&file, "      - record: dashboard:query:%d\n        expr: %q\n", i, expr)
	}
	path := filepath.Join(t.TempDir(), "dashboard.rules.yml")
	require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
	promtool(t, "check", "rules", path)
}
