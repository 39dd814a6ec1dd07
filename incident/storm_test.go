package incident_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// storm is a number of alerts of 60 names, each said at length.
func storm(size int, over bool) []incident.Alert {
	alerts := make([]incident.Alert, size)
	for i := range alerts {
		alerts[i] = incident.Alert{
			Fingerprint: "storm-" + strconv.Itoa(i), Name: fmt.Sprintf("Alert%d", i%60), StartsAt: noon, Source: "alertmanager",
			Annotations: map[string]string{"summary": strings.Repeat("s", 300), "description": strings.Repeat("d", 500)},
		}
		if over {
			alerts[i].ResolvedAt = noon.Add(time.Hour)
		}
	}
	return alerts
}

func TestAStormOfAnySizeIsCountedWithoutBeingCarriedAlong(t *testing.T) {
	t.Parallel()
	const size, each = 20_000, 1000
	s := play(t)
	all, over := storm(size, false), storm(size, true)
	for from := 0; from < size; from += each {
		s.then(t, incident.ReportAlerts{Alerts: all[from : from+each]})
	}
	require.Equal(t, size, s.state.AlertCount())
	require.Equal(t, size, s.state.AlertsFiring())
	require.Len(t, s.state.Alerts, incident.MaxAlerts)
	require.Len(t, s.state.Crowd, 51, "fifty names and the others")
	state, err := json.Marshal(s.state)
	require.NoError(t, err)
	require.Less(t, len(state), 400<<10, "Temporal warns from half a MiB on and refuses above two")

	for from := size - each; from > 0; from -= each {
		s.then(t, incident.ReportAlerts{Alerts: over[from : from+each]})
	}
	require.Equal(t, each, s.state.AlertsFiring(), "the order of the end is not that of the beginning")
	require.Zero(t, s.state.AlertsClearedAt)
	s.then(t, incident.ReportAlerts{Alerts: over[:each]})
	require.Zero(t, s.state.AlertsFiring())
	require.NotZero(t, s.state.AlertsClearedAt)
	require.Equal(t, s.state, incident.Fold(s.events))
}

func TestAlertsBeyondWhatIsRememberedAreCountedByName(t *testing.T) {
	full := incident.ReportAlerts{Alerts: storm(incident.MaxAlerts, false)}
	a, b := sampleAlert("a"), sampleAlert("b")
	report := func(alerts ...incident.Alert) incident.ReportAlerts { return incident.ReportAlerts{Alerts: alerts} }
	rules{
		"what does not fit is counted": {
			given: []incident.Intent{full}, when: report(a, b, a),
			want: []incident.Fact{incident.AlertsFired{Crowd: map[string]int{"a": 2, "b": 1}}},
		},
		"what is counted resolves by its name": {
			given: []incident.Intent{full, report(a, b)}, when: report(cleared(b)),
			want: []incident.Fact{incident.AlertsResolved{Crowd: map[string]int{"b": 1}}},
		},
		"no more resolves than has fired": {
			given: []incident.Intent{full, report(a), report(cleared(a))}, when: report(cleared(a)),
		},
		"what was never counted does not resolve": {given: []incident.Intent{full, report(a)}, when: report(cleared(b))},
		"what is remembered resolves by itself": {
			given: []incident.Intent{full, report(a)}, when: report(storm(1, true)...),
			want: []incident.Fact{incident.AlertsResolved{Alerts: storm(1, true)}},
		},
		"one that is only counted reopens too": {
			given: []incident.Intent{full, incident.Resolve{}}, when: report(a),
			want: []incident.Fact{incident.AlertsFired{Crowd: map[string]int{"a": 1}}, incident.IncidentReopened{Reason: "an alert fires again: a"}},
		},
	}.check(t)
}

func TestASurvivorTakesOverTheCrowd(t *testing.T) {
	t.Parallel()
	s := play(t, incident.ReportAlerts{Alerts: storm(incident.MaxAlerts-1, false)}, incident.ReportAlerts{Alerts: storm(incident.MaxAlerts-1, true)}, incident.Resolve{})
	s.then(t, incident.Absorb{
		From: "INC-7", Alerts: []incident.Alert{sampleAlert("a"), sampleAlert("b")}, Crowd: incident.Crowd{{Name: "c", Fired: 5, Resolved: 4}},
	})
	require.Equal(t, incident.Investigating, s.state.Status)
	require.Equal(t, incident.MaxAlerts+6, s.state.AlertCount())
	require.Equal(t, 3, s.state.AlertsFiring())
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 100_000: "100,000", 1_234_567: "1,234,567", -1234: "-1,234"} {
		require.Equal(t, want, incident.FormatCount(n))
	}
}
