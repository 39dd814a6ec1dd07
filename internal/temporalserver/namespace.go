//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
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
