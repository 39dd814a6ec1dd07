package dispatch

import (
	"context"

	"muster/incident"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
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
	options, input, err := d.tracking(ctx, state, followup)
	if err != nil {
		return err
	}
	_, err = d.temporal.SignalWithStartWorkflow(ctx, options.ID, workflows.TicketSignal, news, options, workflows.FollowupWorkflow, input)
	if isStarted(err) {
		return nil
	}
	return err
}

// tracking says how the workflow of a follow-up is started.
func (d *Dispatcher) tracking(ctx context.Context, state incident.State, f incident.Followup) (client.StartWorkflowOptions, workflows.FollowupInput, error) {
	// The incident keeps the playbook it began with.
	beginning, err := d.store.Events(ctx, state.ID, 0, 10)
	if err != nil {
		return client.StartWorkflowOptions{}, workflows.FollowupInput{}, err
	}
	playbook, err := workflows.AttachedPlaybook(beginning)
	if err != nil {
		return client.StartWorkflowOptions{}, workflows.FollowupInput{}, err
	}
	life, err := d.store.Life(ctx, state.ID)
	if err != nil {
		return client.StartWorkflowOptions{}, workflows.FollowupInput{}, err
	}
	options := client.StartWorkflowOptions{
		ID:                       workflows.FollowupID(state.ID, f.ID),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Memo:                     workflows.Memo(d.store.Installation(), life),
		StaticSummary:            workflows.Summary(f.Title),
	}
	return options, workflows.Tracking(state, f, playbook.FollowupSchedules()), nil
}
