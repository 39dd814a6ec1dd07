package workflows

import (
	"slices"
	"strings"

	"muster/playbooks"

	"go.temporal.io/sdk/temporal"
)

// The task queues of activities, beside [TaskQueue], on which workflows run and write the
// journal. Work on one of them never waits for work on another, so that a vendor who
// answers slowly, or not at all, holds up what is his and nothing else. Neither does the
// second way to page wait for the first.
//
// Histories keep the queue of each activity, yet a replay does not compare it: an action may
// move to another queue while incidents are open. What was put on the old one stays there,
// though, so a queue is served for one release longer than it is used.
const (
	// PagerQueue is for what else is asked of PagerDuty, pagerduty.*: who is on call,
	// acknowledgements, resolutions.
	PagerQueue = "muster-pager"
	// FallbackQueue is for the second: mail.send, webhook.post and slack.alert.
	FallbackQueue = "muster-fallback"
	// ChatQueue is for what happens in an incident's channel, slack.*.
	ChatQueue = "muster-chat"
	// TrackerQueue is for tickets, jira.*, and the search for all of them at once.
	TrackerQueue = "muster-tracker"
	// AutomationQueue is for what a team has built itself: http.*, temporal.* and
	// prometheus.*. Nobody knows how long that takes.
	AutomationQueue = "muster-automation"
)

// TaskQueues lists every queue that workflows use, [TaskQueue] first. A namespace in which
// one of them has no worker comes to a halt there, and nowhere else.
func TaskQueues() []string {
	return []string{TaskQueue, PagerQueue, FallbackQueue, ChatQueue, TrackerQueue, AutomationQueue}
}

// QueueOf returns the queue for an action of the playbook language. What asks no vendor is
// done where the journal is written.
//
// So is a page: only on the queue of its workflow does the SDK start an activity in the
// same process with no way through Temporal, which takes half as long again as the
// workflow's first task.
func QueueOf(action string) string {
	if action == playbooks.PagerDutyPage {
		return TaskQueue
	}
	if slices.Contains([]string{playbooks.MailSend, playbooks.WebhookPost, playbooks.SlackAlert}, action) {
		return FallbackQueue
	}
	switch vendor, _, _ := strings.Cut(action, "."); vendor {
	case "pagerduty":
		return PagerQueue
	case "slack":
		return ChatQueue
	case "jira":
		return TrackerQueue
	case "http", "temporal", "prometheus":
		return AutomationQueue
	default:
		return TaskQueue
	}
}

// priorityOf says what goes first on a queue: a page before everything. Temporal's levels are 1 to 5, and 3
// is what has none.
func priorityOf(action string) temporal.Priority {
	if action == playbooks.PagerDutyPage {
		return temporal.Priority{PriorityKey: 1}
	}
	return temporal.Priority{}
}
