package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/health"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// PulseLimit is how long an answer to [Check] may take: longer than a worker keeps a
// task waiting, be it as busy as it may, and shorter than anybody waits for a page.
const PulseLimit = 5 * time.Second

// Check asks a workflow, and so proves that a worker takes tasks and that Temporal hands
// them out. Where several processes work for one namespace, any of them may answer. It
// changes nothing, save that it starts that workflow again where Temporal has lost it. The
// error is made by [health.Because].
func Check(ctx context.Context, temporal client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, PulseLimit)
	defer cancel()
	err := askPulse(ctx, temporal)
	if isNotFound(err) {
		if err = startPulse(ctx, temporal); err == nil {
			err = askPulse(ctx, temporal)
		}
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, isTimeout(err):
		return health.Because(fmt.Sprintf("no worker took a task within %d seconds", int(PulseLimit.Seconds())), err)
	default:
		return health.Because("it cannot be asked through Temporal", err)
	}
}

func askPulse(ctx context.Context, temporal client.Client) error {
	value, err := temporal.QueryWorkflow(ctx, workflows.PulseID, "", workflows.PulseQuery)
	if err != nil {
		return err
	}
	var beats bool
	return value.Get(&beats)
}

// startPulse starts the workflow that answers, unless it runs.
func startPulse(ctx context.Context, temporal client.Client) error {
	_, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.PulseID, TaskQueue: workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            "Answers when Muster asks whether its worker takes tasks",
	}, workflows.PulseWorkflow)
	return err
}

func isNotFound(err error) bool {
	var missing *serviceerror.NotFound
	return errors.As(err, &missing)
}

func isTimeout(err error) bool {
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &late)
}
