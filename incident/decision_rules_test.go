package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestDecisions(t *testing.T) {
	begin := incident.StartStep{Step: "decision"}
	choose := incident.ChooseOption{Step: "decision", Option: "back"}
	rules{
		"somebody chooses": {
			given: []incident.Intent{begin}, when: incident.ChooseOption{Step: "decision", Option: "back", Note: " quicker "},
			want: []incident.Fact{incident.DecisionMade{Step: "decision", Title: "Back or forward?", Option: "back", OptionTitle: "Roll back", Note: "quicker"}},
		},
		"choosing the same again changes nothing":      {given: []incident.Intent{begin, choose}, when: choose},
		"what was decided is not decided again":        {given: []incident.Intent{begin, choose}, when: incident.ChooseOption{Step: "decision", Option: "forward"}, rule: "decided"},
		"an option is one of those that are there":     {given: []incident.Intent{begin}, when: incident.ChooseOption{Step: "decision", Option: "sideways"}, invalid: "option"},
		"a decision is made when it is due":            {when: choose, rule: "not_waiting"},
		"only a decision has options":                  {when: incident.ChooseOption{Step: "manual", Option: "back"}, rule: "not_a_decision"},
		"a decision is not completed without a choice": {given: []incident.Intent{begin}, when: incident.CompleteStep{Step: "decision"}, rule: "needs_choice"},
		"a decision is of a step that is there":        {when: incident.ChooseOption{Step: "nine", Option: "back"}, missing: "step"},
		"a wait can be cut short":                      {given: []incident.Intent{incident.StartStep{Step: "wait"}}, when: incident.CompleteStep{Step: "wait"}, want: []incident.Fact{incident.StepCompleted{Step: "wait", Title: "Watch for ten minutes"}}},
		"a step that is done can be due once more":     {given: []incident.Intent{incident.CompleteStep{Step: "manual"}}, when: incident.RepeatStep{Step: "manual"}, want: []incident.Fact{incident.StepRepeated{Step: "manual", Title: "Roll back", Round: 2}}},
		"a step that is not done is not due once more": {when: incident.RepeatStep{Step: "manual"}},
		"people are nudged about what waits":           {given: []incident.Intent{incident.StartStep{Step: "manual"}}, when: incident.NudgeStep{Step: "manual"}, want: []incident.Fact{incident.StepNudged{Step: "manual", Title: "Roll back", Role: "commander", Since: noon.Add(2 * time.Minute)}}},
		"they are nudged once":                         {given: []incident.Intent{incident.StartStep{Step: "manual"}, incident.NudgeStep{Step: "manual"}}, when: incident.NudgeStep{Step: "manual"}},
		"nobody is nudged about what is done":          {given: []incident.Intent{incident.CompleteStep{Step: "manual"}}, when: incident.NudgeStep{Step: "manual"}},
		"what takes too long is escalated once":        {given: []incident.Intent{incident.StartStep{Step: "manual"}, incident.EscalateStep{Step: "manual"}}, when: incident.EscalateStep{Step: "manual"}},
		"nothing is escalated that has not begun":      {when: incident.EscalateStep{Step: "manual"}},
	}.check(t)
}

// decideAs has somebody give a command to an incident.
func (s *story) decideAs(t *testing.T, who string, i incident.Intent) ([]incident.Event, error) {
	t.Helper()
	c := command(i)
	c.Actor = incident.PersonActor(who)
	events, err := incident.Decide(s.state, c, s.now)
	for _, e := range events {
		s.state = incident.Apply(s.state, e)
	}
	return events, err
}

