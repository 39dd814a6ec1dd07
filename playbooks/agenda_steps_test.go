package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// stateOf is where a step stands.
func (f *follower) stateOf(id string) incident.StepState {
	f.t.Helper()
	step, known := f.state.Step(id)
	require.True(f.t, known, id)
	return step.State
}

const twoWays = `
name: p
steps:
  - id: which
    title: Back or forward?
    decide: [{id: back, title: Roll back}, {id: forward, title: Fix forward}]
  - {id: rollback, title: Roll back, needs: [which/back]}
  - {id: check, title: Check the rollback, needs: [rollback]}
  - {id: fix, title: Fix, needs: [which/forward]}
  - {id: tell, title: Tell people, needs: [check, fix]}
  - {id: either, title: Whatever was chosen, needs: [which/back, which/forward]}
`

func TestADecisionOpensOneWayAndLeavesOutTheOthers(t *testing.T) {
	t.Parallel()
	f := follow(t, twoWays)
	f.settle(began)
	require.Equal(t, incident.Waiting, f.stateOf("which"))
	f.do(began, incident.ChooseOption{Step: "which", Option: "forward"})
	f.settle(began)
	for id, want := range map[string]incident.StepState{
		"rollback": incident.Skipped, "check": incident.Skipped, "fix": incident.Waiting, "tell": incident.Pending, "either": incident.Waiting,
	} {
		require.Equal(t, want, f.stateOf(id), id)
	}
	rollback, _ := f.state.Step("rollback")
	require.True(t, rollback.LeftOut)
	f.do(began, incident.CompleteStep{Step: "fix"})
	f.settle(began)
	require.Equal(t, incident.Waiting, f.stateOf("tell"), "where the ways meet, one of them is enough")
}

func TestWhatNeedsAGroupIsLeftOutWithTheWholeOfIt(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: which, title: Back or forward?, decide: [{id: back, title: Roll back}, {id: forward, title: Fix forward}]}
  - group: fix
    title: Fix it
    needs: [which/forward]
    steps:
      - {id: write, title: Write the fix}
      - {id: ship, title: Ship it}
  - {id: watch, title: Watch the fix, needs: [fix]}
`)
	f.settle(began)
	f.do(began, incident.ChooseOption{Step: "which", Option: "back"})
	f.settle(began)
	watch, _ := f.state.Step("watch")
	require.True(t, watch.LeftOut)
}

func TestADecisionThatPeopleSkipLeavesOutAllItsWays(t *testing.T) {
	t.Parallel()
	f := follow(t, twoWays)
	f.settle(began)
	f.do(began, incident.SkipStep{Step: "which", Reason: "it went away"})
	f.settle(began)
	for _, id := range []string{"rollback", "check", "fix", "tell", "either"} {
		require.Equal(t, incident.Skipped, f.stateOf(id), id)
	}
}

func TestADecisionThatNobodyMakesInTimeIsMadeAsThePlaybookSays(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - id: which
    title: Back or forward?
    decide: [{id: back, title: Roll back}, {id: forward, title: Fix forward}]
    timeout: {nudge: 5m, escalate: 10m, limit: 20m, then: back}
  - {id: rollback, title: Roll back, needs: [which/back]}
`)
	due := f.settle(began)
	require.Equal(t, began.Add(5*time.Minute), due.Next)
	kinds := func() (kinds []incident.Kind) {
		for _, e := range f.events[2:] {
			kinds = append(kinds, e.Kind())
		}
		return kinds
	}
	due = f.settle(began.Add(5 * time.Minute))
	require.Equal(t, began.Add(10*time.Minute), due.Next)
	f.settle(began.Add(10 * time.Minute))
	f.settle(began.Add(20 * time.Minute))
	require.Equal(t, []incident.Kind{"step_nudged", "step_escalated", "decision_made", "step_started"}, kinds())
	require.Equal(t, incident.Waiting, f.stateOf("rollback"))
}

