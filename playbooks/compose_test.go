package playbooks_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// folder is a folder of playbooks; each text lacks only the name, which is its key.
func folder(texts map[string]string) fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range texts {
		files[name+".yaml"] = &fstest.MapFile{Data: []byte("name: " + name + "\n" + strings.TrimLeft(text, "\n"))}
	}
	return files
}

func load(t *testing.T, texts map[string]string) playbooks.Library {
	t.Helper()
	library, err := playbooks.Load(folder(texts), ".")
	require.NoError(t, err)
	return library
}

// outline is what there is to see of a playbook, a line for each part.
func outline(p *playbooks.Playbook) []string {
	var lines []string
	for _, r := range p.Roles {
		lines = append(lines, "role "+r.ID+": "+r.Title)
	}
	for _, s := range p.Steps {
		line := "step " + s.ID + ": " + s.Title
		for _, more := range []struct{ what, value string }{
			{"needs", strings.Join(s.Needs, " ")}, {"group", s.Group}, {"within", s.Within}, {"from", s.Playbook},
		} {
			if more.value != "" {
				line += " | " + more.what + " " + more.value
			}
		}
		lines = append(lines, line)
	}
	for _, h := range p.Hooks {
		line := "hook " + h.ID + " on " + strings.Join(h.On, " ")
		if h.Within != "" {
			line += " | within " + h.Within
		}
		if h.Playbook != "" {
			line += " | from " + h.Playbook
		}
		lines = append(lines, line)
	}
	return lines
}

func parts(p *playbooks.Playbook) []string {
	var all []string
	for _, part := range p.Parts {
		all = append(all, part.Name+": "+part.Reason)
	}
	return all
}

const base = `
close_after: 2d
roles:
  - {id: commander, title: commander}
  - {id: scribe, title: scribe}
steps:
  - {id: look, title: Look, role: commander}
  - group: diagnosis
    needs: [look]
    steps:
      - {id: logs, title: Logs}
      - {id: traces, title: Traces}
  - {id: repair, title: Repair, needs: [diagnosis]}
hooks:
  - {id: nag, on: unacknowledged, after: 5m, remind: Nobody}
  - {id: tell, on: resolved, title: Tell, do: note.add, with: {text: Over}}
`

func TestAPlaybookExtendsAnother(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"base": base,
		"child": `
extends: base
remove: [scribe, traces, tell]
roles:
  - {id: commander, title: leader}
  - {id: dba, title: database administrator}
steps:
  - {id: repair, title: Fail over, role: dba, needs: [diagnosis]}
  - {id: check, title: Check, needs: [repair, look]}
hooks:
  - {id: louder, on: nag, title: Louder, do: note.add, with: {text: Nobody}}
`,
		"grandchild": "extends: child\nclose_after: 3d\nsteps:\n- {id: look, title: Look twice}\n",
	})
	child := library["child"]
	require.Equal(t, []string{
		"role commander: leader", "role dba: database administrator",
		"step look: Look | from base", "step logs: Logs | needs look | group diagnosis | from base",
		"step repair: Fail over | needs diagnosis | from child", "step check: Check | needs repair look | from child",
		"hook nag on unacknowledged | from base", "hook louder on nag | from child",
	}, outline(child))
	require.Equal(t, []string{"base: extended by child", "child: "}, parts(child))
	require.Equal(t, library["base"].CloseAfter, child.CloseAfter)
	grandchild := library["grandchild"]
	require.Equal(t, "step look: Look twice | from grandchild", outline(grandchild)[2])
	require.Equal(t, "step repair: Fail over | needs diagnosis | from child", outline(grandchild)[4])
	require.Equal(t, []string{"base: extended by child", "child: extended by grandchild", "grandchild: "}, parts(grandchild))
	require.NotEqual(t, child.CloseAfter, grandchild.CloseAfter)
	require.Empty(t, library["base"].Parts)
	require.Contains(t, outline(library["base"]), "step look: Look", "what others do with a playbook does not change it")
}

