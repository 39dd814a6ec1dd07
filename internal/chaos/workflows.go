package main

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/chaos/proof"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	temporal "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// listWorkflows asks Temporal for every execution it knows, and for those that run what
// they are doing.
func listWorkflows(ctx context.Context, address string) (_ []proof.Workflow, err error) {
	c, err := temporal.DialContext(ctx, temporal.Options{HostPort: address, Logger: silent{}})
	if err != nil {
		return nil, fmt.Errorf("reach Temporal at %s: %w", address, err)
	}
	defer c.Close()
	var all []proof.Workflow
	request := &workflowservice.ListWorkflowExecutionsRequest{PageSize: 500}
	for {
		page, err := c.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list the workflows: %w", err)
		}
		for _, execution := range page.GetExecutions() {
			w := proof.Workflow{
				ID: execution.GetExecution().GetWorkflowId(), Type: execution.GetType().GetName(), Status: execution.GetStatus().String(),
			}
			if w.Running() && !strings.HasPrefix(w.ID, "temporal-sys-") {
				if err := describe(ctx, c, execution, &w); err != nil {
					return nil, err
				}
			}
			all = append(all, w)
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return all, nil
		}
	}
}

// describe asks what an execution is doing. What the list says of its status is a moment
// older, and is replaced.
func describe(ctx context.Context, c temporal.Client, execution *workflowpb.WorkflowExecutionInfo, w *proof.Workflow) error {
	described, err := c.DescribeWorkflowExecution(ctx, w.ID, execution.GetExecution().GetRunId())
	if err != nil {
		return fmt.Errorf("describe the workflow %s: %w", w.ID, err)
	}
	w.Status = described.GetWorkflowExecutionInfo().GetStatus().String()
	w.TaskAttempt = int(described.GetPendingWorkflowTask().GetAttempt())
	for _, activity := range described.GetPendingActivities() {
		w.Activities = append(w.Activities, activity.GetActivityType().GetName())
	}
	return nil
}

// silent keeps the SDK's log out of the run's own output.
type silent struct{}

var _ log.Logger = silent{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
