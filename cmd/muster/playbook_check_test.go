package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const soundPlaybook = "name: sound\nsteps: [{id: look, title: Look at it}]\n"

// runPlaybook runs muster playbook in a folder with these files.
func runPlaybook(t *testing.T, files map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Chdir(dir)
	t.Setenv("MUSTER_CONFIG", "")
	printed := make([]*os.File, 2)
	for i := range printed {
		file, err := os.Create(filepath.Join(t.TempDir(), "printed"))
		require.NoError(t, err)
		printed[i] = file
	}
	code = run(t.Context(), append([]string{"playbook"}, args...), printed[0], printed[1])
	texts := make([]string, len(printed))
	for i, file := range printed {
		require.NoError(t, file.Close())
		text, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		texts[i] = string(text)
	}
	return texts[0], texts[1], code
}

func TestPlaybookCheckSaysWhatIsWrongAndWhere(t *testing.T) {
	stdout, stderr, code := runPlaybook(t, map[string]string{
		"playbooks/sound.yaml":      soundPlaybook,
		"playbooks/sound.test.yaml": "this: is no playbook",
		"playbooks/notes.txt":       "neither: is this",
		"playbooks/wrong.yaml":      "name: wrong\nsteps:\n  - id: look\n    title: Look at ${incident.titel}\n",
	}, "check", "playbooks")
	require.Equal(t, 1, code)
	require.Equal(t, `playbooks/wrong.yaml:4:31: error: incident has no titel [unknown-name]
  1 | name: wrong
  2 | steps:
  3 |   - id: look
> 4 |     title: Look at ${incident.titel}
                                    ^
  hint: did you mean title?

✗ 2 playbooks checked: 1 error
`, stdout)
	require.Equal(t, "muster: playbooks have to be mended\n", stderr)
}

func TestPlaybookCheckExitsWithZeroWhenThereAreWarningsAtMost(t *testing.T) {
	files := map[string]string{
		"a.yaml": "name: a\nsteps: [{id: page, title: Page, do: pagerduty.page, with: {summary: x}}]\n",
	}
	stdout, stderr, code := runPlaybook(t, files, "check")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "a.yaml:2:37: warning: this playbook pages")
	require.Contains(t, stdout, "! 1 playbook checked: 2 warnings\n")
	_, _, code = runPlaybook(t, files, "check", "--warnings-as-errors")
	require.Equal(t, 1, code)
	stdout, _, code = runPlaybook(t, map[string]string{"a.yaml": soundPlaybook}, "check", "--warnings-as-errors", ".")
	require.Equal(t, 0, code)
	require.Equal(t, "✓ 1 playbook checked: nothing to mend\n", stdout)
}

func TestPlaybookCheckOfAFileReadsThoseBesideIt(t *testing.T) {
	files := map[string]string{
		"base.yaml":  "name: base\nroles: [{id: lead, title: Lead}]\nsteps: [{id: look, title: '${incident.nothing}'}]\n",
		"child.yaml": "name: child\nextends: base\nsteps: [{id: act, title: Act, role: lead, needs: [look]}]\n",
	}
	stdout, _, code := runPlaybook(t, files, "check", "child.yaml")
	require.Equal(t, 0, code, stdout)
	require.Equal(t, "✓ 1 playbook checked: nothing to mend\n", stdout)
}

func TestPlaybookCheckLooksUpWhatTheCatalogueHas(t *testing.T) {
	files := map[string]string{
		"muster.yaml": "teams: [{name: payments}]\nservices: [{name: checkout, team: payments}]\nplaybooks: responses\n" +
			"severities: [{name: SEV1, pager: critical}, {name: SEV2, pager: error}]\ndefaults: {service: checkout, severity: SEV2}\n",
		"responses/a.yaml": "name: a\nwhen: incident.severity == 'SEV3' && incident.service.name == 'checkout'\n",
	}
	stdout, stderr, code := runPlaybook(t, files, "check", "--config", "muster.yaml")
	require.Equal(t, 1, code, stderr)
	require.Contains(t, stdout, `responses/a.yaml:2:28: error: incident.severity is never "SEV3" [never-true]`, stderr)
	require.Contains(t, stdout, "severities: SEV1, SEV2")
}

func TestPlaybookCheckPrintsForMachines(t *testing.T) {
	files := map[string]string{"a.yaml": "name: a\nsteps: [{id: look, title: Look, role: nobody}]\n"}
	stdout, _, code := runPlaybook(t, files, "check", "--format", "github")
	require.Equal(t, 1, code)
	require.Equal(t, "::error file=a.yaml,line=2,col=39,title=unknown-role::there is no role \"nobody\"%0Athere are no roles\n", stdout)

	stdout, _, code = runPlaybook(t, files, "check", "--format", "json")
	require.Equal(t, 1, code)
	var report struct {
		Playbooks, Errors int
		Findings          []struct {
			File string
			Line int
			Rule string
		}
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(stdout)))
	require.NoError(t, decoder.Decode(&report))
	require.Equal(t, 1, report.Playbooks)
	require.Equal(t, 1, report.Errors)
	require.Equal(t, "unknown-role", report.Findings[0].Rule)

	stdout, _, code = runPlaybook(t, map[string]string{"a.yaml": soundPlaybook}, "check", "--format", "sarif")
	require.Equal(t, 0, code)
	require.Contains(t, stdout, `"version": "2.1.0"`)
}

func TestPlaybookSchemaPrintsJSON(t *testing.T) {
	stdout, _, code := runPlaybook(t, nil, "schema")
	require.Equal(t, 0, code)
	require.True(t, json.Valid([]byte(stdout)))
}

func TestPlaybookCheckRefusesACommandLineThatMakesNoSense(t *testing.T) {
	_, stderr, code := runPlaybook(t, nil, "check", "nowhere")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "nowhere: no such file or directory")
	_, _, code = runPlaybook(t, nil, "check", "--format", "xml")
	require.Equal(t, 2, code)
	_, stderr, code = runPlaybook(t, nil, "check")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "there are no playbooks (*.yaml) in .")
}
