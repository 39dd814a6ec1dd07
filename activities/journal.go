package activities

import (
	"context"
	"errors"

	"muster/incident"
)

// Record stores events of one incident in the journal, in their order, and settles the
// items of the inbox that they tell of: all of it or nothing. The life is that in which the
// workflow was begun. It may be repeated. What the journal refuses for good, because
// another has written to it, is a final failure.
func (a *Activities) Record(ctx context.Context, id incident.ID, life int, events []incident.Event, items []int64) error {
	return refusal(a.Journal.Record(ctx, id, life, events, items))
}

// refusal makes what the journal refuses for good a final failure.
func refusal(err error) error {
	var refused interface{ Permanent() bool }
	if errors.As(err, &refused) && refused.Permanent() {
		return final(err.Error())
	}
	return err
}

// Finish writes down that the workflow of an incident, in the given life, has nothing left to
// do. It may be repeated. A life that was superseded is a final failure.
func (a *Activities) Finish(ctx context.Context, id incident.ID, life int) error {
	return refusal(a.Journal.Finish(ctx, id, life))
}

// ReturnAlerts gives back alerts that reached an incident after its end, so that they
// find another. It may be repeated.
func (a *Activities) ReturnAlerts(ctx context.Context, from incident.ID, items []int64) error {
	return a.Inbox.Return(ctx, items, from)
}
