package telemetry_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	commonpb "go.temporal.io/api/common/v1"
)

// frontend stands in for a Temporal server: it takes signals, has no tasks for anybody, and
// knows no workflow that could be queried.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	address string

	mu     sync.Mutex
	header *commonpb.Header
	// polled is closed with the first poll.
	polled chan struct{}
	once   sync.Once
	// ending ends all polls; a test that polls closes it.
	ending chan struct{}
}

func startFrontend(t *testing.T) *frontend {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &frontend{address: listener.Addr().String(), polled: make(chan struct{}), ending: make(chan struct{})}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		// A test may end before the server has begun.
		if err := <-served; !errors.Is(err, grpc.ErrServerStopped) {
			require.NoError(t, err)
		}
	})
	return f
}

// signalled is the header of the last signal that started a workflow.
func (f *frontend) signalled() *commonpb.Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func (f *frontend) SignalWithStartWorkflowExecution(
	_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest,
) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.header = r.GetHeader()
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (f *frontend) QueryWorkflow(context.Context, *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	return nil, serviceerror.ToStatus(serviceerror.NewNotFound("there is no such workflow")).Err()
}

func (f *frontend) poll(ctx context.Context) {
	f.once.Do(func() { close(f.polled) })
	select {
	case <-ctx.Done():
	case <-f.ending:
	}
}

func (f *frontend) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	f.poll(ctx)
	return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
}

func (f *frontend) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	f.poll(ctx)
	return &workflowservice.PollActivityTaskQueueResponse{}, nil
}
