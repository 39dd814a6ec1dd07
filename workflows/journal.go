package workflows

import (
	"encoding/json"
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
		if err := workflow.ExecuteActivity(ctx, RecordActivity, r.state.ID, r.input.Life, entry.events, entry.items).Get(ctx, nil); err != nil {
			if isFinal(err) {
				// The incident has begun another life, or the journal tells another story:
				// this run must not go on. It fails, and is begun again from the journal.
				r.refused = err
				r.changes++
				return
			}
			workflow.GetLogger(ctx).Error("the journal takes no events", "incident", r.state.ID, "error", err)
			if workflow.Sleep(ctx, time.Minute) != nil {
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

// eventsAtOnce and bytesAtOnce bound what is written to the journal at a time, the one
// event that goes beyond included.
const (
	eventsAtOnce = 100
	bytesAtOnce  = 512 << 10
)

// entry is what is written next, bounded so that Temporal carries it. What belongs to one report stays together, so
// that no alert can be in the journal without its item being settled, nor the other way
// round.
func (r *response) entry() journalEntry {
	items, reports := r.intake.settledBy(r.recorded)
	entry := journalEntry{items: items, reports: reports}
	if reports > 0 {
		return entry
	}
	bytes := 0
	for _, e := range r.unrecorded {
		entry.events = append(entry.events, e)
		bytes += size(e)
		if entry.items, entry.reports = r.intake.settledBy(e.Seq); entry.reports > 0 {
			break
		}
		telling := len(r.intake.reports) > 0 && r.intake.reports[0].first <= e.Seq
		if !telling && (len(entry.events) >= eventsAtOnce || bytes >= bytesAtOnce) {
			break
		}
	}
	return entry
}

// size is how many bytes an event takes on its way to the journal.
func size(e incident.Event) int {
	text, err := json.Marshal(e)
	if err != nil {
		return 0 // The activity will say what is wrong with it.
	}
	return len(text)
}

// summary says in Temporal's web UI what an entry is about.
func (e journalEntry) summary() string {
	if len(e.events) == 0 {
		return "alerts that tell nothing new"
	}
	return kinds(e.events)
}
