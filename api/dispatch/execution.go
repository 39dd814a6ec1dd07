package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/incident"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
)

// execution is how a workflow stands in Temporal; the zero value where there is none.
type execution struct {
	status enumspb.WorkflowExecutionStatus
	origin workflows.Origin
	// superseded says that it was begun for a life of its incident that does not count any
	// more: the journal takes nothing of it.
	superseded bool
}

func (e execution) running() bool { return e.status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING }

func (e execution) completed() bool { return e.status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }

// healthy says that it runs, that this version of Muster can carry it on, and that the
// journal takes what it does.
func (e execution) healthy() bool {
	return e.running() && e.origin.Generation >= workflows.Generation && !e.superseded
}

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
	life, err := d.store.Life(ctx, incidentOf(workflowID))
	e.superseded = e.origin.Life >= 0 && e.origin.Life < life
	return e, err
}

// incidentOf is the incident of a workflow, be it the incident's own or a follow-up's.
func incidentOf(workflowID string) incident.ID {
	id, _, _ := strings.Cut(workflowID, "-F")
	return incident.ID(id)
}

// endedMeanwhile is the type of Temporal's error for an update that a workflow had accepted and
// did not live to answer: the journal refused what it wrote. Temporal gives this answer to
// every repetition, until the workflow is started again.
const endedMeanwhile = "AcceptedUpdateCompletedWorkflow"

// isGone says that there is no such workflow, or that it has ended.
func isGone(err error) bool {
	var gone *serviceerror.NotFound
	var failed *temporal.ApplicationError
	return errors.As(err, &gone) || errors.As(err, &failed) && failed.Type() == endedMeanwhile
}

// isStarted says that somebody else has started the workflow meanwhile.
func isStarted(err error) bool {
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &already)
}

// isAway says that Temporal did not answer.
func isAway(err error) bool {
	var (
		unavailable *serviceerror.Unavailable
		late        *serviceerror.DeadlineExceeded
	)
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
}
