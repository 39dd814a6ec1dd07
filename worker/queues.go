package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/workflows"

	sdk "go.temporal.io/sdk/worker"
)

// activitySlots is how many activities of a queue one process does at once. A slot that is
// taken by a vendor who does not answer is taken for 20 seconds at most, and by a service that a
// playbook gives more time to for 75; see forEffect in package workflows. A free one costs nothing.
var activitySlots = map[string]int{
	// Transactions of some milliseconds, which queue for far fewer connections to the
	// database, and pages: while PagerDuty hangs, each has its slot for ten seconds, and the
	// journal must find one beside them. That takes thirty new incidents a second.
	workflows.TaskQueue: 400,
	// What else PagerDuty is told wakes nobody.
	workflows.PagerQueue: 100,
	// A mail server rarely lets one client open more than a handful of connections, but
	// webhooks and the channel share the queue, and must find a slot.
	workflows.FallbackQueue: 100,
	// Slack's own limits are a message a second in a channel and tens of calls a minute of
	// each other kind, which its client keeps by sending calls away, not by waiting. More
	// slots would not make it faster.
	workflows.ChatQueue: 100,
	// Muster asks Jira for each kind of thing ten times a second at most, and nobody waits for
	// a ticket.
	workflows.TrackerQueue: 50,
	// A team's own services answer when they do.
	workflows.AutomationQueue: 100,
}

// workflowSlots is how many workflow tasks one process does at once. They compute, for a few
// milliseconds each, so more than this only means that more histories are replayed into
// memory at the same time after a restart.
const workflowSlots = 100

// Pollers are requests that wait for a task to come. One fetches a task in a round trip, and
// Temporal says whether more would help: an idle queue keeps two, so that the loss of one
// request goes unnoticed; a storm has up to twenty.
func pollers() sdk.PollerBehavior {
	return sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: 2, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 20,
	})
}

// queues returns those that a worker with the options serves.
func (o Options) queues() ([]string, error) {
	served := o.Queues
	if len(served) == 0 {
		served = workflows.TaskQueues()
	}
	for _, queue := range slices.Concat(served, slices.Sorted(maps.Keys(o.Slots))) {
		if !slices.Contains(workflows.TaskQueues(), queue) {
			return nil, fmt.Errorf("there is no task queue %q: choose from %s", queue, strings.Join(workflows.TaskQueues(), ", "))
		}
	}
	for queue, slots := range o.Slots {
		if slots < 1 {
			return nil, fmt.Errorf("the task queue %s needs at least one slot, not %d", queue, slots)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(served))), nil
}

// sdkOptions are those of the worker of one queue.
func (o Options) sdkOptions(queue string, fatal func(error)) sdk.Options {
	options := sdk.Options{
		MaxConcurrentActivityExecutionSize:     activitySlots[queue],
		MaxConcurrentWorkflowTaskExecutionSize: workflowSlots,
		ActivityTaskPollerBehavior:             pollers(),
		WorkflowTaskPollerBehavior:             pollers(),
		DisableWorkflowWorker:                  queue != workflows.TaskQueue,
		WorkerStopTimeout:                      o.StopTimeout,
		OnFatalError:                           fatal,
		DeploymentOptions:                      o.Deployment.options(),
	}
	if slots, ok := o.Slots[queue]; ok {
		options.MaxConcurrentActivityExecutionSize = slots
	}
	return options
}
