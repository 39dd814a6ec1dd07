package playbooks_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// The page of all actions is made of their registrations.
func TestTheActionsAreDocumented(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Actions\n\nWhat a playbook can have Muster do, in steps and in hooks; see [playbooks](playbooks.md#actions). This page is made of the\n" +
		"same registrations as the checks and the schema.\n\nEach may be repeated safely; [effects](reliability.md#effects) says how. What an action gives back is used by later steps as\n" +
		"`outputs[\"step\"].name`.\n")
	for _, a := range playbooks.Actions() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", a.Name, a.Doc)
		if len(a.Parameters) > 0 {
			b.WriteString("\n| parameter | |\n| --- | --- |\n")
		}
		for _, p := range a.Parameters {
			fmt.Fprintf(&b, "| `%s` | %s |\n", p.Name, inTable(p))
		}
		if len(a.Outputs) > 0 {
			b.WriteString("\n| gives back | |\n| --- | --- |\n")
		}
		for _, o := range a.Outputs {
			fmt.Fprintf(&b, "| `%s` (%s) | %s |\n", o.Name, o.Type, strings.ReplaceAll(o.Doc, "|", "\\|"))
		}
	}
	const file = "../docs/actions.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "run the test with -update")
}

func inTable(p playbooks.Parameter) string {
	said := []string{strings.ReplaceAll(p.Doc, "|", "\\|")}
	if p.Required {
		said[0] = "**Required.** " + said[0]
	}
	if p.Type != playbooks.TextParameter {
		said = append(said, "A value of the type "+string(p.Type)+".")
	}
	if len(p.Options) > 0 {
		said = append(said, "One of `"+strings.Join(p.Options, "`, `")+"`.")
	}
	if p.Default != "" {
		said = append(said, "`"+p.Default+"` if left out.")
	}
	if p.AtMost > 0 {
		said = append(said, "At most "+incident.FormatDuration(p.AtMost.Round(time.Second))+".")
	}
	if p.Secret {
		said = append(said, "May hold [secrets](playbooks.md#secrets).")
	}
	return strings.Join(said, " ")
}
