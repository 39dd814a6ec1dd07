package integrations_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

func TestSecretPrintsAsRedacted(t *testing.T) {
	t.Parallel()
	const secret integrations.Secret = "sample-secret"
	holder := struct {
		Token integrations.Secret
		Known []integrations.Secret
	}{secret, []integrations.Secret{secret}}

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("started", "token", secret, "holder", holder)
	document, err := json.Marshal(holder)
	require.NoError(t, err)
	for _, shown := range []string{
		log.String(), string(document), fmt.Sprint(secret, holder),
		fmt.Sprintf("%s %q %v %+v %#v %x %X %d", secret, secret, secret, holder, holder, secret, secret, secret),
	} {
		require.Contains(t, shown, "[redacted]")
		require.NotContains(t, shown, "sample-secret")
		require.NotContains(t, shown, fmt.Sprintf("%x", "sample-secret"))
	}
	require.Equal(t, "sample-secret", secret.Reveal())
	require.Empty(t, fmt.Sprint(integrations.Secret("")), "that none is set can be seen")
}

func TestSecretIsReadFromSettings(t *testing.T) {
	t.Parallel()
	var settings struct{ Token integrations.Secret }
	require.NoError(t, json.Unmarshal([]byte(`{"Token":"sample-secret"}`), &settings))
	require.Equal(t, "sample-secret", settings.Token.Reveal())
}
