package cockpit_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
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

func TestWhoDeclaredWhileTheChatWasAwayIsAnsweredOnceItIsBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel, w.down.answers, w.down.chat = true, errDown, errDown
		w.writes(responder, general, "checkout is down")
		w.waits(time.Minute)
		require.Len(t, w.declared, 1)
		require.Equal(t, responder, w.declared[0].Person.Account, "the way to the channel leads by the account, whose name is not known now")
		require.Len(t, w.items, 1, "the answer is kept")
		w.retries(5 * time.Minute)
		require.Empty(t, w.answers, "nobody hears anything yet")

		w.down.answers, w.down.chat = nil, nil
		w.retries(time.Minute)
		require.Empty(t, w.items)
		to, _ := w.lastAnswer()
		require.Equal(t, responder, to)
		require.Len(t, w.answers, 1)
		require.Equal(t, "Declared INC-1: checkout is down", w.answers[0].card.Summary)
	})
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
