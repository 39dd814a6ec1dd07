package incident_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func steps(number int, change func(*incident.Step)) []incident.Step {
	all := make([]incident.Step, number)
	for i := range all {
		all[i] = incident.Step{ID: fmt.Sprintf("step-%d", i), Title: fmt.Sprintf("Step %d", i), Kind: incident.Manual, State: incident.Waiting}
		change(&all[i])
	}
	return all
}

func TestAnOutlookHasWhatPeopleCanDoFirst(t *testing.T) {
	t.Parallel()
	s := incident.State{Status: incident.Investigating, Steps: []incident.Step{
		{ID: "watched", Kind: incident.Wait, State: incident.Waiting},
		{ID: "done", Kind: incident.Manual, State: incident.Done},
		{ID: "skipped", Kind: incident.Manual, State: incident.Skipped},
		{ID: "left-out", Kind: incident.Manual, State: incident.Skipped, LeftOut: true},
		{ID: "at-work", Kind: incident.Automatic, State: incident.Running},
		{ID: "failed", Kind: incident.Automatic, State: incident.Failed},
		{ID: "hook@7", Hook: "hook", Kind: incident.Automatic, State: incident.Failed},
		{ID: "waiting", Kind: incident.Manual, State: incident.Waiting, Instructions: strings.Repeat("x", 5000), Output: map[string]any{"a": 1}},
		{ID: "later", Kind: incident.Manual, State: incident.Pending},
	}}
	o := s.Outlook()
	var ids []string
	for _, step := range o.Steps {
		ids = append(ids, step.ID)
		require.LessOrEqual(t, len(step.Instructions), 310)
		require.Nil(t, step.Output)
	}
	require.Equal(t, []string{"failed", "hook@7", "waiting", "watched"}, ids)
	require.Equal(t, 2, o.Settled)
	require.Equal(t, 7, o.Total)
	require.Zero(t, o.More)

	s.Steps = steps(20, func(*incident.Step) {})
	require.Len(t, s.Outlook().Steps, incident.MaxOutlookSteps)
	require.Equal(t, 20-incident.MaxOutlookSteps, s.Outlook().More)
}

func TestTheNextUpdateIsCountedFromTheLastOne(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	s := incident.State{Status: incident.Investigating, Severity: "SEV1", DeclaredAt: began, Scale: []incident.SeverityLevel{{Name: "SEV1", UpdateEvery: 30 * time.Minute}, {Name: "SEV2"}}}
	require.Equal(t, began.Add(30*time.Minute), s.Outlook().UpdateDue)
	s.UpdatedAt = began.Add(20 * time.Minute)
	require.Equal(t, began.Add(50*time.Minute), s.Outlook().UpdateDue)
	s.ReopenedAt = began.Add(time.Hour)
	require.Equal(t, began.Add(90*time.Minute), s.Outlook().UpdateDue)
	s.Severity = "SEV2"
	require.Zero(t, s.Outlook().UpdateDue, "the playbook may ask for one")
	s.Severity, s.Status = "SEV1", incident.Resolved
	require.Zero(t, s.Outlook().UpdateDue)
}

// What is handed to an activity is in the workflow's history, each time the brief is edited.
func TestABriefWithStepsStaysSmall(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 2000)
	s := incident.State{ID: "INC-42", Status: incident.Investigating, Steps: steps(200, func(step *incident.Step) {
		step.Title, step.Instructions, step.Error, step.Expect, step.Note = long, long, long, long, long
		step.Output = map[string]any{"body": long}
	})}
	text, err := json.Marshal(s.BriefWithSteps())
	require.NoError(t, err)
	require.Less(t, len(text), 128<<10, "the worst there is")

	s.Steps = append(steps(6, func(step *incident.Step) { step.Instructions = strings.Repeat("Look there. ", 20) }),
		steps(40, func(step *incident.Step) { step.State = incident.Done })...)
	text, err = json.Marshal(s.BriefWithSteps())
	require.NoError(t, err)
	require.Less(t, len(text), 6<<10, "what is usual")
}
