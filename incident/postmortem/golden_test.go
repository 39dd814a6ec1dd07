package postmortem_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/incident/postmortem"
)

var update = flag.Bool("update", false, "write the golden files anew")

var samples = map[string]func(*testing.T) []incident.Event{
	"quick": quick, "long": long, "false_alarm": falseAlarm, "merged": merged, "begun": begun, "hostile": hostile,
	"branching": branching, "in_the_chat": inTheChat,
}

func links(events []incident.Event) postmortem.Links {
	return postmortem.Links{Incident: "https://muster.example/incidents/" + string(events[0].Incident)}
}

func TestDraftsReadAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for name, play := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := play(t)
			document := postmortem.Draft(events, links(events))
			asJSON, err := json.MarshalIndent(document, "", "  ")
			require.NoError(t, err)
			asHTML, err := postmortem.HTML(document)
			require.NoError(t, err)
			golden(t, name+".md", postmortem.Markdown(document))
			golden(t, name+".html", string(asHTML))
			golden(t, name+".json", string(asJSON)+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test ./incident/postmortem -update writes it anew):\n%s", path, diff)
	}
}
