package dispatch

import (
	"context"
	"errors"
	"fmt"

	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

// execution is how a workflow stands in Temporal; the zero value where there is none.
type execution struct {
	status enumspb.WorkflowExecutionStatus
	origin workflows.Origin
}

func (e execution) running() bool { return e.status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING }

func (e execution) completed() bool { return e.status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }

// healthy says that it runs, and that this version of Muster can carry it on.
func (e execution) healthy() bool { return e.running() && e.origin.Generation >= workflows.Generation }

// execution asks how a workflow stands. One of another installation is an error: it must be
// left alone, whatever it has in common with ours.
func (d *Dispatcher) execution(ctx context.Context, workflowID string) (execution, error) {
	description, err := d.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if isGone(err) {
		return execution{}, nil
	}
	if err != nil {
		return execution{}, fmt.Errorf("ask Temporal for %s: %w", workflowID, err)
	}
	info := description.GetWorkflowExecutionInfo()
	e := execution{status: info.GetStatus(), origin: workflows.OriginOf(info.GetMemo())}
	if ours := d.store.Installation(); e.origin.Installation != "" && e.origin.Installation != ours {
		return execution{}, fmt.Errorf(
			"the workflow %s in Temporal belongs to another Muster (installation %s, this database is %s); check the data directory and Temporal's address",
			workflowID, e.origin.Installation, ours)
	}
	return e, nil
}

// isGone says that there is no such workflow, or that it has ended.
func isGone(err error) bool {
	var gone *serviceerror.NotFound
	return errors.As(err, &gone)
}

// isStarted says that somebody else has started the workflow meanwhile.
func isStarted(err error) bool {
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &already)
}
