package worker_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"
)

// confidential is a story that follows the playbook which opens a private channel.
func confidential(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	s.input.Playbook = library["security"]
	s.person(10*time.Minute, "ana", incident.Cancel{Reason: "a test of ours"})
	return s
}

func TestAnIncidentIsRestrictedFromItsSecondEventOnWhateverBecomesOfItsChannel(t *testing.T) {
	s := confidential(t)
	s.breakVendor("slack", finalFailure("slack: restricted_action"))
	require.True(t, s.run().Restricted())
	for n := range s.events {
		require.Equal(t, n > 0, incident.Fold(s.events[:n+1]).Restricted(), "%d: %s", n+1, s.events[n].Kind())
	}
}

func TestAnIncidentThatWasDeclaredByAnEarlierMusterKeepsToItsJournal(t *testing.T) {
	s := confidential(t)
	s.env.OnGetVersion("restricted-from-declaration", workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
	s.breakVendor("slack", finalFailure("slack: restricted_action"))
	require.False(t, s.run().Restricted())
}
