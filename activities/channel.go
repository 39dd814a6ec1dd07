package activities

import (
	"context"

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

// invite brings whoever is on call into the channel.
func (a *Activities) invite(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	if e.Incident.Service.PagerService == "" {
		return incident.Outcome{Text: "the service has no on-call to invite", Output: map[string]any{"invited": ""}}, nil
	}
	onCall, err := a.Pager.OnCall(ctx, e.Incident.Service.PagerService)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	invited, err := a.Chat.Invite(ctx, channel, onCall)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	if len(invited) == 0 {
		return incident.Outcome{Text: "the chat knows none of the people on call", Output: map[string]any{"invited": ""}}, nil
	}
	return incident.Outcome{Responders: invited, Output: map[string]any{"invited": namesOf(invited)}}, nil
}
