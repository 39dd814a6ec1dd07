package temporalsetup

import (
	"context"
	"errors"
	"sync/atomic"

	"muster/internal/health"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
)

// Readiness says again and again whether Muster's workflows can run in a namespace. It may be
// used by many goroutines.
type Readiness struct {
	client     client.Client
	namespace  string
	attributes []temporal.SearchAttributeKey
	// complete says that nothing was found missing once, so that it is enough from then on to
	// see that the namespace is there.
	complete atomic.Bool
}

// NewReadiness looks after a namespace, whose workflows set the given search attributes.
func NewReadiness(c client.Client, namespace string, attributes []temporal.SearchAttributeKey) *Readiness {
	return &Readiness{client: c, namespace: namespace, attributes: attributes}
}

// Check is the check of a [health.Probe]: Temporal answers, it has the namespace, and the
// namespace has what Muster needs. A Temporal that answers without it is as good as none:
// nothing can begin there. It changes nothing.
func (r *Readiness) Check(ctx context.Context) error {
	if r.complete.Load() {
		_, err := r.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: r.namespace})
		if !isUnknownNamespace(err) {
			return inShort(err)
		}
		r.complete.Store(false)
	}
	findings, err := Check(ctx, r.client, r.namespace, r.attributes)
	if err != nil {
		return inShort(err)
	}
	if problem := findings.Blocking(); problem != "" {
		return health.Because(problem+": run muster setup", nil)
	}
	r.complete.Store(true)
	return nil
}

// inShort gives an error of Temporal's a reason for everybody, where one can be told.
func inShort(err error) error {
	var service serviceerror.ServiceError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &service), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	switch service.Status().Code() {
	case codes.PermissionDenied, codes.Unauthenticated:
		return health.Because("it refuses Muster's credentials", err)
	case codes.Unavailable:
		return health.Because("it does not answer", err)
	default:
		return err
	}
}
