package worker_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

const ways = `
name: ways
roles: [{id: commander, title: Incident commander}]
steps:
  - {id: which, title: Which way?, decide: [{id: back, title: Roll back}, {id: forward, title: Fix forward}]}
  - {id: consent, title: Roll back production, needs: [which/back], approval: {quorum: 2}}
  - {id: fix, title: Write the fix, needs: [which/forward]}
  - {id: soak, title: It stays well, needs: [consent, fix], wait: {for: 30m}}
  - {id: tell, title: Tell support, needs: [soak]}
`

func TestTheResponseTakesTheWayThatPeopleChose(t *testing.T) {
	s := newStory(t)
	book, err := playbooks.Parse("ways.yaml", []byte(ways))
	require.NoError(t, err)
	s.input.Playbook = book
	stands := func(after time.Duration, step string, want incident.StepState) {
		s.at(after, func() {
			got, _ := incident.Fold(s.events).Step(step)
			require.Equal(t, want, got.State, step)
		})
	}
	s.refused(time.Minute, "ana", incident.CompleteStep{Step: "which"}, "needs_choice")
	s.person(2*time.Minute, "ana", incident.ChooseOption{Step: "which", Option: "back", Note: "the database did not change"})
	s.refused(3*time.Minute, "ben", incident.ChooseOption{Step: "which", Option: "forward"}, "decided")
	s.person(4*time.Minute, "ana", incident.ApproveStep{Step: "consent"})
	stands(5*time.Minute, "consent", incident.Waiting)
	s.person(6*time.Minute, "ben", incident.ApproveStep{Step: "consent"})
	stands(7*time.Minute, "fix", incident.Skipped)
	stands(35*time.Minute, "soak", incident.Waiting)
	stands(37*time.Minute, "tell", incident.Waiting)
	s.person(40*time.Minute, "ana", incident.Resolve{})
	ended := s.run()

	which, _ := ended.Step("which")
	require.Equal(t, "back", which.Choice)
	fix, _ := ended.Step("fix")
	require.True(t, fix.LeftOut)
	require.Equal(t, []string{"Decided: Which way? → Roll back: the database did not change"}, s.texts("decision_made"))
}

func TestAPageForAStepThatTakesTooLongIsNotAcknowledgedWithTheIncident(t *testing.T) {
	s := newStory(t)
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	s.input.Playbook = library["data-loss"]
	s.person(time.Minute, "ana", incident.Acknowledge{})
	s.at(11*time.Minute, func() {
		require.Contains(t, s.paged[len(s.paged)-1], " has waited for ")
		require.Contains(t, s.pageStates(), "acknowledged")
		require.Contains(t, s.pageStates(), "triggered", "whoever is woken for the step has to answer")
	})
	s.person(12*time.Minute, "ana", incident.Resolve{})
	s.run()
	require.NotContains(t, s.pageStates(), "triggered")
	require.NotContains(t, s.pageStates(), "acknowledged")
}
