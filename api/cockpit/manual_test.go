package cockpit

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of commands into the manual")

// manual has the table between two marks; the rest of it is written by hand.
const (
	manual    = "../../docs/slack.md"
	tableFrom = "<!-- The table is made by go test ./api/cockpit -update -->\n"
	tableTo   = "<!-- end of the table -->\n"
)

func TestTheManualHasTheTableOfCommands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(manual)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), tableFrom)
	require.True(t, ok, "%s marks where the table begins", manual)
	_, after, ok := strings.Cut(rest, tableTo)
	require.True(t, ok, "%s marks where the table ends", manual)
	want := before + tableFrom + manualTable() + tableTo + after
	if *update {
		require.NoError(t, os.WriteFile(manual, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text), "run go test ./api/cockpit -update")
}

func manualTable() string {
	var b strings.Builder
	b.WriteString("| write | and this happens |\n| --- | --- |\n")
	for _, g := range groups() {
		fmt.Fprintf(&b, "| **%s** | |\n", g.title)
		for _, w := range ways(g.verbs) {
			line := strings.TrimSpace(DefaultCommand + " " + strings.ReplaceAll(w.words, "|", `\|`))
			fmt.Fprintf(&b, "| `%s` | %s |\n", line, w.does)
		}
	}
	return b.String()
}

func TestEveryVerbCanBeFoundInOneWayOnly(t *testing.T) {
	t.Parallel()
	var check func(among []verb)
	check = func(among []verb) {
		var names []string
		for _, v := range among {
			require.NotNil(t, v.plan, v.name)
			names = append(append(names, v.name), v.aliases...)
			check(v.below)
		}
		slices.Sort(names)
		require.Equal(t, slices.Compact(slices.Clone(names)), names, "no name twice")
	}
	check(verbs())
	for short, path := range shortcuts {
		_, taken := find(verbs(), short)
		require.False(t, taken, "%s is a verb of its own", short)
		above, ok := find(verbs(), path[0])
		require.True(t, ok)
		_, ok = find(above.below, path[1])
		require.True(t, ok, path)
	}
}

func TestEveryCommandIsExplained(t *testing.T) {
	t.Parallel()
	for _, v := range verbs() {
		require.NotEmpty(t, ways([]verb{v}), v.name)
	}
	for _, w := range ways(verbs()) {
		require.NotEmpty(t, w.does)
		require.False(t, strings.HasSuffix(w.does, "."), w.does)
	}
}
