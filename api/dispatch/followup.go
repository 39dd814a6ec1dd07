package dispatch

import (
	"context"
	"errors"

	"muster/incident"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// tellFollowup signals the workflow of a follow-up. One that was done is tracked again
// when its ticket is opened again.
func (d *Dispatcher) tellFollowup(ctx context.Context, state incident.State, id string, news workflows.TicketNews) error {
	followup, _ := state.Followup(id)
	if followup.Done && (news.Ticket.Done || news.Deleted) {
		return nil
	}
	followup.Done = false
	options, input := d.tracking(state, followup)
	_, err := d.temporal.SignalWithStartWorkflow(ctx, options.ID, workflows.TicketSignal, news, options, workflows.FollowupWorkflow, input)
	return ignoreStarted(err)
}

// tracking says how the workflow of a follow-up is started.
func (d *Dispatcher) tracking(state incident.State, f incident.Followup) (client.StartWorkflowOptions, workflows.FollowupInput) {
	options := client.StartWorkflowOptions{
		ID:                       workflows.FollowupID(state.ID, f.ID),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Memo:                     workflows.Memo(),
		StaticSummary:            workflows.Summary(f.Title),
	}
	input := workflows.Tracking(state, f, nil)
	if p, err := d.playbook(state.Playbook.Name); err == nil {
		input = workflows.Tracking(state, f, p.FollowupSchedules())
	}
	return options, input
}

// ignoreStarted makes nothing of a workflow that somebody else has started meanwhile.
func ignoreStarted(err error) error {
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		return nil
	}
	return err
}
