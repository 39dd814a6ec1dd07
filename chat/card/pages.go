package card

import (
	"net/url"
	"strings"

	"muster/chat"
	"muster/incident"
)

// Pages are where people read more. The zero value links nowhere.
type Pages struct {
	// Muster is where people reach Muster: "https://muster.example.com".
	Muster string
	// Temporal is where the namespace is in Temporal's web UI,
	// "https://temporal.example.com/namespaces/default"; empty where there is none to link to.
	Temporal string
}

// Incident is the address of an incident's page.
func (p Pages) Incident(id incident.ID) string {
	return p.page("incidents", string(id))
}

// Postmortem is the address of an incident's postmortem.
func (p Pages) Postmortem(id incident.ID) string {
	return p.page("incidents", string(id), "postmortem")
}

// page is the address of a page; of that with all incidents, where no path is given.
func (p Pages) page(path ...string) string {
	if p.Muster == "" {
		return ""
	}
	for i, part := range path {
		path[i] = url.PathEscape(part)
	}
	return strings.TrimRight(p.Muster, "/") + "/" + strings.Join(path, "/")
}

// Workflow is the address of an incident's workflow in Temporal's web UI; empty where there
// is none to link to.
func (p Pages) Workflow(id incident.ID) string {
	if p.Temporal == "" {
		return ""
	}
	return strings.TrimRight(p.Temporal, "/") + "/workflows/" + url.PathEscape(string(id))
}

// The links that a card can have, by the names that playbooks give them.
const (
	IncidentLink   = "incident"
	PostmortemLink = "postmortem"
	RunbooksLink   = "runbooks"
	TemporalLink   = "temporal"
	TicketLink     = "ticket"
)

// Links are the links with these names, in their order. The follow-up is the one that ticket
// means. What leads nowhere yet, such as a ticket that has not been filed, is left out.
func (p Pages) Links(s incident.State, names []string, followup string) []incident.Link {
	var links []incident.Link
	add := func(title, address string) {
		if address != "" {
			links = append(links, incident.Link{Title: title, URL: address})
		}
	}
	for _, name := range names {
		switch name {
		case IncidentLink:
			add("Incident page", p.Incident(s.ID))
			if s.MergedInto != "" {
				add(string(s.MergedInto), p.Incident(s.MergedInto))
			}
		case PostmortemLink:
			add("Postmortem", p.Postmortem(s.ID))
		case RunbooksLink:
			links = append(links, s.Service.Runbooks...)
		case TemporalLink:
			add("Temporal", p.Workflow(s.ID))
		case TicketLink:
			if f, ok := s.Followup(followup); ok {
				add(f.Ticket.Key, f.Ticket.URL)
			}
		}
	}
	return links
}

// linked is small print with links.
func linked(links []incident.Link) []chat.Part {
	var line chat.Text
	for i, link := range links {
		if i > 0 {
			line = append(line, chat.Plain("  ·  "))
		}
		title := link.Title
		if strings.TrimSpace(title) == "" {
			title = link.URL
		}
		line = append(line, chat.Linked(title, link.URL))
	}
	if line == nil {
		return nil
	}
	return []chat.Part{{Aside: line}}
}
