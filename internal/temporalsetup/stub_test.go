package temporalsetup_test

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"muster/internal/temporalsetup"
)

// stub is a Temporal that refuses what it is told to refuse.
type stub struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	// absent tells that the namespace is not there.
	absent bool
	// gone tells the same where it changes in the course of a test.
	gone      *atomic.Bool
	retention time.Duration
	known     map[string]enumspb.IndexedValueType
	// refused are the codes that calls are answered with, by their names.
	refused map[string]codes.Code
}

func (s *stub) refuse(call string) error {
	if code, ok := s.refused[call]; ok {
		return status.Error(code, "Request unauthorized.")
	}
	return nil
}

func (s *stub) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, s.refuse("GetSystemInfo")
}

func (s *stub) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if s.absent || s.gone != nil && s.gone.Load() {
		return nil, serviceerror.ToStatus(serviceerror.NewNamespaceNotFound(r.GetNamespace())).Err()
	}
	return &workflowservice.DescribeNamespaceResponse{
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(s.retention)},
	}, s.refuse("DescribeNamespace")
}

func (s *stub) RegisterNamespace(context.Context, *workflowservice.RegisterNamespaceRequest) (*workflowservice.RegisterNamespaceResponse, error) {
	return &workflowservice.RegisterNamespaceResponse{}, s.refuse("RegisterNamespace")
}

func (s *stub) UpdateNamespace(context.Context, *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	return &workflowservice.UpdateNamespaceResponse{}, s.refuse("UpdateNamespace")
}

func (s *stub) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: s.known}, s.refuse("ListSearchAttributes")
}

func (s *stub) AddSearchAttributes(context.Context, *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	return &operatorservice.AddSearchAttributesResponse{}, s.refuse("AddSearchAttributes")
}

func (s *stub) CountWorkflowExecutions(
	_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	for name := range s.known {
		if r.GetQuery() == "`"+name+"` IS NULL" {
			return &workflowservice.CountWorkflowExecutionsResponse{}, nil
		}
	}
	if err := s.refuse("CountWorkflowExecutions"); err != nil {
		return nil, err
	}
	return nil, status.Error(codes.InvalidArgument, "invalid query: no such column")
}

// serve starts the stub and returns its address.
func (s *stub) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, s)
	operatorservice.RegisterOperatorServiceServer(server, s)
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// dial connects to the stub.
func (s *stub) dial(t *testing.T) client.Client {
	t.Helper()
	return dial(t, s.serve(t))
}

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := temporalsetup.Dial(t.Context(), client.Options{HostPort: address, Logger: quiet()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func quiet() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
