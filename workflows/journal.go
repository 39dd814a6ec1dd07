package workflows

import (
	"time"

	"muster/incident"

	"go.temporal.io/sdk/workflow"
)

// journalEntry is what the journal is given at once: events in their order, and the items
// of the inbox of which the journal then tells all. Either may be empty.
type journalEntry struct {
	events []incident.Event
	items  []int64
	// reports is how many reports the items are from.
	reports int
}

// keepJournal writes events to the journal in their order, those that have gathered
// at once.
func (r *response) keepJournal(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return len(r.unrecorded)+len(r.intake.reports) > 0 }); err != nil {
			return
		}
		entry := r.entry()
		ctx := forJournal(ctx, entry.summary())
		if err := workflow.ExecuteActivity(ctx, RecordActivity, r.state.ID, entry.events, entry.items).Get(ctx, nil); err != nil {
			// Only a journal that contradicts this workflow ends up here; waiting for
			// people is all that is safe.
			workflow.GetLogger(ctx).Error("the journal refuses events", "incident", r.state.ID, "error", err)
			if err := workflow.Sleep(ctx, time.Minute); err != nil {
				return
			}
			continue
		}
		if n := len(entry.events); n > 0 {
			r.recorded = entry.events[n-1].Seq
			r.unrecorded = r.unrecorded[n:]
		}
		r.intake.reports = r.intake.reports[entry.reports:]
		r.changes++
	}
}

// eventsAtOnce bounds how many events are written to the journal at a time.
const eventsAtOnce = 100

// entry is what is written next. Events that bring alerts may be large and end an entry,
// which keeps it within Temporal's 2 MiB. What belongs to one report stays together, so
// that no alert can be in the journal without its item being settled, nor the other way
// round.
func (r *response) entry() journalEntry {
	items, reports := r.intake.settledBy(r.recorded)
	entry := journalEntry{items: items, reports: reports}
	if reports > 0 {
		return entry
	}
	for _, e := range r.unrecorded {
		entry.events = append(entry.events, e)
		if entry.items, entry.reports = r.intake.settledBy(e.Seq); entry.reports > 0 {
			break
		}
		if _, absorbed := e.Fact.(incident.IncidentAbsorbed); absorbed {
			break
		}
		telling := len(r.intake.reports) > 0 && r.intake.reports[0].first <= e.Seq
		if len(entry.events) >= eventsAtOnce && !telling {
			break
		}
	}
	return entry
}

// summary says in Temporal's web UI what an entry is about.
func (e journalEntry) summary() string {
	if len(e.events) == 0 {
		return "alerts that tell nothing new"
	}
	return kinds(e.events)
}
