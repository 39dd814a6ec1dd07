package cockpit_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// retries carries out what the inbox has, as often as it is to be tried again for so long.
func (w *world) retries(within time.Duration) {
	w.t.Helper()
	for end := w.clock().Add(within); len(w.items) > 0 && w.clock().Before(end); {
		item := w.items[0]
		var act chat.Act
		require.NoError(w.t, json.Unmarshal(item.Body, &act))
		err := w.cockpit.CarryOut(w.t.Context(), act)
		if err == nil {
			w.items = w.items[1:]
			continue
		}
		var later interface {
			Early() bool
			Delay() time.Duration
		}
		require.ErrorAs(w.t, err, &later)
		require.True(w.t, later.Early(), "Muster itself is well")
		require.Less(w.t, w.clock().Sub(item.ReceivedAt), 2*time.Minute, "nothing waits so long that Muster seems stuck")
		w.passes(later.Delay())
	}
	w.settle()
}

func TestWhoDeclaredWhileTheChatWasAwayIsAnsweredAndTakenToTheChannelOnceItIsBack(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]bool{"the channel is open": true, "the channel comes with the chat": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.noChannel, w.down.answers, w.down.chat = !open, errDown, errDown
				w.writes(responder, general, "checkout is down")
				w.waits(time.Minute)
				require.Len(t, w.declared, 1)
				require.Len(t, w.items, 2, "the answer and the way to the channel are kept")
				w.retries(5 * time.Minute)
				require.Empty(t, append(w.answers, answered{})[1:], "nobody hears anything yet")

				w.down.answers, w.down.chat = nil, nil
				if !open {
					w.openChannel("INC-1")
				}
				w.retries(time.Minute)
				require.Empty(t, w.items)
				require.Equal(t, []string{"Sample Responder to " + channelOf("INC-1")}, w.invited)
				var told []string
				for _, a := range w.answers {
					require.Equal(t, responder, a.to)
					told = append(told, a.card.Summary)
				}
				require.ElementsMatch(t, []string{"Declared INC-1: checkout is down", "INC-1 meets in #inc-1."}, told)
			})
		})
	}
}

func TestAnAnswerThatIsLostIsGivenOnceTheChatIsBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.down.answers = errDown
		w.writes(responder, channelOf("INC-1"), "ack")
		w.retries(10 * time.Minute)
		require.Len(t, w.items, 1)
		w.down.answers = nil
		w.retries(time.Minute)
		to, text := w.lastAnswer()
		require.Equal(t, responder, to)
		require.Contains(t, text, "You have INC-1.")
		require.Empty(t, w.items)
	})
}

func TestWhatCannotBeGivenIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err error
		// after is when it is over.
		after time.Duration
	}{
		"after half an hour":       {errDown, 31 * time.Minute},
		"at once if it is refused": {&integrations.Error{Vendor: "Slack", Final: true}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.down.answers = test.err
				w.writes(responder, channelOf("INC-1"), "ack")
				w.retries(test.after)
				require.Empty(t, w.items)
			})
		})
	}
}

func TestNobodyIsTakenToTheChannelOfAnIncidentThatHasEnded(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(responder, general, "checkout is down")
		w.waits(time.Minute)
		require.Len(t, w.items, 1)
		w.writes(responder, general, "INC-1 cancel it was a test")
		require.Equal(t, incident.Cancelled, w.state("INC-1").Status)
		w.retries(time.Minute)
		require.Empty(t, w.items)
		require.Empty(t, w.invited)
	})
}

func TestWhatSomebodyIsOwedAndCannotBeKeptIsNotRetriedByDoingTheActAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		act := w.commandAct(responder, channelOf("INC-1"), "ack")
		w.down.answers, w.down.inbox = errDown, errors.New("disk full")
		require.NoError(t, w.cockpit.CarryOut(t.Context(), act))
		require.Len(t, w.intents, 1)
	})
}
