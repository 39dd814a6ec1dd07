package playbooks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// Whatever stands in a condition, or between ${ and }, is refused with findings, or can be
// evaluated: with a result or an error.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`true`, `incident.active && incident.severity_rank <= 2`, `incident.steps["a"] == "done"`, `outputs["a"].value > 1`,
		`incident.vacant_roles.join(", ") != ""`, `size(incident.title.split(" ")) > 3`, `secret("token") == ""`,
		`incident.steps.all(a, incident.steps.all(b, a == b))`, `[[[[1]]]].map(x, x) == []`, `"}" + '{' == "\"" // }`, `1 / 0 == 1`,
		`alert.labels.get("x") == "" && local.hour < 6`, `alert.labels[?"x"].orValue("") == ""`, `incident.title.matches("(a+)+$")`,
		`timestamp("2026-01-01T00:00:00Z") < timestamp("2027-01-01T00:00:00Z")`, `{"a": 1}["b"] == 1`, "\x00", `!!!!true`, `dyn(1) == "x"`,
	} {
		f.Add(seed)
	}
	quote := func(text string) string {
		quoted, err := json.Marshal(text)
		if err != nil {
			return `""`
		}
		return string(quoted)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		text := "name: default\nwhen: " + quote(expression) + "\n"
		if library, err := playbooks.Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "."); err == nil {
			_, err := library.Choose("", situation())
			require.NoError(t, err)
		} else {
			requireFindings(t, err)
		}
		text = fmt.Sprintf("name: a\nsteps:\n- {id: a, title: %s, when: %s}\n", quote("${"+expression+"}"), quote(expression))
		p, err := playbooks.Parse("a.yaml", []byte(text))
		if err != nil {
			requireFindings(t, err)
			return
		}
		state := declared(t)
		attach, err := p.Attach(state)
		require.NoError(t, err)
		for _, e := range decide(t, state, began, attach) {
			state = incident.Apply(state, e)
		}
		playbooks.NewAgenda(p, nil).Due(state, map[string]bool{}, began)
	})
}

// A text is taken apart without losing any of it.
func FuzzSplitText(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "${a}", "a ${b} c", "$${a}", "$$${a}", "${", "${}", "}", "${'}'}", `${"\"}"}`, "${{}}", "${a}${b}", "$", "$$", "${a} $${b} ${c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "$${") {
			playbooks.Placeholders(text, strings.ToUpper) // A way to write ${ itself is not written back.
			return
		}
		require.Equal(t, text, playbooks.Placeholders(text, func(expression string) string { return "${" + expression + "}" }))
	})
}

// Whatever stands in the files of a folder, it is refused with findings, or what is put
// together from them stays within its bounds.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text), "name: other\nextends: mistake\n", "name: default\n")
	}
	f.Add("name: a\n"+base, "name: b\nextends: a\nremove: [look]\n", "name: default\naddition: true\nwhen: 'true'\n")
	f.Add("name: a\nsteps:\n- {id: r, title: R, do: playbook.run, with: {playbook: b}}\n", "name: b\n"+base, "name: default\nextends: a\n")
	f.Add("name: a\nhooks:\n- {id: r, on: resolved, title: R, do: playbook.run, with: {playbook: b}}\n", "name: b\nextends: a\n", "name: default\n")
	f.Fuzz(func(t *testing.T, one, two, three string) {
		library, err := playbooks.Load(fstest.MapFS{
			"one.yaml": {Data: []byte(one)}, "two.yaml": {Data: []byte(two)}, "three.yaml": {Data: []byte(three)},
		}, ".")
		if err != nil {
			requireFindings(t, err)
		}
		for _, p := range library {
			require.LessOrEqual(t, len(p.Steps), playbooks.MaxSteps)
			require.LessOrEqual(t, len(p.Hooks), playbooks.MaxHooks)
			attach, err := p.Attach(declared(t))
			require.NoError(t, err)
			_, err = playbooks.Decode(attach.Document)
			require.NoError(t, err)
		}
		if _, ok := library[playbooks.Default]; ok {
			chosen, err := library.Choose("", situation())
			require.NoError(t, err)
			_, err = chosen.Playbook.Attach(declared(t))
			require.NoError(t, err)
		}
	})
}

func requireFindings(t *testing.T, err error) {
	t.Helper()
	var findings playbooks.Findings
	require.ErrorAs(t, err, &findings)
	for _, f := range findings {
		require.NotEmpty(t, f.Message)
		require.Positive(t, f.Line)
		require.Positive(t, f.Column)
	}
}
