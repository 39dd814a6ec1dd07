package workflows

import (
	"muster/incident"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// DigestPlan says where the digest goes.
type DigestPlan struct {
	// Channel and Timezone are those of [incident.DigestRequest].
	Channel  string `json:"channel"`
	Timezone string `json:"timezone"`
}

// scheduledAttribute is where Temporal writes down for when a schedule has started a workflow,
// which may be late: https://docs.temporal.io/search-attribute#default-search-attribute.
var scheduledAttribute = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// Digest tells those outside of all incidents. It is started by a schedule, once a day, and
// goes on from where the last one that succeeded has ended; running it again on the same day
// does no harm.
func Digest(ctx workflow.Context, plan DigestPlan) (incident.Digest, error) {
	request := incident.DigestRequest{Channel: plan.Channel, Timezone: plan.Timezone, At: workflow.Now(ctx)}
	if at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledAttribute); ok {
		request.At = at
	}
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &request.Last); err != nil {
			return incident.Digest{}, err
		}
	}
	var posted incident.Digest
	err := workflow.ExecuteActivity(forDigest(ctx), PostDigestActivity, request).Get(ctx, &posted)
	return posted, err
}
