package playbooks_test

import (
	"encoding/json"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var rich = map[string]string{
	"outer.yaml": `
name: outer
roles: [{id: lead, title: Lead, assign: acknowledger}]
steps:
  - {id: ask, title: Ask, do: http.request, with: {url: "https://a.example.com"}, retry: {attempts: 2, pause: 1m}, on_failure: continue, repeat: {every: 5m, times: 3}}
  - {id: which, title: Which?, decide: [{id: back, title: Back}, {id: forward, title: Forward}], timeout: {nudge: 1m, escalate: 3m, limit: 9m, then: back}}
  - {id: calm, title: Calm, wait: {until: 'incident.status == "monitoring"', for: 4m}, needs: [which/back], timeout: {limit: 30m, then: skip}}
  - {id: broken, title: Broken, needs: [ask], wait: {until: 'outputs["ask"].json.none == 1'}}
  - {id: run, title: Run, do: playbook.run, with: {playbook: inner}, needs: [which/forward]}
  - {id: ok, title: OK, approval: {quorum: 2}, needs: [run, calm], repeat: {every: 2m}}
hooks:
  - {id: worse, on: severity_lowered, title: Do that too, do: playbook.run, with: {playbook: inner}}
  - {id: tell, on: [decision_made, step_failed, step_nudged, step_started], title: Tell, do: webhook.post, with: {text: '${incident.steps.map(k, k + incident.steps[k]).join(" ")} ${step.title}'}}
  - {id: odd, on: note_added, when: 'outputs["ask"].json.odd', title: Odd, do: mail.send, with: {to: a@example.com, subject: S, text: T}}
  - {id: late, on: unacknowledged, after: 2m, every: 2m, times: 3, remind: Answer, title: Late, do: slack.alert, with: {text: x, channel: c}}
`,
	"inner.yaml": `
name: inner
steps:
  - {id: promote, title: Promote, timeout: {limit: 6m}, on_failure: continue}
  - {id: verify, title: Verify, wait: {until: 'incident.steps["promote"] == "done"', for: 1m}}
hooks:
  - {id: noted, on: note_added, title: Noted, do: update.post, with: {text: '${incident.steps["promote"]}'}}
`,
}

// refusedIsFine has somebody do something that may not be possible now.
func (f *follower) refusedIsFine(at time.Time, actor incident.Actor, i incident.Intent) {
	events, err := incident.Decide(f.state, incident.Command{Incident: "INC-1", Actor: actor, Intent: i}, at)
	if err != nil {
		return
	}
	for _, e := range events {
		f.state = incident.Apply(f.state, e)
		f.agenda.Observe(f.state, e)
		f.events = append(f.events, e)
	}
}

func throughJSON[T any](t require.TestingT, in T) T {
	text, err := json.Marshal(in)
	require.NoError(t, err)
	var out T
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

func TestAnAgendaRebuiltFromTheJournalOrCarriedOverAsksForTheSame(t *testing.T) {
	t.Parallel()
	begun := followOf(t, "outer", rich)
	rapid.Check(t, func(rt *rapid.T) {
		f := &follower{t: t, playbook: begun.playbook, state: declared(t), agenda: playbooks.NewAgenda(begun.playbook, nil), inFlight: map[string]bool{}}
		attach, err := f.playbook.Attach(f.state)
		require.NoError(t, err)
		first := f.state
		f.refusedIsFine(began, incident.MusterActor(), attach)
		now := began
		var due playbooks.Due
		bring := func() {
			for range 40 {
				due = f.agenda.Due(f.state, f.inFlight, now)
				if len(due.Commands) == 0 {
					return
				}
				seq := f.state.Seq
				for _, c := range due.Commands {
					f.refusedIsFine(now, incident.MusterActor(), c)
				}
				if f.state.Seq == seq {
					return
				}
			}
			rt.Fatalf("the agenda never settles: %v", due.Commands)
		}
		steps := []string{"ask", "which", "calm", "broken", "run", "ok", "worse", "run-promote", "run-verify", "worse-promote", "worse-verify"}
		for range rapid.IntRange(1, 40).Draw(rt, "events") {
			bring()
			step := rapid.SampledFrom(steps).Draw(rt, "step")
			who := incident.PersonActor(rapid.SampledFrom([]string{"ana", "ben"}).Draw(rt, "who"))
			switch rapid.IntRange(0, 14).Draw(rt, "what") {
			case 0:
				f.refusedIsFine(now, who, incident.CompleteStep{Step: step})
			case 1:
				f.refusedIsFine(now, who, incident.SkipStep{Step: step, Reason: "no"})
			case 2:
				f.refusedIsFine(now, who, incident.RetryStep{Step: step})
			case 3:
				f.refusedIsFine(now, who, incident.ChooseOption{Step: "which", Option: rapid.SampledFrom([]string{"back", "forward"}).Draw(rt, "option")})
			case 4:
				f.refusedIsFine(now, who, incident.ApproveStep{Step: "ok"})
			case 5:
				f.refusedIsFine(now, who, incident.RejectStep{Step: "ok"})
			case 6:
				f.refusedIsFine(now, who, incident.ChangeSeverity{Severity: rapid.SampledFrom([]incident.Severity{"SEV1", "SEV2"}).Draw(rt, "severity")})
			case 7:
				f.refusedIsFine(now, who, incident.ChangeStatus{Status: rapid.SampledFrom([]incident.Status{incident.Investigating, incident.Monitoring}).Draw(rt, "status")})
			case 8:
				f.refusedIsFine(now, who, incident.AddNote{Text: "x"})
			case 9:
				f.refusedIsFine(now, who, rapid.SampledFrom([]incident.Intent{incident.Acknowledge{}, incident.Resolve{}, incident.Reopen{}}).Draw(rt, "life"))
			case 10, 11, 12:
				for _, w := range due.Work {
					if rapid.Bool().Draw(rt, "works") {
						f.refusedIsFine(now, incident.MusterActor(), incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: incident.Outcome{
							Output: map[string]any{"status": 200.0, "json": map[string]any{"odd": rapid.Bool().Draw(rt, "odd")}},
						}})
					} else {
						f.refusedIsFine(now, incident.MusterActor(), incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: "down", RetryAt: now.Add(time.Minute)})
					}
				}
			default:
				now = now.Add(time.Duration(rapid.IntRange(1, 600).Draw(rt, "seconds")) * time.Second)
			}
		}
		bring()
		rebuilt, state := playbooks.NewAgenda(f.playbook, nil), first
		for _, e := range f.events {
			e = throughJSON(rt, e)
			state = incident.Apply(state, e)
			rebuilt.Observe(state, e)
		}
		carried := playbooks.NewAgenda(f.playbook, throughJSON(rt, f.agenda.Reactions()))
		carried.Watching(throughJSON(rt, f.agenda.Watches()))
		for _, later := range []time.Duration{0, time.Minute, 10 * time.Minute, 24 * time.Hour} {
			want := f.agenda.Due(f.state, f.inFlight, now.Add(later))
			require.Equal(rt, want, rebuilt.Due(state, f.inFlight, now.Add(later)), "rebuilt")
			require.Equal(rt, want, carried.Due(throughJSON(rt, f.state), f.inFlight, now.Add(later)), "carried over")
		}
		require.Equal(rt, f.agenda.Reactions(), rebuilt.Reactions())
		require.Equal(rt, f.agenda.Watches(), rebuilt.Watches())
	})
}
