package playbooks_test

import (
	"testing"
	"testing/fstest"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// muster has Muster do something, as the workflow does.
func (f *follower) muster(at time.Time, intents ...incident.Intent) {
	f.t.Helper()
	for _, i := range intents {
		events, err := incident.Decide(f.state, incident.Command{Incident: "INC-1", Actor: incident.MusterActor(), Intent: i}, at)
		require.NoError(f.t, err)
		for _, e := range events {
			f.state = incident.Apply(f.state, e)
			f.agenda.Observe(f.state, e)
			f.events = append(f.events, e)
		}
	}
}

func TestHooksThatBringAboutWhatTheyReactToComeToAnEnd(t *testing.T) {
	t.Parallel()
	library, err := playbooks.Load(fstest.MapFS{
		"p.yaml": {Data: []byte(`
name: p
hooks:
  - {id: file, on: followup_added, title: File it, do: jira.create_issue, with: {title: "${followup.title}"}}
  - {id: tell, on: ticket_filed, title: Tell, do: slack.alert, with: {text: filed}}
`)},
		// An addition may close a circle that no check has seen.
		"more.yaml": {Data: []byte(`
name: more
addition: true
when: 'incident.severity == "SEV1"'
hooks:
  - {id: more, on: ticket_filed, title: More, do: followup.add, with: {title: Look at the ticket}}
`)},
	}, ".")
	require.NoError(t, err)
	chosen, err := library.Choose("p", playbooks.Selection{Severity: "SEV1", Default: "p"})
	require.NoError(t, err)
	f := &follower{t: t, playbook: chosen.Playbook, state: declared(t), agenda: playbooks.NewAgenda(chosen.Playbook, nil), inFlight: map[string]bool{}}
	f.do(began, incident.AddFollowup{Title: "Mend the alert"})
	begun := map[string]int{}
	for range 20 {
		for _, w := range f.settle(began).Work {
			begun[w.Hook]++
			outcome := incident.Outcome{}
			switch w.Hook {
			case "file":
				outcome = incident.Outcome{Followup: w.Followup, Ticket: &incident.Ticket{Key: "PAY-1"}}
			case "more":
				outcome.NewFollowup = &incident.AddFollowup{Title: "Look at the ticket"}
			}
			f.muster(began, incident.FinishStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Outcome: outcome})
		}
	}
	require.Equal(t, map[string]int{"file": 1, "tell": 1}, begun)
}

func TestHooksDoNotReactToTheirOwnWorkBeingTriedAgain(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
steps: [{id: s, title: S}]
hooks:
  - {id: h, on: [step_started, step_retried], title: H, do: http.request, with: {url: "https://status.example.com"}}
`)
	now := began
	for range 8 {
		for _, w := range f.settle(now).Work {
			f.muster(now, incident.FailStep{Step: w.ID, Hook: w.Hook, Title: w.Title, Do: w.Do, Error: "down", RetryAt: now.Add(time.Minute)})
		}
		now = now.Add(2 * time.Minute)
	}
	require.Len(t, f.agenda.Reactions(), 1)
	require.Len(t, f.state.Steps, 2)
}
