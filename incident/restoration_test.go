package incident_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestEventsAfterARestorationAreMarked(t *testing.T) {
	t.Parallel()
	s := play(t, incident.NoteRestoration{Mark: "4f2a9c"}, incident.Acknowledge{}, incident.NoteRestoration{Mark: "0b1c2d"})
	restored := s.state.Restorations
	require.Len(t, restored, 2)
	for seq, mark := range map[int]string{
		0: "", restored[0].Seq - 1: "", restored[0].Seq: "4f2a9c",
		restored[1].Seq - 1: "4f2a9c", restored[1].Seq: "0b1c2d", restored[1].Seq + 100: "0b1c2d",
	} {
		require.Equal(t, mark, s.state.MarkAt(seq), "event %d", seq)
	}
}

func TestAMarkThatNoVendorTakesIsRefused(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"", "A", "a.b", "a b", "é", "12345678901234567"} {
		s := play(t)
		_, err := incident.Decide(s.state, command(incident.NoteRestoration{Mark: mark}), s.now)
		var wrong *incident.InvalidError
		require.ErrorAs(t, err, &wrong, mark)
		require.Equal(t, "mark", wrong.Field)
	}
}
