package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/health"
	"muster/workflows"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// PulseLimit is how long an answer to [Check] may take: longer than a worker keeps a
// task waiting, be it as busy as it may, and shorter than anybody waits for a page.
const PulseLimit = 5 * time.Second

// stickyLimit is how much of it the worker gets that has answered last. Temporal asks that one
// first, and for some seconds after it has died does not know better.
const stickyLimit = 2 * time.Second

// Check asks a workflow, and so proves that a worker takes tasks and that Temporal hands them
// out. The namespace is the client's. Where several processes work for it, any of them may
// answer: the death of one is no news as long as another lives. It changes nothing, save that
// it starts that workflow again where Temporal has lost it. The error is made by
// [health.Because].
func Check(ctx context.Context, temporal client.Client, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, PulseLimit)
	defer cancel()
	err := askAnyPulse(ctx, temporal, namespace)
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
		return health.Because(whyNotAsked(err), err)
	}
}

// whyNotAsked says for everybody why Temporal did not pass the question on.
func whyNotAsked(err error) string {
	var (
		namespace   *serviceerror.NamespaceNotFound
		nobody      *serviceerror.FailedPrecondition
		notReady    *serviceerror.WorkflowNotReady
		failed      *serviceerror.QueryFailed
		unavailable *serviceerror.Unavailable
	)
	switch {
	case errors.As(err, &namespace):
		return "Temporal has no namespace for it: run muster setup"
	case errors.As(err, &nobody):
		// https://github.com/temporalio/temporal/blob/v1.32.1/service/matching/matcher.go:
		// "no poller seen for task queue recently"
		return "no worker has asked for tasks lately: start one, or look at the logs of those that run"
	case errors.As(err, &notReady), errors.As(err, &failed):
		return "no worker has carried out a task yet, or what it does fails: look at the workers' logs"
	case errors.As(err, &unavailable):
		return "Temporal, through which it is asked, does not answer"
	default:
		return "it cannot be asked through Temporal"
	}
}

// askAnyPulse asks whoever answered last and, when nothing comes, everybody else. Otherwise the
// death of one worker would look like the death of all.
func askAnyPulse(ctx context.Context, temporal client.Client, namespace string) error {
	first, cancel := context.WithTimeout(ctx, stickyLimit)
	defer cancel()
	err := askPulse(first, temporal)
	if err == nil || first.Err() == nil && !isTimeout(err) {
		return err
	}
	if err := forgetWorker(ctx, temporal, namespace); err != nil {
		return err
	}
	return askPulse(ctx, temporal)
}

// forgetWorker has Temporal forget which worker keeps the workflow in memory.
func forgetWorker(ctx context.Context, temporal client.Client, namespace string) error {
	_, err := temporal.WorkflowService().ResetStickyTaskQueue(ctx, &workflowservice.ResetStickyTaskQueueRequest{
		Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflows.PulseID},
	})
	return err
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
