package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAnAlertOfAnySizeIsKeptAsFarAsItFits(t *testing.T) {
	t.Parallel()
	many := map[string]string{"alertname": "Fat", "service": "checkout", "severity": "critical"}
	for i := range 10_000 {
		many[fmt.Sprintf("label_%05d", i)] = strings.Repeat("x", 100)
	}
	got := bounded(incident.Alert{
		Fingerprint: strings.Repeat("f", 1000), Name: "Fat", URL: "https://example.com/" + strings.Repeat("u", 10_000),
		Labels: many, Annotations: map[string]string{"summary": strings.Repeat("s", 20_000), "note": "a\x00b"},
	})
	text, err := json.Marshal(got)
	require.NoError(t, err)
	require.Less(t, len(text), 100<<10)
	require.Equal(t, "checkout", got.Labels["service"])
	require.Equal(t, "critical", got.Labels["severity"])
	require.Contains(t, got.Annotations[leftOut], "labels and 0 annotations")
	require.Less(t, len(got.Fingerprint), 256)
	require.Empty(t, got.URL)
}

func TestAnAlertOfUsualSizeIsKeptWhole(t *testing.T) {
	t.Parallel()
	got := bounded(incident.Alert{Name: "Up", Fingerprint: "f", Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"note": "a\x00b", "long": strings.Repeat("s", 20_000)}})
	require.Equal(t, map[string]string{"a": "b"}, got.Labels)
	require.Equal(t, "ab", got.Annotations["note"])
	require.Len(t, []rune(got.Annotations["long"]), maxValueRunes)
	require.NotContains(t, got.Annotations, leftOut)
}