func TestAnApprovalByTwoNeedsTwoPeople(t *testing.T) {
	t.Parallel()
	s := play(t, incident.StartStep{Step: "quorum"})
	first, err := s.decideAs(t, "First", incident.ApproveStep{Step: "quorum"})
	require.NoError(t, err)
	require.Equal(t, "Approved by 1 of 2: Delete the data", first[0].Text())
	again, err := s.decideAs(t, "First", incident.ApproveStep{Step: "quorum"})
	require.NoError(t, err)
	require.Empty(t, again, "one person counts once")
	step, _ := s.state.Step("quorum")
	require.Equal(t, incident.Waiting, step.State)
	second, err := s.decideAs(t, "Second", incident.ApproveStep{Step: "quorum"})
	require.NoError(t, err)
	require.Len(t, second, 2)
	step, _ = s.state.Step("quorum")
	require.Equal(t, incident.Done, step.State)
	require.Len(t, step.Approvals, 2)
}

func TestAnApprovalIsGivenByWhoHoldsTheRole(t *testing.T) {
	t.Parallel()
	attach := attachment()
	attach.Steps = []incident.Step{{ID: "approval", Title: "Fail over", Kind: incident.Approval, State: incident.Pending, Approvers: []string{"commander", "scribe"}}}
	s := &story{now: noon}
	s.then(t, declaration(), attach, incident.StartStep{Step: "approval"})
	for _, i := range []incident.Intent{incident.ApproveStep{Step: "approval"}, incident.RejectStep{Step: "approval"}} {
		_, err := s.decideAs(t, "First", i)
		var rule *incident.RuleError
		require.ErrorAs(t, err, &rule)
		require.Equal(t, "not_an_approver", rule.Rule)
		require.Contains(t, rule.Message, "Incident Commander or Scribe")
	}
	s.then(t, incident.AssignRole{Role: "scribe", User: "First"})
	events, err := s.decideAs(t, "First", incident.ApproveStep{Step: "approval"})
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func TestWhatAnActionSaysBecomesPartOfTheIncident(t *testing.T) {
	t.Parallel()
	finish := incident.FinishStep{Step: "auto", Outcome: incident.Outcome{
		Update: "We roll back", Note: "Deployed at noon", NewFollowup: &incident.AddFollowup{Title: "Test the rollback"},
		Measurement: new(sampleMeasurement()), Output: map[string]any{"status": 200.0},
	}}
	s := play(t, finish)
	step, _ := s.state.Step("auto")
	require.Equal(t, map[string]any{"status": 200.0}, step.Output)
	require.Equal(t, "We roll back", s.state.Update)
	require.Equal(t, "Test the rollback", s.state.Followups[0].Title)
	require.Contains(t, s.events[2].Text(), "Measured: Errors: 12.5 /s ▁ ██")

	ended := play(t, incident.Cancel{})
	ended.then(t, finish)
	require.Empty(t, ended.state.Followups, "no work comes of what has ended")
	require.Empty(t, ended.state.Update)
}

func TestAnOutputThatIsTooLargeIsLeftOutAndSaidSo(t *testing.T) {
	t.Parallel()
	s := play(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Text: "got it", Output: map[string]any{"body": long}}})
	step, _ := s.state.Step("auto")
	require.Equal(t, incident.Done, step.State)
	require.Empty(t, step.Output)
	require.Contains(t, step.Note, "got it (what it gave back is left out")
}

func TestAMeasurementIsKeptWithinItsBounds(t *testing.T) {
	t.Parallel()
	m := incident.Measurement{Title: "Errors", Start: noon, Step: time.Minute}
	for range incident.MaxSeries + 1 {
		series := incident.Series{Name: "a"}
		for n := range incident.MaxSeriesValues + 30 {
			series.Values = append(series.Values, new(float64(n)))
		}
		m.Series = append(m.Series, series)
	}
	s := play(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Measurement: &m}})
	kept := incident.Facts[incident.MetricCollected](s.events)
	for _, f := range kept {
		require.Len(t, f.Measurement.Series, incident.MaxSeries)
		require.Len(t, f.Measurement.Series[0].Values, incident.MaxSeriesValues)
		require.Equal(t, noon.Add(30*time.Minute), f.Measurement.Start, "the latest values are kept, with their times")
		require.InDelta(t, 30, *f.Measurement.Series[0].Values[0], 0)
	}
	require.Len(t, m.Series, incident.MaxSeries+1, "what was handed over is left as it was")
}
