package cockpit_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// asks has Muster ask something in the channel of INC-1, by a message with these buttons.
func (w *world) asks(buttons string) {
	w.t.Helper()
	if len(w.journals) == 0 {
		w.writes(responder, general, "checkout is down sev3")
	}
	s := w.state("INC-1")
	w.postedAt = w.now
	w.prompts = map[incident.MessageRef]chat.Card{
		w.asked(): card.Message(card.Said{Text: "Who takes it?", Buttons: card.Buttons(s, strings.Fields(buttons), card.Matter{Hook: "unacknowledged"}, w.pages)}),
	}
}

// asked is where it is.
func (w *world) asked() incident.MessageRef {
	return incident.MessageRef{ChannelID: channelOf("INC-1"), ID: "1"}
}

// prompt is what that message shows now, below its text.
func (w *world) prompt() string {
	_, below, _ := strings.Cut(w.prompts[w.asked()].String(), "\n")
	return below
}

// onPrompt is a control of it.
func (w *world) onPrompt(label string) chat.Control {
	w.t.Helper()
	return control(w.t, w.prompts[w.asked()], label)
}

func TestAPromptShowsWhatBecameOfItOnceAButtonWasPressed(t *testing.T) {
	t.Parallel()
	const when = ", 2026-11-24 12:00 UTC"
	for name, row := range map[string]struct {
		buttons, press, option string
		form                   string
		given                  map[string]string
		want                   string
	}{
		"taken":         {buttons: "acknowledge snooze", press: "Acknowledge", want: "> ✓ acknowledged by @Sample Responder" + when},
		"put off":       {buttons: "acknowledge snooze", press: "Snooze…", option: "for 30m", want: "[Acknowledge]\n> 😴 snoozed by @Sample Responder, asks again 2026-11-24 12:30 UTC"},
		"a role":        {buttons: "take_role", press: "Take scribe", want: "[Take incident commander] [Take communications lead]\n> ✓ scribe: taken by @Sample Responder" + when},
		"a step":        {buttons: "step:assess snooze", press: "Done", want: "> ✓ done by @Sample Responder" + when},
		"a decision":    {buttons: "step:way", press: "Choose…", option: "Roll back", want: "> ✓ decided for “Roll back” by @Sample Responder" + when},
		"by a form":     {buttons: "update snooze", press: "Post an update…", form: "update", given: map[string]string{"text": "We look."}, want: "> ✓ update posted by @Sample Responder" + when},
		"a skipped one": {buttons: "step:assess", press: "Skip…", form: "step_skip", given: map[string]string{"reason": "known"}, want: "> – skipped by @Sample Responder" + when},
		"the end":       {buttons: "resolve update snooze", press: "Resolve…", form: "resolve", given: map[string]string{"summary": "Rolled back."}, want: "> ✓ resolved by @Sample Responder" + when},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(responder, general, "checkout is down sev3")
				w.asks(row.buttons)
				c := w.onPrompt(row.press)
				if row.option != "" {
					w.chooses(responder, c, row.option)
				} else {
					w.presses(responder, c)
				}
				if row.form != "" {
					require.NotContains(t, w.prompt(), ">", "a form that is open has done nothing")
					require.Empty(t, w.fills(responder, row.form, row.given))
				}
				w.settle()
				// Who is in the channel or holds a role is mentioned, all others are named.
				require.Equal(t, strings.ReplaceAll(row.want, "@", ""), strings.ReplaceAll(w.prompt(), "@", ""))
			})
		})
	}
}

func TestAPressThatComesTooLateBringsThePromptUpToDate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ buttons, press, before, want string }{
		"what is so already":        {"acknowledge", "Acknowledge", "ack", "acknowledged by"},
		"what the rules refuse":     {"acknowledge take_role", "Acknowledge", "cancel a test", "cancelled by"},
		"what would open a form":    {"resolve update", "Resolve…", "resolve rolled back", "resolved by"},
		"what somebody else has":    {"take_role", "Take scribe", "role assign scribe <@" + second + ">", "scribe: taken by"},
		"what was done by its name": {"step:assess", "Done", "done assess", "done by"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.asks(row.buttons)
				w.writes(second, channelOf("INC-1"), row.before)
				require.NotContains(t, w.prompt(), row.want)
				w.presses(responder, w.onPrompt(row.press))
				require.Contains(t, w.prompt(), row.want)
			})
		})
	}
}

func TestAPromptThatCannotBeChangedFailsNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.asks("acknowledge")
		w.down.chat = errDown
		w.presses(responder, w.onPrompt("Acknowledge"))
		require.False(t, w.state("INC-1").AcknowledgedAt.IsZero())
		require.Equal(t, 1, w.edited)
		require.Empty(t, w.items, "and nothing is done again")
		require.Equal(t, "[Acknowledge]", w.prompt())
	})
}

func TestAMessageThatIsKeptUpToDateAnyhowIsLeftAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout is down sev3")
		w.muster("INC-1", incident.StartStep{Step: "channel"})
		w.muster("INC-1", incident.FinishStep{Step: "channel", Outcome: incident.Outcome{
			Shown: []incident.ShownMessage{{Purpose: incident.ShownBrief, Channel: channelOf("INC-1"), Ref: w.asked()}},
		}})
		w.presses(responder, w.onBrief("INC-1", "Acknowledge"))
		require.Zero(t, w.edited)
	})
}

func TestAPromptIsChangedBesideTheAct(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.asks("acknowledge")
		act := w.act(responder, channelOf("INC-1"))
		c := w.onPrompt("Acknowledge")
		act.Press = &chat.Press{Act: c.Act, Value: c.Value, On: w.asked()}
		w.cockpit.Close()
		require.NoError(t, w.cockpit.CarryOut(t.Context(), act), "an act is carried out while Muster ends")
		synctest.Wait()
		require.Zero(t, w.edited)
		require.WithinDuration(t, w.now, w.state("INC-1").AcknowledgedAt, time.Minute)
	})
}
