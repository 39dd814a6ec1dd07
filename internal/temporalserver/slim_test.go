//go:build slim

package temporalserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/temporalserver"
)

func TestSlimBuildSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	_, err := temporalserver.Start(t.Context(), temporalserver.Options{DataDir: t.TempDir()})
	require.ErrorIs(t, err, temporalserver.ErrNotBuiltIn)
	require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
}
