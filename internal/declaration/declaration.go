// Package declaration says what an incident is declared with: what the catalogue knows of its
// service, what an alert's labels mean, which playbook is followed. Whoever declares one asks
// here, be it for real or in a rehearsal, so that both come to the same.
package declaration

import (
	"cmp"
	"strings"

	"muster/config"
	"muster/incident"
	"muster/workflows"
)

// OfAlert returns the command by which an alert declares an incident, and what the catalogue
// makes of its labels. The id is left to the caller.
func OfAlert(catalogue *config.Catalogue, alert incident.Alert) (incident.Command, config.Route) {
	route := catalogue.Route(alert.Labels)
	title := strings.TrimSpace(incident.CutText(cmp.Or(route.Title, Title(alert)), incident.MaxTitleRunes))
	return incident.Command{
		Actor: incident.VendorActor(workflows.AlertActor(alert)), Source: alert.Source,
		Intent: incident.Declare{
			Title: cmp.Or(title, "An alert without a name"), Summary: incident.CutText(alert.Annotations["description"], incident.MaxTextRunes),
			Severity: incident.Severity(route.Severity.Name), Scale: Scale(catalogue.Scale()),
			Service: Service(route.Service), Notes: route.Notes,
		},
	}, route
}

// Title is what an incident is called after its first alert, where no route says otherwise.
func Title(alert incident.Alert) string {
	title := alert.Name
	if summary := alert.Summary(); summary != title {
		title += ": " + summary
	}
	return title
}

// Service turns the catalogue's service into what an incident keeps of it.
func Service(s config.Service) incident.Service {
	links := make([]incident.Link, 0, len(s.Runbooks)+len(s.Dashboards))
	for _, l := range append(append([]config.Link{}, s.Runbooks...), s.Dashboards...) {
		links = append(links, incident.Link{Title: l.Title, URL: l.URL})
	}
	var announcements []incident.Announcement
	for _, a := range s.Announcements {
		announcement := incident.Announcement{Channel: a.Channel}
		for _, severity := range a.Severities {
			announcement.Severities = append(announcement.Severities, incident.Severity(severity))
		}
		announcements = append(announcements, announcement)
	}
	return incident.Service{
		Name: s.Name, Team: s.Team, PagerService: s.PagerDuty.Service, TrackerProject: s.Jira.Project,
		ChannelPrefix: s.Chat.Prefix, Runbooks: links,
		Fallback: incident.Fallback{
			After: s.Fallback.After, Emails: s.Fallback.Emails, Channel: s.Fallback.SlackChannel, Webhook: s.Fallback.Webhook,
		},
		Announcements: announcements,
	}
}

// Scale turns the catalogue's severities into what an incident keeps of them.
func Scale(severities []config.Severity) []incident.SeverityLevel {
	levels := make([]incident.SeverityLevel, len(severities))
	for i, s := range severities {
		levels[i] = incident.SeverityLevel{Name: incident.Severity(s.Name), Pager: string(s.Pager), UpdateEvery: s.UpdateEvery}
	}
	return levels
}
