package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAnExerciseIsPlayedAndSaysHowItWent(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t)
	d, out := h.drill()
	cmd := drillCommand{Service: "checkout", Play: true, exerciseOptions: exerciseOptions{Playbook: "short", Speed: 10, Channel: "game-days"}}
	require.NoError(t, cmd.Validate())
	require.NoError(t, d.run(t.Context(), cmd))
	requireGolden(t, "drill_exercise.golden", out.String())
	require.Equal(t, &incident.Exercise{Speed: 10, Channel: "game-days"}, h.incident().Exercise)
}

func TestWhoEndsAnExerciseSeesHowItWent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, out := newDrillHouse(t).drill()
	out.printed = func(text string) {
		if strings.Contains(text, "End it") {
			cancel()
		}
	}
	cmd := drillCommand{Service: "checkout", exerciseOptions: exerciseOptions{Playbook: "short", Speed: 1}}
	require.NoError(t, d.run(ctx, cmd))
	require.Contains(t, out.String(), "met 0 of 0 marks")
	require.Contains(t, out.String(), "Left open")
}

func TestADebriefCanBeReadLater(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t)
	d, _ := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout", Play: true}))
	later, out := h.drill()
	require.NoError(t, later.run(t.Context(), drillCommand{exerciseOptions: exerciseOptions{Debrief: "INC-1"}}))
	require.Contains(t, out.String(), "INC-1 met 7 of 7 marks.")
}

func TestWhatMakesNoSenseOfAnExerciseIsRefused(t *testing.T) {
	t.Parallel()
	for name, cmd := range map[string]drillCommand{
		"a speed without a playbook": {Service: "checkout", exerciseOptions: exerciseOptions{Speed: 2}},
		"an alert that resolves":     {Service: "checkout", Resolve: "INC-1", exerciseOptions: exerciseOptions{Playbook: "short", Speed: 1}},
	} {
		require.Error(t, cmd.Validate(), name)
	}
	d, _ := newDrillHouse(t).drill()
	err := d.run(t.Context(), drillCommand{Service: "checkout", exerciseOptions: exerciseOptions{Playbook: "none", Speed: 1}})
	require.ErrorContains(t, err, "exercises of short")
}
