package activities

import (
	"context"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// brief posts the brief, and brings it up to date wherever it is.
//
// A reaction does no more than to bring it up to date: it may be begun while the step that
// posts it is still under way, and neither would find the message of the other. One that is
// gone from the channel is posted anew.
func (a *Activities) brief(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	return a.showBrief(ctx, e, channel, true)
}

// briefExercise keeps the brief in the exercise's channel, where other things may be pinned.
func (a *Activities) briefExercise(ctx context.Context, e call) (incident.Outcome, error) {
	id, name, err := a.exerciseChannel(ctx, e)
	if err != nil {
		return incident.Outcome{}, err
	}
	if id == "" {
		return told("keep the brief"), nil
	}
	outcome, err := a.showBrief(ctx, e, id, false)
	if err == nil && outcome.Text == "" {
		outcome.Text = exerciseMark + "kept the brief in " + channelTitle(id, name)
	}
	return outcome, err
}

func (a *Activities) showBrief(ctx context.Context, e call, channel string, pin bool) (incident.Outcome, error) {
	s := e.Incident
	shown := s.ShownIn(incident.ShownBrief, channel)
	if shown.IsZero() && e.Work.Hook != "" {
		return idle("there is no brief yet", map[string]any{"url": ""}), nil
	}
	outlook := s.Outlook()
	if due := e.Work.UpdateDue; !due.IsZero() {
		outlook.UpdateDue = due
	}
	now, err := a.Chat.Show(ctx, chat.Outgoing{
		Key: a.shownKey(s.ID, incident.ShownBrief), ChannelID: channel, Pin: pin, Edit: shown,
		Card: card.Brief(s, outlook, a.addresses(), strings.Fields(e.Work.With["links"])),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{
		Shown:  []incident.ShownMessage{{Purpose: incident.ShownBrief, Channel: channel, Ref: now}},
		Output: map[string]any{"url": now.URL},
	}, nil
}
