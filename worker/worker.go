// Package worker joins workflows and activities to Temporal: it registers them, runs
// them, and stops without dropping what is under way.
//
// A worker is in truth one of Temporal's for each task queue: see [workflows.TaskQueues]. Each
// has slots of its own, so that a vendor who does not answer can fill his own and no others,
// whatever else there is to do; this is what lets a page go out while Slack is down.
package worker

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"muster/activities"
	"muster/workflows"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// StopTimeout is how long activities under way may take when a worker stops, unless it is told
// otherwise: the longest attempt at a vendor and some seconds to report it. Temporal's own
// default is none at all, which would cut off every call to a vendor. A playbook's own request
// that was given more time is cut off, and repeated elsewhere with the same Idempotency-Key.
const StopTimeout = 25 * time.Second

// Options say how a worker works. The zero value serves every queue.
//
// What is to be added to every workflow and activity, such as traces and metrics, belongs into
// the options of the client: workers take it over from there.
type Options struct {
	// Queues are the task queues to serve; see [workflows.TaskQueues]. Empty serves them all.
	// With one process for some and another for the rest, take care that each has somebody.
	Queues []string
	// Slots is how many activities of a queue are done at once, where it is not to be what
	// this package has chosen.
	Slots map[string]int
	// CachedWorkflows is how many workflows this process keeps in memory between their
	// tasks, so that their histories need not be replayed: incidents and follow-ups that are
	// open, those that wait for months included. 0 leaves it at the SDK's 10,000. It counts
	// for the whole process, for all workers that start after this one was made.
	CachedWorkflows int
	// StopTimeout is how long [Worker.Stop] waits for activities. 0 means [StopTimeout].
	StopTimeout time.Duration
	// Digest is when those outside are told of all incidents; the zero value tells nobody.
	Digest Digest
	// Deployment is the version of this worker; the zero value runs without versions.
	Deployment Deployment
	// Fatal is called once when Temporal refuses the worker for good after it was started.
	// It may be nil.
	Fatal func(error)
}

// Worker runs Muster's workflows and activities. Any number may run beside each other, in
// one process or in many.
type Worker struct {
	temporal client.Client
	workers  []sdk.Worker
	digest   Digest
}

// New returns a worker that has not been started. The error says which option to mend.
func New(temporal client.Client, a *activities.Activities, o Options) (*Worker, error) {
	queues, err := o.queues()
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(o.Deployment.check(), o.Digest.check()); err != nil {
		return nil, err
	}
	if o.StopTimeout == 0 {
		o.StopTimeout = StopTimeout
	}
	if o.CachedWorkflows > 0 {
		sdk.SetStickyWorkflowCacheSize(o.CachedWorkflows)
	}
	var once sync.Once
	fatal := func(err error) {
		once.Do(func() {
			if o.Fatal != nil {
				o.Fatal(err)
			}
		})
	}
	w := &Worker{temporal: temporal, digest: o.Digest}
	for _, queue := range queues {
		one := sdk.New(temporal, queue, o.sdkOptions(queue, fatal))
		if queue == workflows.TaskQueue {
			registerWorkflows(one)
		}
		// All of them on each queue: what an earlier version has put there is done as well.
		registerActivities(one, a)
		w.workers = append(w.workers, one)
	}
	return w, nil
}

// Registry is what workflows and activities are registered with: a worker, or a test
// environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register registers everything under the names that histories know.
func Register(r Registry, a *activities.Activities) {
	registerWorkflows(r)
	registerActivities(r, a)
}

func registerWorkflows(r interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
},
) {
	for name, w := range map[string]any{
		workflows.IncidentWorkflow:    workflows.Incident,
		workflows.FollowupWorkflow:    workflows.Followup,
		workflows.TicketSweepWorkflow: workflows.TicketSweep,
		workflows.DigestWorkflow:      workflows.Digest,
		workflows.PulseWorkflow:       workflows.Pulse,
	} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
}

func registerActivities(r interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}, a *activities.Activities,
) {
	for name, action := range a.Actions() {
		r.RegisterActivityWithOptions(action, activity.RegisterOptions{Name: name})
	}
	for name, function := range map[string]any{
		workflows.RecordActivity:            a.Record,
		workflows.FinishActivity:            a.Finish,
		workflows.ReturnAlertsActivity:      a.ReturnAlerts,
		workflows.FindTicketChangesActivity: a.FindTicketChanges,
		workflows.PostDigestActivity:        a.PostDigest,
	} {
		r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Start begins to work, and sees to it that the tracker is asked regularly, that those outside
// are told daily where that is wanted, and that [Check] finds somebody to ask, whichever
// worker of the namespace comes first. It may be called once. When it fails, nothing runs.
func (w *Worker) Start(ctx context.Context) error {
	for i, one := range w.workers {
		if err := one.Start(); err != nil {
			stop(w.workers[:i])
			return fmt.Errorf("start the worker: %w", err)
		}
	}
	if err := scheduleSweep(ctx, w.temporal); err != nil {
		w.Stop()
		return fmt.Errorf("schedule the sweep of tickets: %w", err)
	}
	if err := scheduleDigest(ctx, w.temporal, w.digest); err != nil {
		w.Stop()
		return fmt.Errorf("schedule the digest: %w", err)
	}
	if err := startPulse(ctx, w.temporal); err != nil {
		w.Stop()
		return fmt.Errorf("start the pulse: %w", err)
	}
	return nil
}

// Stop takes no more work and waits for what is under way, for [Options].StopTimeout and a few
// seconds at most. What an activity has done by then is reported, and done once; the context of
// one that is not done by then is cancelled, and it is tried again by another worker, or after
// the next start. Temporal hands the workflows to the other workers at once. It may be
// repeated.
func (w *Worker) Stop() { stop(w.workers) }

// stop stops all at once: the time that each is given is the same.
func stop(workers []sdk.Worker) {
	var stopping sync.WaitGroup
	for _, one := range workers {
		stopping.Go(one.Stop)
	}
	stopping.Wait()
}