func TestAPlaybookRunsAnother(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"outer": `
roles:
  - {id: commander, title: leader}
steps:
  - {id: fix, title: Fix, do: playbook.run, with: {playbook: inner}}
  - {id: after, title: After, needs: [fix, fix-way/back, fix-repair]}
hooks:
  - {id: late, on: resolved, title: Late, do: playbook.run, with: {playbook: leaf}}
`,
		"inner": `
roles:
  - {id: commander, title: commander}
  - {id: scribe, title: scribe}
steps:
  - id: way
    title: Which way?
    decide: [{id: on, title: On}, {id: back, title: Back}]
  - group: repair
    needs: [way/back]
    steps:
      - {id: leaf, title: Leaf, do: playbook.run, with: {playbook: leaf}}
hooks:
  - {id: nag, on: unacknowledged, after: 5m, remind: Nobody}
  - {id: louder, on: [nag, resolved], title: Louder, do: note.add, with: {text: Nobody}}
`,
		"leaf": "steps:\n- {id: one, title: One}\n- {id: two, title: Two, needs: [one]}\n",
	})
	outer := library["outer"]
	require.Equal(t, []string{
		"role commander: leader", "role scribe: scribe",
		"step fix: Fix | from outer",
		"step fix-way: Which way? | within fix | from inner",
		"step fix-leaf: Leaf | needs fix-way/back | group fix-repair | within fix | from inner",
		"step fix-leaf-one: One | within fix-leaf | from leaf",
		"step fix-leaf-two: Two | needs fix-leaf-one | within fix-leaf | from leaf",
		"step after: After | needs fix fix-way/back fix-repair | from outer",
		"step late: Late | from outer",
		"step late-one: One | within late | from leaf",
		"step late-two: Two | needs late-one | within late | from leaf",
		"hook fix-nag on unacknowledged | within fix | from inner",
		"hook fix-louder on fix-nag resolved | within fix | from inner",
		"hook late on resolved | from outer",
	}, sortHooks(outline(outer)))
	require.Equal(t, []string{"outer: ", "inner: run by the step fix", "leaf: run by the step leaf"}, parts(outer))
}

// sortHooks brings the hooks of a playbook into an order that says nothing.
func sortHooks(lines []string) []string {
	var steps, hooks []string
	for _, line := range lines {
		if strings.HasPrefix(line, "hook fix") {
			hooks = append(hooks, line)
		} else {
			steps = append(steps, line)
		}
	}
	for i, line := range steps {
		if strings.HasPrefix(line, "hook") {
			return append(append(append([]string{}, steps[:i]...), hooks...), steps[i:]...)
		}
	}
	return append(steps, hooks...)
}

func TestExpressionsOfAPlaybookThatIsRunUseItsOwnIDs(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"outer": "steps:\n- {id: look, title: Look}\n- {id: fix, title: Fix, do: playbook.run, with: {playbook: inner}}\n",
		"inner": "steps:\n- {id: look, title: Look}\n- {id: more, title: More, do: playbook.run, with: {playbook: leaf}}\n",
		"leaf":  "steps:\n- {id: end, title: End}\n",
	})
	scope := playbooks.Scope{
		Incident: playbooks.IncidentView{
			Steps:   map[string]string{"look": "done", "fix": "running", "fix-look": "waiting", "fix-more": "pending", "fix-more-end": "failed"},
			Choices: map[string]string{"look": "left"},
		},
		Outputs: map[string]map[string]any{"fix-look": {"value": 1}, "look": {"value": 2}},
	}
	outer := library["outer"]
	require.Equal(t, scope, outer.ScopeWithin("", scope))
	within := outer.ScopeWithin("fix", scope)
	require.Equal(t, "waiting", within.Incident.Steps["look"])
	require.Equal(t, "failed", within.Incident.Steps["more-end"])
	require.Equal(t, "running", within.Incident.Steps["fix"], "what only the outer playbook has keeps its name")
	require.NotContains(t, within.Incident.Choices, "look", "that was decided elsewhere")
	require.Equal(t, map[string]any{"value": 1}, within.Outputs["look"])
	require.Equal(t, "failed", outer.ScopeWithin("fix-more", scope).Incident.Steps["end"])
	require.Equal(t, "done", scope.Incident.Steps["look"], "the scope that was given is not changed")
}

