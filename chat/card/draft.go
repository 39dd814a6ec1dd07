package card

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
)

// draftLines is how much a draft tells: it is to be changed by whoever posts it, not to be long.
const draftLines = 8

// Draft composes a status update from what has happened since the last one, for somebody to
// mend and post. It leaves out what is shown beside every update anyhow: service, severity and
// status. The events are in their order, and hold at least those since then. It is
// text as people write it, no markup.
func Draft(s incident.State, events []incident.Event) string {
	var lines []string
	news, more := newsSince(events)
	for _, e := range news {
		lines = append(lines, fmt.Sprintf("- %s %s", e.At.UTC().Format("15:04"), line(e.Text())))
	}
	switch {
	case more > 0:
		lines = append(lines, fmt.Sprintf("- and %d more before that", more))
	case len(news) == 0 && s.UpdatedAt.IsZero():
		lines = append(lines, "Nothing new.")
	case len(news) == 0:
		lines = append(lines, "Nothing new since the last update.")
	}
	if every := s.Level().UpdateEvery; every > 0 && s.Status.Active() {
		lines = append(lines, "Next update in "+incident.FormatDuration(every)+".")
	}
	return strings.Join(lines, "\n")
}

// newsSince are the latest of the events after the last update that those want to hear of
// who do not respond, and how many others there were.
func newsSince(events []incident.Event) (news []incident.Event, more int) {
	for _, e := range slices.Backward(events) {
		if e.Kind() == (incident.UpdatePosted{}).Kind() {
			break
		}
		switch {
		case !isNews(e):
		case len(news) == draftLines:
			more++
		default:
			news = append(news, e)
		}
	}
	slices.Reverse(news)
	return news, more
}

func isNews(e incident.Event) bool {
	switch f := e.Fact.(type) {
	case incident.IncidentAcknowledged, incident.StatusChanged, incident.SeverityChanged, incident.NoteAdded, incident.DecisionMade,
		incident.AlertsCleared, incident.IncidentReopened, incident.IncidentAbsorbed:
		return true
	case incident.RoleAssigned:
		return f.To != ""
	case incident.StepCompleted:
		return f.Approved || e.Actor.Kind == incident.ActorPerson
	default:
		return false
	}
}
