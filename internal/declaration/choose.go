package declaration

import (
	"errors"
	"fmt"
	"time"

	"muster/config"
	"muster/incident"
	"muster/playbooks"
)

// Choose says which playbook an incident follows: the one that a person or a route has named,
// or else the one that is meant for it, or else the catalogue's default; and which additions
// join it. The alert is nil where a person declares the incident, the catalogue nil where
// there is none. The error is a [playbooks.UnknownError].
func Choose(library playbooks.Library, catalogue *config.Catalogue, named string, declared incident.Declare, alert *incident.Alert, now time.Time) (playbooks.Chosen, error) {
	return library.Choose(named, Selection(catalogue, declared, alert, now))
}

// ChooseInAnyCase does the same for an alert, for which there must be a playbook: what is
// named and is not there any more is left out, which a note says.
func ChooseInAnyCase(library playbooks.Library, catalogue *config.Catalogue, named string, declared incident.Declare, alert incident.Alert, now time.Time) (playbooks.Chosen, error) {
	scope := Selection(catalogue, declared, &alert, now)
	var notes []string
	for {
		chosen, err := library.Choose(named, scope)
		var unknown *playbooks.UnknownError
		if !errors.As(err, &unknown) || unknown.Name == playbooks.Default {
			chosen.Notes = append(notes, chosen.Notes...)
			return chosen, err
		}
		notes = append(notes, fmt.Sprintf("there is no playbook %q any more; another is followed", unknown.Name))
		if named == unknown.Name {
			named = ""
		}
		if scope.Default == unknown.Name {
			scope.Default = ""
		}
	}
}

// Selection is what is known of an incident when its playbook is chosen. The time of day is
// that of the team which owns the service.
func Selection(catalogue *config.Catalogue, declared incident.Declare, alert *incident.Alert, now time.Time) playbooks.Selection {
	scope := playbooks.Selection{
		Title: declared.Title, Summary: declared.Summary, Severity: declared.Severity, Scale: declared.Scale,
		Service: declared.Service, Alert: alert, Now: now,
	}
	if catalogue == nil {
		return scope
	}
	scope.Default = catalogue.Defaults().Playbook
	if team, ok := catalogue.Team(declared.Service.Team); ok && team.Timezone != "" {
		// The catalogue has checked the name; a machine without that zone has UTC.
		if zone, err := time.LoadLocation(team.Timezone); err == nil {
			scope.Zone = zone
		}
	}
	return scope
}