func TestATimeLimitFailsOrSkipsAStep(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: fails, title: Fails, timeout: {limit: 10m}}
  - {id: skips, title: Skips, timeout: {limit: 10m, then: skip}}
  - {id: rarely, title: In time, timeout: {limit: 10m}}
`)
	f.settle(began)
	f.do(began, incident.CompleteStep{Step: "rarely"})
	f.settle(began.Add(10 * time.Minute))
	require.Equal(t, incident.Failed, f.stateOf("fails"))
	require.Equal(t, incident.Skipped, f.stateOf("skips"))
	require.Equal(t, incident.Done, f.stateOf("rarely"))
	f.do(began.Add(time.Hour), incident.RetryStep{Step: "fails"})
	f.settle(began.Add(time.Hour))
	require.Equal(t, incident.Waiting, f.stateOf("fails"), "what people begin once more gets its time")
	f.settle(began.Add(70 * time.Minute))
	require.Equal(t, incident.Failed, f.stateOf("fails"))
}

func TestNobodyIsNudgedAboutTheResponseAfterIt(t *testing.T) {
	t.Parallel()
	f := follow(t, "name: p\nsteps:\n- {id: a, title: A, timeout: {nudge: 10m}}\n")
	f.settle(began)
	f.do(began, incident.Resolve{})
	f.settle(began.Add(time.Hour))
	step, _ := f.state.Step("a")
	require.Zero(t, step.NudgedAt)
}

func TestAWaitEndsByItself(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: pause, title: Pause, wait: {for: 10m}}
  - {id: status, title: Monitoring, wait: {until: 'incident.status == "monitoring"'}}
  - {id: soak, title: Soak, wait: {until: 'incident.status == "monitoring"', for: 30m}}
`)
	f.settle(began)
	f.settle(began.Add(10 * time.Minute))
	require.Equal(t, incident.Done, f.stateOf("pause"))
	at := began.Add(20 * time.Minute)
	f.do(at, incident.ChangeStatus{Status: incident.Monitoring})
	f.settle(at)
	require.Equal(t, incident.Done, f.stateOf("status"))
	f.do(at.Add(10*time.Minute), incident.ChangeStatus{Status: incident.Identified})
	f.do(at.Add(11*time.Minute), incident.ChangeStatus{Status: incident.Monitoring})
	f.settle(at.Add(40 * time.Minute))
	require.Equal(t, incident.Waiting, f.stateOf("soak"), "the condition has to hold all the while")
	again := playbooks.NewAgenda(f.playbook, nil)
	again.Watching(f.agenda.Watches())
	f.agenda = again
	due := f.settle(at.Add(40 * time.Minute))
	require.Equal(t, at.Add(41*time.Minute), due.Next, "what was watched is carried over")
	f.settle(at.Add(41 * time.Minute))
	require.Equal(t, incident.Done, f.stateOf("soak"))
}

func TestAWaitForAMetricMeasuresUntilItHasRecoveredForLongEnough(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - id: errors
    title: Errors are down
    wait: {for: 2m, metric: {query: 'errors{service="${incident.service.name}"}', below: 0.5}}
`)
	measure := func(at time.Time, values ...float64) playbooks.Due {
		t.Helper()
		due := f.settle(at)
		require.Len(t, due.Work, 1)
		require.True(t, due.Work[0].Poll)
		require.Equal(t, `errors{service="payments"}`, due.Work[0].With["query"])
		output := map[string]any{}
		if len(values) == 2 {
			output["min"], output["value"] = values[0], values[1]
		}
		f.agenda.Measured("errors", incident.Outcome{Output: output}, at)
		return f.settle(at)
	}
	minute := func(n int) time.Time { return began.Add(time.Duration(n) * time.Minute) }
	require.Equal(t, minute(1), measure(minute(0)).Next, "no value is no answer")
	measure(minute(1), 0.1, 0.9)
	measure(minute(2), 0.1, 0.4)
	measure(minute(3), 0.5, 0.5)
	measure(minute(4), 0.1, 0.4)
	measure(minute(5), 0.1, 0.4)
	require.Equal(t, incident.Waiting, f.stateOf("errors"))
	require.Empty(t, measure(minute(6), 0.1, 0.4).Work)
	step, _ := f.state.Step("errors")
	require.Equal(t, incident.Done, step.State)
	require.Equal(t, "measured: 0.1 to 0.4", step.Note)
}

func TestAStepRepeatsWhileItsConditionHolds(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - id: ask
    title: Ask
    do: slack.post
    with: {text: "How is it?"}
    repeat: {every: 30m, while: 'incident.status == "investigating"', times: 3}
  - {id: after, title: After, needs: [ask]}
`)
	keys := map[string]bool{}
	do := func(at time.Time) {
		t.Helper()
		due := f.settle(at)
		require.Len(t, due.Work, 1)
		keys[due.Work[0].Key()] = true
		f.do(at, incident.FinishStep{Step: "ask"})
		f.settle(at)
	}
	do(began)
	do(began.Add(30 * time.Minute))
	require.Equal(t, incident.Waiting, f.stateOf("after"), "what needs it goes on after the first time")
	do(began.Add(60 * time.Minute))
	require.Empty(t, f.settle(began.Add(5*time.Hour)).Work, "three times in all")
	require.Len(t, keys, 3, "each time is work of its own")
	step, _ := f.state.Step("ask")
	require.Equal(t, 2, step.Rounds)
}

