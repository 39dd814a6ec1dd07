package doctor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/durationpb"

	"muster/workflows"
)

// temporalFake answers what is asked of Temporal's frontend about itself. Its fields are
// what an installation can have wrong.
type temporalFake struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	retention  time.Duration
	attributes map[string]enumspb.IndexedValueType
	// idle are the task queues that nobody polls.
	idle map[string]bool
	// refusal is answered to everything.
	refusal error
	tls     *tls.Config
}

// newTemporal is one in which all is well.
func newTemporal() *temporalFake {
	f := &temporalFake{retention: 30 * 24 * time.Hour, attributes: map[string]enumspb.IndexedValueType{}, idle: map[string]bool{}}
	for _, key := range workflows.SearchAttributes() {
		f.attributes[key.GetName()] = key.GetValueType()
	}
	return f
}

// start serves it on a loopback port until the test ends, and returns its address.
func (f *temporalFake) start(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var options []grpc.ServerOption
	if f.tls != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(f.tls)))
	}
	server := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	var serving sync.WaitGroup
	serving.Go(func() {
		// A test that asks for nothing may end before it serves.
		if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("the fake Temporal: %v", err)
		}
	})
	t.Cleanup(func() { server.Stop(); serving.Wait() })
	return listener.Addr().String()
}

func (f *temporalFake) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	if f.refusal != nil {
		return nil, serviceerror.ToStatus(f.refusal).Err()
	}
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.32.1"}, nil
}

func (f *temporalFake) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if r.GetNamespace() != "muster" {
		return nil, serviceerror.ToStatus(serviceerror.NewNamespaceNotFound(r.GetNamespace())).Err()
	}
	return &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: &namespacepb.NamespaceInfo{Name: "muster", State: enumspb.NAMESPACE_STATE_REGISTERED},
		Config:        &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(f.retention)},
	}, nil
}

func (f *temporalFake) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: f.attributes}, nil
}

func (f *temporalFake) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	if f.idle[r.GetTaskQueue().GetName()] {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "1@worker-a"}, {Identity: "1@worker-b"}}}, nil
}
