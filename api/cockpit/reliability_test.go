package cockpit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/api/cockpit"
	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

var errDown = errors.New("connection refused")

// commandAct is a command line as an act.
func (w *world) commandAct(by, channel, text string) chat.Act {
	act := w.act(by, channel)
	act.Command = &chat.Command{Name: "/incident", Text: text}
	return act
}

func TestWhatChangesSomethingIsKeptBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		act := w.commandAct(responder, general, "checkout is down")
		_, err := w.cockpit.Take(t.Context(), act)
		require.NoError(t, err)
		require.Len(t, w.items, 1)
		require.Empty(t, w.declared)
		item := w.items[0]
		require.Equal(t, []string{"act", "slack", general, act.ID}, []string{item.Kind, item.Source, item.Subject, item.Key})
		var kept chat.Act
		require.NoError(t, json.Unmarshal(item.Body, &kept))
		act.Trigger = ""
		require.Equal(t, act, kept, "all but what is of no use later")
	})
}

func TestAnActThatCannotBeKeptIsNotTaken(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.down.inbox = errDown
		_, err := w.cockpit.Take(t.Context(), w.commandAct(responder, general, "checkout is down"))
		require.ErrorIs(t, err, errDown)
		synctest.Wait()
		require.Empty(t, w.answers)
	})
}

func TestWhatCannotBeUnderstoodYetIsKeptAllTheSame(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.down.reader = errDown
		_, err := w.cockpit.Take(t.Context(), w.commandAct(responder, channelOf("INC-1"), "status monitoring"))
		require.NoError(t, err)
		require.Len(t, w.items, 1)
		w.down.reader = nil
		w.drain()
		require.Equal(t, incident.Monitoring, w.state("INC-1").Status)
	})
}

func TestAFormThatCannotBeCheckedStaysOpen(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "note")
		w.down.reader = errDown
		act := w.act(responder, "")
		act.Submission = &chat.Submission{Form: "note", Context: "INC-1", Values: map[string]string{"text": "Seen."}}
		_, err := w.cockpit.Take(t.Context(), act)
		require.ErrorIs(t, err, errDown)
		require.Empty(t, w.items)
	})
}

func TestAnActThatIsRepeatedTakesEffectOnce(t *testing.T) {
	t.Parallel()
	lines := []string{"ack", "update we look", "note seen", "followup mend it", "step add look", "page search", "role claim commander", "step done assess fine"}
	inWorld(t, func(t *testing.T, w *world) {
		declare := w.commandAct(responder, general, "checkout is down")
		acts := []chat.Act{declare}
		w.take(declare)
		for _, text := range lines {
			act := w.commandAct(responder, channelOf("INC-1"), text)
			acts = append(acts, act)
			w.take(act)
		}
		form := w.act(second, "")
		form.Submission = &chat.Submission{Form: "update", Context: "INC-1", Values: map[string]string{"text": "We know.", "status": "identified"}}
		w.take(form)
		journal := len(w.journals["INC-1"])
		for _, act := range append(acts, form) {
			// Sent again by the chat, and carried out again after a crash.
			w.take(act)
			require.NoError(t, w.cockpit.CarryOut(t.Context(), act))
		}
		require.Len(t, w.journals["INC-1"], journal)
		require.Len(t, w.journals, 1)
	})
}

func TestAnActThatWasDoneInPartIsDoneToItsEndThoughNamesHaveChanged(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down")
		form := w.act(responder, "")
		form.Submission = &chat.Submission{Form: "record", Context: "INC-1|" + channelOf("INC-1") + "|1.1|" + second, Values: map[string]string{
			"text": "ask <@" + second + "> to mend the alert", "as": "action",
		}}
		w.down.chat, w.fails = errDown, incident.AddFollowup{}.Name()
		require.Error(t, w.cockpit.CarryOut(t.Context(), form), "the note is written, and the rest fails")
		w.down.chat, w.fails = nil, ""
		require.NoError(t, w.cockpit.CarryOut(t.Context(), form))
		require.Len(t, w.state("INC-1").OpenFollowups(), 1)
	})
}

