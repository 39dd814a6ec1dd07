package workflows

import (
	"muster/incident"

	"go.temporal.io/sdk/workflow"
)

// TicketSweep asks the tracker about all open follow-ups in one go, and tells the
// follow-ups whose tickets have changed. It catches what a webhook has missed. It is
// started by a schedule; running it again does no harm.
func TicketSweep(ctx workflow.Context) error {
	var changes []incident.TicketChange
	if err := workflow.ExecuteActivity(forSearch(ctx), FindTicketChangesActivity).Get(ctx, &changes); err != nil {
		return err
	}
	for _, c := range changes {
		news := TicketNews{Ticket: c.Ticket, Deleted: c.Deleted}
		err := workflow.SignalExternalWorkflow(ctx, FollowupID(c.Incident, c.Followup), "", TicketSignal, news).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Warn("a follow-up takes no news", "incident", c.Incident, "followup", c.Followup, "error", err)
		}
	}
	return nil
}
