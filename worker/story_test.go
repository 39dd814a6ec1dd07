package worker_test

import (
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

func TestTheWholeLifeOfAnIncident(t *testing.T) {
	s := newStory(t)
	s.alerts(0, instanceDown(1, time.Time{}))
	s.person(2*time.Minute, "ana", incident.Acknowledge{})
	s.person(3*time.Minute, "ana", incident.AssignRole{Role: "commander", User: "ana"})
	s.person(3*time.Minute, "ben", incident.AssignRole{Role: "communications", User: "ben"})
	s.person(3*time.Minute, "ben", incident.AssignRole{Role: "scribe", User: "ben"})
	s.person(4*time.Minute, "ana", incident.CompleteStep{Step: "assess", Note: "a third of payments fail"})
	s.person(5*time.Minute, "ana", incident.ApproveStep{Step: "approve-statement"})
	s.person(6*time.Minute, "ben", incident.SkipStep{Step: "publish-statement", Reason: "only internal users are affected"})
	s.person(7*time.Minute, "ana", incident.AddStep{Title: "Fail over the database", Assignee: "ana"})
	s.person(8*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1", Reason: "checkout is down too"})
	s.person(9*time.Minute, "ana", incident.CompleteStep{Step: "added-1"})
	s.person(10*time.Minute, "ana", incident.CompleteStep{Step: "stop-the-impact"})
	s.person(12*time.Minute, "ana", incident.ChangeStatus{Status: incident.Monitoring})
	s.alerts(15*time.Minute, instanceDown(2, s.began.Add(15*time.Minute)))
	s.person(20*time.Minute, "ana", incident.Resolve{Summary: "failed over"})
	s.person(25*time.Minute, "ana", incident.AddFollowup{Title: "Fail over by itself", Owner: "ana", Due: s.began.AddDate(0, 0, 14)})
	s.at(42*24*time.Hour, func() {
		done := incident.Ticket{Key: "PAY-1", Status: "Done", Done: true}
		require.NoError(t, s.env.SignalWorkflowByID("INC-7-F1", workflows.TicketSignal, workflows.TicketNews{Ticket: done}))
	})
	ended := s.run()

	require.Equal(t, incident.Closed, ended.Status)
	require.Equal(t, 42*24*time.Hour, ended.EndedAt.Sub(s.began).Truncate(time.Hour))
	require.Equal(t, []string{"SEV2 payments: InstanceDown: payments is down (INC-7)"}, s.paged)
	require.Equal(t, []string{"resolved"}, s.pageStates())
	require.Len(t, s.channels, 1)
	require.Equal(t, []string{"responder@example.com"}, s.invited)
	require.Contains(t, s.topics, "SEV1 · investigating · ana · InstanceDown: payments is down")
	require.Equal(t, "SEV1 · closed · ana · InstanceDown: payments is down", s.topics[len(s.topics)-1])
	require.Contains(t, s.messages, "Severity raised from SEV2 to SEV1: checkout is down too — ana")
	require.Contains(t, strings.Join(s.messages, "\n"), "The alert has resolved. If people are served again, resolve INC-7.")
	require.Equal(t, []string{"Drafted the postmortem"}, s.texts("postmortem_drafted"))
	require.Equal(t, []string{"Filed follow-up F1 as PAY-1"}, s.texts("ticket_filed"))
	require.Equal(t, []string{"Follow-up F1: PAY-1 is now Done"}, s.texts("ticket_changed"))
	require.Len(t, s.texts("reminder_given"), 5, "a follow-up that is four weeks late is reminded of every week")
	mitigated, ok := ended.TimeToMitigate()
	require.True(t, ok)
	require.Equal(t, 12*time.Minute, mitigated)
	for _, step := range ended.Steps {
		require.NotEqual(t, incident.Failed, step.State, "%s: %s", step.ID, step.Error)
	}
}

func TestPeopleAreRemindedAndThePageEscalatesUntilSomebodyAcknowledges(t *testing.T) {
	s := newStory(t)
	s.person(40*time.Minute, "ana", incident.Acknowledge{})
	s.person(2*time.Hour+10*time.Minute, "ana", incident.PostUpdate{Text: "still looking"})
	s.person(3*time.Hour, "ana", incident.Cancel{Reason: "a test of ours"})
	ended := s.run()

	require.Equal(t, incident.Cancelled, ended.Status)
	require.Len(t, s.paged, 2, "the first page, and one more after 15 minutes of silence")
	require.Contains(t, s.paged[1], "Not acknowledged for 15m")
	require.Equal(t, []string{"resolved", "resolved"}, s.pageStates(), "a cancelled incident leaves no page open")

	reminders := map[string]int{}
	for _, r := range ended.Reminders {
		reminders[r.Hook] += r.Count
	}
	require.Equal(t, 4, reminders["unacknowledged"], "after 5, 15, 25 and 35 minutes, and no more once acknowledged")
	require.Equal(t, 1, reminders["escalate"])
	require.Equal(t, 3, reminders["role-vacant"], "three times at most")
	require.Equal(t, 2, reminders["update-due"], "after one and two hours; the update given then starts the hour anew")
	require.Contains(t, strings.Join(s.messages, "\n"), "*Nobody has acknowledged INC-7 for 5m.* Who takes it?")
}

func TestACommandThatTheRulesForbidIsRefusedWithTheRule(t *testing.T) {
	s := newStory(t)
	s.refused(time.Minute, "ana", incident.Reopen{}, "not_resolved")
	s.person(2*time.Minute, "ana", incident.Resolve{})
	s.refused(3*time.Minute, "ana", incident.Resolve{}, "already_resolved")
	s.refused(4*time.Minute, "ana", incident.CompleteStep{Step: "approve-statement"}, "needs_approval")
	ended := s.run()
	require.Len(t, s.texts("resolved"), 1)
	require.Equal(t, incident.Closed, ended.Status)
	require.Equal(t, 24*time.Hour, ended.EndedAt.Sub(ended.ResolvedAt), "without follow-ups people get a day to add some")
}

func TestAStepThatFailsForGoodIsRetriedByAPersonWhileEverythingElseGoesOn(t *testing.T) {
	s := newStory(t)
	s.breakVendor("slack", finalFailure("slack: missing_scope channels:manage"))
	s.at(10*time.Minute, func() {
		step, _ := incident.Fold(s.events).Step("channel")
		require.Equal(t, incident.Failed, step.State)
		require.Equal(t, "slack: missing_scope channels:manage", step.Error)
		require.Zero(t, step.RetryAt, "trying the same again cannot help")
		require.Equal(t, []string{"triggered"}, s.pageStates(), "paging does not wait for Slack")
		s.mendVendor("slack")
	})
	s.person(11*time.Minute, "ana", incident.RetryStep{Step: "channel"})
	s.person(12*time.Minute, "ana", incident.Resolve{})
	ended := s.run()

	step, _ := ended.Step("channel")
	require.Equal(t, incident.Done, step.State)
	require.Empty(t, step.Error)
	require.Len(t, s.channels, 1)
	brief, _ := ended.Step("brief")
	require.Equal(t, incident.Done, brief.State, "what waited for the channel has happened")
}

func TestAVendorThatIsDownIsTriedAgainByItselfUntilItIsBack(t *testing.T) {
	s := newStory(t)
	s.breakVendor("pagerduty", errDown)
	s.at(30*time.Minute, func() {
		step, _ := incident.Fold(s.events).Step("page")
		require.Equal(t, incident.Failed, step.State)
		require.Equal(t, "connection refused", step.Error)
		require.NotZero(t, step.RetryAt)
		require.Len(t, s.channels, 1, "the channel does not wait for PagerDuty")
		s.mendVendor("pagerduty")
	})
	s.person(time.Hour, "ana", incident.Acknowledge{})
	s.person(2*time.Hour, "ana", incident.Resolve{})
	ended := s.run()

	step, _ := ended.Step("page")
	require.Equal(t, incident.Done, step.State)
	require.NotEmpty(t, s.paged)
	for _, state := range s.pageStates() {
		require.Equal(t, "resolved", state)
	}
	require.Contains(t, s.messages, "Failed: Page the on-call for payments: connection refused (trying again at 03:00:22 UTC) — Muster")
}

func TestATicketWhoseFilingWasNotHeardOfIsAdoptedByAFollowupThatPeopleFinished(t *testing.T) {
	s := newStory(t)
	s.breakVendor("jira's answers", errDown)
	s.person(time.Minute, "ana", incident.AddFollowup{Title: "Add a retry budget"})
	s.person(2*time.Minute, "ana", incident.CompleteFollowup{Followup: "F1"})
	s.at(3*time.Minute, func() { s.mendVendor("jira's answers") })
	s.person(time.Hour, "ana", incident.Resolve{})
	ended := s.run()

	require.Len(t, s.filed, 1)
	followup, _ := ended.Followup("F1")
	require.True(t, followup.Done)
	require.Contains(t, s.tickets, followup.Ticket.Key, "the ticket is no orphan")
}

func TestNoTicketIsFiledForAFollowupThatPeopleFinished(t *testing.T) {
	s := newStory(t)
	s.breakVendor("jira", errDown)
	s.person(time.Minute, "ana", incident.AddFollowup{Title: "Add a retry budget"})
	s.person(2*time.Minute, "ana", incident.CompleteFollowup{Followup: "F1"})
	s.at(3*time.Minute, func() { s.mendVendor("jira") })
	s.person(time.Hour, "ana", incident.Resolve{})
	ended := s.run()

	require.Empty(t, s.filed)
	followup, _ := ended.Followup("F1")
	require.True(t, followup.Done)
	require.Empty(t, followup.Ticket.Key)
}

func TestAlertsThatArriveAfterTheEndAreGivenBack(t *testing.T) {
	s := newStory(t)
	s.at(30*time.Second, func() { s.breakVendor("pagerduty", errDown) })
	s.person(time.Minute, "ana", incident.Cancel{Reason: "a false alarm"})
	s.alerts(2*time.Minute, instanceDown(99, time.Time{}))
	s.at(5*time.Minute, func() { s.mendVendor("pagerduty") })
	ended := s.run()
	require.Equal(t, incident.Cancelled, ended.Status)
	require.Empty(t, ended.Alerts)
	require.Equal(t, []int64{99}, s.returned)
	require.Equal(t, []string{"resolved"}, s.pageStates(), "the end waits until the page is resolved")
}

func TestARepeatedCommandTakesEffectOnce(t *testing.T) {
	s := newStory(t)
	note := incident.Command{
		Incident: "INC-7", Key: "same", Actor: incident.PersonActor("ana"), Source: "api", Intent: incident.AddNote{Text: "seen"},
	}
	for i, id := range []string{"first", "second"} {
		s.at(time.Duration(i+1)*time.Minute, func() {
			s.env.UpdateWorkflow(note.Intent.Name(), id, callback(t), note)
		})
	}
	s.person(3*time.Minute, "ana", incident.Resolve{})
	s.run()
	require.Equal(t, []string{"seen"}, s.texts("note_added"))
}

func TestAResolvedIncidentReopensWhenItsAlertFiresAgain(t *testing.T) {
	s := newStory(t)
	s.alerts(0, instanceDown(1, time.Time{}))
	s.person(30*time.Second, "ana", incident.Acknowledge{})
	s.alerts(time.Minute, instanceDown(2, s.began.Add(time.Minute)))
	s.person(2*time.Minute, "ana", incident.Resolve{})
	again := instanceDown(3, time.Time{})
	again.Alert.StartsAt = s.began.Add(3 * time.Minute)
	s.alerts(3*time.Minute, again)
	s.person(4*time.Minute, "ana", incident.Resolve{Summary: "really"})
	ended := s.run()
	require.Equal(t, []string{"Reopened: an alert fires again: InstanceDown"}, s.texts("reopened"))
	require.Equal(t, "really", ended.Resolution)
	require.Len(t, s.paged, 2, "people are paged again")
	require.Zero(t, ended.AcknowledgedAt, "and somebody has to take it anew")
	require.Equal(t, []string{"resolved", "resolved"}, s.pageStates())
}

func TestNobodyIsPagedForWhatIsNoLongerSo(t *testing.T) {
	s := newStory(t)
	s.at(14*time.Minute, func() { s.breakVendor("pagerduty", errDown) })
	s.person(16*time.Minute, "ana", incident.Acknowledge{})
	s.at(20*time.Minute, func() { s.mendVendor("pagerduty") })
	s.person(time.Hour, "ana", incident.Resolve{})
	ended := s.run()
	require.Len(t, s.paged, 1, "the escalation was not sent before somebody acknowledged, and is not wanted after")
	require.Contains(t, s.texts("step_skipped"), "Skipped: Page again, because nobody acknowledged: no longer needed")
	require.Equal(t, incident.Closed, ended.Status)
}

func TestWhatHappensBeforeThereIsAChannelIsSaidWhenThereIsOne(t *testing.T) {
	s := newStory(t)
	s.breakVendor("slack", errDown)
	s.person(time.Minute, "ana", incident.Acknowledge{})
	s.person(2*time.Minute, "ana", incident.AssignRole{Role: "commander", User: "ana"})
	s.person(3*time.Minute, "ana", incident.PostUpdate{Text: "still looking"})
	s.at(6*time.Minute, func() { s.mendVendor("slack") })
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Contains(t, s.messages, "Acknowledged — ana")
	require.Contains(t, s.messages, "ana is incident commander")
	require.Contains(t, s.topics, "SEV2 · investigating · ana · InstanceDown: payments is down")
}

func TestAPageThatCannotBeResolvedKeepsTheEndOpenUntilAPersonHasIt(t *testing.T) {
	s := newStory(t)
	s.at(time.Minute, func() { s.breakVendor("pagerduty", finalFailure("pagerduty: 401 the token was refused")) })
	s.person(2*time.Minute, "ana", incident.Cancel{Reason: "a test"})
	s.at(time.Hour, func() {
		s.mendVendor("pagerduty")
		for _, step := range incident.Fold(s.events).Steps {
			if step.State == incident.Failed {
				s.person(0, "ana", incident.RetryStep{Step: step.ID})
			}
		}
	})
	ended := s.run()
	require.Equal(t, incident.Cancelled, ended.Status)
	require.Equal(t, []string{"resolved"}, s.pageStates())
}
