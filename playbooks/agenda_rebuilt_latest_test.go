package playbooks_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// rebuilt makes the follower's agenda anew from the journal alone, as a workflow does that was
// lost; what was in flight is lost with it.
func (f *follower) rebuilt(start incident.State) *follower {
	f.t.Helper()
	anew := &follower{t: f.t, playbook: f.playbook, state: start, agenda: playbooks.NewAgenda(f.playbook, nil), inFlight: map[string]bool{}}
	for _, e := range f.events {
		anew.state = incident.Apply(anew.state, e)
		anew.agenda.Observe(anew.state, e)
		anew.events = append(anew.events, e)
	}
	return anew
}

func TestWhatFailedWhileOthersWaitedIsBroughtToAnEndByARebuiltAgenda(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("p.yaml", []byte(keeping))
	require.NoError(t, err)
	start := declared(t)
	f := &follower{t: t, playbook: p, state: start, agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}
	attach, err := p.Attach(f.state)
	require.NoError(t, err)
	f.do(began, attach)
	w := f.begin(began)
	require.Len(t, w, 1)
	f.do(seconds(1), incident.Acknowledge{})
	f.fail(seconds(2), w[0], seconds(60))

	again := f.rebuilt(start)
	now := seconds(60)
	for range 3 {
		for _, w := range again.begin(now) {
			again.finish(now, w, incident.Outcome{})
		}
		now = now.Add(time.Minute)
	}
	step, known := again.state.Step(w[0].ID)
	require.True(t, known)
	require.True(t, step.State.Settled(), "the step that failed is %s", step.State)
	require.Empty(t, again.agenda.Reactions())
}
