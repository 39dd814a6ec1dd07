package dispatch

import (
	"context"
	"time"

	"muster/incident"
	"muster/store"
	"muster/workflows"

	"go.temporal.io/sdk/client"
)

// beyondLast is how many numbers after the last one that was given out are looked for in
// Temporal. More than one, because a number may have been given out to something that never
// began.
const beyondLast = 10

// Behind looks for an incident that Temporal has a workflow of and that the database has not
// numbered yet, and returns its id, or an empty one. A number is in the database before
// anything begins under it, so there is such a workflow only where the database is older
// than Temporal: it was restored from a backup, and muster restored was not run. That there is none proves
// nothing: no incident may have been declared since the backup.
//
// It changes nothing. The error says that Temporal or the database does not answer.
func Behind(ctx context.Context, temporal client.Client, db *store.Store) (incident.ID, error) {
	last, err := db.LastNumber(ctx)
	if err != nil {
		return "", err
	}
	for number := last + 1; number <= last+beyondLast; number++ {
		id := incident.NewID(number)
		description, err := temporal.DescribeWorkflowExecution(ctx, string(id), "")
		if isGone(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if workflows.OriginOf(description.GetWorkflowExecutionInfo().GetMemo()).Installation != db.Installation() {
			continue
		}
		// Somebody may have been given the number since.
		if last, err = db.LastNumber(ctx); err != nil || number > last {
			return id, err
		}
	}
	return "", nil
}

// LookWhetherBehind looks whether the database is older than Temporal ([Behind]), at once and
// every five minutes, until ctx ends or it is so. From then on [Dispatcher.Check] says so:
// what is declared now gets the number, and with it the workflow, of another incident.
func (d *Dispatcher) LookWhetherBehind(ctx context.Context) {
	for {
		wait := LookInterval
		id, err := Behind(ctx, d.temporal, d.store)
		if id != "" && err == nil {
			d.passes.fellBehind(id)
			d.logger.ErrorContext(ctx, "the database is older than Temporal, which knows of an incident that the database has not numbered yet: "+
				"stop all servers and workers, and run muster restored", "incident", id)
			return
		}
		if err != nil {
			wait = lookAgain // that it does not answer is said by its own part
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
