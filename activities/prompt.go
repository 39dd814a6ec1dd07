package activities

import (
	"context"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"go.temporal.io/sdk/activity"
)

// prompts brings what people were asked for in the channel up to date, so that nobody who reads it later
// wonders. Where the chat does not let Muster, it stays as it is: that is nothing that
// anybody had to hear of.
func (a *Activities) prompts(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	return a.settlePrompts(ctx, e.Incident, channel)
}

// promptsExercise does the same in the exercise's channel, where those of other incidents stay as
// they are.
func (a *Activities) promptsExercise(ctx context.Context, e call) (incident.Outcome, error) {
	id, _, err := a.exerciseChannel(ctx, e)
	switch {
	case err != nil:
		return incident.Outcome{}, err
	case id == "":
		return told("bring what people were asked for up to date"), nil
	}
	return a.settlePrompts(ctx, e.Incident, id)
}

func (a *Activities) settlePrompts(ctx context.Context, s incident.State, channel string) (incident.Outcome, error) {
	_, err := a.Chat.EditPrompts(ctx, channel, func(prompt chat.Card, posted time.Time) (chat.Card, bool) {
		return card.Met(prompt, s, posted)
	})
	if err = vendorError(err); isFinal(err) {
		if activity.IsActivity(ctx) {
			activity.GetLogger(ctx).Info("prompts are not brought up to date", "incident", s.ID, "error", err)
		}
		return incident.Outcome{}, nil
	}
	return incident.Outcome{}, err
}
