package incident

import (
	"maps"
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

// What an incident remembers of its alerts is bounded, so that a storm of any size leaves
// a state small enough to be carried along.
const (
	// alertsInFull and bytesInFull are how many alerts are remembered with all they said,
	// and how much of it.
	alertsInFull = 200
	bytesInFull  = 192 << 10
	// MaxAlerts is how many alerts are remembered at all, those after alertsInFull by
	// their summary. What comes after belongs to the crowd, which is counted by name.
	MaxAlerts = 500
	// crowdNames is how many names the crowd is counted by; the rest is [OtherAlerts].
	crowdNames = 50
	// summaryRunes bounds the summary of an alert that is not remembered in full.
	summaryRunes = 200
)

// OtherAlerts is the name under which the crowd counts alerts of too many names.
const OtherAlerts = "other alerts"

// inBrief returns the alert without what is only read one alert at a time.
func (a Alert) inBrief() Alert {
	summary := a.Summary()
	a = a.Bare()
	if summary != a.Name {
		a.Annotations = map[string]string{"summary": CutText(summary, summaryRunes)}
	}
	return a
}

// Bare returns the alert with nothing but what tells it from others: what is enough of
// one that will be counted among many.
func (a Alert) Bare() Alert {
	a.Name = CutText(a.Name, summaryRunes)
	a.Labels, a.Annotations, a.URL = nil, nil, ""
	return a
}

// remember adds an alert to those of an incident.
func remember(alerts []Alert, a Alert) []Alert {
	said := a.bytes()
	for _, known := range alerts {
		said += known.bytes()
	}
	if len(alerts) >= alertsInFull || len(alerts) > 0 && said > bytesInFull {
		a = a.inBrief()
	}
	return append(alerts, a)
}

// bytes is about how much the alert says.
func (a Alert) bytes() int {
	n := len(a.Name) + len(a.URL)
	for name, text := range a.Labels {
		n += len(name) + len(text)
	}
	for name, text := range a.Annotations {
		n += len(name) + len(text)
	}
	return n
}

// occurrence tells one firing of an alert from all others.
type occurrence struct {
	fingerprint   string
	second, nanos int64
}

func occurrenceOf(a Alert) occurrence {
	return occurrence{a.Fingerprint, a.StartsAt.Unix(), int64(a.StartsAt.Nanosecond())}
}

// occurrences says where each remembered alert is.
func occurrences(alerts []Alert) map[occurrence]int {
	index := make(map[occurrence]int, len(alerts))
	for i, a := range alerts {
		index[occurrenceOf(a)] = i
	}
	return index
}

// Tally counts the alerts of one name that an incident does not remember one by one.
type Tally struct {
	Name string `json:"name"`
	// Fired is how many have fired, Resolved how many of those fire no more.
	Fired    int `json:"fired"`
	Resolved int `json:"resolved,omitzero"`
}

// Firing is how many have not resolved.
func (t Tally) Firing() int { return t.Fired - t.Resolved }

// Crowd is the alerts beyond [MaxAlerts], counted by name in the order in which the
// names first came.
type Crowd []Tally

// Total sums the crowd up.
func (c Crowd) Total() Tally {
	var total Tally
	for _, t := range c {
		total.Fired += t.Fired
		total.Resolved += t.Resolved
	}
	return total
}

// named returns the name under which the crowd counts alerts of this name.
func (c Crowd) named(name string) string {
	known := slices.ContainsFunc(c, func(t Tally) bool { return t.Name == name })
	if !known && len(c) >= crowdNames {
		return OtherAlerts
	}
	return name
}

// joined returns the crowd with more of one name, leaving c as it was.
func (c Crowd) joined(name string, fired, resolved int) Crowd {
	joined := slices.Clone(c)
	i := slices.IndexFunc(joined, func(t Tally) bool { return t.Name == name })
	if i < 0 {
		joined, i = append(joined, Tally{Name: name}), len(joined)
	}
	joined[i].Fired += fired
	joined[i].Resolved = min(joined[i].Resolved+resolved, joined[i].Fired)
	return joined
}

// sortedNames spares callers the iteration order of a map.
func sortedNames(counts map[string]int) []string { return slices.Sorted(maps.Keys(counts)) }
