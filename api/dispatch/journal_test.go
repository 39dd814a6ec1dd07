package dispatch

import (
	"testing"
	"time"

	"muster/incident"
	"muster/store"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

func declareOf(in workflows.IncidentInput) incident.Declare {
	declare, _ := in.Declare.Intent.(incident.Declare)
	return declare
}

// declareInJournal does what the workflow does first.
func declareInJournal(t *testing.T, db *store.Store, in workflows.IncidentInput) {
	t.Helper()
	events, err := incident.Decide(incident.State{}, in.Declare, time.Now())
	require.NoError(t, err)
	require.NoError(t, db.Append(t.Context(), events))
}
