package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestTheBriefIsOneMessageThatIsBroughtUpToDateNoMoreOftenThanSet(t *testing.T) {
	s := newStory(t)
	for n := range 60 {
		s.person(time.Minute+time.Duration(n)*time.Second, "ana", incident.AddNote{Text: fmt.Sprintf("note %d", n)})
	}
	before := 0
	s.at(59*time.Second, func() { before = len(s.edits) })
	s.at(2*time.Minute+6*time.Second, func() {
		require.Greater(t, len(s.edits), before, "it is kept")
		require.LessOrEqual(t, len(s.edits)-before, 60/5+2, "once in five seconds, however much happens")
	})
	s.person(3*time.Minute, "ana", incident.Acknowledge{})
	s.at(3*time.Minute+time.Second, func() {
		require.NotContains(t, s.edits[len(s.edits)-1], "by nobody yet", "what comes after a pause is shown at once")
	})
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()

	require.Contains(t, s.edits[len(s.edits)-1], "closed", "the last of it stays")
	briefs := 0
	for _, text := range s.messages {
		if strings.HasPrefix(text, "# INC-7") {
			briefs++
		}
	}
	require.Equal(t, 1, briefs)
	for _, text := range s.texts("step_completed") {
		require.NotContains(t, text, "Keep the brief", "the timeline tells what happened, not that it was shown")
	}
}

func TestTheBriefCatchesUpWhenTheChatIsBack(t *testing.T) {
	s := newStory(t)
	s.at(time.Minute, func() { s.breakVendor("slack", errDown) })
	for n := range 20 {
		s.person(2*time.Minute+time.Duration(n)*time.Minute, "ana", incident.AddNote{Text: "x"})
	}
	s.person(25*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.at(30*time.Minute, func() { s.mendVendor("slack") })
	s.person(3*time.Hour, "ana", incident.Resolve{})
	s.at(2*time.Hour, func() { require.Contains(t, s.edits[len(s.edits)-1], "SEV1") })
	s.run()
	failed := map[string]bool{}
	for _, e := range s.events {
		if f, ok := e.Fact.(incident.StepFailed); ok && f.Hook == "keep-brief" {
			failed[f.Step] = true
		}
	}
	require.Len(t, failed, 1, "one step fails, however much happens meanwhile")
}
