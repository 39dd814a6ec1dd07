package activities

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
	"muster/incident/postmortem"

	"go.temporal.io/sdk/temporal"
)

// eventsAtOnce bounds how many events are read from the journal at a time.
const eventsAtOnce = 1000

// draftPostmortem drafts the postmortem from the journal. The draft itself is
// computed from the events whenever it is asked for; doing it here once proves that
// it can be, and says what people will find in it.
func (a *Activities) draftPostmortem(ctx context.Context, e call) (incident.Outcome, error) {
	var events []incident.Event
	for {
		after := len(events)
		more, err := a.Journal.Events(ctx, e.Incident.ID, after, eventsAtOnce)
		if err != nil {
			return incident.Outcome{}, err
		}
		events = append(events, more...)
		if len(more) < eventsAtOnce {
			break
		}
	}
	if len(events) < e.Incident.Seq {
		return incident.Outcome{}, temporal.NewApplicationErrorWithOptions(
			"the journal is still being written", VendorFailure,
			temporal.ApplicationErrorOptions{NextRetryDelay: 200 * time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
	}
	draft := postmortem.Draft(events, postmortem.Links{Incident: a.IncidentURL(e.Incident.ID)})
	return incident.Outcome{
		Postmortem: true,
		Output:     map[string]any{"url": a.IncidentURL(e.Incident.ID) + "/postmortem"},
		Text:       fmt.Sprintf("%d events, %d questions for people", len(events), len(draft.Questions)),
	}, nil
}
