package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What docs/backup.md shows is what is read, kind for kind and member for member.
func TestTheDocumentedRecordsAreThoseThatAreRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "backup.md"))
	require.NoError(t, err)
	shown := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if example, ok := strings.CutPrefix(line, `    {"record":"`); ok {
			kind, _, _ := strings.Cut(example, `"`)
			shown[kind] = strings.TrimSpace(line)
		}
	}
	require.Len(t, shown, len(kinds)+2, "with header and end")
	for _, k := range kinds {
		require.Contains(t, shown, k.name)
		record, err := k.read([]byte(shown[k.name]))
		require.NoError(t, err)
		var out bytes.Buffer
		w := newWriter(&out)
		require.NoError(t, w.line(k.name, record))
		require.NoError(t, w.flush())
		require.JSONEq(t, shown[k.name], out.String(), k.name)
	}
}
