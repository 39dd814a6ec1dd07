package queries

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAStoryIsOneThatMusterCouldHaveWritten(t *testing.T) {
	t.Parallel()
	teller, err := newStoryteller()
	require.NoError(t, err)
	var events, common int
	for number := 1; number <= 300; number++ {
		story := teller.story(number)
		require.Equal(t, story, teller.story(number), "the same each time")
		for i, e := range story {
			require.Equal(t, incident.NewID(int64(number)), e.Incident)
			require.Equal(t, i+1, e.Seq)
		}
		state := incident.Fold(story)
		require.Equal(t, number%openEvery == 0, !state.Status.Ended(), "one of %d is open: %s", openEvery, state.ID)
		if number%largeEvery == 1 {
			require.Greater(t, len(story), largeNotes)
			continue
		}
		require.LessOrEqual(t, len(story), 60)
		require.GreaterOrEqual(t, len(story), 15)
		events += len(story)
		if strings.Contains(state.Title, commonWord) {
			common++
		}
	}
	require.InDelta(t, 30, events/299, 8, "some thirty events each")
	require.InDelta(t, 300/8, common, 20)
}

func TestARareWordIsRare(t *testing.T) {
	t.Parallel()
	teller, err := newStoryteller()
	require.NoError(t, err)
	for number, rare := range map[int]bool{rareEvery: true, rareEvery + 1: false, 3 * rareEvery: true} {
		require.Equal(t, rare, strings.Contains(incident.Fold(teller.story(number)).Title, rareWord))
	}
}