func TestVersionsFollowTheParts(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"base": base, "child": "extends: base\n", "outer": "steps:\n- {id: run, title: Run, do: playbook.run, with: {playbook: child}}\n",
		"other": "description: on its own\n",
	}
	before := load(t, texts)
	alone, err := playbooks.Parse("other.yaml", []byte("name: other\ndescription: on its own\n"))
	require.NoError(t, err)
	require.Equal(t, alone.Version, before["other"].Version)
	require.Equal(t, before["child"].Version, load(t, texts)["child"].Version)
	texts["base"] = "# changed\n" + base
	after := load(t, texts)
	for _, name := range []string{"base", "child", "outer"} {
		require.Len(t, after[name].Version, 12)
		require.NotEqual(t, before[name].Version, after[name].Version, name)
	}
	require.Equal(t, before["other"].Version, after["other"].Version)
}

func TestAFolderBuildsOnTheLibrary(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{"default": base, "other": "extends: default\n"})
	own, err := library.Load(folder(map[string]string{
		"default": "extends: default\nsteps:\n- {id: look, title: Look here}\n",
		"mine":    "extends: other\n",
	}), ".")
	require.NoError(t, err)
	require.Equal(t, []string{"default", "mine", "other"}, own.Names())
	for _, name := range own.Names() {
		require.Contains(t, outline(own[name]), "step look: Look here | from default", name)
		require.Contains(t, outline(own[name]), "step repair: Repair | needs diagnosis | from default", name)
	}
	require.Equal(t, []string{"default: extended by default", "default: extended by other", "other: extended by mine", "mine: "}, parts(own["mine"]))
	require.Contains(t, outline(library["default"]), "step look: Look")
}

func TestAComposedPlaybookSurvivesTheJournal(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"base": base, "child": "extends: base\nsteps:\n- {id: run, title: Run, do: playbook.run, with: {playbook: leaf}}\n",
		"leaf": "steps:\n- {id: one, title: \"${incident.title}\"}\n",
	})
	attach, err := library["child"].Attach(declared(t))
	require.NoError(t, err)
	read, err := playbooks.Decode(attach.Document)
	require.NoError(t, err)
	require.Equal(t, outline(library["child"]), outline(read))
	require.Equal(t, parts(library["child"]), parts(read))
	require.Equal(t, library["child"].Version, read.Version)
	require.Equal(t, []incident.PlaybookRef{
		{Name: "base", Version: library["base"].Version}, {Name: "child", Version: read.Parts[1].Version},
		{Name: "leaf", Version: library["leaf"].Version},
	}, attach.Parts)
}

