package incident_test

import (
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestABriefWithPromptsHasWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	s := incident.State{
		ID: "INC-1", Present: []incident.Person{{Name: "ana", Email: "ana@example.com"}},
		Steps: []incident.Step{
			{ID: "assess", Title: "Confirm the severity", Instructions: "Look.", Kind: incident.Manual, State: incident.Done, By: "ana", SettledAt: at, Output: map[string]any{"a": 1}},
			{ID: "way", Kind: incident.Decision, State: incident.Done, Choice: "back", Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "off", Title: "Switch it off"}}},
		},
		Reminders: []incident.Reminder{{Hook: "quiet", Count: 3}, {Hook: "update-due", SnoozedUntil: at, SnoozedBy: incident.PersonActor("ana")}},
	}
	got := s.BriefWithPrompts()
	require.Equal(t, []incident.Step{
		{ID: "assess", Kind: incident.Manual, State: incident.Done, By: "ana", SettledAt: at},
		{ID: "way", Kind: incident.Decision, State: incident.Done, Choice: "back", Options: []incident.Option{{ID: "back", Title: "Roll back"}}},
	}, got.Steps)
	require.Equal(t, s.Reminders[1:], got.Reminders)
	require.Equal(t, s.Present, got.Present)
	require.Len(t, s.Steps[1].Options, 2, "the incident is as it was")
	require.Len(t, s.Reminders, 2)
}
