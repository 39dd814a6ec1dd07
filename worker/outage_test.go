package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/incident/timeline"

	"github.com/stretchr/testify/require"
)

// twoHours is an incident with the same acts of people, from whose declaration on Slack is away
// for so long. At some moments, its timeline is looked at.
func twoHours(t *testing.T, outage time.Duration, look map[time.Duration]func([]timeline.Entry)) *story {
	t.Helper()
	s := newStory(t)
	declare, ok := s.input.Declare.Intent.(incident.Declare)
	require.True(t, ok)
	declare.Service.Announcements = []incident.Announcement{{Channel: "incidents"}}
	s.input.Declare.Intent = declare
	s.following = []string{"U1"}
	if outage > 0 {
		s.breakVendor("slack", errDown)
		s.at(outage, func() { s.mendVendor("slack") })
	}
	s.person(2*time.Minute, "ana", incident.Acknowledge{})
	s.person(10*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.person(20*time.Minute, "ana", incident.PostUpdate{Text: "looking"})
	for at, check := range look {
		s.at(at, func() { check(timeline.Of(incident.Fold(s.events), s.events)) })
	}
	s.person(2*time.Hour, "ana", incident.Cancel{Reason: "a test of ours"})
	s.run()
	return s
}

func textsOf(entries []timeline.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.Text + "\n")
	}
	return b.String()
}

func TestAnHourWithoutSlackMakesTheTimelineNoLongerThanAnHourWithIt(t *testing.T) {
	lines := 0
	without := twoHours(t, 0, map[time.Duration]func([]timeline.Entry){
		110 * time.Minute: func(told []timeline.Entry) { lines = len(told) },
	})
	const step = "Open the incident channel: connection refused"
	with := twoHours(t, time.Hour, map[time.Duration]func([]timeline.Entry){
		8 * time.Second: func(told []timeline.Entry) {
			require.Contains(t, told[len(told)-1].Text+told[len(told)-2].Text+told[len(told)-3].Text, "Failed: "+step+" (trying again at ", "people see it at once")
		},
		30 * time.Minute: func(told []timeline.Entry) {
			require.Regexp(t, `Failing since 03:00:07 UTC: `+step+` \(\d times so far, last at 03:\d\d:\d\d; trying again at 03:\d\d:\d\d UTC\)`, textsOf(told))
		},
		110 * time.Minute: func(told []timeline.Entry) {
			require.LessOrEqual(t, len(told), lines+5)
			text := textsOf(told)
			require.Regexp(t, `Failed \d+ times from 03:00:07 to 04:\d\d:\d\d UTC: `+step, text)
			require.Regexp(t, `Done: Open the incident channel \(it had failed \d+ times since 03:00:07 UTC\)`, text)
			require.NotContains(t, text, "rying again", "nothing of it is still under way")
			require.Equal(t, 1, strings.Count(text, step))
		},
	})
	require.Greater(t, len(with.events), 2*len(without.events), "the journal has it all")
}

func TestWhatHadNothingToDoLeavesNoLine(t *testing.T) {
	s := newStory(t)
	s.person(2*time.Minute, "ana", incident.Acknowledge{})
	s.person(time.Hour, "ana", incident.Cancel{Reason: "a test of ours"})
	s.run()
	idle := 0
	for _, e := range s.events {
		if e.Idle() {
			idle++
			require.NotContains(t, textsOf(timeline.Of(incident.Fold(s.events), s.events)), e.Text())
		}
	}
	require.Contains(t, fmt.Sprint(s.texts("step_completed")), "Tell those who follow: nobody follows")
	require.NotZero(t, idle)
}
