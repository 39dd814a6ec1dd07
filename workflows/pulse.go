package workflows

import "go.temporal.io/sdk/workflow"

// Pulse answers [PulseQuery] with true, which takes a worker: whoever gets the answer knows
// that one takes tasks. One such workflow, [PulseID], is enough for all workers of a
// namespace. It waits for ever and ignores requests to be cancelled. A query leaves nothing
// in its history, which therefore never grows.
func Pulse(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, PulseQuery, func() (bool, error) { return true, nil }); err != nil {
		return err
	}
	undisturbed, _ := workflow.NewDisconnectedContext(ctx)
	return workflow.Await(undisturbed, func() bool { return false })
}
