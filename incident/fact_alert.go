package incident

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// AlertsFired says that a monitoring system found something wrong. Alerts that
// arrive together are one event.
type AlertsFired struct {
	Alerts []Alert `json:"alerts,omitzero"`
	// Crowd counts by name those that the incident does not remember one by one.
	Crowd map[string]int `json:"crowd,omitzero"`
}

// Kind implements [Fact].
func (AlertsFired) Kind() Kind { return "alerts_fired" }

// Text implements [Fact].
func (f AlertsFired) Text() string { return alertsText("firing", f.Alerts, f.Crowd) }

func (f AlertsFired) apply(s *State, _ Event) {
	s.Alerts = with(s.Alerts)
	for _, a := range f.Alerts {
		s.Alerts = remember(s.Alerts, a)
	}
	for _, name := range sortedNames(f.Crowd) {
		s.Crowd = s.Crowd.joined(name, f.Crowd[name], 0)
	}
	s.AlertsClearedAt = zeroTime
}

// AlertsResolved says that alerts which fired do so no more.
type AlertsResolved struct {
	Alerts []Alert `json:"alerts,omitzero"`
	// Crowd counts by name those that the incident does not remember one by one.
	Crowd map[string]int `json:"crowd,omitzero"`
}

// Kind implements [Fact].
func (AlertsResolved) Kind() Kind { return "alerts_resolved" }

// Text implements [Fact].
func (f AlertsResolved) Text() string { return alertsText("resolved", f.Alerts, f.Crowd) }

func (f AlertsResolved) apply(s *State, _ Event) {
	s.Alerts = with(s.Alerts)
	index := occurrences(s.Alerts)
	for _, a := range f.Alerts {
		if i, known := index[occurrenceOf(a)]; known {
			s.Alerts[i].ResolvedAt = a.ResolvedAt
		}
	}
	for _, name := range sortedNames(f.Crowd) {
		if slices.ContainsFunc(s.Crowd, func(t Tally) bool { return t.Name == name }) {
			s.Crowd = s.Crowd.joined(name, 0, f.Crowd[name])
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
	return fmt.Sprintf("All %s alerts have resolved", FormatCount(f.Count))
}

func (f AlertsCleared) apply(s *State, e Event) { s.AlertsClearedAt = e.At }

// alertsText names the first alert and counts the others; of a crowd alone, it names what
// there is most of.
func alertsText(verb string, alerts []Alert, crowd map[string]int) string {
	total := len(alerts)
	most := ""
	for _, name := range sortedNames(crowd) {
		total += crowd[name]
		if crowd[name] > crowd[most] {
			most = name
		}
	}
	switch {
	case total == 0:
		return "No alerts " + verb
	case len(alerts) == 0 && total == 1:
		return fmt.Sprintf("Alert %s: %s", verb, most)
	case len(alerts) == 0 && len(crowd) == 1:
		return fmt.Sprintf("%s alerts %s: %s", FormatCount(total), verb, most)
	case len(alerts) == 0:
		return fmt.Sprintf("%s alerts %s: %s %s and %s of other names", FormatCount(total), verb, FormatCount(crowd[most]), most, FormatCount(total-crowd[most]))
	}
	first := alerts[0].Name
	if summary := alerts[0].Summary(); summary != first {
		first += " (" + summary + ")"
	}
	if total == 1 {
		return fmt.Sprintf("Alert %s: %s", verb, first)
	}
	return fmt.Sprintf("%s alerts %s: %s and %s more", FormatCount(total), verb, first, FormatCount(total-1))
}

// FormatCount writes a number as people read it: "12,345".
func FormatCount(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
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
