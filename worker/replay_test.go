package worker_test

import (
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"muster/activities"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var histories = flag.String("histories", ownHistories(), "where the histories are that must replay")

// ownHistories is where this generation of workflows keeps what it has recorded.
func ownHistories() string {
	return fmt.Sprintf("testdata/histories/generation-%d", workflows.Generation)
}

// Incidents that run while Muster is upgraded are carried on by the new code, so it must
// make the same decisions. A failure here means that a change needs
// workflow.GetVersion; see CONTRIBUTING.md.
func TestHistoriesOfEarlierVersionsReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(*histories, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
			require.NoError(t, replayer(t).ReplayWorkflowHistoryFromJSONFile(quiet, file))
		})
	}
}

func replayer(t *testing.T) sdk.WorkflowReplayer {
	t.Helper()
	r, err := sdk.NewWorkflowReplayerWithOptions(sdk.WorkflowReplayerOptions{})
	require.NoError(t, err)
	worker.Register(workflowsOnly{r}, &activities.Activities{})
	return r
}

// workflowsOnly registers workflows and leaves out activities, which a replay does not
// run.
type workflowsOnly struct{ sdk.WorkflowReplayer }

func (workflowsOnly) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

var _ interface {
	RegisterWorkflowWithOptions(any, workflow.RegisterOptions)
} = workflowsOnly{}
