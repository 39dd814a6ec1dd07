package cockpit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
)

func TestOneLineDeclaresAnExercise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		want incident.Exercise
		told string
	}{
		"in the channel that it is written in": {"exercise checkout errors spiking sev2", incident.Exercise{Channel: general, ChannelName: "general"}, "held in this channel"},
		"in the one that is mentioned":         {"exercise checkout errors spiking sev2 in <#C0GAMES|game-days>", incident.Exercise{Channel: "C0GAMES", ChannelName: "game-days"}, "held in #game-days"},
		"in the one that is named":             {"declare exercise checkout errors spiking sev2 #game-days", incident.Exercise{Channel: "game-days"}, "held in #game-days"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.noChannel = true
				w.writes(responder, general, c.line)
				require.Len(t, w.declared, 1)
				require.Equal(t, "checkout errors spiking", w.declared[0].Title)
				require.Equal(t, incident.Severity("SEV2"), w.declared[0].Severity)
				require.Equal(t, &c.want, w.declared[0].Exercise)
				require.Len(t, w.answers, 1)
				require.Equal(t, "Declared the exercise INC-1: checkout errors spiking", w.answers[0].card.Summary)
				_, text := w.lastAnswer()
				require.Contains(t, text, "nobody is paged")
				require.Contains(t, text, c.told)
				require.NotContains(t, text, "on call is told")

				w.writes(second, team, "list")
				_, text = w.lastAnswer()
				require.Contains(t, text, "(exercise)")
				w.writes(second, team, "INC-1 status")
				_, text = w.lastAnswer()
				require.Contains(t, text, "This is an exercise")
			})
		})
	}
}

// real is the field of the form that asks whether it is real.
func real(t *testing.T, f chat.Form) chat.Entry {
	t.Helper()
	last := f.Fields[len(f.Fields)-1]
	require.Equal(t, "exercise", last.ID)
	return last
}

func TestTheFormDeclaresAnExercise(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(responder, general, "")
		entry := real(t, w.forms[0])
		require.Equal(t, "real", entry.Value, "what is not said to be an exercise is real")
		require.Equal(t, []string{"Yes, it is real", "No, it is an exercise in this channel", "No, it is an exercise on Muster's pages only"}, labels(entry.Options))

		w.writes(responder, general, "exercise")
		entry = real(t, w.forms[1])
		require.Equal(t, entry.Options[1].Value, entry.Value)
		require.Empty(t, w.fills(responder, "declare", map[string]string{"title": "Carts are empty", "exercise": entry.Value}))
		require.Equal(t, &incident.Exercise{Channel: general, ChannelName: "general"}, w.declared[0].Exercise)

		w.writes(responder, general, "exercise")
		require.Empty(t, w.fills(responder, "declare", map[string]string{"title": "Carts are empty", "exercise": "written"}))
		require.Equal(t, &incident.Exercise{}, w.declared[1].Exercise)
		_, text := w.lastAnswer()
		require.Contains(t, text, "on its page only")

		w.writes(responder, general, "checkout is down for real")
		require.Nil(t, w.declared[2].Exercise)
	})
}

func TestAnExerciseIsNotHeldInTheChannelOfAnIncident(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "exercise search is slow sev3")
		require.Len(t, w.declared, 1)
		require.Equal(t, []string{"Yes, it is real", "No, it is an exercise on Muster's pages only"}, labels(real(t, w.forms[0]).Options), "the form asks")
		require.Equal(t, "search is slow", w.forms[0].Fields[0].Value)

		w.writes(responder, channelOf("INC-1"), "exercise search is slow sev3 in <#C0GAMES|game-days>")
		require.Len(t, w.declared, 2)

		w.writes(responder, team, "exercise search is slow sev3 in <#"+channelOf("INC-1")+"|inc-1>")
		require.Len(t, w.declared, 2, "nor where it is named")
		require.Equal(t, []string{"Yes, it is real", "No, it is an exercise in this channel", "No, it is an exercise on Muster's pages only"}, labels(real(t, w.forms[1]).Options))
	})
}

// An exercise that was declared, and whose answer was lost with the process, may have the
// channel by then.
func TestAnExerciseIsDeclaredOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.channelFor = func(incident.ID) *incident.Channel { return &incident.Channel{ID: general, Name: "general"} }
		act := w.commandAct(responder, general, "exercise checkout is down sev2")
		for range 2 {
			require.NoError(t, w.cockpit.CarryOut(t.Context(), act))
		}
		require.Len(t, w.declared, 1)
		require.Len(t, w.answers, 2)
		require.Equal(t, w.answers[0].card.Summary, w.answers[1].card.Summary)
	})
}

func labels(options []chat.Option) []string {
	var all []string
	for _, o := range options {
		all = append(all, o.Label)
	}
	return all
}

func TestWhoChoosesAmongIncidentsSeesWhichIsAnExercise(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "exercise checkout is down sev2 in <#C0GAMES|game-days>")
		w.writes(responder, general, "note it was the pool")
		asked := w.answers[len(w.answers)-1].card
		var offered []string
		for _, part := range asked.Parts {
			for _, control := range part.Controls {
				offered = append(offered, control.Label)
			}
		}
		require.Contains(t, offered, "INC-1 (exercise) checkout is down")
	})
}