func TestWhatFailedStopsOrLetsGoOnWhatNeedsIt(t *testing.T) {
	t.Parallel()
	const text = `
name: p
steps:
  - {id: a, title: A, do: slack.invite, on_failure: POLICY}
  - {id: b, title: B, needs: [a]}
`
	for policy, want := range map[string]incident.StepState{
		playbooks.Ask: incident.Pending, playbooks.Continue: incident.Waiting, playbooks.Stop: incident.Skipped,
	} {
		f := follow(t, strings.ReplaceAll(text, "POLICY", policy))
		f.settle(began)
		f.do(began, incident.FailStep{Step: "a", Error: "no"})
		f.settle(began)
		require.Equal(t, want, f.stateOf("b"), policy)
	}
}

func TestThePlaybookSaysHowOftenAStepIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: a, title: A, do: slack.invite, retry: {attempts: 3, pause: 20s}}
  - {id: b, title: B, do: slack.invite, on_failure: stop}
  - {id: c, title: C, do: slack.invite, timeout: {limit: 10m}}
  - {id: d, title: D, do: slack.invite}
`)
	f.settle(began)
	retry := func(id string, at time.Time) playbooks.Retry {
		step, _ := f.state.Step(id)
		r, _ := f.agenda.RetryOf(step, at)
		return r
	}
	require.Equal(t, playbooks.Retry{Attempts: 3, Pause: 20 * time.Second}, retry("a", began))
	require.Equal(t, 1, retry("b", began).Attempts)
	require.Zero(t, retry("c", began), "Muster's own way counts")
	require.Equal(t, 1, retry("c", began.Add(10*time.Minute)).Attempts, "not after its time limit")
	require.Zero(t, retry("d", began))
}

func TestRolesAreGivenAsThePlaybookSaysWhileNobodyHasHadThem(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
roles:
  - {id: operations, title: operations lead, assign: on_call}
  - {id: commander, title: incident commander, assign: acknowledger}
  - {id: scribe, title: scribe}
`)
	f.settle(began)
	require.Empty(t, f.state.Holder("operations"))
	f.do(began, incident.Acknowledge{}, incident.FinishStep{Step: "x", Hook: "h", Title: "Page", Outcome: incident.Outcome{
		Page: &incident.Page{Key: "k"}, Responders: []incident.Person{{Name: "Sample Responder"}, {Name: "Second Responder"}},
	}})
	f.settle(began)
	require.Equal(t, "Sample Responder", f.state.Holder("operations"))
	require.Equal(t, "ana", f.state.Holder("commander"))
	require.Empty(t, f.state.Holder("scribe"))
	f.do(began, incident.AssignRole{Role: "operations"})
	f.settle(began)
	require.Empty(t, f.state.Holder("operations"), "what was handed back stays with people")
}

