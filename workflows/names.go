package workflows

import (
	"fmt"

	"muster/incident"

	"go.temporal.io/sdk/temporal"
)

// What is registered with Temporal, by name. The names are part of every history and
// must not change.
const (
	// IncidentWorkflow is [Incident]; its id is the incident's.
	IncidentWorkflow = "Incident"
	// FollowupWorkflow is [Followup]; its id is [FollowupID].
	FollowupWorkflow = "Followup"
	// TicketSweepWorkflow is [TicketSweep].
	TicketSweepWorkflow = "TicketSweep"
	// DigestWorkflow is [Digest].
	DigestWorkflow = "Digest"
	// PulseWorkflow is [Pulse]; its id is [PulseID].
	PulseWorkflow = "Pulse"

	// AlertsSignal brings a batch of [AlertDelivery] to an incident.
	AlertsSignal = "alerts"
	// CommandSignal brings an [incident.Command] from another workflow.
	CommandSignal = "command"
	// FollowupDueSignal brings a [FollowupDue] to an incident.
	FollowupDueSignal = "followup_due"
	// TicketSignal brings a [TicketNews] to a follow-up.
	TicketSignal = "ticket"

	// StateQuery answers with the [incident.State].
	StateQuery = "state"
	// PulseQuery is answered by [Pulse] with true.
	PulseQuery = "pulse"

	// RecordActivity, FinishActivity, ReturnAlertsActivity, FindTicketChangesActivity and
	// PostDigestActivity are the activities that are no actions of a playbook.
	RecordActivity            = "record_events"
	FinishActivity            = "finish_incident"
	ReturnAlertsActivity      = "return_alerts"
	FindTicketChangesActivity = "find_ticket_changes"
	PostDigestActivity        = "post_digest"
)

// PulseID is the id of the one workflow that says whether a worker takes tasks.
const PulseID = "muster-pulse"

// TaskQueue is the queue of all workflows, and of the activities that ask no vendor; see
// [QueueOf] for the others.
const TaskQueue = "muster"

// The search attributes of incidents, by which Temporal's web UI and CLI find them.
var (
	SeverityAttribute = temporal.NewSearchAttributeKeyKeyword("MusterSeverity")
	StatusAttribute   = temporal.NewSearchAttributeKeyKeyword("MusterStatus")
	ServiceAttribute  = temporal.NewSearchAttributeKeyKeyword("MusterService")
)

// SearchAttributes lists what a namespace must know before an incident can start.
func SearchAttributes() []temporal.SearchAttributeKey {
	return []temporal.SearchAttributeKey{SeverityAttribute, StatusAttribute, ServiceAttribute}
}

// FollowupID is the id of the workflow that tracks a follow-up: "INC-42-F1".
func FollowupID(id incident.ID, followup string) string { return fmt.Sprintf("%s-%s", id, followup) }
