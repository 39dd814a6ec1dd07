package worker

import (
	"muster/integrations/automation"
	"muster/workflows"

	"go.temporal.io/sdk/client"
)

// Automation returns what starts and signals a team's own workflows, in the namespace of the
// client. Muster's own are out of its reach: incidents and follow-ups, whose ids begin like
// those of incidents, the pulse, the sweep, and whatever is done on Muster's task queues.
func Automation(temporal client.Client, namespace string) *automation.Client {
	return automation.New(automation.Options{
		Temporal: temporal, Namespace: namespace, TaskQueues: workflows.TaskQueues(),
		IDs: []string{workflows.PulseID}, Prefixes: []string{"INC-", sweepID},
	})
}
