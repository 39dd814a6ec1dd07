package incident

import (
	"slices"
	"time"
)

// Alert is one thing that a monitoring system found wrong.
type Alert struct {
	// Fingerprint identifies the alert at its source; with StartsAt it names one
	// occurrence of it.
	Fingerprint string            `json:"fingerprint"`
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitzero"`
	Annotations map[string]string `json:"annotations,omitzero"`
	StartsAt    time.Time         `json:"starts_at"`
	// ResolvedAt is zero while the alert fires.
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	// URL leads to the alert's own page.
	URL string `json:"url,omitzero"`
	// Source is the system that sent it: "alertmanager".
	Source string `json:"source,omitzero"`
}

// Firing says whether the alert has not resolved.
func (a Alert) Firing() bool { return a.ResolvedAt.IsZero() }

// Summary is the line that says most about the alert.
func (a Alert) Summary() string {
	for _, key := range []string{"summary", "message", "description"} {
		if text := a.Annotations[key]; text != "" {
			return text
		}
	}
	return a.Name
}

// alertsInFull is how many of its alerts an incident remembers with all they said. What
// comes after is remembered by its summary: in a storm the state must stay small enough to
// be carried along, and the journal has the rest.
const alertsInFull = 200

// summaryRunes bounds the summary of an alert that is not remembered in full.
const summaryRunes = 200

// inBrief returns the alert without what is only read one alert at a time.
func (a Alert) inBrief() Alert {
	summary := a.Summary()
	a.Labels, a.Annotations, a.URL = nil, nil, ""
	if summary != a.Name {
		a.Annotations = map[string]string{"summary": CutText(summary, summaryRunes)}
	}
	return a
}

// remember adds an alert to those of an incident.
func remember(alerts []Alert, a Alert) []Alert {
	if len(alerts) >= alertsInFull {
		a = a.inBrief()
	}
	return append(alerts, a)
}

// sameOccurrence says whether two reports speak of the same firing of the same alert.
func sameOccurrence(a, b Alert) bool {
	return a.Fingerprint == b.Fingerprint && a.StartsAt.Equal(b.StartsAt)
}

func findOccurrence(alerts []Alert, a Alert) int {
	return slices.IndexFunc(alerts, func(b Alert) bool { return sameOccurrence(a, b) })
}
