package workflows

import (
	"muster/incident"

	"go.temporal.io/sdk/workflow"
)

// peoplesCommands are the updates an incident takes, with what Temporal's web UI says
// of them. The other commands of the domain are Muster's own.
var peoplesCommands = []struct{ name, description string }{
	{incident.Declare{}.Name(), "Waits until the incident is declared and recorded"},
	{incident.Acknowledge{}.Name(), "Somebody takes the incident"},
	{incident.ChangeStatus{}.Name(), "Moves the response between investigating, identified and monitoring"},
	{incident.ChangeSeverity{}.Name(), "Moves the incident on its severity scale"},
	{incident.Resolve{}.Name(), "Ends the response"},
	{incident.Reopen{}.Name(), "Takes a resolution back"},
	{incident.Cancel{}.Name(), "Ends a false alarm"},
	{incident.Merge{}.Name(), "Ends the incident in favour of another"},
	{incident.AssignRole{}.Name(), "Gives a role to somebody"},
	{incident.AddNote{}.Name(), "Writes something down"},
	{incident.PostUpdate{}.Name(), "Tells everyone how things stand"},
	{incident.AddStep{}.Name(), "Adds a step for people"},
	{incident.CompleteStep{}.Name(), "Marks a step as done"},
	{incident.SkipStep{}.Name(), "Decides against a step"},
	{incident.ApproveStep{}.Name(), "Approves what waits for approval"},
	{incident.RejectStep{}.Name(), "Refuses what waits for approval"},
	{incident.ChooseOption{}.Name(), "Chooses one of a decision's ways"},
	{incident.RetryStep{}.Name(), "Tries a failed step again"},
	{incident.ConfirmSeverity{}.Name(), "Finds the severity right"},
	{incident.SnoozeReminder{}.Name(), "Wants no reminders of a matter for a while"},
	{incident.RequestHelp{}.Name(), "Asks somebody to help who is not there yet"},
	{incident.ReportPresence{}.Name(), "Says who has come into the channel or left it"},
	{incident.ReportPage{}.Name(), "Says how a page stands at the pager"},
	{incident.CompleteFollowup{}.Name(), "Finishes work that has no ticket"},
	{incident.AddFollowup{}.Name(), "Adds work to be done after the incident"},
}

// handleCommands takes commands as updates. A refused one fails in the validator and
// leaves no trace in the history; an accepted one is answered once the journal has it.
func (r *response) handleCommands(ctx workflow.Context) error {
	for _, command := range peoplesCommands {
		options := workflow.UpdateHandlerOptions{
			Description: command.description,
			Validator: func(ctx workflow.Context, c incident.Command) error {
				repeated, err := r.seen(c)
				if err != nil || repeated || !r.state.Declared() {
					return toTemporal(err)
				}
				_, err = incident.Decide(r.state, c, workflow.Now(ctx))
				return toTemporal(err)
			},
		}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, command.name, r.handle, options); err != nil {
			return err
		}
	}
	return nil
}

// handle answers with the sequence number of the last event that the journal has, from
// which the caller reads the incident: answering with the incident itself would put it
// into the history each time.
func (r *response) handle(ctx workflow.Context, c incident.Command) (int, error) {
	// An update that starts the workflow may be handled before the declaration is.
	if err := workflow.Await(ctx, func() bool { return r.state.Declared() }); err != nil {
		return 0, err
	}
	// What came before the command is told before it.
	r.takeGathered(ctx)
	if err := r.do(ctx, c); err != nil {
		return 0, toTemporal(err)
	}
	seq := r.state.Seq
	if err := workflow.Await(ctx, func() bool { return r.recorded >= seq }); err != nil {
		return 0, err
	}
	return seq, nil
}
