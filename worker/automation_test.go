package worker_test

import (
	"testing"

	"muster/incident"
	"muster/integrations"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/mocks"
)

func TestPlaybooksReachNoneOfMustersOwnWorkflows(t *testing.T) {
	t.Parallel()
	// A client that must not be asked anything.
	a := worker.Automation(&mocks.Client{}, "default")
	for _, id := range []string{
		string(incident.NewID(42)), workflows.FollowupID(incident.NewID(42), "F1"), workflows.PulseID, "muster-ticket-sweep", "muster-ticket-sweep-2026-03-02T14:00:00Z",
	} {
		err := a.Signal(t.Context(), incident.Signal{Key: "k", WorkflowID: id, Name: workflows.CommandSignal})
		require.True(t, integrations.IsFinal(err), id)
	}
	for _, queue := range workflows.TaskQueues() {
		_, err := a.Start(t.Context(), incident.Launch{Key: "k", Workflow: workflows.IncidentWorkflow, TaskQueue: queue})
		require.True(t, integrations.IsFinal(err), queue)
	}
}
