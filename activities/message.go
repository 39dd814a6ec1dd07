package activities

import (
	"context"
	"strings"

	"muster/incident"
)

// post says something in the incident's channel.
func (a *Activities) post(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	url, err := a.Chat.Post(ctx, incident.Message{
		Key:       e.key,
		ChannelID: channel,
		Text:      strings.TrimSpace(e.Work.With["text"]),
		Links:     a.messageLinks(e),
		Pin:       e.flag("pin"),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Output: map[string]any{"url": url}}, nil
}

// messageLinks are the links that the playbook asks for by name. Names that lead
// nowhere yet, such as a ticket that has not been filed, are left out.
func (a *Activities) messageLinks(e call) []incident.Link {
	var links []incident.Link
	for _, name := range strings.Fields(e.Work.With["links"]) {
		switch name {
		case "incident":
			links = append(links, incident.Link{Title: "Incident page", URL: a.IncidentURL(e.Incident.ID)})
		case "postmortem":
			links = append(links, incident.Link{Title: "Postmortem", URL: a.IncidentURL(e.Incident.ID) + "/postmortem"})
		case "runbooks":
			links = append(links, e.Incident.Service.Runbooks...)
		case "ticket":
			if f, ok := e.Incident.Followup(e.Work.Followup); ok && f.Ticket.URL != "" {
				links = append(links, incident.Link{Title: f.Ticket.Key, URL: f.Ticket.URL})
			}
		}
	}
	return links
}
