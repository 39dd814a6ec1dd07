package dispatch

import (
	"testing"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
)

// livesOn says that a workflow runs which was begun for a life of its incident.
func livesOn(t *testing.T, temporal *mocks.Client, installation, id string, life int) {
	t.Helper()
	memo := &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	for name, value := range workflows.Memo(installation, life) {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		require.NoError(t, err)
		memo.Fields[name] = payload
	}
	temporal.On("DescribeWorkflowExecution", mock.Anything, id, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, Memo: memo},
	}, nil)
}

func TestAWorkflowWhoseLifeDoesNotCountIsBegunAgain(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]int{"one of an earlier life": 0, "one of the life that counts": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, db, temporal := desk(t)
			filed := incident.FinishStep{Step: "file-followup@4", Hook: "file-followup", Title: "File", Outcome: incident.Outcome{
				Followup: "F1", Ticket: &incident.Ticket{Key: "SHOP-1", Status: "To Do"},
			}}
			declared(t, db, d, incident.AddFollowup{Title: "Mend it"}, filed)
			// As after a restore, or when a process died between the two steps of a revival.
			_, err := db.Revive(t.Context(), "INC-1")
			require.NoError(t, err)
			livesOn(t, temporal, db.Installation(), "INC-1", life)
			livesOn(t, temporal, db.Installation(), "INC-1-F1", life)
			var incidents, followups *[]any
			if life == 0 {
				incidents, followups = starts(temporal, workflows.IncidentWorkflow), starts(temporal, workflows.FollowupWorkflow)
			}
			done, err := d.Recover(t.Context())
			require.NoError(t, err)
			if life == 1 {
				require.Zero(t, done, "it is left alone")
				return
			}
			require.Len(t, *incidents, 1)
			require.Equal(t, 2, (*incidents)[0].(workflows.IncidentInput).Life)
			require.Len(t, *followups, 1)
		})
	}
}

func TestACommandThatAWorkflowDidNotLiveToAnswerBringsItBack(t *testing.T) {
	t.Parallel()
	d, db, client := desk(t)
	state := declared(t, db, d)
	stands(client, string(state.ID), enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	refused := mocks.NewWorkflowUpdateHandle(t)
	refused.On("Get", mock.Anything, nil).Return(temporal.NewApplicationError("the workflow completed before the update", endedMeanwhile)).Once()
	answered := mocks.NewWorkflowUpdateHandle(t)
	answered.On("Get", mock.Anything, nil).Return(nil).Once()
	client.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(refused, nil).Once()
	client.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(answered, nil).Once()
	started := starts(client, workflows.IncidentWorkflow)
	_, err := d.Do(t.Context(), incident.Command{
		Incident: state.ID, Key: "k", Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Acknowledge{},
	})
	require.NoError(t, err)
	require.Len(t, *started, 1)
}
