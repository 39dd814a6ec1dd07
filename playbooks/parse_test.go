package playbooks_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestTheBuiltInPlaybooksAreSound(t *testing.T) {
	t.Parallel()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	require.Contains(t, library.Names(), playbooks.Default)
	for name, p := range library {
		require.NotEmpty(t, p.Description, name)
		require.Len(t, p.Version, 12, name)
	}
}

func TestTheSameTextIsTheSameVersion(t *testing.T) {
	t.Parallel()
	text := "name: a\ndescription: one\n"
	first, err := playbooks.Parse("a.yaml", []byte(text))
	require.NoError(t, err)
	again, err := playbooks.Parse("elsewhere.yaml", []byte(text))
	require.NoError(t, err)
	changed, err := playbooks.Parse("a.yaml", []byte(text+"# a comment\n"))
	require.NoError(t, err)
	require.Equal(t, first.Version, again.Version)
	require.NotEqual(t, first.Version, changed.Version)
}

// The mistakes are files of their own, each with what its author is told beside it.
func TestMistakesAreFoundWhereTheyAre(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = playbooks.Parse(filepath.Base(file), text)
			var findings playbooks.Findings
			require.ErrorAs(t, err, &findings)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

func TestAPlaybookSurvivesTheJournal(t *testing.T) {
	t.Parallel()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	written := library[playbooks.Default]
	document, err := json.Marshal(written)
	require.NoError(t, err)
	read, err := playbooks.Decode(document)
	require.NoError(t, err)
	require.Equal(t, written.Version, read.Version)
	state := declared(t)
	fromText, err := written.Attach(state)
	require.NoError(t, err)
	fromJournal, err := read.Attach(state)
	require.NoError(t, err)
	require.Equal(t, fromText, fromJournal)
}

func TestAnIncidentsOwnTextIsNeverTakenForAnExpression(t *testing.T) {
	t.Parallel()
	state := declared(t)
	state.Title = "${incident.nothing} ${ {{.}} $${x}"
	p, err := playbooks.Parse("p.yaml", []byte("name: p\nsteps:\n- {id: a, title: 'Look at ${incident.title}'}\n- {id: b, title: 'It costs $${x}'}\n"))
	require.NoError(t, err)
	attach, err := p.Attach(state)
	require.NoError(t, err)
	require.Equal(t, "Look at "+state.Title, attach.Steps[0].Title)
	require.Equal(t, "It costs ${x}", attach.Steps[1].Title)
}

func TestASlugIsCutBetweenWords(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"InstanceDown: 127.0.0.1 down":                        "instancedown-127-0-0-1-down",
		"HighErrorRate: 8 % of the requests to payments fail": "higherrorrate-8-of-the-requests-to",
		"Übergröße": "bergr-e",
		"日本":        "",
		"averyveryveryveryveryveryveryveryverylongsingleword alone": "averyveryveryveryveryveryveryveryverylon",
	} {
		state := declared(t)
		state.Title = title
		require.Equal(t, want, playbooks.NewIncidentView(state, began).Slug, title)
	}
}

func TestEveryActionIsDocumented(t *testing.T) {
	t.Parallel()
	for _, a := range playbooks.Actions() {
		require.NotEmpty(t, a.Doc, a.Name)
		for _, p := range a.Parameters {
			require.NotEmpty(t, p.Doc, "%s: %s", a.Name, p.Name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"library/*.yaml", "testdata/mistakes/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := playbooks.Parse("fuzz.yaml", text)
		var findings playbooks.Findings
		switch {
		case err == nil:
			_, err := p.Attach(incident.State{ID: "INC-1"})
			require.NoError(t, err)
		case !errors.As(err, &findings):
			t.Fatalf("%T is no finding: %v", err, err)
		}
	})
}