func TestAFormIsTakenInTimeWhileTheChatIsSlow(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.slow = true
		act := w.act(responder, "")
		act.Submission = &chat.Submission{Form: "step_reject", Context: "INC-1|statement", Values: map[string]string{"note": "Not yet."}}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		problems, err := w.cockpit.Take(ctx, act)
		require.NoError(t, err)
		require.Empty(t, problems)
		require.Len(t, w.items, 1)
	})
}

func TestTomorrowIsTheDayAfterItWasSaid(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down")
		act := w.commandAct(responder, channelOf("INC-1"), "followup mend the alert by tomorrow")
		_, err := w.cockpit.Take(t.Context(), act)
		require.NoError(t, err)
		w.passes(72 * time.Hour) // Temporal is away
		w.drain()
		require.Equal(t, "2026-11-25", w.state("INC-1").Followups[0].Due.Format(time.DateOnly))
	})
}

func TestADeclarationMayBeRepeatedInOtherWords(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down, says <@"+second+">")
		require.True(t, w.declared[0].Reworded, "the chat may have another name for them the next time")
	})
}

func TestWhileMusterCannotItIsTriedAgainAndSaidOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		before := len(w.answers)
		w.down.commander = fmt.Errorf("%w: %w", api.ErrUnavailable, errDown)
		act := w.commandAct(responder, channelOf("INC-1"), "ack")
		for range 3 {
			require.ErrorIs(t, w.cockpit.CarryOut(t.Context(), act), api.ErrUnavailable)
		}
		require.Len(t, w.answers, before+1)
		_, text := w.lastAnswer()
		require.Contains(t, text, "Nothing is lost")
		w.down.commander = nil
		require.NoError(t, w.cockpit.CarryOut(t.Context(), act))
		_, text = w.lastAnswer()
		require.Contains(t, text, "You have INC-1.")
	})
}

func TestPeopleWorkOnWhileTheChatDoesNotSayWhoTheyAre(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.down.chat = errDown
		w.writes(responder, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "role claim commander")
		require.Equal(t, []string{"handle.U01: Declared SEV3 for checkout: checkout is down", "handle.U01: handle.U01 is incident commander"}, w.told("INC-1"))
	})
}

func TestAFormThatCannotBeOpenedCanBeAskedForAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.down.forms = errDown
		w.writes(responder, channelOf("INC-1"), "note")
		_, text := w.lastAnswer()
		require.Contains(t, text, "could not be opened")
		w.down.forms = nil
		w.presses(responder, w.onAnswer("Try again"))
		w.form("note")
	})
}

func TestTooManyQuestionsAtOnceAreRefusedAndTheRestIsAnswered(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.mu.Lock() // nobody can be answered now
		ask := func(n int) error {
			_, err := w.cockpit.Take(t.Context(), chat.Act{ID: fmt.Sprint(n), Chat: "slack", By: chat.Account{ID: responder}, Command: &chat.Command{Text: "help"}})
			return err
		}
		require.NoError(t, ask(1))
		require.NoError(t, ask(2))
		require.Error(t, ask(3))
		w.mu.Unlock()
		synctest.Wait()
		require.Len(t, w.answers, 2)
		require.NoError(t, ask(4))
	}, func(o *cockpit.Options) { o.AtOnce = 2; o.Now = nil })
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(responder, general, "checkout is down") // waits for the channel
		w.cockpit.Close()
		w.cockpit.Close()
		_, err := w.cockpit.Take(t.Context(), w.commandAct(responder, general, "help"))
		require.Error(t, err)
	})
}

func TestAnOptionThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	_, err := cockpit.New(cockpit.Options{})
	require.ErrorContains(t, err, "is required")
}

func TestHelpLinksNothingThatIsNotThere(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "postmortem")
		_, text := w.lastAnswer()
		require.NotContains(t, text, "http")
	}, func(o *cockpit.Options) { o.Pages = card.Pages{} })
}
