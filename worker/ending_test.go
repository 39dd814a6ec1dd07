package worker_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

func TestAPageWhoseAnswerWasLostIsNotLeftOpen(t *testing.T) {
	for name, end := range map[string]incident.Intent{
		"cancelled": incident.Cancel{Reason: "the probe was wrong"}, "resolved": incident.Resolve{},
	} {
		for late, at := range map[string]time.Duration{"while it is tried": time.Second, "between two tries": 25 * time.Second} {
			t.Run(name+" "+late, func(t *testing.T) {
				s := newStory(t)
				s.breakVendor("pagerduty's answers", errDown)
				s.person(at, "ana", end)
				ended := s.run()
				require.Equal(t, []string{"resolved"}, s.pageStates(), "somebody was woken, though nobody here knows")
				step, _ := ended.Step("page")
				require.Equal(t, incident.Skipped, step.State, "it is not tried again after the end")
				require.Zero(t, step.RetryAt)
			})
		}
	}
}

func TestAFollowupOfAFalseAlarmIsTrackedToItsEnd(t *testing.T) {
	s := newStory(t)
	s.person(time.Minute, "ana", incident.AddFollowup{Title: "Tune the alert", Due: s.began.AddDate(0, 0, 7)})
	s.person(2*time.Minute, "ana", incident.Cancel{Reason: "the probe was wrong"})
	s.refused(3*time.Minute, "ana", incident.AddNote{Text: "x"}, "cancelled")
	s.at(30*24*time.Hour, func() {
		done := incident.Ticket{Key: "PAY-1", Status: "Done", Done: true}
		require.NoError(t, s.env.SignalWorkflowByID("INC-7-F1", workflows.TicketSignal, workflows.TicketNews{Ticket: done}))
	})
	ended := s.run()
	require.Equal(t, incident.Cancelled, ended.Status)
	require.True(t, ended.Followups[0].Done)
	require.Len(t, s.texts("reminder_given"), 4, "on the day it is due, and every week after")
}

func TestAPageThatNobodyKnowsOfIsNotSentAgainAfterAReopening(t *testing.T) {
	s := newStory(t)
	s.breakVendor("pagerduty's answers", errDown)
	s.person(25*time.Second, "ana", incident.Resolve{})
	s.at(time.Minute, func() { s.mendVendor("pagerduty's answers") })
	s.person(10*time.Minute, "ana", incident.Reopen{Reason: "it is back"})
	s.person(11*time.Minute, "ana", incident.Acknowledge{})
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Len(t, s.paged, 2)
	require.Contains(t, s.paged[1], "Reopened", "the reopening pages by itself, and nothing else does")
}
