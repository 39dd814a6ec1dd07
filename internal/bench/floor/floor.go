// Package floor measures what Temporal alone needs from the start of a workflow to the
// moment at which its one activity runs: the least that any page can take which survives a
// crash.
package floor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	taskQueue    = "muster-bench-floor"
	activityName = "floor-activity"
	workflowName = "floor-workflow"
	// runLimit is how long the activity may take, which answers at once.
	runLimit = time.Minute
)

// Floor runs workflows of one activity, each of which does nothing.
type Floor struct {
	temporal client.Client
	worker   worker.Worker

	mu  sync.Mutex
	ran map[string]chan time.Time
}

// Start begins to work at a Temporal. Close the floor when done.
func Start(ctx context.Context, address string) (*Floor, error) {
	temporal, err := client.DialContext(ctx, client.Options{
		HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return nil, err
	}
	f := &Floor{temporal: temporal, ran: map[string]chan time.Time{}}
	f.worker = worker.New(temporal, taskQueue, worker.Options{})
	f.worker.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflowName})
	f.worker.RegisterActivityWithOptions(f.note, activity.RegisterOptions{Name: activityName})
	if err := f.worker.Start(); err != nil {
		temporal.Close()
		return nil, err
	}
	return f, nil
}

// Close ends it.
func (f *Floor) Close() {
	f.worker.Stop()
	f.temporal.Close()
}

func run(ctx workflow.Context, id string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: runLimit})
	return workflow.ExecuteActivity(ctx, activityName, id).Get(ctx, nil)
}

// note is the activity: it says when it began.
func (f *Floor) note(_ context.Context, id string) error {
	at := time.Now()
	f.mu.Lock()
	ran, waiting := f.ran[id]
	delete(f.ran, id)
	f.mu.Unlock()
	if waiting {
		ran <- at
	}
	return nil
}

// Measure starts a workflow and returns how long it took until its activity ran. Ids must
// differ.
func (f *Floor) Measure(ctx context.Context, id string) (time.Duration, error) {
	ran := make(chan time.Time, 1)
	f.mu.Lock()
	f.ran[id] = ran
	f.mu.Unlock()
	began := time.Now()
	if _, err := f.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: taskQueue}, workflowName, id); err != nil {
		return 0, err
	}
	select {
	case at := <-ran:
		return at.Sub(began), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
