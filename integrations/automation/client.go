package automation

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// KeyMemo is the name under which the memo of a workflow holds the key it was started for.
const KeyMemo = "muster_key"

// maxIDLength bounds the ids and names that are taken, as Temporal does unless its server is
// configured otherwise (limit.maxIDLength).
const maxIDLength = 1000

// Options say how to reach Temporal, and what there is Muster's own.
type Options struct {
	Temporal  client.Client
	Namespace string
	// TaskQueues are Muster's own, on which nothing is started.
	TaskQueues []string
	// IDs are those of Muster's own workflows, and Prefixes what others of them begin with:
	// neither are signalled, or started.
	IDs, Prefixes []string
}

// Client starts and signals. Its methods may be called by many goroutines at once; every error
// is an [*integrations.Error].
type Client struct {
	options Options
	calls   *integrations.Caller
}

// New returns a client. It asks nothing yet.
func New(o Options) *Client {
	return &Client{options: o, calls: integrations.NewCaller(integrations.Temporal, nil)}
}

// Start starts a workflow, or finds the one that was, and says how it is. It may be repeated
// with the same launch:
//
//   - A workflow with the id that is running is the one, whoever started it.
//   - So is one that has ended since the work was begun, whoever started it, and one that was
//     started for the same key and succeeded, whenever.
//   - Otherwise it is started, anew where one with the id ended before.
//
// A workflow that came to a bad end is a final error in its own words.
func (c *Client) Start(ctx context.Context, l incident.Launch) (incident.Run, error) {
	const operation = "start"
	if l.ID == "" {
		l.ID = l.Key
	} else if err := c.allowed(operation, l.ID); err != nil {
		return incident.Run{}, err
	}
	if slices.Contains(c.options.TaskQueues, l.TaskQueue) {
		return incident.Run{}, c.calls.Refuse(operation, "the task queue %s is Muster's own; name the one that your workers serve", l.TaskQueue)
	}
	if err := c.bounded(operation, l.ID, l.Workflow, l.TaskQueue); err != nil {
		return incident.Run{}, err
	}
	found, err := c.describe(ctx, l.ID)
	if err != nil {
		return incident.Run{}, err
	}
	if found != nil && ours(found, l) {
		return c.result(ctx, found)
	}
	var run client.WorkflowRun
	err = c.call(ctx, operation, func(ctx context.Context) (err error) {
		run, err = c.options.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: l.ID, TaskQueue: l.TaskQueue,
			// One that somebody else has started meanwhile is adopted.
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			Memo:                     map[string]any{KeyMemo: l.Key},
		}, l.Workflow, arguments(l.Input)...)
		return err
	})
	if err != nil {
		return incident.Run{}, err
	}
	return incident.Run{WorkflowID: run.GetID(), RunID: run.GetRunID()}, nil
}

// Signal tells a workflow that is running something, once for each key. One that is not
// running is a final error.
func (c *Client) Signal(ctx context.Context, s incident.Signal) error {
	const operation = "signal"
	if err := c.allowed(operation, s.WorkflowID); err != nil {
		return err
	}
	if err := c.bounded(operation, s.WorkflowID, s.Name); err != nil {
		return err
	}
	// Not by the client's own method, which makes a new request id for each attempt.
	input, err := converter.GetDefaultDataConverter().ToPayloads(arguments(s.Input)...)
	if err != nil {
		return c.calls.Refuse(operation, "the input cannot be written: %s", err)
	}
	return c.call(ctx, operation, func(ctx context.Context) error {
		_, err := c.options.Temporal.WorkflowService().SignalWorkflowExecution(ctx, &workflowservice.SignalWorkflowExecutionRequest{
			Namespace: c.options.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: s.WorkflowID},
			SignalName: s.Name, Input: input, Identity: "muster", RequestId: s.Key,
		})
		return err
	})
}

