package worker_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// nextRun lets a run live until it continues as new, and returns the story of the next
// run in the same world.
func (s *story) nextRun() *story {
	s.t.Helper()
	s.env.ExecuteWorkflow(workflows.IncidentWorkflow, s.input)
	require.True(s.t, s.env.IsWorkflowCompleted(), "the run never ended")
	var again *workflow.ContinueAsNewError
	require.ErrorAs(s.t, s.env.GetWorkflowError(), &again)
	next := newStory(s.t)
	next.become(s.world)
	require.NoError(s.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next.input))
	next.began, next.n = s.env.Now(), s.n
	next.env.SetStartTime(next.began)
	return next
}

func TestAnIncidentGoesOnWhereTheRunBeforeContinuedAsNew(t *testing.T) {
	first := newStory(t)
	first.alerts(0, instanceDown(1, time.Time{}))
	note := incident.Command{
		Incident: "INC-7", Key: "once", Actor: incident.PersonActor("ana"), Source: "api", Intent: incident.AddNote{Text: "seen"},
	}
	first.at(time.Minute, func() { first.env.UpdateWorkflow("add_note", "first", callback(t), note) })
	first.alerts(7*time.Minute, instanceDown(2, first.began.Add(7*time.Minute)))
	first.at(7*time.Minute+time.Millisecond, func() { first.env.SetContinueAsNewSuggested(true) })

	second := first.nextRun()
	require.Equal(t, second.input.Carried.State, incident.Fold(first.events), "everything is in the journal before the run ends")
	require.NotZero(t, second.input.Carried.State.AlertsClearedAt, "what came last is carried over")
	second.at(time.Minute, func() { second.env.UpdateWorkflow("add_note", "second", callback(t), note) })
	second.person(2*time.Minute, "ana", incident.Acknowledge{})
	second.person(20*time.Minute, "ana", incident.Resolve{})
	ended := second.run()

	require.Equal(t, incident.Closed, ended.Status)
	require.Equal(t, []string{"seen"}, second.texts("note_added"), "a command repeated in the next run takes effect once")
	require.Len(t, second.paged, 1)
	require.Len(t, second.channels, 1)
	require.Equal(t, 1, ended.Reminder("unacknowledged", "").Count, "reminders go on where they were")
}

func TestARunContinuesAsNewOnlyWhenNothingIsUnderWay(t *testing.T) {
	first := newStory(t)
	first.at(time.Minute, func() { first.breakVendor("slack", errDown) })
	first.person(time.Minute, "ana", incident.Acknowledge{})
	first.at(time.Minute+time.Second, func() { first.env.SetContinueAsNewSuggested(true) })

	second := first.nextRun()
	state := second.input.Carried.State
	require.NotZero(t, state.AcknowledgedAt)
	var carried []string
	for _, r := range second.input.Carried.Reactions {
		carried = append(carried, r.Hook)
	}
	require.ElementsMatch(t, []string{"announce", "keep-brief", "keep-prompts"}, carried, "what failed meanwhile is carried over to be tried again")
	second.mendVendor("slack")
	second.person(time.Hour, "ana", incident.Resolve{})
	second.run()
	require.Contains(t, second.messages, "Acknowledged — ana")
}

func TestAYearOfTrackingAFollowup(t *testing.T) {
	s := newStory(t)
	s.person(time.Minute, "ana", incident.AddFollowup{Title: "Rewrite it", Due: s.began.AddDate(0, 6, 0)})
	s.person(2*time.Minute, "ana", incident.Resolve{})
	s.at(365*24*time.Hour, func() {
		done := incident.Ticket{Key: "PAY-1", Status: "Done", Done: true}
		require.NoError(t, s.env.SignalWorkflowByID("INC-7-F1", workflows.TicketSignal, workflows.TicketNews{Ticket: done}))
	})
	ended := s.run()
	require.Equal(t, incident.Closed, ended.Status)
	require.Len(t, s.texts("reminder_given"), 26, "every week from the day it is due")
}

func TestAFollowupOfAnIncidentThatHasEndedIsTrackedNoMore(t *testing.T) {
	s := newStory(t)
	due := s.began.AddDate(0, 0, 7)
	s.env.OnSignalExternalWorkflow("default-test-namespace", "INC-9", "", workflows.FollowupDueSignal, workflows.FollowupDue{Followup: "F1", Hook: "followup-due"}).
		Return(temporal.NewApplicationError("workflow execution already completed", "gone"))
	s.env.ExecuteWorkflow(workflows.FollowupWorkflow, workflows.FollowupInput{
		Incident:  "INC-9",
		Followup:  incident.Followup{ID: "F1", Title: "Mend it", Due: due, Ticket: incident.Ticket{Key: "PAY-1", Status: "To Do"}},
		Schedules: s.input.Playbook.FollowupSchedules(),
	})
	require.True(t, s.env.IsWorkflowCompleted())
	require.NoError(t, s.env.GetWorkflowError())
}

func TestAFollowupGoesOnInTheNextRunWithAllItWasTold(t *testing.T) {
	s := newStory(t)
	due := s.began.AddDate(0, 0, 1)
	told := func(signal string) {
		s.env.OnSignalExternalWorkflow("default-test-namespace", "INC-9", "", signal, mock.Anything).Return(nil)
	}
	told(workflows.CommandSignal)
	told(workflows.FollowupDueSignal)
	s.at(9*24*time.Hour, func() {
		s.env.SetContinueAsNewSuggested(true)
		for _, status := range []string{"In Progress", "In Review"} {
			s.env.SignalWorkflow(workflows.TicketSignal, workflows.TicketNews{Ticket: incident.Ticket{Key: "PAY-1", Status: status}})
		}
	})
	s.env.ExecuteWorkflow(workflows.FollowupWorkflow, workflows.FollowupInput{
		Incident:  "INC-9",
		Followup:  incident.Followup{ID: "F1", Title: "Mend it", Due: due, Ticket: incident.Ticket{Key: "PAY-1", Status: "To Do"}},
		Schedules: s.input.Playbook.FollowupSchedules(),
	})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next workflows.FollowupInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.Equal(t, "In Review", next.Followup.Ticket.Status, "news that came with the last ones is carried along")
	require.Equal(t, []int{2}, next.Given, "so are the reminders of the day it was due and of a week later")
}
