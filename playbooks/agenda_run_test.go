package playbooks_test

import (
	"testing"
	"testing/fstest"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// followOf follows a playbook of a library.
func followOf(t *testing.T, name string, files map[string]string) *follower {
	t.Helper()
	folder := fstest.MapFS{}
	for file, text := range files {
		folder[file] = &fstest.MapFile{Data: []byte(text)}
	}
	library, err := playbooks.Load(folder, ".")
	require.NoError(t, err)
	p := library[name]
	f := &follower{t: t, playbook: p, state: declared(t), agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}
	attach, err := p.Attach(f.state)
	require.NoError(t, err)
	f.do(began, attach)
	return f
}

func TestAPlaybookThatAnotherRunsBeginsWithItsStepAndEndsIt(t *testing.T) {
	t.Parallel()
	f := followOf(t, "outer", map[string]string{
		"outer.yaml": `
name: outer
steps:
  - {id: first, title: First}
  - {id: fail-over, title: Fail over, needs: [first], do: playbook.run, with: {playbook: inner}}
  - {id: last, title: Last, needs: [fail-over]}
hooks:
  - {id: worse, on: severity_lowered, title: Do that too, do: playbook.run, with: {playbook: inner}}
`,
		"inner.yaml": `
name: inner
steps:
  - {id: promote, title: Promote}
  - {id: verify, title: Verify, when: 'incident.steps["promote"] == "done"'}
hooks:
  - {id: noted, on: note_added, title: Noted, do: slack.alert, with: {text: '${incident.steps["promote"]}'}}
`,
	})
	f.settle(began)
	require.Equal(t, incident.Pending, f.stateOf("fail-over-promote"))
	f.do(began, incident.AddNote{Text: "seen"})
	require.Empty(t, f.settle(began).Work, "its hooks wait as well")
	f.do(began, incident.CompleteStep{Step: "first"})
	f.settle(began)
	require.Equal(t, incident.Running, f.stateOf("fail-over"))
	require.Equal(t, incident.Waiting, f.stateOf("fail-over-promote"))
	f.do(began, incident.CompleteStep{Step: "fail-over-promote"}, incident.AddNote{Text: "seen"})
	due := f.settle(began)
	require.Len(t, due.Work, 1)
	require.Equal(t, "done", due.Work[0].With["text"], "its expressions know its own steps")
	require.Equal(t, incident.Waiting, f.stateOf("fail-over-verify"))
	require.Equal(t, incident.Pending, f.stateOf("last"))
	f.do(began, incident.CompleteStep{Step: "fail-over-verify"})
	f.settle(began)
	require.Equal(t, incident.Done, f.stateOf("fail-over"))
	require.Equal(t, incident.Waiting, f.stateOf("last"))

	require.Equal(t, incident.Pending, f.stateOf("worse-promote"))
	f.do(began, incident.ChangeSeverity{Severity: "SEV2"})
	f.settle(began)
	require.Equal(t, incident.Running, f.stateOf("worse"))
	require.Equal(t, incident.Waiting, f.stateOf("worse-promote"), "a hook runs one as well")
	f.do(began, incident.CompleteStep{Step: "worse-promote"})
	f.settle(began)
	f.do(began, incident.CompleteStep{Step: "worse-verify"})
	f.settle(began)
	require.Equal(t, incident.Done, f.stateOf("worse"))
}
