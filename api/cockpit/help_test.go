package cockpit_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpHasEveryCommandOfTheManual(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/slack.md")
	require.NoError(t, err)
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "help")
		_, text := w.lastAnswer()
		found := 0
		for line := range strings.Lines(string(manual)) {
			usage, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | ")
			if !ok || !strings.HasPrefix(usage, "/incident") {
				continue
			}
			found++
			require.Contains(t, text, strings.ReplaceAll(usage, `\|`, "|"))
		}
		require.Greater(t, found, 30)
	})
}
