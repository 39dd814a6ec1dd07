package worker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/workflows"

	"github.com/stretchr/testify/require"
)

// wholeLife tells an incident with something of everything. Every command has the same key
// each time it is told.
func wholeLife(s *story) {
	s.n = 0
	s.alerts(0, s.unsettled(instanceDown(1, time.Time{}))...)
	s.person(10*time.Second, "ana", incident.Acknowledge{})
	s.person(20*time.Second, "ana", incident.AddNote{Text: "seen"})
	s.person(30*time.Second, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.person(40*time.Second, "ana", incident.AddFollowup{Title: "Rewrite it"})
	s.person(50*time.Second, "ana", incident.CompleteStep{Step: "assess"})
	s.alerts(60*time.Second, s.unsettled(instanceDown(2, s.began.Add(60*time.Second)))...)
	s.person(70*time.Second, "ana", incident.Resolve{})
	s.at(80*time.Second, func() {
		done := incident.Ticket{Key: "PAY-1", Status: "Done", Done: true}
		_ = s.env.SignalWorkflowByID("INC-7-F1", workflows.TicketSignal, workflows.TicketNews{Ticket: done}) // gone where it was done before
	})
}

// unsettled leaves out what the journal has: the inbox hands on nothing else again.
func (s *story) unsettled(deliveries ...workflows.AlertDelivery) []workflows.AlertDelivery {
	var left []workflows.AlertDelivery
	for _, d := range deliveries {
		if s.settled[d.Item] == 0 {
			left = append(left, d)
		}
	}
	return left
}

func TestAnIncidentThatLosesItsWorkflowAtAnyEventDoesNothingTwiceAndMissesNothing(t *testing.T) {
	whole := newStory(t)
	wholeLife(whole)
	require.Equal(t, incident.Closed, whole.run().Status)

	for seq := 2; seq < len(whole.events); seq++ {
		t.Run(fmt.Sprintf("after %s (%d)", whole.events[seq-1].Kind(), seq), func(t *testing.T) {
			first := newStory(t)
			wholeLife(first)
			first.copyAt = seq
			first.run()
			lost := first.copied
			require.NotNil(t, lost)

			input, err := workflows.Resume(lost.events, 1)
			require.NoError(t, err)
			second := newStory(t)
			second.become(lost)
			second.input = input
			second.began = lost.events[len(lost.events)-1].At
			second.env.SetStartTime(second.began)
			wholeLife(second)
			state := incident.Fold(lost.events)
			if f, ok := state.Followup("F1"); ok && f.Ticket.Key != "" && !f.Done {
				second.trackAgain(state, f)
			}
			ended := second.run()

			require.Equal(t, incident.Closed, ended.Status)
			require.Equal(t, kindsOf(whole.events), kindsOf(second.events))
			require.ElementsMatch(t, openings(whole.messages), openings(second.messages))
			require.Equal(t, whole.paged, second.paged)
			require.Equal(t, whole.pageStates(), second.pageStates())
			require.Len(t, second.channels, 1)
			require.Len(t, second.filed, 1)
			require.Equal(t, map[int64]int{1: 1, 2: 1}, second.settled)
		})
	}
}

// openings are messages; of the brief, which says how things stand, no more than its heading.
func openings(messages []string) []string {
	all := slices.Clone(messages)
	for i, text := range all {
		if strings.HasPrefix(text, "# ") {
			all[i], _, _ = strings.Cut(text, "\n")
		}
	}
	return all
}

// trackAgain does what the recovery does for a follow-up: it has a workflow of its own. In
// the test environment only what the incident starts can be signalled, so the news of the
// ticket is given as that workflow would.
func (s *story) trackAgain(state incident.State, f incident.Followup) {
	s.at(80*time.Second, func() {
		done := incident.Ticket{Key: f.Ticket.Key, Status: "Done", Done: true}
		s.env.SignalWorkflow(workflows.CommandSignal, incident.Command{
			Incident: state.ID, Actor: incident.VendorActor("Jira"), Source: "jira", Intent: incident.ReportTicket{Followup: f.ID, Ticket: done},
		})
	})
}

// kindsOf counts what is in a timeline, but for what tells of attempts.
func kindsOf(events []incident.Event) map[incident.Kind]int {
	counts := map[incident.Kind]int{}
	for _, e := range events {
		counts[e.Kind()]++
	}
	return counts
}

func TestReactionsWaitForTheJournalAndStepsDoNot(t *testing.T) {
	s := newStory(t)
	s.at(30*time.Second, func() { s.breakVendor("journal", errDown) })
	s.command(time.Minute, "ana", incident.Acknowledge{}, func(error) {})
	s.at(time.Hour, func() {
		require.Contains(t, s.paged[0], "InstanceDown", "whoever is on call has been woken")
		require.NotContains(t, s.messages, "Acknowledged — ana", "what the journal does not have may yet be lost, and its number given to something else")
		s.mendVendor("journal")
	})
	s.person(2*time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Contains(t, s.messages, "Acknowledged — ana")
}

func TestAJournalThatIsAwayFromTheStartDelaysNoPage(t *testing.T) {
	s := newStory(t)
	s.breakVendor("journal", errDown)
	s.at(4*time.Minute, func() {
		require.Len(t, s.paged, 1)
		require.Len(t, s.channels, 1)
		s.mendVendor("journal")
	})
	s.person(2*time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Len(t, s.channels, 1)
}

func TestAlertsThatAreSentTwiceAreSettledOnce(t *testing.T) {
	s := newStory(t)
	s.alerts(0, instanceDown(1, time.Time{}))
	s.alerts(time.Second, instanceDown(1, time.Time{}), instanceDown(2, s.began.Add(time.Second)))
	s.alerts(2*time.Second, instanceDown(3, time.Time{}))
	s.person(time.Minute, "ana", incident.Resolve{})
	ended := s.run()
	require.Equal(t, 1, ended.AlertCount())
	require.Equal(t, map[int64]int{1: 1, 2: 1, 3: 1}, s.settled, "also the one that tells nothing new")
}

func TestAKeyThatComesWithAnotherCommandIsRefused(t *testing.T) {
	s := newStory(t)
	note := incident.Command{Incident: "INC-7", Key: "same", Actor: incident.PersonActor("ana"), Source: "api", Intent: incident.AddNote{Text: "one"}}
	other := note
	other.Intent = incident.AddNote{Text: "two"}
	s.at(time.Minute, func() { s.env.UpdateWorkflow("add_note", workflows.UpdateID(note), callback(t), note) })
	s.at(2*time.Minute, func() { s.env.UpdateWorkflow("add_note", "a repetition in another run", callback(t), note) })
	s.at(3*time.Minute, func() {
		refused := callback(t)
		refused.OnReject = func(err error) {
			var wrong *incident.InvalidError
			require.ErrorAs(t, workflows.FromTemporal(err), &wrong)
			require.Equal(t, "Idempotency-Key", wrong.Field)
		}
		s.env.UpdateWorkflow("add_note", workflows.UpdateID(other), refused, other)
	})
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Equal(t, []string{"one"}, s.texts("note_added"))
}

func TestAJournalThatTellsNoWholeStoryCannotBeResumed(t *testing.T) {
	s := newStory(t)
	s.person(time.Minute, "ana", incident.Resolve{})
	s.run()
	for name, journal := range map[string][]incident.Event{
		"nothing": nil, "no declaration": s.events[1:], "no playbook": s.events[:1],
	} {
		_, err := workflows.Resume(journal, 0)
		require.Error(t, err, name)
	}
	_, err := workflows.Resume(s.events, 0)
	require.NoError(t, err)
}

func TestARunThatTheJournalRefusesEndsSoThatAnotherCanBeginFromThere(t *testing.T) {
	s := newStory(t)
	s.at(time.Minute, func() { s.breakVendor("journal", finalFailure("INC-7 was started again from its journal")) })
	s.command(2*time.Minute, "ana", incident.Acknowledge{}, func(error) {})
	s.env.ExecuteWorkflow(workflows.IncidentWorkflow, s.input)
	require.True(t, s.env.IsWorkflowCompleted())
	require.ErrorContains(t, s.env.GetWorkflowError(), "started again from its journal")
}

func TestARunContinuesAsNewEvenWhileAVendorIsAwayForDays(t *testing.T) {
	first := newStory(t)
	first.breakVendor("slack", errDown)
	first.person(time.Minute, "ana", incident.Acknowledge{})
	first.at(time.Hour, func() {
		first.env.SetContinueAsNewSuggested(true)
		first.env.SetCurrentHistoryLength(20_000)
	})
	second := first.nextRun()
	require.Less(t, second.began.Sub(first.began), 2*time.Hour)
	second.mendVendor("slack")
	second.person(3*time.Hour, "ana", incident.Resolve{})
	second.run()
	require.Contains(t, second.messages, "Acknowledged — ana")
}