func TestWhatCannotBePutTogetherIsFound(t *testing.T) {
	t.Parallel()
	many := func(steps, runs int, of string) string {
		text := "steps:\n"
		for i := range steps {
			text += fmt.Sprintf("- {id: s%d, title: S}\n", i)
		}
		for i := range runs {
			text += fmt.Sprintf("- {id: r%d, title: R, do: playbook.run, with: {playbook: %s}}\n", i, of)
		}
		return text
	}
	chain := func(text string) map[string]string {
		texts := map[string]string{"p7": "description: the last\n"}
		for i := range 7 {
			texts[fmt.Sprintf("p%d", i)] = fmt.Sprintf(text, fmt.Sprintf("p%d", i+1))
		}
		return texts
	}
	for name, c := range map[string]struct {
		texts map[string]string
		want  []string
		// remain are the playbooks that can be followed all the same.
		remain []string
	}{
		"a playbook that is not there is extended": {
			map[string]string{"a": "extends: b\n", "c": "extends: a\n", "d": ""},
			[]string{`a.yaml:2: there is no playbook "b" to extend; there are c, d`}, []string{"d"},
		},
		"playbooks extend each other": {
			map[string]string{"a": "extends: b\n", "b": "extends: c\n", "c": "extends: a\n", "d": "extends: a\n"},
			[]string{
				"a.yaml:2: the playbook extends itself: a → b → c → a", "b.yaml:2: the playbook extends itself: b → c → a → b",
				"c.yaml:2: the playbook extends itself: c → a → b → c",
			}, nil,
		},
		"a playbook extends itself": {
			map[string]string{"a": "extends: a\n"}, []string{"a.yaml:2: the playbook extends itself: a → a"}, nil,
		},
		"playbooks extend each other too deep": {
			chain("extends: %s\n"), []string{
				"p0.yaml:2: playbooks extend each other more than 5 deep: p0 → p1 → p2 → p3 → p4 → p5 → p6",
				"p1.yaml:2: playbooks extend each other more than 5 deep: p1 → p2 → p3 → p4 → p5 → p6 → p7",
			}, []string{"p2", "p3", "p4", "p5", "p6", "p7"},
		},
		"playbooks run each other too deep": {
			chain("steps:\n- {id: r, title: R, do: playbook.run, with: {playbook: %s}}\n"), []string{
				"p0.yaml:3: playbooks run each other more than 5 deep: p0 → p1 → p2 → p3 → p4 → p5 → p6",
				"p1.yaml:3: playbooks run each other more than 5 deep: p1 → p2 → p3 → p4 → p5 → p6 → p7",
			}, []string{"p2", "p3", "p4", "p5", "p6", "p7"},
		},
		"playbooks run each other": {
			map[string]string{
				"a": many(0, 1, "b"), "b": "hooks:\n- {id: h, on: resolved, title: H, do: playbook.run, with: {playbook: a}}\n", "c": many(0, 1, "a"),
			},
			[]string{
				"a.yaml:3: the playbook would run itself: a → b → a", "b.yaml:3: the playbook would run itself: b → a → b",
			}, nil,
		},
		"a playbook that is not there is run": {
			map[string]string{"a": many(0, 1, "b")}, []string{`a.yaml:3: there is no playbook "b" to run; there are a`}, nil,
		},
		"a playbook is run that only the incident could name": {
			map[string]string{"a": many(0, 1, "'${incident.title}'")},
			[]string{"a.yaml:3: the playbook to run must be named plainly"}, nil,
		},
		"a playbook is run again and again": {
			map[string]string{"a": "steps:\n- {id: r, title: R, do: playbook.run, with: {playbook: b}, repeat: {every: 1h}}\n", "b": ""},
			[]string{"a.yaml:3: a step that runs a playbook cannot be repeated"}, []string{"b"},
		},
		"playbooks run others that run others": {
			map[string]string{"a": many(0, 150, "b"), "b": many(0, 150, "c"), "c": many(0, 150, "d"), "d": many(150, 0, "")},
			[]string{"c.yaml:4: with this, the playbook has 302 steps, 0 hooks and 0 roles, and 200, 200 and 30 are allowed"}, []string{"d"},
		},
		"two playbooks are too much for one": {
			map[string]string{"a": many(150, 0, ""), "b": "extends: a\n" + strings.ReplaceAll(many(150, 0, ""), "id: s", "id: t")},
			[]string{"b.yaml:1: put together, it has 300 steps, and 200 are allowed"}, []string{"a"},
		},
		"the texts of the parts are too long": {
			map[string]string{
				"a": "# " + strings.Repeat("x", 110<<10) + "\n", "b": "extends: a\n# " + strings.Repeat("x", 110<<10) + "\n",
				"c": "extends: b\n# " + strings.Repeat("x", 110<<10) + "\n", "d": "extends: c\n# " + strings.Repeat("x", 110<<10) + "\n",
			},
			[]string{"d.yaml:1: put together, it has 550 KiB, and 512 are allowed"}, []string{"a", "b", "c"},
		},
		"what is removed is not there": {
			map[string]string{"a": base, "b": "extends: a\nremove: [look, repair, diagnosis, nothing]\n"},
			[]string{`b.yaml:3: there is nothing called "nothing" in the playbook "a"`}, []string{"a"},
		},
		"what is removed is needed": {
			map[string]string{
				"a": base + "  - {id: follow, on: nag, title: F, do: note.add, with: {text: F}}\n", "b": "extends: a\nremove: [commander, diagnosis, nag]\n",
			},
			[]string{
				`b.yaml:3: the step "look" of the playbook "a" is for the role "commander"; remove that too, or write it anew`,
				`b.yaml:3: the step "repair" of the playbook "a" needs "diagnosis"; remove that too, or write it anew`,
				`b.yaml:3: the hook "follow" of the playbook "a" follows "nag"; remove that too, or write it anew`,
			}, []string{"a"},
		},
		"a decision loses an option that leads somewhere": {
			map[string]string{
				"a": "steps:\n- {id: way, title: Way, decide: [{id: on, title: On}, {id: back, title: Back}]}\n- {id: go, title: Go, needs: [way/back]}\n",
				"b": "extends: a\nsteps:\n- {id: way, title: Way, decide: [{id: on, title: On}, {id: up, title: Up}]}\n",
			},
			[]string{`b.yaml:4: the step "go" of the playbook "a" needs "way/back"; remove that too, or write it anew`}, []string{"a"},
		},
		"steps that are put together wait for each other": {
			map[string]string{"a": base, "b": "extends: a\nsteps:\n- {id: look, title: Look, needs: [repair]}\n"},
			[]string{
				"b.yaml:4: the steps wait for each other and never start: look → repair → logs → look",
				"b.yaml:4: the steps wait for each other and never start: look → repair → traces → look",
			}, []string{"a"},
		},
		"a step waits for what runs only after it": {
			map[string]string{"a": "steps:\n- {id: run, title: R, do: playbook.run, with: {playbook: b}, needs: [run-one]}\n", "b": "steps:\n- {id: one, title: One}\n"},
			[]string{"a.yaml:3: the steps wait for each other and never start: run → run-one → run"}, []string{"b"},
		},
		"references lead nowhere in all that was put together": {
			map[string]string{"a": base, "b": "extends: a\nsteps:\n- {id: one, title: One, needs: [look, luck], role: boss}\n"},
			[]string{`b.yaml:4: there is no step "luck"`, `b.yaml:4: there is no role "boss"`}, []string{"a"},
		},
		"an addition refers to what no playbook has": {
			map[string]string{"a": base, "b": "addition: true\nsteps:\n- {id: one, title: One, needs: [look, luck], role: scribe}\n"},
			[]string{`b.yaml:4: there is no step "luck"`}, []string{"a"},
		},
		"two steps get one id": {
			map[string]string{"a": "steps:\n- {id: run-one, title: One}\n- {id: run, title: R, do: playbook.run, with: {playbook: b}}\n", "b": "steps:\n- {id: one, title: One}\n"},
			[]string{`a.yaml:3: two get the id "run-one" when the playbooks that are run are put in; rename one`}, []string{"b"},
		},
		"an id becomes too long": {
			func() map[string]string {
				texts := map[string]string{"p3": "steps:\n- {id: end, title: End}\n"}
				for i := range 3 {
					texts[fmt.Sprintf("p%d", i)] = fmt.Sprintf("steps:\n- {id: %s, title: R, do: playbook.run, with: {playbook: p%d}}\n", strings.Repeat("x", 40), i+1)
				}
				return texts
			}(),
			[]string{"p0.yaml:3: the id " + strings.Repeat("x", 40) + "-"}, []string{"p1", "p2", "p3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library, err := playbooks.Load(folder(c.texts), ".")
			require.Error(t, err)
			var findings playbooks.Findings
			require.ErrorAs(t, err, &findings)
			var got []string
			for _, f := range findings {
				got = append(got, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
			}
			require.Len(t, got, len(c.want), strings.Join(got, "\n"))
			for i := range c.want {
				require.True(t, strings.HasPrefix(got[i], c.want[i]), "%s\nis not\n%s", got[i], c.want[i])
			}
			require.Equal(t, c.remain, library.Names())
		})
	}
}

func TestEveryMistakeOfAFolderIsReported(t *testing.T) {
	t.Parallel()
	files := folder(map[string]string{"a": "unknown: key\n", "b": "extends: nothing\n", "c": "", "d": "steps: 5\n"})
	files["twice.yaml"] = &fstest.MapFile{Data: []byte("name: c\n")}
	files["large.yaml"] = &fstest.MapFile{Data: make([]byte, 10<<20)}
	files["notes.txt"] = &fstest.MapFile{Data: []byte("no playbook")}
	library, err := playbooks.Load(files, ".")
	for _, want := range []string{
		`a.yaml:2:1: there is no key unknown here`, `b.yaml:2:10: there is no playbook "nothing" to extend; there are c`,
		"d.yaml:2:8", `twice.yaml:1:7: another file, c.yaml, has a playbook named "c" already`,
		"large.yaml:1:1: the file has more than the 256 KiB that a playbook may have",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, []string{"c"}, library.Names())
	var findings playbooks.Findings
	require.ErrorAs(t, err, &findings)
}
