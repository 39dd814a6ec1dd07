package worker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

// containing are the texts that hold a part.
func containing(texts []string, part string) []string {
	var found []string
	for _, text := range texts {
		if strings.Contains(text, part) {
			found = append(found, text)
		}
	}
	return found
}

func TestTheChannelHasOneBriefThatStaysTrue(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.person(2*time.Minute, "ana", incident.Acknowledge{})
	s.person(3*time.Minute, "ana", incident.AssignRole{Role: "commander", User: "ana", Email: "ana@example.com"})
	s.person(4*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.person(30*time.Minute, "ana", incident.PostUpdate{Text: "We fail over."})
	s.person(time.Hour, "ana", incident.Resolve{Summary: "failed over"})
	ended := s.run()

	briefs := containing(s.messages, "# INC-7 · InstanceDown: payments is down")
	require.Len(t, briefs, 1)
	require.Contains(t, briefs[0], "Acknowledged: *by nobody yet*")
	require.Len(t, containing(s.texts("message_shown"), "brief"), 1)
	require.NotEmpty(t, ended.ShownIn(incident.ShownBrief, ended.Channel.ID).ID)
	last := s.edits[len(s.edits)-1]
	require.Contains(t, last, "Status: *closed*")
	require.Contains(t, last, "failed over")
	for _, part := range []string{"Severity: *SEV1*", "Incident commander: @ana", "We fail over.", "Next update: since"} {
		require.NotEmpty(t, containing(s.edits, part), part)
	}
	require.Empty(t, containing(s.texts("step_completed"), "brief up to date"), "that it was brought up to date is no news")
	require.Less(t, len(s.edits), len(s.events), "several events are one edit")
}

func TestWhatPeopleWereAskedForShowsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	prompt := func(words string) string {
		for _, p := range s.prompts {
			if strings.Contains(p.Summary, words) {
				return p.String()
			}
		}
		return ""
	}
	s.at(6*time.Minute, func() { require.Contains(t, prompt("Nobody has acknowledged"), "[Acknowledge]") })
	s.person(7*time.Minute, "ana", incident.Acknowledge{})
	s.person(7*time.Minute, "ana", incident.AssignRole{Role: "commander", User: "ana", Email: "ana@example.com"})
	s.at(8*time.Minute, func() {
		require.Contains(t, prompt("Nobody has acknowledged"), "> ✓ acknowledged by @ana")
		require.NotContains(t, prompt("Nobody has acknowledged"), "[")
		require.Contains(t, prompt("Nobody has taken"), "> ✓ incident commander: taken by @ana")
		require.Contains(t, prompt("Nobody has taken"), "[Take scribe]")
		s.breakVendor("slack", errDown)
	})
	s.person(9*time.Minute, "ana", incident.AssignRole{Role: "scribe", User: "bo"})
	s.at(15*time.Minute, func() { s.mendVendor("slack") })
	s.at(40*time.Minute, func() {
		require.Contains(t, prompt("Nobody has taken"), "> ✓ scribe: taken by bo", "the chat is back")
		require.Contains(t, prompt("Still to do"), "[Done]")
	})
	s.person(41*time.Minute, "ana", incident.SkipStep{Step: "assess", Reason: "known"})
	s.person(41*time.Minute, "ana", incident.CompleteStep{Step: "stop-the-impact"})
	s.person(time.Hour, "ana", incident.Resolve{Summary: "failed over"})
	s.run()
	require.Contains(t, prompt("Still to do: Stop the impact"), "> ✓ done by @ana")
	require.Contains(t, prompt("Nobody has taken"), "> ✓ resolved by @ana")
	require.Len(t, containing(s.texts("step_completed"), "asked for up to date"), 1, "that it was brought up to date is no news, but where it had failed")
}

func TestThoseWhoDoNotRespondAreToldOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.following = []string{"U1", "U2"}
	declare, ok := s.input.Declare.Intent.(incident.Declare)
	require.True(t, ok)
	declare.Service.Announcements = []incident.Announcement{{Channel: "incidents", Severities: []incident.Severity{"SEV1", "SEV2"}}, {Channel: "sev1", Severities: []incident.Severity{"SEV1"}}}
	s.input.Declare.Intent = declare
	s.at(time.Minute, func() { s.breakVendor("slack", errDown) })
	s.person(2*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.at(20*time.Minute, func() { s.mendVendor("slack") })
	s.person(30*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV3"})
	s.person(40*time.Minute, "ana", incident.Resolve{Summary: "failed over"})
	ended := s.run()

	require.Equal(t, []string{"Announced in incidents", "Announced in sev1"}, containing(s.texts("message_shown"), "Announced"))
	require.Len(t, ended.AnnounceIn(), 2)
	for _, channel := range ended.AnnounceIn() {
		require.NotEmpty(t, ended.ShownIn(incident.ShownAnnouncement, channel))
	}
	told := containing(s.messages, "to U1: ")
	require.Len(t, containing(told, "Severity lowered from SEV1 to SEV3"), 1, "those who were told hear the rest")
	require.Len(t, containing(told, "Severity raised from SEV2 to SEV1"), 1)
	require.Len(t, containing(told, "failed over"), 1)
	require.Len(t, containing(s.messages, "to U2: "), len(told))
	require.True(t, slices.ContainsFunc(s.edits, func(text string) bool {
		return strings.Contains(text, "Status: *resolved*") && !strings.Contains(text, "Acknowledged")
	}), "the announcement says that it is over")
}
