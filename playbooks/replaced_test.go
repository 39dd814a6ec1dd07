package playbooks_test

import (
	"testing"
	"testing/fstest"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

const (
	former = "name: base\nsteps:\n- {id: look, title: Look}\n- {id: tell, title: Tell people}\n"
	needs  = "name: needs\nextends: base\nsteps:\n- {id: more, title: More, needs: [look]}\n"
	takes  = "name: takes\nextends: base\nremove: [look]\nsteps:\n- {id: other, title: Other}\n"
)

func folderOf(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

// stepsOf lists the ids of a playbook's steps.
func stepsOf(p *playbooks.Playbook) (ids []string) {
	for _, s := range p.Steps {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestWhatCannotBuildOnAReplacementKeepsTheFormer(t *testing.T) {
	t.Parallel()
	builtIn, err := playbooks.Load(folderOf(map[string]string{"base.yaml": former, "needs.yaml": needs, "takes.yaml": takes}), ".")
	require.NoError(t, err)

	own := folderOf(map[string]string{"base.yaml": "name: base\nsteps:\n- {id: shout, title: Shout}\n"})
	library, err := builtIn.Load(own, ".")
	require.NoError(t, err, "nobody has touched the others")
	require.Equal(t, []string{"shout"}, stepsOf(library["base"]))
	require.Equal(t, []string{"look", "tell", "more"}, stepsOf(library["needs"]), "it needs what is gone")
	require.Equal(t, []string{"tell", "other"}, stepsOf(library["takes"]), "it removes what is gone")
	_, findings := playbooks.Check(builtIn, []playbooks.File{{Name: "base.yaml", Text: own["base.yaml"].Data}}, playbooks.Catalogue{})
	require.Len(t, findings, 2)
	for _, f := range findings {
		require.Equal(t, "keeps-former", f.Rule)
		require.Equal(t, playbooks.Note, f.Severity)
		require.Equal(t, "base.yaml", f.File)
	}

	library, err = builtIn.Load(folderOf(map[string]string{"base.yaml": "name: base\nsteps:\n- {id: look, title: Look closely}\n"}), ".")
	require.NoError(t, err)
	require.Equal(t, []string{"look", "more"}, stepsOf(library["needs"]), "what can build on it does")
	require.Equal(t, "Look closely", library["needs"].Steps[0].Title)
}
