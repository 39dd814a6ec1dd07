//go:build !slim

package temporalsetup_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/internal/temporalserver/temporaltest"
	"muster/internal/temporalsetup"
)

func TestANamespaceIsSetUpOnceHoweverManyDoIt(t *testing.T) {
	t.Parallel()
	c := dial(t, temporaltest.Start(t).FrontendAddress())
	found, err := temporalsetup.Check(t.Context(), c, "muster", attributes())
	require.NoError(t, err)
	require.ErrorContains(t, found.Err("muster"), "there is no namespace muster")

	var together sync.WaitGroup
	for range 2 {
		together.Go(func() {
			_, left, err := temporalsetup.Apply(t.Context(), c, "muster", attributes())
			if err != nil || len(left) > 0 {
				t.Error(err, left)
			}
		})
	}
	together.Wait()

	found, err = temporalsetup.Check(t.Context(), c, "muster", attributes())
	require.NoError(t, err)
	require.Empty(t, found)
	done, left, err := temporalsetup.Apply(t.Context(), c, "muster", attributes())
	require.NoError(t, err)
	require.Empty(t, done, "nothing is left to do")
	require.Empty(t, left)
	described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "muster"})
	require.NoError(t, err)
	require.Equal(t, temporalsetup.Retention, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

func TestANamespaceThatIsThereGetsWhatItLacks(t *testing.T) {
	t.Parallel()
	c := dial(t, temporaltest.Start(t).FrontendAddress())
	found, err := temporalsetup.Check(t.Context(), c, client.DefaultNamespace, attributes())
	require.NoError(t, err)
	require.ErrorContains(t, found.Err(client.DefaultNamespace), "the search attributes MusterSeverity, MusterStatus are missing; run muster setup")

	done, left, err := temporalsetup.Apply(t.Context(), c, client.DefaultNamespace, attributes())
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, []string{
		"Added the search attribute MusterSeverity (Keyword).", "Added the search attribute MusterStatus (Keyword).",
	}, done)
	count, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "MusterSeverity = 'SEV1'"})
	require.NoError(t, err, "they can be used at once")
	require.Zero(t, count.GetCount())
}
