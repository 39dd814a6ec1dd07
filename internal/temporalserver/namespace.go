//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// createNamespace writes the namespace into the store before the server starts,
// when it is not there yet. Made through the running server it would be usable
// only seconds later, when the caches in front of it are read anew.
func createNamespace(store *config.SQL, name string, attributes map[string]enumspb.IndexedValueType) error {
	namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, attributes)
	if err != nil {
		return fmt.Errorf("describe the Temporal namespace %q: %w", name, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(Retention)
	if err := sqlite.CreateNamespaces(store, namespace); err != nil {
		return fmt.Errorf("create the Temporal namespace %q: %w", name, err)
	}
	return nil
}

// attributeTypes lists the attributes by name.
func attributeTypes(keys []temporal.SearchAttributeKey) (map[string]enumspb.IndexedValueType, error) {
	types := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, key := range keys {
		if _, twice := types[key.GetName()]; twice {
			return nil, fmt.Errorf("search attribute %q is given twice", key.GetName())
		}
		types[key.GetName()] = key.GetValueType()
	}
	return types, nil
}

// registerAttributes adds the search attributes that a namespace made by an
// earlier release of Muster lacks.
func registerAttributes(
	ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType,
) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
	}
	missing := make(map[string]enumspb.IndexedValueType)
	for name, kind := range want {
		switch got, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = kind
		case got != kind:
			return permanent{fmt.Errorf("search attribute %q is of type %s in this Temporal store, want %s: "+
				"a type cannot be changed, so give the attribute another name", name, got, kind)}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx,
		&operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("add search attributes: %w", err)
	}
	return nil
}

// checkUsable reports whether workflows of the namespace can be reached and
// searched for by every attribute.
func checkUsable(
	ctx context.Context, c client.Client, namespace string, attributes map[string]enumspb.IndexedValueType,
) error {
	conditions := make([]string, 0, len(attributes))
	for name := range attributes {
		conditions = append(conditions, fmt.Sprintf("`%s` IS NULL", name))
	}
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace,
		Query:     strings.Join(conditions, " AND "),
	})
	if err != nil {
		return fmt.Errorf("search for workflows: %w", err)
	}
	// Nobody has this workflow. That it is not found, rather than out of
	// reach, shows that the shards are at work.
	_, err = c.DescribeWorkflowExecution(ctx, "temporalserver-readiness", "")
	var notFound *serviceerror.NotFound
	if err != nil && !errors.As(err, &notFound) {
		return fmt.Errorf("look up a workflow: %w", err)
	}
	return nil
}
