package playbooks_test

import (
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestADecisionThatNobodyMadeOpensNoneOfItsWays(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"continue", "stop"} {
		f := follow(t, `
name: p
steps:
  - {id: which, title: Which?, decide: [{id: back, title: Back}, {id: forward, title: Forward}], on_failure: `+how+`, timeout: {limit: 5m}}
  - {id: rollback, title: Roll back, needs: [which/back]}
  - {id: fix, title: Fix, needs: [which/forward]}
`)
		f.settle(began)
		f.settle(began.Add(5 * time.Minute))
		require.Equal(t, incident.Failed, f.stateOf("which"))
		require.Equal(t, incident.Skipped, f.stateOf("rollback"), how)
		require.Equal(t, incident.Skipped, f.stateOf("fix"), how)
	}
}

const runsInner = `
name: outer
steps:
  - {id: run, title: Run, do: playbook.run, with: {playbook: inner}}
  - {id: last, title: Last, needs: [run]}
`

func TestAFailureThatHoldsUpNobodyDoesNotHoldUpWhatRunsItsPlaybook(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]incident.StepState{"continue": incident.Done, "stop": incident.Done, "ask": incident.Running} {
		f := followOf(t, "outer", map[string]string{
			"outer.yaml": runsInner,
			"inner.yaml": "name: inner\nsteps:\n  - {id: promote, title: Promote, on_failure: " + how + ", timeout: {limit: 5m}}\n",
		})
		f.settle(began)
		f.settle(began.Add(5 * time.Minute))
		require.Equal(t, incident.Failed, f.stateOf("run-promote"))
		require.Equal(t, end, f.stateOf("run"), how)
		require.Equal(t, end == incident.Done, f.stateOf("last") == incident.Waiting, how)
	}
}

func TestAHookWhoseConditionCannotBeEvaluatedRunsNothing(t *testing.T) {
	t.Parallel()
	f := followOf(t, "outer", map[string]string{
		"outer.yaml": `
name: outer
steps: [{id: ask, title: Ask, do: http.request, with: {url: "https://a.example.com"}}]
hooks:
  - {id: worse, on: note_added, when: 'outputs["ask"].json.bad == "x"', title: Do that too, do: playbook.run, with: {playbook: inner}}
`,
		"inner.yaml": "name: inner\nsteps: [{id: promote, title: Promote}]\n",
	})
	f.settle(began)
	f.do(began, incident.AddNote{Text: "seen"})
	f.settle(began)
	require.Equal(t, incident.Failed, f.stateOf("worse"))
	require.Equal(t, incident.Pending, f.stateOf("worse-promote"))
	worse, _ := f.state.Step("worse")
	require.Contains(t, worse.Error, "no such key")
	f.do(began, incident.RetryStep{Step: "worse"})
	f.settle(began)
	require.Equal(t, incident.Failed, f.stateOf("worse"), "it is no better the second time")
	f.do(began, incident.CompleteStep{Step: "worse", Note: "done by hand"})
	f.settle(began)
	require.Equal(t, incident.Skipped, f.stateOf("worse-promote"), "what it would have run is left out")
}

func TestAWaitForAMetricIsOverInTimeThoughNothingCanBeMeasured(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps: [{id: calm, title: Calm, wait: {metric: {query: errors, below: 1}}, timeout: {nudge: 15m, limit: 45m, then: skip}}]
`)
	now := began
	for range 5 {
		for _, w := range f.settle(now).Work {
			f.muster(now, incident.FailStep{Step: w.ID, Title: w.Title, Error: "down", RetryAt: now.Add(10 * time.Minute)})
		}
		now = now.Add(10 * time.Minute)
	}
	f.settle(now)
	require.Equal(t, incident.Skipped, f.stateOf("calm"))
	nudges := 0
	for _, e := range f.events {
		if e.Kind() == (incident.StepNudged{}).Kind() {
			nudges++
		}
	}
	require.Equal(t, 1, nudges, "people are reminded once")
}