// allowed refuses what is Muster's own.
func (c *Client) allowed(operation, id string) error {
	own := slices.Contains(c.options.IDs, id) ||
		slices.ContainsFunc(c.options.Prefixes, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
	if own {
		return c.calls.Refuse(operation, "the workflow %s is Muster's own, which playbooks may not touch", id)
	}
	return nil
}

func (c *Client) bounded(operation string, texts ...string) error {
	for _, text := range texts {
		if text == "" || len(text) > maxIDLength {
			return c.calls.Refuse(operation, "an id or a name is empty, or longer than %d bytes", maxIDLength)
		}
	}
	return nil
}

// arguments are what a workflow or a signal is given: one document, or nothing.
func arguments(input string) []any {
	if strings.TrimSpace(input) == "" {
		return nil
	}
	return []any{json.RawMessage(input)}
}

// describe returns the latest workflow with an id, nil where there is none.
func (c *Client) describe(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	var info *workflowpb.WorkflowExecutionInfo
	err := c.call(ctx, "describe", func(ctx context.Context) error {
		answer, err := c.options.Temporal.DescribeWorkflowExecution(ctx, id, "")
		var missing *serviceerror.NotFound
		if errors.As(err, &missing) {
			return nil
		}
		info = answer.GetWorkflowExecutionInfo()
		return err
	})
	return info, err
}

// ours says whether a workflow is what the launch asks for.
func ours(info *workflowpb.WorkflowExecutionInfo, l incident.Launch) bool {
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return true
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		if keyOf(info) == l.Key {
			return true
		}
	}
	return !info.GetCloseTime().AsTime().Before(l.Since)
}

func keyOf(info *workflowpb.WorkflowExecutionInfo) string {
	payload, ok := info.GetMemo().GetFields()[KeyMemo]
	if !ok {
		return ""
	}
	var key string
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &key); err != nil {
		return "" // not one of ours
	}
	return key
}

// result says how a workflow is.
func (c *Client) result(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (incident.Run, error) {
	const operation = "result"
	run := incident.Run{WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId()}
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return run, nil
	}
	run.Done = true
	var raw converter.RawValue
	var failed *temporal.WorkflowExecutionError
	err := c.call(ctx, operation, func(ctx context.Context) error {
		err := c.options.Temporal.GetWorkflow(ctx, run.WorkflowID, run.RunID).Get(ctx, &raw)
		if errors.As(err, &failed) {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return incident.Run{}, err
	case failed != nil:
		return incident.Run{}, c.calls.Refuse(operation, "the workflow %s %s", run.WorkflowID, ending(failed))
	}
	if data := raw.Payload().GetData(); json.Valid(data) {
		run.Result = data
	}
	return run, nil
}

// ending says in a workflow's own words how it failed.
func ending(err error) string {
	var (
		application *temporal.ApplicationError
		cancelled   *temporal.CanceledError
		terminated  *temporal.TerminatedError
		timeout     *temporal.TimeoutError
	)
	switch {
	case errors.As(err, &application):
		return "failed: " + application.Message()
	case errors.As(err, &cancelled):
		return "was cancelled"
	case errors.As(err, &terminated):
		return "was terminated"
	case errors.As(err, &timeout):
		return "ran out of time"
	default:
		return "failed"
	}
}

// call makes one call to Temporal, and puts what goes wrong into words.
func (c *Client) call(ctx context.Context, operation string, call func(context.Context) error) error {
	return c.calls.Observed(ctx, operation, func(ctx context.Context) error {
		err := call(ctx)
		if err == nil {
			return nil
		}
		var said serviceerror.ServiceError
		if ctx.Err() != nil || !errors.As(err, &said) {
			return c.calls.Unanswered(ctx, operation, err)
		}
		failure := &integrations.Error{
			Vendor: integrations.Temporal, Operation: operation, Code: said.Status().Code().String(),
			Message: integrations.Shorten(integrations.Line(said.Status().Message()), maxMessage, integrations.UTF16Length),
			Final:   final(err),
		}
		if limit := new(serviceerror.ResourceExhausted); errors.As(err, &limit) {
			failure.RetryAfter = limitPause
		}
		return failure
	})
}

const (
	// maxMessage bounds what is quoted of Temporal's words, in UTF-16 units.
	maxMessage = 300
	// limitPause is how long to leave alone a Temporal that has too much to do, which does not
	// say for how long.
	limitPause = 10 * time.Second
)

// final says that Temporal understood what was asked and refused it.
func final(err error) bool {
	for _, refusal := range []any{
		new(*serviceerror.NotFound), new(*serviceerror.NamespaceNotFound), new(*serviceerror.InvalidArgument),
		new(*serviceerror.PermissionDenied), new(*serviceerror.FailedPrecondition), new(*serviceerror.Unimplemented),
		new(*serviceerror.NamespaceInvalidState), new(*serviceerror.NamespaceNotActive),
	} {
		if errors.As(err, refusal) {
			return true
		}
	}
	return false
}
