package temporalsetup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Check says what a namespace lacks to run Muster's workflows, which set the given search
// attributes. It changes nothing. The error is for a Temporal that cannot be asked.
func Check(ctx context.Context, c client.Client, namespace string, attributes []temporal.SearchAttributeKey) (Findings, error) {
	s, err := look(ctx, c, namespace, attributes)
	if err != nil {
		return nil, err
	}
	return s.findings(namespace), nil
}

// state is what a namespace is like.
type state struct {
	exists    bool
	retention time.Duration
	// missing are the search attributes that the namespace does not know, and mistyped
	// those that it knows as something else, with what they are.
	missing  []temporal.SearchAttributeKey
	mistyped []mistyped
	// unseen are those that nobody lets us look for.
	unseen []temporal.SearchAttributeKey
}

type mistyped struct {
	want temporal.SearchAttributeKey
	got  enumspb.IndexedValueType
}

func look(ctx context.Context, c client.Client, namespace string, attributes []temporal.SearchAttributeKey) (state, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if isUnknownNamespace(err) {
		return state{missing: attributes}, nil
	}
	if err != nil {
		return state{}, explain("look at the namespace "+namespace, err)
	}
	s := state{exists: true, retention: described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()}
	listed, err := list(ctx, c, namespace)
	if mayNot(err) {
		return s, s.probe(ctx, c, namespace, attributes)
	}
	if err != nil {
		return state{}, explain("list the search attributes of the namespace "+namespace, err)
	}
	for _, key := range attributes {
		switch got, ok := listed.GetCustomAttributes()[key.GetName()]; {
		case !ok:
			s.missing = append(s.missing, key)
		case got != key.GetValueType():
			s.mistyped = append(s.mistyped, mistyped{want: key, got: got})
		}
	}
	return s, nil
}

// list lists the search attributes of a namespace that is there, which not all of Temporal's
// services may have heard of yet.
func list(ctx context.Context, c client.Client, namespace string) (listed *operatorservice.ListSearchAttributesResponse, err error) {
	retryErr := settle(ctx, func(ctx context.Context) error {
		listed, err = c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		if isUnknownNamespace(err) {
			return err
		}
		return nil
	})
	if retryErr != nil {
		return nil, retryErr
	}
	return listed, err
}

func isUnknownNamespace(err error) bool {
	var unknown *serviceerror.NamespaceNotFound
	return errors.As(err, &unknown)
}

// probe searches by each attribute, which needs fewer rights than listing them.
func (s *state) probe(ctx context.Context, c client.Client, namespace string, attributes []temporal.SearchAttributeKey) error {
	for _, key := range attributes {
		err := search(ctx, c, namespace, key)
		var invalid *serviceerror.InvalidArgument
		switch {
		case err == nil:
		case errors.As(err, &invalid):
			s.missing = append(s.missing, key)
		case mayNot(err):
			s.unseen = append(s.unseen, key)
		default:
			return explain("search for workflows in the namespace "+namespace, err)
		}
	}
	return nil
}

// search fails for an attribute that the namespace does not know, or not yet: what has been
// added takes some seconds until it can be used.
func search(ctx context.Context, c client.Client, namespace string, keys ...temporal.SearchAttributeKey) error {
	conditions := make([]string, len(keys))
	for i, key := range keys {
		conditions[i] = fmt.Sprintf("`%s` IS NULL", key.GetName())
	}
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: strings.Join(conditions, " AND "),
	})
	return err
}

// findings says in words what is wrong.
func (s state) findings(namespace string) Findings {
	if !s.exists {
		return Findings{{
			Problem:  fmt.Sprintf("there is no namespace %s (TEMPORAL_NAMESPACE)", namespace),
			Mend:     append(createNamespace(namespace), addAttributes(namespace, s.missing)...),
			Blocking: true,
		}}
	}
	var findings Findings
	if len(s.missing) > 0 {
		findings = append(findings, Finding{Problem: missing(s.missing), Mend: addAttributes(namespace, s.missing), Blocking: true})
	}
	for _, m := range s.mistyped {
		findings = append(findings, Finding{
			Problem: fmt.Sprintf("the search attribute %s is of the type %s instead of %s, and a type cannot be changed",
				m.want.GetName(), m.got, m.want.GetValueType()),
			Mend:     append(removeAttribute(namespace, m.want.GetName()), addAttributes(namespace, []temporal.SearchAttributeKey{m.want})...),
			Blocking: true,
		})
	}
	if s.retention < MinRetention {
		findings = append(findings, Finding{
			Problem: fmt.Sprintf("finished workflows are kept for %s only: they are gone before anybody looks back on an incident", days(s.retention)),
			Mend:    setRetention(namespace),
		})
	}
	if len(s.unseen) > 0 {
		findings = append(findings, Finding{
			Problem: "nobody lets these credentials see whether the namespace knows Muster's search attributes",
			Mend:    addAttributes(namespace, s.unseen),
		})
	}
	return findings
}

// days is a retention as people speak of it.
func days(d time.Duration) string {
	if d >= 24*time.Hour && d%(24*time.Hour) == 0 {
		if n := int(d / (24 * time.Hour)); n != 1 {
			return fmt.Sprintf("%d days", n)
		}
		return "a day"
	}
	return d.String()
}
