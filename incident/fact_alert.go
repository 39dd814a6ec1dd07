package incident

import (
	"fmt"
	"time"
)

// AlertsFired says that a monitoring system found something wrong. Alerts that
// arrive together are one event.
type AlertsFired struct {
	Alerts []Alert `json:"alerts"`
}

// Kind implements [Fact].
func (AlertsFired) Kind() Kind { return "alerts_fired" }

// Text implements [Fact].
func (f AlertsFired) Text() string { return alertsText("firing", f.Alerts) }

func (f AlertsFired) apply(s *State, _ Event) {
	s.Alerts = with(s.Alerts)
	for _, a := range f.Alerts {
		s.Alerts = remember(s.Alerts, a)
	}
	s.AlertsClearedAt = zeroTime
}

// AlertsResolved says that alerts which fired do so no more.
type AlertsResolved struct {
	Alerts []Alert `json:"alerts"`
}

// Kind implements [Fact].
func (AlertsResolved) Kind() Kind { return "alerts_resolved" }

// Text implements [Fact].
func (f AlertsResolved) Text() string { return alertsText("resolved", f.Alerts) }

func (f AlertsResolved) apply(s *State, _ Event) {
	s.Alerts = with(s.Alerts)
	for _, a := range f.Alerts {
		if i := findOccurrence(s.Alerts, a); i >= 0 {
			s.Alerts[i].ResolvedAt = a.ResolvedAt
		}
	}
}

// AlertsCleared says that no alert fires any more: it may be time to resolve.
type AlertsCleared struct {
	// Count is how many alerts the incident has had.
	Count int `json:"count"`
}

// Kind implements [Fact].
func (AlertsCleared) Kind() Kind { return "alerts_cleared" }

// Text implements [Fact].
func (f AlertsCleared) Text() string {
	if f.Count == 1 {
		return "The alert has resolved"
	}
	return fmt.Sprintf("All %d alerts have resolved", f.Count)
}

func (f AlertsCleared) apply(s *State, e Event) { s.AlertsClearedAt = e.At }

// alertsText names a few alerts and counts the others.
func alertsText(verb string, alerts []Alert) string {
	if len(alerts) == 0 {
		return "No alerts " + verb
	}
	first := alerts[0].Name
	if summary := alerts[0].Summary(); summary != first {
		first += " (" + summary + ")"
	}
	if len(alerts) == 1 {
		return fmt.Sprintf("Alert %s: %s", verb, first)
	}
	return fmt.Sprintf("%d alerts %s: %s and %d more", len(alerts), verb, first, len(alerts)-1)
}

// zeroTime spares readers a composite literal where a moment is taken back.
var zeroTime time.Time

// sentence joins what happened and what was said about it.
func sentence(what, said string) string {
	if said == "" {
		return what
	}
	return what + ": " + said
}
