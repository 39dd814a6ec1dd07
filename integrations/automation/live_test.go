//go:build !slim

package automation_test

import (
	"log/slog"
	"testing"
	"time"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/automation"
	"muster/internal/temporalserver/temporaltest"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// team is a team's own automation, on a real Temporal.
type team struct {
	temporal client.Client
	*automation.Client
}

const queue = "deployments"

// order is what the workflows below are given.
type order struct {
	Version string `json:"version"`
}

func newTeam(t *testing.T) team {
	t.Helper()
	address := temporaltest.Start(t).FrontendAddress()
	connected, err := client.Dial(client.Options{HostPort: address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(connected.Close)
	w := worker.New(connected, queue, worker.Options{})
	// Waits for a signal, and returns what it said.
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, o order) (map[string]any, error) {
		var said string
		var times int
		signals := workflow.GetSignalChannel(ctx, "go")
		signals.Receive(ctx, &said)
		for times = 1; signals.ReceiveAsync(nil); times++ {
		}
		if said == "fail" {
			return nil, temporal.NewApplicationError("there is no version "+o.Version, "NoSuchVersion")
		}
		return map[string]any{"version": o.Version, "said": said, "times": times}, nil
	}, workflow.RegisterOptions{Name: "Rollback"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return team{temporal: connected, Client: automation.New(automation.Options{
		Temporal: connected, Namespace: "default", TaskQueues: []string{"muster"}, IDs: []string{"muster-pulse"}, Prefixes: []string{"INC-"},
	})}
}

// ended waits until a workflow has ended.
func (c team) ended(t *testing.T, run incident.Run) {
	t.Helper()
	_ = c.temporal.GetWorkflow(t.Context(), run.WorkflowID, run.RunID).Get(t.Context(), nil) // how does not matter here
}

func (c team) start(t *testing.T, l incident.Launch) incident.Run {
	t.Helper()
	run, err := c.Start(t.Context(), l)
	require.NoError(t, err)
	return run
}

func TestAutomationOnARealTemporal(t *testing.T) {
	t.Parallel()
	c := newTeam(t)
	launch := func(key string) incident.Launch {
		return incident.Launch{Key: key, Workflow: "Rollback", TaskQueue: queue, Input: `{"version": "1.2"}`, Since: time.Now()}
	}
	signal := func(t *testing.T, run incident.Run, key, said string) {
		t.Helper()
		require.NoError(t, c.Signal(t.Context(), incident.Signal{Key: key, WorkflowID: run.WorkflowID, Name: "go", Input: `"` + said + `"`}))
	}

	t.Run("a workflow is started once for its key and asked for its result", func(t *testing.T) {
		t.Parallel()
		l := launch("muster-test-INC-1-rollback")
		first := c.start(t, l)
		require.Equal(t, l.Key, first.WorkflowID)
		require.False(t, first.Done)
		require.Equal(t, first, c.start(t, l), "it is running, and not started twice")
		signal(t, first, "one", "now")
		c.ended(t, first)
		done := c.start(t, l)
		require.True(t, done.Done)
		require.Equal(t, first.RunID, done.RunID)
		require.JSONEq(t, `{"version": "1.2", "said": "now", "times": 1}`, string(done.Result))
		l.Since = time.Now().Add(time.Hour)
		require.Equal(t, done, c.start(t, l), "what succeeded for the key is never done again")
	})
	t.Run("a repeated signal is one", func(t *testing.T) {
		t.Parallel()
		id := "signalled-twice"
		// Nothing works on this queue until both signals are there.
		idle, err := c.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue + "-later"}, "Rollback", order{})
		require.NoError(t, err)
		run := incident.Run{WorkflowID: id, RunID: idle.GetRunID()}
		signal(t, run, "same", "now")
		signal(t, run, "same", "now")
		history := c.temporal.GetWorkflowHistory(t.Context(), id, "", false, 0)
		signals := 0
		for history.HasNext() {
			event, err := history.Next()
			require.NoError(t, err)
			if event.GetWorkflowExecutionSignaledEventAttributes() != nil {
				signals++
			}
		}
		require.Equal(t, 1, signals)
	})
	t.Run("a workflow that fails says why, and is started anew by a later attempt", func(t *testing.T) {
		t.Parallel()
		l := launch("muster-test-INC-1-fails")
		first := c.start(t, l)
		signal(t, first, "one", "fail")
		c.ended(t, first)
		_, err := c.Start(t.Context(), l)
		require.True(t, integrations.IsFinal(err))
		require.ErrorContains(t, err, "the workflow muster-test-INC-1-fails failed: there is no version 1.2")
		l.Since = time.Now()
		again := c.start(t, l)
		require.NotEqual(t, first.RunID, again.RunID)
		require.False(t, again.Done)
		require.NoError(t, c.temporal.TerminateWorkflow(t.Context(), again.WorkflowID, "", "enough"))
		_, err = c.Start(t.Context(), l)
		require.ErrorContains(t, err, "was terminated")
	})
	t.Run("a workflow with an id of its own is adopted while it runs", func(t *testing.T) {
		t.Parallel()
		theirs, err := c.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "nightly", TaskQueue: queue}, "Rollback", order{Version: "9"})
		require.NoError(t, err)
		l := launch("muster-test-INC-1-adopts")
		l.ID = "nightly"
		adopted := c.start(t, l)
		require.Equal(t, incident.Run{WorkflowID: "nightly", RunID: theirs.GetRunID()}, adopted)
		signal(t, adopted, "two", "now")
		c.ended(t, adopted)
		require.True(t, c.start(t, l).Done, "it ended since the work was begun")
		l.Key, l.Since = "muster-test-INC-2-adopts", time.Now()
		require.NotEqual(t, theirs.GetRunID(), c.start(t, l).RunID, "what ended before is another matter")
	})
	t.Run("what is not there is a final failure", func(t *testing.T) {
		t.Parallel()
		err := c.Signal(t.Context(), incident.Signal{Key: "k", WorkflowID: "no-such-workflow", Name: "go"})
		require.True(t, integrations.IsFinal(err))
		require.ErrorContains(t, err, "temporal: signal: ")
		require.ErrorContains(t, err, "NotFound")
	})
}
