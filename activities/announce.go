package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"go.temporal.io/sdk/activity"
)

// announce tells others than the responders: in each channel there is one message that says
// how things stand, and what is new is told in its thread.
//
// A channel that Muster may not write to keeps nobody else from being told. Such failures are
// told in the outcome, unless there is nothing else to tell. Of a restricted incident nobody is
// told.
func (a *Activities) announce(ctx context.Context, e call) (incident.Outcome, error) {
	channels := e.Incident.AnnounceIn()
	switch {
	case e.Incident.Restricted():
		return idle(restrictedText, nil), nil
	case len(channels) == 0:
		return idle("there is no channel to announce it in", nil), nil
	}
	var outcome incident.Outcome
	var in, not []string
	var refused error
	for _, channel := range channels {
		shown, err := a.announceIn(ctx, e, channel)
		if !shown.IsZero() {
			outcome.Shown = append(outcome.Shown, incident.ShownMessage{Purpose: incident.ShownAnnouncement, Channel: channel, Ref: shown})
		}
		switch err = vendorError(err); {
		case err == nil:
			in = append(in, "#"+strings.TrimPrefix(channel, "#"))
		case isFinal(err):
			refused = cmp.Or(refused, err)
			not = append(not, fmt.Sprintf("not in %s: %s", channel, reasonOf(err)))
		default:
			// The others are told by the next attempt, which tells nobody twice.
			return incident.Outcome{}, err
		}
	}
	if len(outcome.Shown) == 0 && refused != nil {
		return incident.Outcome{}, refused
	}
	outcome.Text = strings.Join(slices.Concat([]string{"announced in " + strings.Join(in, ", ")}, not), "; ")
	return outcome, nil
}

// restrictedText is why an incident is not announced.
const restrictedText = "it is restricted to those who are let in"

// wouldAnnounce tells where an exercise would have been announced.
func wouldAnnounce(_ context.Context, e call) (incident.Outcome, error) {
	channels := e.Incident.AnnounceIn()
	if len(channels) == 0 || e.Incident.Restricted() {
		outcome := told("announce it nowhere")
		outcome.Idle = true
		return outcome, nil
	}
	return told("announce it in %s", strings.Join(channels, ", ")), nil
}

// announceIn brings the message in one channel up to date, and says what is new in its
// thread. It returns where the message is, also when the thread could not be reached.
func (a *Activities) announceIn(ctx context.Context, e call, channel string) (incident.MessageRef, error) {
	s := e.Incident
	shown := s.ShownIn(incident.ShownAnnouncement, channel)
	id := shown.ChannelID
	if id == "" {
		var err error
		if id, err = a.Chat.ChannelID(ctx, strings.TrimPrefix(channel, "#")); err != nil {
			return incident.MessageRef{}, err
		}
	}
	now, err := a.Chat.Show(ctx, chat.Outgoing{
		Key: a.shownKey(s.ID, incident.ShownAnnouncement), ChannelID: id, Edit: shown, Card: card.Announcement(s, a.addresses()),
	})
	if err != nil || e.text("text") == "" {
		return now, err
	}
	_, err = a.Chat.Show(ctx, chat.Outgoing{Key: e.key, ChannelID: id, Thread: now.ID, Card: card.Message(card.Said{Text: e.text("text")})})
	return now, err
}

// notify sends a private message to everybody who follows the incident. Nobody gets it twice,
// and one who cannot be told keeps nobody else from it. Between attempts it remembers whom it
// has told, so that many can be told in the end.
func (a *Activities) notify(ctx context.Context, e call) (incident.Outcome, error) {
	var followers []chat.Account
	if a.Followers != nil {
		var err error
		if followers, err = a.Followers.Followers(ctx, e.Incident); err != nil {
			return incident.Outcome{}, err
		}
	}
	message := card.Private(e.Incident, e.text("text"), a.addresses())
	asked := askedBefore(ctx)
	reached := 0
	var failure error
	for _, follower := range followers {
		if known, done := asked[follower.ID]; done {
			reached += known
			continue
		}
		told, err := a.Chat.TellAccount(ctx, e.key+"."+follower.ID, follower.ID, message)
		if err = vendorError(err); err != nil {
			if failure == nil || !isFinal(err) {
				failure = err
			}
			continue
		}
		asked[follower.ID] = 0
		if told {
			asked[follower.ID] = 1
			reached++
		}
		remember(ctx, asked)
	}
	if failure != nil && (!isFinal(failure) || reached == 0) {
		return incident.Outcome{}, failure
	}
	output := map[string]any{"told": reached}
	if len(followers) == 0 {
		return idle("nobody follows", output), nil
	}
	return incident.Outcome{Text: fmt.Sprintf("%d of %d who follow were told", reached, len(followers)), Output: output}, nil
}

// askedBefore are the accounts with which an attempt before this one was done, and how many
// messages each of them got.
func askedBefore(ctx context.Context) map[string]int {
	asked := map[string]int{}
	if activity.IsActivity(ctx) && activity.HasHeartbeatDetails(ctx) {
		// Who is not remembered is asked again, and has the message already.
		if err := activity.GetHeartbeatDetails(ctx, &asked); err != nil {
			return map[string]int{}
		}
	}
	return asked
}

func remember(ctx context.Context, asked map[string]int) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, asked)
	}
}