func TestOutputsOfStepsCanBeUsedByLaterOnes(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: get, title: Get, do: http.request, with: {url: "https://deploy.example.com/last"}}
  - {id: say, title: Say, needs: [get], when: 'outputs["get"].status == 200.0', do: slack.post, with: {text: '${outputs["get"].json.version} by ${incident.on_call.join(", ")}'}}
  - {id: odd, title: Odd, needs: [get], do: slack.post, with: {text: '${outputs["get"].json}'}}
  - {id: none, title: None, needs: [get], do: slack.post, with: {text: '${outputs["get"].json.nothing}'}}
`)
	f.settle(began)
	f.do(began, incident.FinishStep{Step: "get", Outcome: incident.Outcome{Output: map[string]any{"status": 200.0, "json": map[string]any{"version": "v42"}}}})
	due := f.settle(began)
	require.Equal(t, []string{"say"}, f.ids(due))
	require.Equal(t, "v42 by ", due.Work[0].With["text"])
	for id, reason := range map[string]string{"odd": "which is no text", "none": "no such key: nothing"} {
		step, _ := f.state.Step(id)
		require.Equal(t, incident.Failed, step.State)
		require.Contains(t, step.Error, reason)
	}
}

func TestNoValueCanAskForASecretThatItsTextDoesNotName(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - {id: x, title: X, do: http.request, with: {url: "https://deploy.example.com"}}
  - id: a
    title: A
    needs: [x]
    do: http.request
    with:
      url: https://deploy.example.com
      body: '${secret("deploy_token")} ${secret("deploy_token") + outputs["x"].body} ${outputs["x"].body}'
`)
	f.settle(began)
	f.do(began, incident.FinishStep{Step: "x", Outcome: incident.Outcome{Output: map[string]any{"body": "<" + playbooks.SecretReference("other") + ">"}}})
	due := f.settle(began)
	token := playbooks.SecretReference("deploy_token")
	require.Equal(t, token+" "+token+"<other> <other>", due.Work[0].With["body"])
}

func TestWhatMusterSaysItselfIsAnsweredByNoHookThatSaysSomething(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
hooks:
  - {id: echo, on: [note_added, update_posted], title: Echo, do: note.add, with: {text: "${event.text}"}}
  - {id: raised, on: severity_raised, title: Raised, do: slack.alert, with: {text: up}}
  - {id: lowered, on: severity_lowered, title: Lowered, do: slack.alert, with: {text: down}}
`)
	f.settle(began)
	f.do(began, incident.AddNote{Text: "seen"})
	due := f.settle(began)
	require.Len(t, due.Work, 1, "people are answered")
	events, err := incident.Decide(f.state, incident.Command{
		Incident: "INC-1", Actor: incident.MusterActor(),
		Intent: incident.FinishStep{Step: due.Work[0].ID, Hook: "echo", Title: "Echo", Outcome: incident.Outcome{Note: "seen"}},
	}, began)
	require.NoError(t, err)
	for _, e := range events {
		f.state = incident.Apply(f.state, e)
		f.agenda.Observe(f.state, e)
	}
	require.Empty(t, f.settle(began).Work, "its own words are not")
	f.do(began, incident.ChangeSeverity{Severity: "SEV2"})
	require.Equal(t, "down", f.settle(began).Work[0].With["text"])
}

func TestAStepThatNeedsAGroupWaitsForAllOfIt(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps:
  - group: look
    title: Look
    order: sequence
    steps:
      - {id: a, title: A}
      - {id: b, title: B}
  - {id: then, title: Then, needs: [look]}
`)
	f.settle(began)
	require.Equal(t, incident.Pending, f.stateOf("b"))
	f.do(began, incident.CompleteStep{Step: "a"})
	f.settle(began)
	require.Equal(t, incident.Waiting, f.stateOf("b"))
	require.Equal(t, incident.Pending, f.stateOf("then"))
	f.do(began, incident.SkipStep{Step: "b", Reason: "not needed"})
	f.settle(began)
	require.Equal(t, incident.Waiting, f.stateOf("then"))
}
