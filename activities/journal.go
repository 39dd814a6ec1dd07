package activities

import (
	"context"

	"muster/incident"
)

// Record stores events of one incident in the journal. It may be repeated.
func (a *Activities) Record(ctx context.Context, events []incident.Event) error {
	return a.Journal.Append(ctx, events)
}

// ReturnAlerts gives back alerts that reached an incident after its end, so that they
// find another. It may be repeated.
func (a *Activities) ReturnAlerts(ctx context.Context, from incident.ID, items []int64) error {
	return a.Inbox.Return(ctx, items, from)
}
