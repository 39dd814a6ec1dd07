package card

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// How much a draft tells: it is to be changed by whoever posts it, not to be long.
const (
	draftLines = 8
	draftSteps = 3
)

// Draft composes a status update from what has happened since the last one, for somebody to
// mend and post. The events are in their order, and hold at least those since then. It is
// text as people write it, no markup.
func Draft(s incident.State, events []incident.Event, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s", line(s.Service.Name), s.Severity, s.Status)
	if !s.DeclaredAt.IsZero() {
		fmt.Fprintf(&b, ", %s in", incident.FormatDuration(now.Sub(s.DeclaredAt)))
	}
	b.WriteString(".")
	news, more := newsSince(events)
	if len(news) == 0 {
		b.WriteString("\nNothing new")
		if !s.UpdatedAt.IsZero() {
			b.WriteString(" since the last update")
		}
		b.WriteString(".")
	}
	for _, e := range news {
		fmt.Fprintf(&b, "\n- %s %s", e.At.UTC().Format("15:04"), line(e.Text()))
	}
	if more > 0 {
		fmt.Fprintf(&b, "\n- and %d more before that", more)
	}
	if next := nextSteps(s); next != "" {
		b.WriteString("\nNext: " + next + ".")
	}
	if every := s.Level().UpdateEvery; every > 0 && s.Status.Active() {
		b.WriteString("\nNext update in " + incident.FormatDuration(every) + ".")
	}
	return b.String()
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
	case incident.StatusChanged, incident.SeverityChanged, incident.NoteAdded, incident.DecisionMade,
		incident.AlertsCleared, incident.IncidentReopened, incident.IncidentAbsorbed:
		return true
	case incident.StepCompleted:
		return f.Approved || e.Actor.Kind == incident.ActorPerson
	default:
		return false
	}
}

// nextSteps names what waits for people.
func nextSteps(s incident.State) string {
	var titles []string
	for _, step := range s.Outlook().Steps {
		if step.State == incident.Waiting && step.Kind != incident.Wait && len(titles) < draftSteps {
			titles = append(titles, line(step.Title))
		}
	}
	return strings.Join(titles, "; ")
}
