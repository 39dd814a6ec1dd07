package activities

import (
	"context"
	"testing"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// EditPrompts changes the prompts that the chat has, by channel.
func (o *outside) EditPrompts(_ context.Context, channel string, change chat.Change) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	changed := 0
	for i, prompt := range o.prompts[channel] {
		if next, did := change(prompt, o.posted); did {
			o.prompts[channel][i] = next
			changed++
		}
	}
	return changed, nil
}

func TestWhatPeopleWereAskedForIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	for name, e := range map[string]playbooks.Effect{
		"in the channel of the incident": led(playbooks.SlackPrompts, nil),
		"in the channel of an exercise":  practising(playbooks.SlackPrompts, "#game-days"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channel := e.Incident.Channel.ID
			if e.Incident.Exercise != nil {
				channel = "id of game-days"
			}
			e.Incident.AcknowledgedAt = time.Time{}
			ask := func(id incident.ID) chat.Card {
				s := e.Incident
				s.ID, s.Status = id, incident.Investigating
				return card.Message(card.Said{Text: "Who takes it?", Buttons: card.Buttons(s, []string{"acknowledge"}, card.Matter{}, card.Pages{})})
			}
			others := ask("INC-99")
			w := &outside{posted: at, prompts: map[string][]chat.Card{channel: {ask(e.Incident.ID), others}}}
			a := &Activities{Chat: w, Installation: "test"}
			e.Incident.AcknowledgedAt, e.Incident.AcknowledgedBy = at.Add(time.Minute), incident.PersonActor("ana")
			outcome, err := a.Actions()[e.Work.Do](t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, incident.Outcome{}, outcome, "nothing of it is for the timeline")
			require.Equal(t, "Who takes it?\n> ✓ acknowledged by ana, 2026-03-02 14:01 UTC", w.prompts[channel][0].String())
			require.Equal(t, others, w.prompts[channel][1])
		})
	}
}

func TestPromptsThatCannotBeChangedAreNobodysConcern(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err   error
		again bool
	}{
		"for good":    {err: vendorSays{permanent: true}},
		"for a while": {err: vendorSays{}, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &Activities{Chat: &outside{err: row.err}, Installation: "test"}
			outcome, err := a.Actions()[playbooks.SlackPrompts](t.Context(), led(playbooks.SlackPrompts, nil))
			require.Equal(t, row.again, err != nil)
			require.Equal(t, incident.Outcome{}, outcome)
		})
	}
}
