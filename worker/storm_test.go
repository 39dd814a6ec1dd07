package worker_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

// storm sends alerts of one group as the dispatcher does: a few in full, the others bare.
func (s *story) storm(at time.Duration, from, to int, resolved time.Time) {
	const full, atOnce = 200, 1000
	for from < to {
		size := atOnce
		if from < full {
			size = full
		}
		batch := make([]workflows.AlertDelivery, 0, size)
		for ; from < to && len(batch) < size; from++ {
			d := instanceDown(int64(from+1), resolved)
			if !resolved.IsZero() {
				d.Item += 1_000_000
			}
			d.Alert.Fingerprint = strconv.Itoa(from)
			d.Alert.Annotations = map[string]string{"summary": "down", "description": strings.Repeat("long ", 200)}
			if size == atOnce {
				d.Alert = d.Alert.Bare()
			}
			batch = append(batch, d)
		}
		s.alerts(at, batch...)
		at += 10 * time.Millisecond
	}
}

func requireSettledOnce(t *testing.T, s *story, items int) {
	t.Helper()
	require.Len(t, s.settled, items)
	for item, times := range s.settled {
		require.Equal(t, 1, times, "item %d", item)
	}
}

func TestAStormOfAHundredThousandAlertsIsOneIncident(t *testing.T) {
	const size = 100_000
	s := newStory(t)
	s.storm(0, 0, size, time.Time{})
	s.person(20*time.Second, "ana", incident.Acknowledge{})
	s.storm(time.Hour, 0, size, s.began.Add(time.Hour))
	s.person(2*time.Hour, "ana", incident.Resolve{})
	ended := s.run()

	require.Equal(t, size, ended.AlertCount())
	require.Zero(t, ended.AlertsFiring())
	require.NotZero(t, ended.AlertsClearedAt)
	require.Len(t, s.paged, 1)
	require.Len(t, s.channels, 1)
	requireSettledOnce(t, s, 2*size)
	require.LessOrEqual(t, len(s.texts("alerts_fired")), 12, "the timeline is not flooded: %q", s.texts("alerts_fired"))
	require.LessOrEqual(t, len(s.texts("alerts_resolved")), 12)
	state, err := json.Marshal(ended)
	require.NoError(t, err)
	require.Less(t, len(state), 512<<10)
	for _, e := range s.events {
		written, err := json.Marshal(e)
		require.NoError(t, err)
		require.Less(t, len(written), 1<<20)
	}
}

func TestAStormIsSummedUpOnceAMinuteAndBeforeACommand(t *testing.T) {
	s := newStory(t)
	s.storm(0, 0, incident.MaxAlerts+1000, time.Time{})
	s.storm(10*time.Minute, incident.MaxAlerts+1000, incident.MaxAlerts+1010, time.Time{})
	s.storm(10*time.Minute+30*time.Second, incident.MaxAlerts+1010, incident.MaxAlerts+1030, time.Time{})
	s.storm(20*time.Minute, incident.MaxAlerts+1030, incident.MaxAlerts+1031, time.Time{})
	s.person(20*time.Minute+time.Second, "ana", incident.Resolve{})
	ended := s.run()
	fired := s.texts("alerts_fired")
	require.Equal(t, []string{"30 alerts firing: InstanceDown", "Alert firing: InstanceDown"}, fired[len(fired)-2:])
	require.Empty(t, s.texts("reopened"), "what came before the resolution is told before it")
	require.Equal(t, incident.Closed, ended.Status)
	requireSettledOnce(t, s, incident.MaxAlerts+1031)
}

func TestAStormGoesOnInTheNextRun(t *testing.T) {
	first := newStory(t)
	first.storm(0, 0, incident.MaxAlerts+100, time.Time{})
	first.at(time.Minute+time.Millisecond, func() { first.env.SetContinueAsNewSuggested(true) })
	first.storm(time.Minute, incident.MaxAlerts+100, incident.MaxAlerts+200, time.Time{})

	second := first.nextRun()
	require.Len(t, second.input.Carried.Gathered, 100, "the next run gets what has not been summed up")
	second.storm(time.Second, incident.MaxAlerts+150, incident.MaxAlerts+300, time.Time{}) // some are sent again
	second.person(time.Hour, "ana", incident.Resolve{})
	ended := second.run()
	require.Equal(t, incident.MaxAlerts+300, ended.AlertCount())
	requireSettledOnce(t, second, incident.MaxAlerts+300)
}

func TestAStormThatOutlivesItsIncidentIsGivenBack(t *testing.T) {
	s := newStory(t)
	s.storm(0, 0, incident.MaxAlerts, time.Time{})
	s.person(time.Minute, "ana", incident.Cancel{Reason: "a drill"})
	s.storm(time.Minute, incident.MaxAlerts, incident.MaxAlerts+10, time.Time{})
	s.run()
	require.Equal(t, incident.MaxAlerts+10, len(s.settled)+len(s.returned))
}

func TestAnAlertThatWasAcceptedLongAgoIsNotGatheredAnew(t *testing.T) {
	s := newStory(t)
	s.storm(0, 0, incident.MaxAlerts+1, time.Time{})
	late := instanceDown(1_000, time.Time{})
	late.Alert.Fingerprint, late.ReceivedAt = "late", s.began.Add(5*time.Minute)
	s.alerts(10*time.Minute, late)
	s.at(10*time.Minute+time.Second, func() { require.Equal(t, 1, s.settled[1_000]) })
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()
}
