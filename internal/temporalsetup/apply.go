package temporalsetup

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// settleTimeout bounds the wait until Temporal's services have all heard of a change.
	// Each reads namespaces anew every ten seconds or so.
	settleTimeout = time.Minute
	// settleInterval is how often they are asked.
	settleInterval = 250 * time.Millisecond
)

// Apply mends what [Check] finds, as far as the client may: it registers the namespace, with
// [Retention], raises the retention of one that is below [MinRetention], and adds the search
// attributes. It returns once workflows can use them. Done says in a sentence each what was
// changed; left is what somebody else has to do. It may be repeated, and run by several at once.
func Apply(
	ctx context.Context, c client.Client, namespace string, attributes []temporal.SearchAttributeKey,
) (done []string, left Findings, err error) {
	s, err := look(ctx, c, namespace, attributes)
	if err != nil {
		return nil, nil, err
	}
	if !s.exists {
		if err := register(ctx, c, namespace); mayNot(err) {
			return nil, s.findings(namespace), nil
		} else if err != nil {
			return nil, nil, explain("register the namespace "+namespace, err)
		}
		done = append(done, fmt.Sprintf("Registered the namespace %s, which keeps finished workflows for %s.", namespace, days(Retention)))
		s.exists, s.retention = true, Retention
	}
	if s.retention < MinRetention {
		if err := raiseRetention(ctx, c, namespace); err == nil {
			done = append(done, fmt.Sprintf("The namespace %s keeps finished workflows for %s, no longer for %s.", namespace, days(Retention), days(s.retention)))
			s.retention = Retention
		} else if !mayNot(err) {
			return done, nil, explain("raise the retention of the namespace "+namespace, err)
		}
	}
	if len(s.missing) > 0 {
		switch err := add(ctx, c, namespace, s.missing); {
		case err == nil:
			for _, key := range s.missing {
				done = append(done, fmt.Sprintf("Added the search attribute %s (%s).", key.GetName(), key.GetValueType()))
			}
			s.missing = nil
		case !mayNot(err):
			return done, nil, explain("add search attributes to the namespace "+namespace, err)
		}
	}
	return done, s.findings(namespace), nil
}

// register may find that somebody else was faster.
func register(ctx context.Context, c client.Client, namespace string) error {
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, Description: "Incidents run by Muster",
		WorkflowExecutionRetentionPeriod: durationpb.New(Retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

func raiseRetention(ctx context.Context, c client.Client, namespace string) error {
	_, err := c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(Retention)},
	})
	return err
}

// add adds the attributes and waits until they can be used. It tries again where Temporal does
// not know the namespace yet, or where somebody else adds some at the same time.
func add(ctx context.Context, c client.Client, namespace string, keys []temporal.SearchAttributeKey) error {
	types := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, key := range keys {
		types[key.GetName()] = key.GetValueType()
	}
	return settle(ctx, func(ctx context.Context) error {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: namespace, SearchAttributes: types,
		})
		if err != nil {
			return err
		}
		err = search(ctx, c, namespace, keys...)
		var invalid *serviceerror.InvalidArgument
		if errors.As(err, &invalid) {
			return unsettled{err}
		}
		return err
	})
}

// unsettled marks a failure that time mends, although it does not look like one.
type unsettled struct{ error }

func (u unsettled) Unwrap() error { return u.error }

// settle repeats what fails because of what time mends. After settleTimeout, or when ctx ends,
// it returns the last failure.
func settle(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	ticker := time.NewTicker(settleInterval)
	defer ticker.Stop()
	for {
		err := try(ctx)
		if err == nil || mayNot(err) {
			return err
		}
		var invalid *serviceerror.InvalidArgument
		if errors.As(err, &invalid) && !errors.As(err, new(unsettled)) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}
