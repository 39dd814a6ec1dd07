package activities

import (
	"context"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

// post says something in the incident's channel.
func (a *Activities) post(ctx context.Context, e playbooks.Effect) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	_, err = a.Chat.Post(ctx, incident.Message{
		Key:       a.key(e),
		ChannelID: channel,
		Text:      strings.TrimSpace(e.Work.With["text"]),
		Links:     a.messageLinks(e),
		Pin:       e.Work.With["pin"] == "true",
	})
	return incident.Outcome{}, vendorError(err)
}

// messageLinks are the links that the playbook asks for by name. Names that lead
// nowhere yet, such as a ticket that has not been filed, are left out.
func (a *Activities) messageLinks(e playbooks.Effect) []incident.Link {
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
