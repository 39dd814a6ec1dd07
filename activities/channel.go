package activities

import (
	"context"
	"slices"

	"muster/incident"
)

// createChannel opens the incident's channel.
func (a *Activities) createChannel(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := a.Chat.OpenChannel(ctx, incident.ChannelRequest{
		Key:     e.key,
		Name:    e.Work.With["name"],
		Topic:   e.Work.With["topic"],
		Purpose: e.Work.With["purpose"],
		Private: e.flag("private"),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	channel.Private = e.flag("private")
	return incident.Outcome{
		Channel: &channel,
		Output:  map[string]any{"id": channel.ID, "name": channel.Name, "url": channel.URL},
	}, nil
}

// setTopic sets the line above the channel.
func (a *Activities) setTopic(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	return incident.Outcome{}, vendorError(a.Chat.SetTopic(ctx, channel, e.Work.With["topic"]))
}

// bookmark adds the incident's page above the channel.
func (a *Activities) bookmark(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	link := incident.Link{Title: e.Work.With["title"], URL: a.IncidentURL(e.Incident.ID)}
	return incident.Outcome{}, vendorError(a.Chat.Bookmark(ctx, channel, link))
}

// invite brings people into the channel: whoever is on call, unless the playbook names
// others.
func (a *Activities) invite(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	if to := e.text("to"); to != toOnCall {
		absent := slices.DeleteFunc(recipients(e.Incident, to), func(p incident.Person) bool {
			return slices.ContainsFunc(e.Incident.Present, p.Same)
		})
		// Whom the chat does not know works without it, which is nothing to tell.
		return a.inviteThose(ctx, channel, absent, "")
	}
	if e.Incident.Service.PagerService == "" {
		return idle("the service has no on-call to invite", map[string]any{"invited": ""}), nil
	}
	onCall, err := a.Pager.OnCall(ctx, e.Incident.Service.PagerService)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return a.inviteThose(ctx, channel, onCall, "the chat knows none of the people on call")
}

// inviteThose says the text where nobody could be invited.
func (a *Activities) inviteThose(ctx context.Context, channel string, people []incident.Person, nobody string) (incident.Outcome, error) {
	var (
		invited []incident.Person
		err     error
	)
	if len(people) > 0 {
		invited, err = a.Chat.Invite(ctx, channel, people)
	}
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	outcome := incident.Outcome{Responders: invited, OnlyNew: true, Output: map[string]any{"invited": namesOf(invited)}}
	if len(invited) == 0 {
		outcome.Text, outcome.Idle = nobody, nobody == ""
	}
	return outcome, nil
}

// inviteExercise says who would be invited.
func (a *Activities) inviteExercise(ctx context.Context, e call) (incident.Outcome, error) {
	if e.text("to") == toOnCall {
		return would("invite whoever is on call")(ctx, e)
	}
	return would("invite %s", "to")(ctx, e)
}
