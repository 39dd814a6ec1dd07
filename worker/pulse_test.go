package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"muster/activities"
	"muster/internal/health"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestThePulseAnswersForAsLongAsItRunsAndCannotBeCancelled(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	worker.Register(env, &activities.Activities{})
	const life = 365 * 24 * time.Hour // virtual; a test cannot wait for ever
	env.SetWorkflowRunTimeout(life)
	answers := 0
	ask := func() {
		value, err := env.QueryWorkflow(workflows.PulseQuery)
		require.NoError(t, err)
		var beats bool
		require.NoError(t, value.Get(&beats))
		require.True(t, beats)
		answers++
	}
	env.RegisterDelayedCallback(ask, time.Second)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.RegisterDelayedCallback(ask, life-time.Second)

	env.ExecuteWorkflow(workflows.PulseWorkflow)

	require.ErrorContains(t, env.GetWorkflowError(), "deadline exceeded", "nothing else ends it")
	require.Equal(t, 2, answers)
}

// answered is what Temporal returns for a query.
func answered(t *testing.T) *mocks.Value {
	t.Helper()
	value := &mocks.Value{}
	value.On("Get", mock.Anything).Return(nil)
	return value
}

func TestTheWorkerIsHealthyWhenItsPulseAnswers(t *testing.T) {
	t.Parallel()
	temporal := &mocks.Client{}
	temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).Return(answered(t), nil)
	require.NoError(t, check(t, temporal).Err)
	temporal.AssertExpectations(t)
}

func TestThePulseIsStartedAgainWhereTemporalHasLostIt(t *testing.T) {
	t.Parallel()
	temporal := &mocks.Client{}
	temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).
		Return(nil, serviceerror.NewNotFound("no such workflow")).Once()
	temporal.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		return o.ID == workflows.PulseID && o.TaskQueue == workflows.TaskQueue &&
			o.WorkflowIDConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	}), workflows.PulseWorkflow).Return(nil, nil).Once()
	temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).Return(answered(t), nil)
	require.NoError(t, check(t, temporal).Err)
	temporal.AssertExpectations(t)
}

func TestWhyTheWorkerIsUnhealthyIsSaidWithoutHosts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"nobody took the task":   {serviceerror.NewDeadlineExceeded("at 10.0.0.7:7233"), "no worker took a task within 5 seconds"},
		"Temporal is away":       {serviceerror.NewUnavailable("dial tcp 10.0.0.7:7233"), "Temporal, through which it is asked, does not answer"},
		"Temporal does not want": {serviceerror.NewInternal("shard at 10.0.0.7:7234"), "it cannot be asked through Temporal"},
		"there is no namespace":  {serviceerror.NewNamespaceNotFound("muster"), "Temporal has no namespace for it: run muster setup"},
		"nobody asks for tasks": {
			serviceerror.FromStatus(status.New(codes.FailedPrecondition, "no poller seen for task queue recently, worker may be down")),
			"no worker has asked for tasks lately: start one, or look at the logs of those that run",
		},
		"the first task was not done": {
			serviceerror.NewWorkflowNotReady("Workflow task is not scheduled yet."),
			"no worker has carried out a task yet, or what it does fails: look at the workers' logs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := &mocks.Client{}
			temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).Return(nil, test.err)
			temporal.On("WorkflowService").Return(forgetful{})
			require.Equal(t, test.want, check(t, temporal).Reason)
		})
	}
}

// forgetful is Temporal as far as it forgets which worker keeps a workflow in memory.
type forgetful struct {
	workflowservice.WorkflowServiceClient
}

func (forgetful) ResetStickyTaskQueue(
	context.Context, *workflowservice.ResetStickyTaskQueueRequest, ...grpc.CallOption,
) (*workflowservice.ResetStickyTaskQueueResponse, error) {
	return &workflowservice.ResetStickyTaskQueueResponse{}, nil
}

func TestTheDeathOfTheWorkerThatAnsweredLastIsNotTheDeathOfAll(t *testing.T) {
	t.Parallel()
	temporal := &mocks.Client{}
	temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).
		Return(nil, serviceerror.NewDeadlineExceeded("nobody polls the sticky queue")).Once()
	temporal.On("WorkflowService").Return(forgetful{}).Once()
	temporal.On("QueryWorkflow", mock.Anything, workflows.PulseID, "", workflows.PulseQuery).Return(answered(t), nil)
	require.NoError(t, check(t, temporal).Err)
	temporal.AssertExpectations(t)
}

// check asks for a worker.
func check(t *testing.T, temporal *mocks.Client) health.Part {
	t.Helper()
	monitor, err := health.NewMonitor(health.Options{
		Probes: []health.Probe{{Part: "worker", Limit: worker.PulseLimit, Check: func(ctx context.Context) error { return worker.Check(ctx, temporal, client.DefaultNamespace) }}},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return monitor.Check(t.Context())[0]
}
